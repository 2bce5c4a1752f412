"""Lessons: front matter, then blocks that begin with ``<!-- #id -->`` and are the same in both languages.

A translated block names what it was made from, ``<!-- #id of 3f2a9c1d -->``: the first eight digits of the
SHA-256 of the original block, so that a changed original is noticed.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from typing import Final

from portal.training.rules.items import Markup
from portal.training.rules.markup import is_own_address
from portal.training.rules.packs.documents import Fields, entry_of, text_of
from portal.training.rules.packs.faults import (
    AltMissing,
    BlockEmpty,
    BlockIdMissing,
    BlocksDiffer,
    CaptionMissing,
    FileMissing,
    IdTwice,
    KeyMissing,
    LessonTooLong,
    Notes,
    PictureForeign,
    TranslationStale,
)
from portal.training.rules.pictures import pictures

READ, ITEMS, BOTH, PLEDGE = "read", "items", "both", "pledge"
MAX_LESSON: Final = 100_000  # characters: no page of a lesson that a phone can load holds more
COMPLETION: Final = (READ, ITEMS, BOTH, PLEDGE)
_MARK: Final = re.compile(r"[ \t]*<!--\s*#([a-z0-9]+(?:-[a-z0-9]+)*)(?:\s+of\s+([0-9a-f]{8}))?\s*-->[ \t]*")


@dataclass(frozen=True, slots=True)
class Block:
    """``made_from`` is the digest of the original that was translated, or ``""``."""

    id: str
    text: str
    line: int
    made_from: str = ""

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One language of a lesson. ``completion`` says what completes it: reading, its items, both, or a pledge
    that was really made."""

    id: str
    title: str
    minutes: int
    completion: str
    blocks: tuple[Block, ...]

    @property
    def asks_reading(self) -> bool:
        return self.completion != ITEMS

    @property
    def asks_questions(self) -> bool:
        return self.completion in (ITEMS, BOTH)

    @property
    def asks_pledge(self) -> bool:
        return self.completion == PLEDGE


def read_lesson(data: bytes, notes: Notes) -> Lesson | None:
    """The lesson; what is wrong is noted, and None is returned where nothing can be read."""
    text = text_of(data, notes)
    if text is None:
        return None
    if len(text) > MAX_LESSON:
        notes.add(0, LessonTooLong(most=MAX_LESSON))
        return None
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        notes.add(1, KeyMissing(key="---"))
        return None
    end = next(number for number, line in enumerate(lines[1:], start=1) if line.strip() == "---")
    entry = entry_of("\n".join(lines[1:end]), notes, first_line=2)
    if entry is None:
        return None
    fields = Fields(entry, notes)
    lesson = Lesson(
        id=fields.id(),
        title=fields.text("title", required=True),
        minutes=int(fields.number("minutes", 1, 600)),
        completion=fields.word("completion", COMPLETION),
        blocks=tuple(_blocks(lines[end + 1 :], end + 2, notes)),
    )
    fields.finish()
    return lesson


def _blocks(lines: list[str], first_line: int, notes: Notes) -> Iterator[Block]:
    """Blocks in order. Text before the first, doubled ids and empty blocks are noted."""
    seen: set[str] = set()
    name, made_from, start, held = "", "", first_line, list[str]()
    for number, line in enumerate([*lines, "<!-- #end -->"], start=first_line):
        found = _MARK.fullmatch(line)
        if not found:
            held.append(line)
            continue
        text = "\n".join(held).strip()
        if name:
            if not text:
                notes.add(start, BlockEmpty(block=name))
            yield Block(name, text, start, made_from)
        elif text:
            notes.add(first_line, BlockIdMissing())
        name, made_from, start, held = found[1], found[2] or "", number, []
        if name in seen:
            notes.add(number, IdTwice(id=name))
        seen.add(name)


def compare(original: Lesson, translation: Lesson, notes: Notes) -> None:
    """Notes in the translation's file where blocks differ and where the original has changed since."""
    for here, there in zip_longest(original.blocks, translation.blocks):
        if here is None or there is None or here.id != there.id:
            line = there.line if there else 0
            notes.add(line, BlocksDiffer(here=here.id if here else "–", there=there.id if there else "–"))
            return
        if there.made_from and there.made_from != here.digest:
            notes.add(there.line, TranslationStale(block=there.id))


def stamped(translation: str, original: Lesson) -> str:
    """The translation's file with every block marked as made from the original as it is now."""
    digests = {block.id: block.digest for block in original.blocks}

    def mark(line: str) -> str:
        found = _MARK.fullmatch(line)
        return f"<!-- #{found[1]} of {digests[found[1]]} -->" if found and found[1] in digests else line

    return "\n".join(map(mark, translation.split("\n")))


def look_at_pictures(
    text: str, line: int, files: Container[str], notes: Notes, markup: Markup = Markup.MARKDOWN
) -> None:
    """Notes pictures without alternative text or caption, from elsewhere, or not among the pack's files."""
    for picture in pictures(text, line, markup):
        name = picture.address[:80]
        if not picture.alt:
            notes.add(picture.line, AltMissing(name=name))
        if not picture.caption:
            notes.add(picture.line, CaptionMissing(name=name))
        if not (is_own_address(picture.address) and picture.address.startswith("media/")):
            notes.add(picture.line, PictureForeign(name=name))
        elif picture.address not in files:
            notes.add(picture.line, FileMissing(name=name))
