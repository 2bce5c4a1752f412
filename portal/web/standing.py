"""Standing type: a page that was set once is kept, and of the next one like it only other lines are set.

Papers that come in hundreds differ in a few lines: a name, a number, a code. WeasyPrint sets the first of a
frame whole. Of the next one it sets a page with nothing but the paragraphs that read differently; each takes
the place of the one that stood there, if it is as wide and as high and made of as many lines. Then nothing
else on the page can have moved, so what was drawn of it is drawn again as it was. If it does not fit, the
page is set whole.

What comes out is the file that setting the page whole would give, byte for byte: tags, marks, attachments,
the font's characters and all else are WeasyPrint's own work (`tests/web/test_standing.py` compares the two).

Loaded by pdf.py, in the printer's process only. It leans on what WeasyPrint does not promise: the tree of
boxes, and how a text is drawn. Whatever is not as expected is noticed when a page is kept, and that page is
then never used again.
"""

import copy
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isclose
from typing import Any, Final

import pydyf
from weasyprint.document import Document, Page
from weasyprint.draw import draw_replacedbox
from weasyprint.draw.text import draw_text
from weasyprint.formatting_structure.boxes import ReplacedBox, TextBox

FRAMES: Final = 8
PAGES_OF_A_FRAME: Final = 4
_LEAF: Final = re.compile(r"<(p|footer)\b[^>]*>.*?</\1>|<img\b[^>]*>", re.DOTALL)
_HEAD: Final = re.compile(r'(?<= content=)"[^"]*"|(?<=<title>)[^<]*')
_VARYING: Final = re.compile(r'(?<= (?:src|alt)=)"[^"]*"')
_TAG: Final = re.compile(r"<[^>]*>")
_NUMBER: Final = "data-leaf"

Setter = Callable[[str], Document]


@dataclass(frozen=True, slots=True)
class Copy:
    """What is to be set: the frame, which is everything but words, and the leaves, which are paragraphs."""

    head: str
    between: tuple[str, ...]
    leaves: tuple[str, ...]

    @classmethod
    def read(cls, html: str) -> "Copy":
        head, body = html[: html.index("<body")], html[html.index("<body") :]
        found = list(_LEAF.finditer(body))
        ends = [0, *(leaf.end() for leaf in found)]
        starts = [*(leaf.start() for leaf in found), len(body)]
        between = tuple(body[end:start] for end, start in zip(ends, starts, strict=True))
        return cls(head, between, tuple(leaf[0] for leaf in found))

    @property
    def frame(self) -> tuple[str, ...]:
        """What two pages have in common when they differ in words only."""
        bones = (_VARYING.sub('""', "".join(_TAG.findall(leaf))) for leaf in self.leaves)
        return (_HEAD.sub("", self.head), *self.between, *bones)

    def html(self, wanted: set[int] | None = None) -> str:
        """The page with all leaves or those wanted, each with its number on it."""
        parts = [self.head, self.between[0]]
        for n, (leaf, after) in enumerate(zip(self.leaves, self.between[1:], strict=True)):
            if wanted is None or n in wanted:
                name = leaf.index(" ") if " " in leaf[: leaf.index(">")] else leaf.index(">")
                parts.append(f'{leaf[:name]} {_NUMBER}="{n}"{leaf[name:]}')
            parts.append(after)
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Drawn:
    """How one text or picture was drawn: the operators, and what each font was used for."""

    operators: bytes
    fonts: dict[Any, tuple[dict[int, str], dict[int, int]]]


class StandingPage(Page):
    """A page that remembers how it was painted, and whose leaves can be exchanged."""

    def __init__(self, page: Page, leaves: tuple[str, ...]) -> None:
        super().__init__(page._page_box)
        self.leaves = leaves
        self._boxes = dict(_leaves(page._page_box))
        self._marked: list[Any] = []
        self._tags: list[str] = []
        self._gaps: list[bytes] = []
        self._drawn: list[Drawn] = []
        self._live: set[int] = set()
        self._fonts: dict[Any, Any] = {}
        self._states: dict[str, Any] = {}
        self.is_sound = False

    def differing(self, leaves: tuple[str, ...]) -> set[int]:
        """The numbers of the leaves that read differently."""
        return {n for n, leaf in enumerate(leaves) if leaf != self.leaves[n]}

    def takes(self, boxes: dict[int, Any]) -> bool:
        """Whether each of these leaves fits where the old one stands."""
        return all(n in self._boxes and self._fits(self._boxes[n], box) for n, box in boxes.items())

    def put(self, boxes: dict[int, Any], leaves: tuple[str, ...]) -> None:
        """Exchange leaves that fit."""
        places = {id(box): n for n, box in enumerate(self._marked)}
        for n, new in boxes.items():
            old = self._boxes[n]
            new.translate(old.position_x - new.position_x, old.position_y - new.position_y)
            for before, after in zip(_marks(old), _marks(new), strict=True):
                self._marked[places[id(before)]] = after
                self._live.add(places[id(before)])
            _exchange(self._page_box, old, new)
            self._boxes[n] = new
        self.leaves = leaves

    def paint(self, stream: Any, scale: float = 1) -> None:
        """Paint the page; what has not changed since it was first painted, as it was."""
        if self.is_sound:
            self._paint_again(stream)
            return
        start = len(stream.stream)
        super().paint(stream, scale)
        self._remember(stream, stream.stream[start:])

    def _paint_again(self, stream: Any) -> None:
        stream._fonts.update((key, _unused(font)) for key, font in self._fonts.items())
        stream._resources["ExtGState"].update(self._states)
        for n, (gap, drawn) in enumerate(zip(self._gaps, self._drawn, strict=False)):
            stream.stream.append(gap)
            if n in self._live:
                _draw(stream, self._marked[n])
            else:
                _repeat(stream, drawn)
        stream.stream.append(self._gaps[-1])
        for n, box in enumerate(self._marked):
            stream._tags[box] = {"tag": self._tags[n], "mcid": n}

    def _remember(self, stream: Any, operators: list[Any]) -> None:
        self._marked = list(stream._tags)
        self._tags = [each["tag"] for each in stream._tags.values()]
        self._states = dict(stream._resources["ExtGState"])
        self._fonts = {key: _unused(font) for key, font in stream._fonts.items()}
        self._gaps, bodies = _parted(operators)
        self._drawn = [self._drawn_alone(stream, box) for box in self._marked]
        self._live = {n for n, drawn in enumerate(self._drawn) if b" Do" in drawn.operators}
        self.is_sound = self._is_as_expected(stream, bodies)

    def _drawn_alone(self, stream: Any, box: Any) -> Drawn:
        fonts = {key: _unused(font) for key, font in self._fonts.items()}
        alone = stream.clone(stream=[], fonts=fonts, images={}, tags={})
        _draw(alone, box)
        used = {key: (font.to_unicode, font.widths) for key, font in fonts.items() if font.to_unicode}
        return Drawn(_spelled(alone.stream), used)

    def _is_as_expected(self, stream: Any, bodies: list[bytes]) -> bool:
        """Whether drawing each part alone gives what was drawn, and there is nothing that is not kept."""
        resources = stream._resources
        pictures = sum(body.count(b" Do") for body in bodies)
        return (
            bodies == [drawn.operators for drawn in self._drawn]
            and not (resources["Pattern"] or resources["Shading"])
            and pictures == len(resources["XObject"]) == len(stream._images)
            and not any(font.missing for font in stream._fonts.values())
        )

    def _fits(self, old: Any, new: Any) -> bool:
        before, after = _marks(old), _marks(new)
        if (type(old), len(before)) != (type(new), len(after)) or not _is_as_big(old, new):
            return False
        inner = [n for n, box in enumerate(self._marked) if any(box is each for each in before)][1:]
        return all(
            isinstance(one, TextBox | ReplacedBox) and type(one) is type(other) and _look(one) == _look(other)
            for one, other in zip(before, after, strict=True)
        ) and not any(b"BMC" in self._gaps[n] for n in inner)  # nothing else is drawn between its lines


class Standing:
    """The pages that are kept, of the frames that were printed last."""

    def __init__(self, frames: int = FRAMES) -> None:
        self._frames: OrderedDict[tuple[str, ...], list[StandingPage]] = OrderedDict()
        self._most = frames

    def __call__(self, html: str, set_whole: Setter) -> Document:
        """The document of this page, of standing type where there is any."""
        if "<body" not in html:
            return set_whole(html)
        wanted = Copy.read(html)
        frame = wanted.frame
        pages = self._frames.setdefault(frame, [])
        self._frames.move_to_end(frame)
        found = _exchanged(pages, wanted, set_whole)
        if found is None:
            found = set_whole(wanted.html())
            if len(found.pages) == 1:
                kept = StandingPage(found.pages[0], wanted.leaves)
                found = found.copy([kept])
                pages.insert(0, kept)
        del pages[PAGES_OF_A_FRAME:]
        while len(self._frames) > self._most:
            self._frames.popitem(last=False)
        return found


def _exchanged(pages: list[StandingPage], wanted: Copy, set_whole: Setter) -> Document | None:
    """One of the pages with its leaves exchanged, or None if these fit into no page."""
    pages[:] = [page for page in pages if page.is_sound]
    if not pages:
        return None
    others = set().union(*(page.differing(wanted.leaves) for page in pages))
    few = set_whole(wanted.html(others))
    boxes = dict(_leaves(few.pages[0]._page_box))
    if len(few.pages) > 1 or boxes.keys() != others:
        return None
    for page in pages:
        if page.takes(boxes):
            page.put(boxes, wanted.leaves)
            pages.remove(page)
            pages.insert(0, page)
            return few.copy([page])
    return None


def _leaves(box: Any) -> Iterator[tuple[int, Any]]:
    """Number and box of each leaf."""
    for child in box.children:
        number = None if child.element is None else child.element.get(_NUMBER)
        if number is not None:
            yield int(number), child
        elif hasattr(child, "children"):
            yield from _leaves(child)


def _exchange(parent: Any, old: Any, new: Any) -> bool:
    children = parent.children
    for n, child in enumerate(children):
        if child is old:
            parent.children = [*children[:n], new, *children[n + 1 :]]
            return True
        if hasattr(child, "children") and _exchange(child, old, new):
            return True
    return False


def _marks(box: Any) -> list[Any]:
    """Texts and pictures in a leaf, which are marked when they are drawn."""
    if isinstance(box, TextBox | ReplacedBox):
        return [box]
    return [each for child in getattr(box, "children", ()) for each in _marks(child)]


def _is_as_big(one: Any, other: Any) -> bool:
    """In pixels; a height is a difference of two places on the page, and rounded with them."""
    return isclose(one.width, other.width, abs_tol=1e-6) and isclose(one.height, other.height, abs_tol=1e-6)


def _look(box: Any) -> tuple[Any, ...]:
    return box.element_tag, box.style["color"], box.style["font_size"], box.style["visibility"]


def _draw(stream: Any, box: Any) -> None:
    """Draw a text or a picture, without the colour, which stands before it in any case."""
    start = len(stream.stream)
    if isinstance(box, TextBox):
        draw_text(stream, box, 0, "clip", "none")
        operators = stream.stream[start:]
        stream.stream[start:] = operators[operators.index(b"BT") :]
    else:
        draw_replacedbox(stream, box)


def _repeat(stream: Any, drawn: Drawn) -> None:
    stream.stream.append(drawn.operators)
    for key, (characters, widths) in drawn.fonts.items():
        font = stream._fonts[key]
        for glyph, character in characters.items():
            font.to_unicode.setdefault(glyph, character)
        for glyph, width in widths.items():
            font.widths.setdefault(glyph, width)


def _unused(font: Any) -> Any:
    """The same font as before anything was drawn with it."""
    fresh = copy.copy(font)
    fresh.to_unicode, fresh.widths, fresh.missing = {}, {}, {}
    return fresh


def _parted(operators: list[Any]) -> tuple[list[bytes], list[bytes]]:
    """What was drawn, parted: what each text or picture is, and what is before, between and after them."""
    gaps, bodies, start = [], [], 0
    for n, operator in enumerate(operators):
        if operator == b"BDC":
            end = operators.index(b"EMC", n)
            text = operators.index(b"BT", n, end) if b"BT" in operators[n:end] else n + 1
            gaps.append(_spelled(operators[start:text]))
            bodies.append(_spelled(operators[text:end]))
            start = end
    return [*gaps, _spelled(operators[start:])], bodies


def _spelled(operators: list[Any]) -> bytes:
    """Operators as they stand in a file."""
    return pydyf.Stream(operators).data.split(b"\nstream\n", 1)[1].removesuffix(b"\nendstream")
