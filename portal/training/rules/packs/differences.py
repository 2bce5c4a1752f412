"""What differs between two packs: file by file, block by block, item by item, with the words marked.

Finding what differs is quick; comparing the words is not, and is done of the parts that are looked at."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import accumulate
from typing import Final

from portal.training.rules.packs.course import LESSON
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import read_lesson
from portal.training.rules.packs.records import mapping_of, records_of
from portal.training.rules.packs.shapes import texts_of

MAX_COMPARED: Final = 20_000  # characters of one text; longer ones are shown whole, before and after
# A word, a Chinese character, or anything else by itself.
_WORD: Final = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.S)
_BLANK: Final = re.compile(r"\n[ \t\r]*\n")
_TITLE: Final = re.compile(r"::(.+?)::", re.S)


class Fate(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words: ``same``, ``added`` or ``removed``."""

    kind: str
    text: str


@dataclass(slots=True)
class Patience:
    """The steps that may still be made to find what texts have in common. What is left when there are none
    counts as changed: ten thousand words of a few that come again and again would be compared for hours."""

    steps: int = 30_000_000

    def take(self, steps: int) -> bool:
        """Whether there are so many."""
        self.steps -= steps if (enough := steps <= self.steps) else 0
        return enough


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A block of a lesson, an item of a bank or a field of a file, with its texts before and after."""

    name: str
    fate: Fate
    before: Mapping[str, str]
    after: Mapping[str, str]

    def lines(self, patience: Patience) -> list[tuple[str, tuple[Piece, ...]]]:
        """Its texts that differ, by their names, with their words marked."""
        old, new = self.before, self.after
        return [
            (key, words_between(old.get(key, ""), new.get(key, ""), patience))
            for key in _together(old, new)
            if old.get(key) != new.get(key)
        ]


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A file that differs; ``parts`` is empty where it is not looked into."""

    path: str
    fate: Fate
    parts: tuple[PartDifference, ...] = ()

    @property
    def count(self) -> int:
        """In how many places it differs."""
        return len(self.parts) or 1

    def having(self, fate: Fate) -> int:
        """Of how many of its parts this became."""
        return sum(part.fate == fate for part in self.parts)


class _Matcher(SequenceMatcher[str]):
    def __init__(self, old: list[str], new: list[str], patience: Patience) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._patience = patience
        # Every place of the one is held against all places of the same word in the other.
        places = Counter(new)
        self._steps = [0, *accumulate(1 + places[word] for word in old)]

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        steps = self._steps[-1 if ahi is None else ahi] - self._steps[alo]
        if not self._patience.take(steps):
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileDifference]:
    """Every file that is not the same, by path."""
    found, patience = [], Patience()
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            found.append(FileDifference(path, Fate.ADDED, tuple(_parts(path, b"", after[path], patience))))
        elif path not in after:
            found.append(FileDifference(path, Fate.REMOVED))
        elif before[path] != after[path]:
            parts = tuple(_parts(path, before[path], after[path], patience))
            found.append(FileDifference(path, Fate.CHANGED, parts))
    return found


def stretch(found: Iterable[FileDifference], first: int, most: int) -> list[FileDifference]:
    """At most so many places, from the one with this number on (0 is the first), in their files."""
    cut, here = [], 0
    for file in found:
        begin, end = max(first - here, 0), first + most - here
        if begin < file.count and end > 0:
            cut.append(replace(file, parts=file.parts[begin:end]))
        here += file.count
    return cut


def words_between(before: str, after: str, patience: Patience) -> tuple[Piece, ...]:
    """The words of both texts in order, each marked as the same, added or removed."""
    if max(len(before), len(after)) > MAX_COMPARED:
        return (Piece("removed", before), Piece("added", after))
    old, new = _WORD.findall(before), _WORD.findall(after)
    pieces: list[Piece] = []
    for tag, a, b, c, d in _Matcher(old, new, patience).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        pieces += [Piece("removed", "".join(old[a:b]))] if b > a else []
        pieces += [Piece("added", "".join(new[c:d]))] if d > c else []
    return tuple(pieces)


def _parts(path: str, before: bytes, after: bytes, patience: Patience) -> Iterator[PartDifference]:
    if LESSON.fullmatch(path):
        yield from _between(_blocks(before), _blocks(after), patience)
    elif path.startswith("bank/") and path.endswith(".yml"):
        yield from _between(_items(before), _items(after), patience)
    elif path.endswith(".yml"):
        yield from _between(_fields(before), _fields(after), patience)
    elif path.endswith(".gift"):
        old, new = before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
        yield from _between(_paragraphs(old), _paragraphs(new), patience)


Texts = dict[str, dict[str, str]]


def _blocks(data: bytes) -> Texts:
    lesson = read_lesson(data, Notes("")) if data else None
    if lesson is None:
        return {}
    head = {"title": lesson.title, "minutes": str(lesson.minutes), "completion": lesson.completion}
    return {"": head} | {block.id: {"": block.text} for block in lesson.blocks}


def _items(data: bytes) -> Texts:
    records = records_of(data) or []
    return {str(record.value.get("id", n)): dict(texts_of(record.value)) for n, record in enumerate(records)}


def _paragraphs(text: str) -> Texts:
    """What stands between blank lines, which part the questions of GIFT: by its title, else how it begins."""
    found = defaultdict[str, list[str]](list)
    for each in filter(None, (part.strip() for part in _BLANK.split(text))):
        title = _TITLE.search(each)
        found[title[1].strip() if title else each[:60]].append(each)
    return {name: {"": "\n\n".join(texts)} for name, texts in found.items()}


def _fields(data: bytes) -> Texts:
    """By field; members of a list by their id, so that moving one is not changing all."""
    found: Texts = {}
    for key, value in (mapping_of(data) or {}).items():
        named = [each for each in value if isinstance(each, dict) and "id" in each] if value else []
        if isinstance(value, list) and len(named) == len(value):
            found |= {f"{key}.{each['id']}": dict(texts_of(each)) for each in named}
        else:
            found[key] = dict(texts_of(value))
    return found


def _between(before: Texts, after: Texts, patience: Patience) -> Iterator[PartDifference]:
    both = ([name for name in before if name in after], [name for name in after if name in before])
    moved = _moved(*both, patience)
    for name in _together(before, after):
        old, new = before.get(name), after.get(name)
        if old == new:
            if name in moved:
                yield PartDifference(name, Fate.MOVED, {}, {})
            continue
        fate = Fate.ADDED if old is None else Fate.REMOVED if new is None else Fate.CHANGED
        yield PartDifference(name, fate, old or {}, new or {})


def _together(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*after, *before]))


def _moved(old: list[str], new: list[str], patience: Patience) -> set[str]:
    """Names that are not part of the longest run of unmoved ones."""
    matcher = _Matcher(old, new, patience)
    still = {name for block in matcher.get_matching_blocks() for name in old[block.a : block.a + block.size]}
    return set(old) - still
