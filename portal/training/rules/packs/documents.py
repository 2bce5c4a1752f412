"""YAML of packs with its lines: every value is a text, so that nothing is guessed (no, 1.10, 2026-01-01)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import yaml

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import decimal
from portal.training.rules.items import MISSING
from portal.training.rules.packs.faults import (
    BadId,
    FileNotText,
    KeyMissing,
    KeyTwice,
    KeyUnknown,
    Notes,
    NumberOutside,
    TranslationMissing,
    ValueShape,
    WordUnknown,
    YamlBroken,
    YamlForbidden,
)

MAX_YAML: Final = 2_000_000
_MAX_DEPTH: Final = 20
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class _Forbidden(Exception):  # caught in this module alone
    pass


# libyaml's parser where PyYAML was built with it, which is ten times as fast.
_Parser: Final[type[yaml.BaseLoader]] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value with its line: a text, entries by key, or entries in order."""

    value: "str | dict[str, Entry] | list[Entry]"
    line: int


def text_of(data: bytes, notes: Notes) -> str | None:
    """UTF-8 as text; what is not is noted."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.add(0, FileNotText())
        return None


def entry_of(text: str, notes: Notes, first_line: int = 1) -> Entry | None:
    """The document; None where it cannot be read, which is noted."""
    try:
        if len(text) > MAX_YAML:
            raise _Forbidden()
        return _Reader(yaml.parse(text, Loader=_Parser), notes, first_line).document()
    except _Forbidden:
        notes.add(first_line, YamlForbidden())
    except (yaml.YAMLError, UnicodeEncodeError) as error:  # half a character may be written as \ud83c
        mark = getattr(error, "problem_mark", None)
        notes.add(first_line + (mark.line if mark else 0), YamlBroken())
    return None


class _Reader:
    """Entries from the parser's events. Every scalar is a text: nothing is guessed from how it looks."""

    def __init__(self, events: Iterator[Any], notes: Notes, first_line: int) -> None:
        self._events, self._notes, self._first_line = events, notes, first_line

    def document(self) -> Entry:
        """The only one. Raises _Forbidden, YAMLError."""
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Entry({}, self._first_line)
        found = self._entry(next(self._events), _MAX_DEPTH)
        next(self._events)  # the document ends
        if not isinstance(more := next(self._events), yaml.StreamEndEvent):
            raise yaml.MarkedYAMLError(problem_mark=more.start_mark)
        return found

    def _entry(self, event: Any, depth: int) -> Entry:
        """What begins with this event; aliases and nesting, which bombs are made of, are refused."""
        if depth < 0 or isinstance(event, yaml.AliasEvent):
            raise _Forbidden()
        if isinstance(event, yaml.ScalarEvent):
            return Entry(event.value, self._line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return Entry(self._mapping(depth - 1), self._line(event))
        entries: list[Entry] = []
        while not isinstance(child := next(self._events), yaml.SequenceEndEvent):
            entries.append(self._entry(child, depth - 1))
        return Entry(entries, self._line(event))

    def _mapping(self, depth: int) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise yaml.MarkedYAMLError(problem_mark=key.start_mark)
            if key.value in found:
                self._notes.add(self._line(key), KeyTwice(key=key.value[:40]))
            found[key.value] = self._entry(next(self._events), depth)
        return found

    def _line(self, event: Any) -> int:
        line: int = event.start_mark.line
        return line + self._first_line


class Fields:
    """The fields of one mapping, asked for by name; what is missing, misshapen or unknown is noted."""

    def __init__(self, entry: Entry, notes: Notes) -> None:
        self.line = entry.line
        self.notes = notes
        self.faults = len(notes.findings)
        self._asked: set[str] = set()
        self._entries: dict[str, Entry] = {}
        if isinstance(entry.value, dict):
            self._entries = entry.value
        else:
            self._note(ValueShape(key="-", wanted="{…: …}"))

    def has(self, key: str) -> bool:
        return key in self._entries

    def line_of(self, key: str) -> int:
        return self._entries[key].line if key in self._entries else self.line

    def _note(self, reason: PortalError, key: str = "") -> None:
        self.notes.add(self.line_of(key), reason)

    def _take(self, key: str, required: bool) -> Entry | None:
        self._asked.add(key)
        if key not in self._entries and required:
            self._note(KeyMissing(key=key))
        return self._entries.get(key)

    def text(self, key: str, required: bool = False) -> str:
        entry = self._take(key, required)
        if entry is None:
            return ""
        if not isinstance(entry.value, str):
            self._note(ValueShape(key=key, wanted="…"), key)
            return ""
        if required and not entry.value.strip():
            self._note(KeyMissing(key=key), key)
        return entry.value

    def id(self, key: str = "id") -> str:
        found = self.text(key, required=True)
        if found and not _ID.fullmatch(found):
            self._note(BadId(id=found[:40]), key)
        return found

    def word(self, key: str, words: tuple[str, ...], default: str = "") -> str:
        found = self.text(key, required=not default) or default
        if found and found not in words:
            self._note(WordUnknown(word=found[:40], words=", ".join(words)), key)
            return words[0]
        return found

    def number(self, key: str, low: int, high: int, default: str = "") -> Decimal:
        text = self.text(key, required=not default) or default
        try:
            found = decimal(text)
        except PortalError:
            found = None
        if found is None or not low <= found <= high:
            if text:
                self._note(NumberOutside(key=key, low=low, high=high), key)
            return Decimal(low)
        return found

    def bilingual(self, key: str, required: bool = False) -> Bilingual:
        """``{zh: …, en: …}``; one language alone is noted."""
        entry = self._take(key, required)
        if entry is None:
            return MISSING
        return bilingual_of(entry, key, self.notes)

    def either(self, key: str) -> Bilingual:
        """A text that stands for both languages, or ``{zh: …, en: …}``."""
        if isinstance(self._entries.get(key, Entry("", 0)).value, dict):
            return self.bilingual(key)
        text = self.text(key).strip()
        return Bilingual(text, text)

    def entries(self, key: str, required: bool = False) -> list[Entry]:
        entry = self._take(key, required)
        if entry is None:
            return []
        if not isinstance(entry.value, list):
            self._note(ValueShape(key=key, wanted="[…]"), key)
            return []
        return entry.value

    def texts(self, key: str) -> tuple[str, ...]:
        found = [entry.value for entry in self.entries(key) if isinstance(entry.value, str)]
        if len(found) != len(self.entries(key)):
            self._note(ValueShape(key=key, wanted="[…, …]"), key)
        return tuple(found)

    def groups(self, key: str, required: bool = False) -> "Iterator[Fields]":
        """The mappings of a list."""
        return (Fields(entry, self.notes) for entry in self.entries(key, required))

    def mapping(self, key: str) -> "dict[str, Entry]":
        entry = self._take(key, False)
        if entry is None:
            return {}
        if not isinstance(entry.value, dict):
            self._note(ValueShape(key=key, wanted="{…: …}"), key)
            return {}
        return entry.value

    def words(self, key: str) -> dict[str, str]:
        """A mapping of texts to texts."""
        found = {name: entry.value for name, entry in self.mapping(key).items()}
        texts = {name: text for name, text in found.items() if isinstance(text, str)}
        if len(texts) != len(found):
            self._note(ValueShape(key=key, wanted="{…: …}"), key)
        return texts

    def finish(self) -> bool:
        """Notes what was never asked for; whether nothing was noted since these fields were opened."""
        for key in self._entries:
            if key not in self._asked:
                self._note(KeyUnknown(key=key[:40]), key)
        return len(self.notes.findings) == self.faults


def bilingual_of(entry: Entry, key: str, notes: Notes) -> Bilingual:
    if not isinstance(entry.value, dict) or not all(isinstance(e.value, str) for e in entry.value.values()):
        notes.add(entry.line, ValueShape(key=key, wanted="{zh: …, en: …}"))
        return MISSING
    sides = {lang: str(e.value).strip() for lang, e in entry.value.items()}
    for lang in sides.keys() - {"zh", "en"}:
        notes.add(entry.value[lang].line, KeyUnknown(key=lang[:40]))
    for lang in ("zh", "en"):
        if not sides.get(lang):
            notes.add(entry.line, TranslationMissing(key=key, lang=lang))
    return Bilingual(sides.get("zh", ""), sides.get("en", ""))


class _Dumper(yaml.SafeDumper):
    """Block style, texts of several lines as such, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _written_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # A text of several lines stands as a block where YAML can hold it so.
    is_block = "\n" in text and not any(line != line.rstrip() for line in text.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _written_text)


def written(value: object) -> str:
    """YAML that is the same for the same value: keys as given, lines of up to 110 characters."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
