"""Forms of records: what was sent as a record again, and its groups added, taken out and moved."""

from collections.abc import Mapping
from typing import Any

from portal.kernel.numbers import whole
from portal.training.rules.packs.shapes import Kind, Part, blank

MAX_GROUPS = 200
Posted = Mapping[str, str]


def posted(
    parts: tuple[Part, ...], form: Posted, kept: Mapping[str, Any], prefix: str = ""
) -> dict[str, Any]:
    """The record that a form holds. Fields that the form does not know stay as they were in ``kept``."""
    found = {part.key: _value(part, form, kept.get(part.key), f"{prefix}{part.key}") for part in parts}
    order = [*kept, *(key for key in found if key not in kept)]
    whole = {key: found.get(key, kept.get(key)) for key in order}
    # An empty list stays where the file has one; the form alone makes none.
    return {
        key: value
        for key, value in whole.items()
        if value not in ("", None, {}, []) or (value == [] and key in kept)
    }


def _value(part: Part, form: Posted, kept: Any, name: str) -> Any:
    match part.kind:
        case Kind.PAIR:
            return _pair(form, name)
        case Kind.EITHER:
            sides = _pair(form, name)
            return sides["zh"] if sides and sides["zh"] == sides["en"] else sides
        case Kind.ANSWERS:
            lines = (line.partition("=") for line in form.get(name, "").splitlines() if "=" in line)
            return {key.strip(): text.strip() for key, _equals, text in lines}
        case Kind.LIST:
            return [line.strip() for line in form.get(name, "").splitlines() if line.strip()]
        case Kind.GROUP:
            inside = posted(part.parts, form, kept if isinstance(kept, dict) else {}, f"{name}-")
            return inside if any(value for value in inside.values()) else {}
        case Kind.GROUPS:
            return _groups(part, form, kept if isinstance(kept, list) else [], name)
    return " ".join(form.get(name, "").split())


def _pair(form: Posted, name: str) -> dict[str, str]:
    sides = {lang: form.get(f"{name}-{lang}", "").replace("\r\n", "\n").strip() for lang in ("zh", "en")}
    return sides if any(sides.values()) else {}


def _groups(part: Part, form: Posted, kept: list[Any], name: str) -> list[Any]:
    count = whole(form.get(f"{name}-count", ""), 0)
    found: list[Any] = []
    for number in range(min(count, MAX_GROUPS)):
        at, was = f"{name}-{number}", whole(form.get(f"{name}-{number}-was", ""), len(kept))
        if not part.parts:
            found.append(_pair(form, at))
            continue
        before = kept[was] if was < len(kept) else {}
        found.append(posted(part.parts, form, before if isinstance(before, dict) else {}, f"{at}-"))
    return found


def rearranged(parts: tuple[Part, ...], record: dict[str, Any], action: str) -> None:
    """Do to the record what a button says: ``add:options``, ``remove:options.2``, ``up:…``, ``down:…``."""
    verb, _colon, way = action.partition(":")
    steps = way.split(".")
    if verb == "add":
        groups, part = _groups_at(parts, record, steps)
        if part is not None and len(groups) < MAX_GROUPS:
            groups.append(blank(part))
        return
    groups, part = _groups_at(parts, record, steps[:-1])
    here = whole(steps[-1], len(groups))
    if part is None or here >= len(groups):
        return
    if verb == "remove":
        del groups[here]
    elif (there := here + {"up": -1, "down": 1}.get(verb, 0)) in range(len(groups)):
        groups[here], groups[there] = groups[there], groups[here]


def _groups_at(
    parts: tuple[Part, ...], record: dict[str, Any], steps: list[str]
) -> tuple[list[Any], Part | None]:
    """The list at the end of the way, made where there is none; no part for a way that leads nowhere."""
    part = next((each for each in parts if each.key == steps[0]), None)
    if part is None:
        return [], None
    if part.kind is Kind.GROUP and len(steps) > 1:
        return _groups_at(part.parts, record.setdefault(part.key, {}), steps[1:])
    if part.kind is not Kind.GROUPS:
        return [], None
    groups = record.setdefault(part.key, [])
    if not isinstance(groups, list):
        return [], None
    if len(steps) == 1:
        return groups, part
    here = whole(steps[1], len(groups))
    if len(steps) < 3 or here >= len(groups):
        return [], None
    return _groups_at(part.parts, groups[here], steps[2:])
