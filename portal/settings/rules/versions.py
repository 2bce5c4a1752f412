"""Versions of sheets: proposed, decided, in force from a moment; never rewritten."""

import difflib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.settings.rules.sheets import Sheet


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class NoSuchSheet(NotFound):
    message = N_("There is no such setting.")


class NoSuchChange(NotFound):
    message = N_("There is no such change.")


class ChangeDecided(Refused):
    message = N_("This change has been decided already.")


class SecondPersonWanted(Refused):
    message = N_("This moves money: another person has to confirm it.")


class NotYours(Refused):
    message = N_("Only the person who proposed this can withdraw it.")


class ChangedMeanwhile(Refused):
    message = N_("Somebody else has changed this meanwhile. Look at the newest version and try again.")


class NothingChanged(InvalidInput):
    message = N_("Nothing has changed.")


class ReasonWanted(InvalidInput):
    message = N_("Say why, in a sentence of 5 to 500 characters.")


@dataclass(frozen=True, slots=True)
class Version:
    """What a sheet holds from ``since`` on. ``number`` counts confirmed changes of all sheets."""

    number: int
    since: datetime
    values: Mapping[str, Any]
    change_id: str


def order_of(version: Version) -> tuple[datetime, int]:
    """A later moment comes later; of two with the same moment, what was confirmed later."""
    return version.since, version.number


@dataclass(frozen=True, slots=True)
class Book:
    """All versions that were confirmed, up to ``number``, which is that of the change ``newest``."""

    number: int
    newest: str
    sheets: Mapping[str, tuple[Version, ...]]

    def at(self, sheet: str, now: datetime) -> Version | None:
        """What is in force; None while the sheet was never set."""
        versions = self.sheets.get(sheet, ())
        place = bisect_right(versions, (now, self.number), key=order_of)
        return versions[place - 1] if place else None

    def numbers(self, now: datetime) -> tuple[int, ...]:
        """The versions in force, as a key for what is made of them."""
        return tuple(found.number for sheet in self.sheets if (found := self.at(sheet, now)))


EMPTY: Final = Book(0, "", {})


def bind(number: int, newest: str, versions: Iterable[tuple[str, Version]]) -> Book:
    """A book of these, in any order."""
    sheets: dict[str, list[Version]] = {}
    for sheet, version in versions:
        sheets.setdefault(sheet, []).append(version)
    return Book(number, newest, {key: tuple(sorted(found, key=order_of)) for key, found in sheets.items()})


def check_reason(reason: str) -> str:
    """Itself, trimmed. Raises ReasonWanted."""
    reason = reason.strip()
    if not 5 <= len(reason) <= 500:
        raise ReasonWanted()
    return reason


def check_verdict(verdict: Verdict, proposed_by: str, decided_by: str, *, needs_two: bool) -> None:
    """Raises SecondPersonWanted, NotYours."""
    own = proposed_by == decided_by
    if verdict is Verdict.CONFIRMED and needs_two and own:
        raise SecondPersonWanted()
    if verdict is Verdict.WITHDRAWN and not own:
        raise NotYours()


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a text: ``sign`` is ``+`` for new, ``-`` for gone, a space for what stays."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field, in one language where it has two. ``pieces`` for texts, else the two values."""

    field: str
    lang: str
    before: Any
    after: Any
    pieces: tuple[Piece, ...] = ()


def differences(sheet: Sheet, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What is different, field by field in the order of the sheet."""
    return [
        Difference(key, lang, old, new, _pieces(old, new))
        for key, lang, old, new in _sides(sheet, before, after)
        if old != new
    ]


def _sides(
    sheet: Sheet, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, Any, Any]]:
    for field in sheet.fields:
        old, new = before.get(field.key), after.get(field.key)
        if not field.bilingual:
            yield field.key, "", old, new
            continue
        for lang in ("zh", "en"):
            yield field.key, lang, (old or {}).get(lang, ""), (new or {}).get(lang, "")


def _pieces(old: Any, new: Any) -> tuple[Piece, ...]:
    if not isinstance(old, str) or not isinstance(new, str):
        return ()
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    return tuple(Piece(line[0], line[2:]) for line in lines if line[0] in "+- ")
