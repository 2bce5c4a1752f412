"""Imported items and those of a bank: the second language of an item joins the first, all others are new."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.training.rules.formats.exchange import unique
from portal.training.rules.items import Item
from portal.training.rules.packs.bank import written_bank
from portal.training.rules.packs.records import records_of


@dataclass(frozen=True, slots=True)
class Joining:
    """``new`` have ids that the bank has not; ``joined`` are records by id, now with both languages."""

    new: tuple[Item, ...]
    joined: Mapping[str, dict[str, Any]]


def joined(held: Mapping[str, dict[str, Any]], items: Sequence[Item], lang: str) -> Joining:
    """What importing ``items``, read in ``lang``, would make of the bank's records by id."""
    new, both = list[Item](), dict[str, dict[str, Any]]()
    for item in unique(replace(item, id=id_of(item.id)) for item in items):
        record = (records_of(written_bank([item])) or [])[0].value
        whole = _with_side(held[item.id], record, lang) if item.id in held else None
        if isinstance(whole, dict):
            both[item.id] = whole
        else:
            new.append(item if item.id not in held else replace(item, id=_free(item.id, held)))
    return Joining(tuple(new), both)


def id_of(name: str) -> str:
    """The name of a foreign question as an id: its small letters and digits, or what it is numbered."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "question"


def _free(name: str, held: Mapping[str, object]) -> str:
    return next(f"{name}-{n}" for n in range(2, len(held) + 3) if f"{name}-{n}" not in held)


def _source(here: Any, there: Any, lang: str) -> Any:
    """The source of an item; where each language brought its own text, both."""
    if isinstance(here, str) and isinstance(there, str) and here != there:
        return {lang: there, "en" if lang == "zh" else "zh": here}
    return (
        {**here, lang: here.get(lang) or there} if isinstance(here, dict) and isinstance(there, str) else here
    )


def _with_side(here: Any, there: Any, lang: str) -> Any:
    """``here`` with the texts of ``lang`` from ``there``; None where they are no two sides of one item."""
    if isinstance(here, dict) and set(here) <= {"zh", "en"} and isinstance(there, dict):
        return None if here.get(lang) else {**here, lang: there.get(lang, "")}
    if isinstance(here, dict) and isinstance(there, dict):
        if any(here.get(key) != there.get(key) for key in ("type",) if key in here):
            return None
        found = {key: _with_side(value, there[key], lang) if key in there else value
                 for key, value in here.items()}  # fmt: skip
        if "source" in here:
            found["source"] = _source(here["source"], there.get("source"), lang)
        return None if any(value is None for value in found.values()) else found
    if isinstance(here, list) and isinstance(there, list):
        if len(here) != len(there):
            return None
        parts = [_with_side(a, b, lang) for a, b in zip(here, there, strict=True)]
        return None if any(part is None for part in parts) else parts
    return here
