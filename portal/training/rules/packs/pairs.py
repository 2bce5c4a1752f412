"""A lesson as its author sees it: both languages block by block, and which translation has fallen behind."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import yaml

from portal.kernel.bilingual import Bilingual
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import Block, Lesson, read_lesson

_OTHER: Final = {"zh": "en", "en": "zh"}


class Standing(StrEnum):
    """How the translation of a block stands to its original."""

    FRESH = "fresh"  # made from the original as it is
    STALE = "stale"  # the original was changed since
    UNMARKED = "unmarked"  # nobody said what it was made from
    MISSING = "missing"  # one language has no text


@dataclass(frozen=True, slots=True)
class PairedBlock:
    """One block in both languages. ``made_from`` is the digest of the original that was translated."""

    id: str
    zh: str
    en: str
    made_from: str = ""

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en

    def standing(self, original: str) -> Standing:
        """``original``: the language that the course is written in."""
        if not self.zh or not self.en:
            return Standing.MISSING
        if not self.made_from:
            return Standing.UNMARKED
        return Standing.FRESH if self.made_from == digest(self.text(original)) else Standing.STALE


@dataclass(frozen=True, slots=True)
class PairedLesson:
    """Both languages of a lesson; ``id``, ``minutes`` and ``completion`` are the same in both."""

    id: str
    title: Bilingual
    minutes: str
    completion: str
    blocks: tuple[PairedBlock, ...]


def digest(text: str) -> str:
    """What a translated block remembers of its original."""
    return Block("", text, 0).digest


def read_pair(zh: bytes, en: bytes, original: str) -> PairedLesson | None:
    """Blocks in the order of the original, those that only the translation has after their neighbours.

    None where a file cannot be read; an empty one is a language with nothing in it yet.
    """
    sides = {lang: read_lesson(data, Notes("")) for lang, data in (("zh", zh), ("en", en)) if data}
    if not sides or None in sides.values():
        return None
    held = {lang: lesson for lang, lesson in sides.items() if lesson}
    first = held.get(original) or held[_OTHER[original]]
    titles = Bilingual(*(held[lang].title if lang in held else "" for lang in ("zh", "en")))
    return PairedLesson(first.id, titles, str(first.minutes), first.completion, _paired(held, original))


def _paired(sides: Mapping[str, Lesson], original: str) -> tuple[PairedBlock, ...]:
    texts = {lang: {block.id: block for block in lesson.blocks} for lang, lesson in sides.items()}
    order = ["", *texts.get(original, ())]
    following = dict(zip(order, [*order[1:], ""], strict=True))
    behind = ""
    for name in texts.get(_OTHER[original], ()):
        if name not in following:
            following[name], following[behind] = following[behind], name
        behind = name
    empty = Block("", "", 0)
    found = [
        (name, {lang: texts.get(lang, {}).get(name, empty) for lang in ("zh", "en")})
        for name in _walked(following)
    ]
    return tuple(
        PairedBlock(name, both["zh"].text, both["en"].text, both[_OTHER[original]].made_from)
        for name, both in found
    )


def _walked(following: Mapping[str, str]) -> Iterator[str]:
    """From "" to "", each by what follows it."""
    name = following[""]
    while name:
        yield name
        name = following[name]


def edited(
    before: Sequence[PairedBlock], after: Iterable[tuple[str, PairedBlock, bool]], original: str
) -> tuple[PairedBlock, ...]:
    """The blocks as they are kept: each new one comes with the id it had and whether it is called fresh.

    A translation that nobody ever marked is marked with what the original said until now, once the original
    alone has changed, so that it shows as stale.
    """
    was = {block.id: block for block in before}
    return tuple(_kept(was.get(name), block, is_fresh, original) for name, block, is_fresh in after)


def _kept(old: PairedBlock | None, new: PairedBlock, is_fresh: bool, original: str) -> PairedBlock:
    translation = _OTHER[original]
    if is_fresh:
        return replace(new, made_from=digest(new.text(original)) if new.text(translation) else "")
    if old is None:
        return replace(new, made_from="")
    has_moved_on = old.text(original) != new.text(original) and old.text(translation) == new.text(translation)
    if not old.made_from and has_moved_on and old.text(original) and old.text(translation):
        return replace(new, made_from=digest(old.text(original)))
    return replace(new, made_from=old.made_from)


def with_block(lesson: PairedLesson, block: PairedBlock, original: str) -> PairedLesson:
    """The lesson with one more block at its end, whose languages were written together."""
    fresh = replace(block, made_from=digest(block.text(original)))
    return replace(lesson, blocks=(*lesson.blocks, fresh))


def written_side(data: bytes, lesson: PairedLesson, lang: str, original: str) -> bytes:
    """The file of one language. Lines at its head that have not changed stay as they are."""
    head = _head(data, {
        "id": lesson.id, "title": lesson.title.in_(lang), "minutes": lesson.minutes,
        "completion": lesson.completion,
    })  # fmt: skip
    parts = ["\n".join(["---", *head, "---"])]
    for block in lesson.blocks:
        if text := block.text(lang).strip():
            stamp = f" of {block.made_from}" if lang != original and block.made_from else ""
            parts.append(f"<!-- #{block.id}{stamp} -->\n{text}")
    return ("\n\n".join(parts) + "\n").encode()


def _head(data: bytes, values: Mapping[str, str]) -> list[str]:
    lines = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    end = next((n for n, line in enumerate(lines[1:], start=1) if line.strip() == "---"), 1)
    head, left = lines[1:end], dict(values)
    for number, line in enumerate(head):
        found = re.match(r"([a-z_]+):", line)
        if found and found[1] in left:
            value = left.pop(found[1])
            if _scalar(line) != value:
                head[number] = _line(found[1], value)
    return head + [_line(key, value) for key, value in left.items()]


def _scalar(line: str) -> Any:
    try:
        return next(iter(yaml.load(line, Loader=yaml.BaseLoader).values()))  # noqa: S506  makes texts only
    except (yaml.YAMLError, AttributeError, StopIteration):
        return None


def _line(key: str, value: str) -> str:
    if value.isascii() and value.isdecimal():
        return f"{key}: {value}"
    return yaml.safe_dump({key: value}, allow_unicode=True, width=100_000).strip()


def new_block_id(taken: Iterable[str], wish: str = "") -> str:
    """An id that no block has yet: the wish, made of small letters, digits and hyphens, or ``block-2`` …"""
    base = re.sub(r"[^a-z0-9]+", "-", wish.lower()).strip("-") or "block"
    known = set(taken)
    if base in known or base == "block":
        base = next(f"{base}-{n}" for n in range(1, 10_000) if f"{base}-{n}" not in known)
    return base
