"""Items from and for other systems: one door in and one out for every format.

What cannot be taken or written is listed with its reason, never dropped in silence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound
from portal.registry.rules.imports import decode
from portal.training.rules.formats import aiken, gift, moodle_xml, qti, table
from portal.training.rules.formats.exchange import (
    MAX_BYTES,
    MAX_LINES,
    FileTooLarge,
    LeftOut,
    NotInThisFormat,
    Problem,
    Reading,
    TooManyLines,
    Writing,
)
from portal.training.rules.formats.repair import REPAIRS, repairs
from portal.training.rules.items import Item
from portal.training.rules.pictures import pictures, shown_texts


class UnknownFormat(NotFound):
    message = N_("There is no format “%(name)s”; there are %(names)s.")


class MarksRepaired(InvalidInput):
    message = N_("Full-width marks were repaired: %(after)s")


class PictureNotTaken(InvalidInput):
    message = N_("The picture “%(name)s” is not taken in. Add it under Pictures, then name it here.")


class MarksToRepair(InvalidInput):
    message = N_("Full-width marks can be repaired: %(before)s → %(after)s")


@dataclass(frozen=True, slots=True)
class Format:
    """A format by the ending of its files, and its two directions; what is read is text or bytes."""

    name: str
    ending: str
    write: Callable[[Iterable[Item], str], Writing]
    read_text: Callable[[str, str], Reading] | None = None
    read_bytes: Callable[[bytes, str], Reading] | None = None


def _qti(version: qti.Version) -> Callable[[Iterable[Item], str], Writing]:
    return lambda items, lang: qti.write(items, lang, version)


FORMATS: Final = {
    form.name: form
    for form in (
        Format("gift", "gift", gift.write, read_text=gift.read),
        Format("moodle", "xml", moodle_xml.write, read_bytes=moodle_xml.read),
        Format("aiken", "txt", aiken.write, read_text=aiken.read),
        Format("csv", "csv", table.write, read_text=table.read),
        Format("qti21", "zip", _qti(qti.QTI_21), read_bytes=qti.read),
        Format("qti30", "zip", _qti(qti.QTI_30), read_bytes=qti.read),
    )
}


def format_named(name: str) -> Format:
    """Raises UnknownFormat."""
    if name not in FORMATS:
        raise UnknownFormat(name=name[:20], names=", ".join(FORMATS))
    return FORMATS[name]


def _without_pictures(reading: Reading) -> Reading:
    """Files of questions come without their pictures; each is listed with the item that shows it."""
    left = (
        Problem(0, PictureNotTaken(name=address[:80]), item.id)
        for item in reading.items
        for address in dict.fromkeys(
            picture.address for text in shown_texts(item) for picture in pictures(text, 0, item.markup)
        )
    )
    return replace(reading, problems=(*reading.problems, *left))


def read_items(name: str, data: bytes, lang: str, repair: bool = False) -> Reading:
    """Items of a file in ``lang``; with ``repair`` full-width marks are mended and each repair is listed.

    A problem about an item as a whole has line 0.

    Raises UnknownFormat, FileTooLarge, TooManyLines, UnreadableFile and what the format's ``read`` raises.
    """
    form = format_named(name)
    if len(data) > MAX_BYTES:
        raise FileTooLarge()
    if form.read_bytes:
        return _without_pictures(form.read_bytes(data, lang))
    assert form.read_text is not None  # noqa: S101  # a format reads one or the other
    text = decode(data)[0]
    if text.count("\n") + text.count("\r") > 2 * MAX_LINES:  # a line may end with both
        raise TooManyLines(limit=MAX_LINES)
    changes = list(repairs(name, text))
    if not repair:
        reading = _without_pictures(form.read_text(text, lang))
        known = {problem.line for problem in reading.problems}
        found = (MarksToRepair(before=c.before[:60], after=c.after[:60]) for c in changes)
        listed = [Problem(c.line, reason) for c, reason in zip(changes, found, strict=True)]
        return replace(
            reading, problems=_in_order(*reading.problems, *(p for p in listed if p.line not in known))
        )
    mended = REPAIRS[name](text) if name in REPAIRS else text
    reading = _without_pictures(form.read_text(mended, lang))
    repaired = [Problem(change.line, MarksRepaired(after=change.after[:60])) for change in changes]
    return replace(reading, problems=_in_order(*reading.problems, *repaired))


def _in_order(*problems: Problem) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.line))


def write_items(name: str, items: Iterable[Item], lang: str) -> Writing:
    """A file of these items in ``lang``, and which of them the format cannot hold. Raises UnknownFormat.

    An item with variants is no question yet, and no format here can draw its numbers.
    """
    held = list(items)
    writing = format_named(name).write((item for item in held if item.variant is None), lang)
    variants = (LeftOut(item.id, NotInThisFormat(kind="variant")) for item in held if item.variant)
    return Writing(writing.data, (*writing.left_out, *variants))
