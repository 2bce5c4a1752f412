"""YAML files of a pack as authors change them: one record at a time, the rest byte for byte as it was.

A value is a text, a list, or a mapping by key, as in the file; so what this program does not know of is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from portal.training.rules.packs.documents import Entry, entry_of, text_of, written
from portal.training.rules.packs.faults import Notes

Value = str | list[Any] | dict[str, Any]
_WIDE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Record:
    """One mapping of a list, with its first and last line, counted from 1."""

    value: dict[str, Any]
    first_line: int
    last_line: int


def plain_of(entry: Entry) -> Value:
    """The value without its lines."""
    match entry.value:
        case dict() as found:
            return {key: plain_of(each) for key, each in found.items()}
        case list() as found:
            return [plain_of(each) for each in found]
    return str(entry.value)


def mapping_of(data: bytes) -> dict[str, Any] | None:
    """The mapping that a file is; None for a file that is none."""
    entry = _entry(data)
    found = plain_of(entry) if entry else None
    return found if isinstance(found, dict) else None


def records_of(data: bytes) -> list[Record] | None:
    """The mappings of a file that is a list of them, in order; None for a file that is no such list."""
    entry = _entry(data)
    if entry is None:
        return None
    if entry.value == {}:  # an empty file
        return []
    if not isinstance(entry.value, list) or not all(isinstance(each.value, dict) for each in entry.value):
        return None
    ends = [each.line - 1 for each in entry.value[1:]] + [len(_lines(data))]
    return [
        Record(dict(plain_of(each)), each.line, end)  # type: ignore[arg-type]
        for each, end in zip(entry.value, ends, strict=True)
    ]


def with_record(data: bytes, index: int, value: Mapping[str, Any]) -> bytes:
    """The file with another record in this place; behind the last place it is added."""
    held = records_of(data) or []
    if index < len(held) and held[index].value == value:
        return data
    return _spliced(data, index, [value])


def without_record(data: bytes, index: int) -> bytes:
    """The file without this record."""
    return _spliced(data, index, [])


def _spliced(data: bytes, index: int, values: Sequence[Mapping[str, Any]]) -> bytes:
    records = records_of(data) or []
    lines = _lines(data)
    if any(not lines[record.first_line - 1].startswith("- ") for record in records):
        # Written in another style than ours: the whole file is laid out anew.
        kept = [record.value for record in records]
        kept[index : index + 1] = [dict(value) for value in values]
        return written(kept).encode() if kept else b""
    new = written([dict(value) for value in values]).splitlines() if values else []
    if index < len(records):
        lines[records[index].first_line - 1 : records[index].last_line] = new
    else:
        lines = [line for line in lines if line.strip() not in ("[]", "{}")] + new
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")[: None if data[-1:] != b"\n" else -1]


def _entry(data: bytes) -> Entry | None:
    notes = Notes("")
    text = text_of(data, notes)
    return entry_of(text, notes) if text is not None else None


class _Plan(yaml.SafeDumper):
    """course.yml and track.yml as people write them: both languages, and a list of ids, on one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # the entries of a list stand a step in


def _written_mapping(dumper: _Plan, value: dict[str, Any]) -> yaml.Node:
    is_short = set(value) <= {"zh", "en"}
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=is_short)


def _written_list(dumper: _Plan, value: list[Any]) -> yaml.Node:
    is_short = all(isinstance(each, str) for each in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=is_short)


def _written_number(dumper: _Plan, text: str) -> yaml.Node:
    # Every scalar is read as a text, so a number needs no quotes.
    is_number = text.replace(".", "", 1).isdecimal() and text.isascii()
    tag = "tag:yaml.org,2002:float" if is_number and "." in text else "tag:yaml.org,2002:int"
    return dumper.represent_scalar(tag if is_number else "tag:yaml.org,2002:str", text)


_Plan.add_representer(dict, _written_mapping)
_Plan.add_representer(list, _written_list)
_Plan.add_representer(str, _written_number)


def with_mapping(data: bytes, value: Mapping[str, Any]) -> bytes:
    """A file that is one mapping, written anew; comments at its head stay. The same value: the same file."""
    if mapping_of(data) == value:
        return data
    head = []
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if not line.startswith("#"):
            break
        head.append(line)
    body = yaml.dump(dict(value), Dumper=_Plan, sort_keys=False, allow_unicode=True, width=_WIDE)
    return "\n".join([*head, body]).encode()


def written_records(values: Sequence[Mapping[str, Any]]) -> bytes:
    """A bank of these records."""
    return written([dict(value) for value in values]).encode()
