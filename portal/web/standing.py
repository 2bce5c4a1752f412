"""Standing type: a page that was set once is kept, and of the next one like it only other lines are set.

Papers that come in hundreds differ in a few lines: a name, a number, a code. WeasyPrint sets the first of a
frame whole. Of the next one it sets the paragraphs that read differently, in the place of those that stood
there. If each is as high as the old one and made of as many pieces, nothing else on the page can have moved,
and what was drawn of it is drawn again as it was. If one does not fit, the page is set whole.

What comes out is the file that setting the page whole gives, byte for byte: tags, marks, attachments, the
characters of the font and all else are WeasyPrint's own work (tests/web/test_standing.py compares the two).

Loaded by pdf.py, in the printer's process only. It leans on what WeasyPrint does not promise: its tree of
boxes, how it sets lines and how it draws them. When a page is kept, each part of it is drawn a second time;
where that differs, or holds anything not thought of here, the page is never used again.
"""

import copy
import html as markup
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf, isclose
from typing import Any, Final

import pydyf
from weasyprint import DEFAULT_OPTIONS, HTML
from weasyprint.document import Document, Page
from weasyprint.draw import draw_replacedbox
from weasyprint.draw.text import draw_text
from weasyprint.formatting_structure.boxes import BlockBox, BlockReplacedBox, LineBox, ReplacedBox, TextBox
from weasyprint.formatting_structure.build import build_formatting_structure, create_anonymous_boxes
from weasyprint.html import get_html_metadata
from weasyprint.layout.inline import iter_line_boxes
from weasyprint.pdf.metadata import DocumentMetadata

FRAMES: Final = 8
PAGES_OF_A_FRAME: Final = 4
_LEAF: Final = re.compile(r"<(p|footer)\b[^>]*>.*?</\1>|<img\b[^>]*>", re.DOTALL)
_HEAD: Final = re.compile(r'(?<= content=)"[^"]*"|(?<=<title>)[^<]*')
_TAG: Final = re.compile(r"<[^>]*>")
_ATTRIBUTE: Final = re.compile(r' (src|alt)="([^"]*)"')
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER: Final = "data-leaf"


@dataclass(frozen=True)
class Copy:
    """What is to be set: the frame, which is all but words, and the leaves: paragraphs and pictures."""

    head: str
    between: tuple[str, ...]
    leaves: tuple[str, ...]

    @classmethod
    def read(cls, html: str) -> "Copy":
        start = max(html.find("<body"), 0)
        found = list(_LEAF.finditer(html, start))
        ends = [start, *(leaf.end() for leaf in found)]
        starts = [*(leaf.start() for leaf in found), len(html)]
        between = tuple(html[end:start] for end, start in zip(ends, starts, strict=True))
        return cls(html[:start], between, tuple(leaf[0] for leaf in found))

    @cached_property
    def frame(self) -> tuple[str, ...]:
        """What two pages have in common when they differ in words only."""
        bones = (_ATTRIBUTE.sub(r" \1", "".join(_TAG.findall(leaf))) for leaf in self.leaves)
        return (_HEAD.sub("", self.head), *self.between, *bones)

    def numbered(self) -> str:
        """The page again, the leaves with their numbers on them."""
        parts = [self.head, self.between[0]]
        for n, (leaf, after) in enumerate(zip(self.leaves, self.between[1:], strict=True)):
            name, rest = re.match(r"(<\w+)(.*)", leaf, re.DOTALL).groups()  # type: ignore[union-attr]
            parts += [f'{name} {_NUMBER}="{n}"{rest}', after]
        return "".join(parts)


class Set(Document):
    """A document that keeps what its lines were set with."""

    context: Any = None

    @classmethod
    def _build_layout_context(cls, *given: Any) -> Any:
        cls.context = super()._build_layout_context(*given)
        return cls.context

    @classmethod
    def _render(cls, *given: Any) -> "Set":
        made: Set = super()._render(*given)
        made.context, cls.context = cls.context, None
        return made


@dataclass(frozen=True, slots=True)
class Drawn:
    """How one text or picture was drawn: the operators, and what each font was used for."""

    operators: bytes
    fonts: dict[Any, tuple[dict[int, str], dict[int, int]]]


class StandingPage(Page):
    """A page that remembers how it was painted, and whose leaves can be exchanged."""

    def __init__(self, document: Set, leaves: tuple[str, ...]) -> None:
        (page,) = document.pages
        super().__init__(page._page_box)
        self.leaves = leaves
        self._document = document
        self._boxes = dict(_leaves(page._page_box))
        readable = (n for n, box in self._boxes.items() if _words(box.element) == _read(leaves[n]))
        self._exchangeable = frozenset(readable)
        self._painted: tuple[Any, list[Any]] | None = None  # once, and not yet looked at
        self._is_sound = False
        self._marked: list[Any] = []
        self._tags: list[str] = []
        self._gaps: list[bytes] = []
        self._drawn: list[Drawn] = []
        self._live: set[int] = set()
        self._fonts: dict[Any, Any] = {}
        self._states: dict[str, Any] = {}

    def exchanged(self, wanted: Copy) -> Document | None:
        """The document with these leaves; None if they do not fit here, and then all is as it was."""
        if self._painted:
            self._remember(*self._painted)
            self._painted = None
        others = {n for n, leaf in enumerate(wanted.leaves) if leaf != self.leaves[n]}
        if (
            not self._is_sound
            or not others <= self._exchangeable
            or any(_UNPRINTABLE.search(wanted.leaves[n]) for n in others)
        ):
            return None
        boxes = {}
        for n in others:
            _write(self._boxes[n].element, wanted.leaves[n])
            new = self._set(self._boxes[n])
            if new is None or not self._fits(self._boxes[n], new):
                for each in others:
                    _write(self._boxes[each].element, self.leaves[each])
                return None
            boxes[n] = new
        self._put(boxes)
        self.leaves = wanted.leaves
        found = self._document.copy([self])
        head = HTML(string=wanted.head, url_fetcher=found.url_fetcher)
        found.metadata = DocumentMetadata(**get_html_metadata(head))
        return found

    def _set(self, old: Any) -> Any | None:
        """The box of a leaf whose words have changed."""
        context = self._document.context
        built = build_formatting_structure(
            old.element, context.style_for, partial(context.get_image_from_uri, cache={}), None,
            context.target_collector, context.counter_style, [],
        )  # fmt: skip
        if isinstance(old, BlockReplacedBox):
            new = old.copy()
            new.replacement = getattr(built, "replacement", None)
            return (
                new if new.replacement and "auto" not in (old.style["width"], old.style["height"]) else None
            )
        if built.is_running():  # stands in the margin of the page, where it became a box like any other
            built.style = old.style
            built = create_anonymous_boxes(built)
        if [type(each) for each in built.children] != [LineBox]:
            return None
        (line,) = built.children
        line.position_x, top = old.content_box_x(), old.content_box_y()
        context.create_block_formatting_context()
        lines = [each for each, _ in iter_line_boxes(context, line, top, -inf, None, old, [], [], None, None)]
        context.finish_block_formatting_context()
        height = lines[-1].position_y + lines[-1].height - top if lines else 0
        return old.copy_with_children(lines) if isclose(height, old.height, abs_tol=1e-6) else None

    def _fits(self, old: Any, new: Any) -> bool:
        """Whether the same things are drawn in it, and nothing beside or between them."""
        before, after = _marks(old), _marks(new)
        inner = [n for n, box in enumerate(self._marked) if any(box is each for each in before)][1:]
        return (
            [_look(box) for box in before] == [_look(box) for box in after]
            and all(box.style["text_decoration_line"] == "none" for box in after)
            and not any(b"BMC" in self._gaps[n] for n in inner)
        )

    def _put(self, boxes: dict[int, Any]) -> None:
        places = {id(box): n for n, box in enumerate(self._marked)}
        for n, new in boxes.items():
            old = self._boxes[n]
            for before, after in zip(_marks(old), _marks(new), strict=True):
                self._marked[places[id(before)]] = after
                self._live.add(places[id(before)])
            _exchange(self._page_box, old, new)
            self._boxes[n] = new

    def paint(self, stream: Any, scale: float = 1) -> None:
        """Paint the page; what has not changed since it was first painted, as it was."""
        if self._is_sound:
            self._paint_again(stream)
            return
        start = len(stream.stream)
        super().paint(stream, scale)
        self._marked = list(stream._tags)
        self._tags = [each["tag"] for each in stream._tags.values()]
        self._painted = stream, stream.stream[start:]

    def _paint_again(self, stream: Any) -> None:
        stream._fonts.update((key, _unused(font)) for key, font in self._fonts.items())
        stream._resources["ExtGState"].update(self._states)
        for n, (box, drawn) in enumerate(zip(self._marked, self._drawn, strict=True)):
            stream.stream.append(self._gaps[n])
            if n in self._live:
                _draw(stream, box)
            else:
                _repeat(stream, drawn)
            stream._tags[box] = {"tag": self._tags[n], "mcid": n}
        stream.stream.append(self._gaps[-1])

    def _remember(self, stream: Any, operators: list[Any]) -> None:
        self._states = dict(stream._resources["ExtGState"])
        self._fonts = {key: _unused(font) for key, font in stream._fonts.items()}
        self._gaps, bodies = _parted(operators)
        self._drawn = [self._drawn_alone(stream, box) for box in self._marked]
        self._live = {n for n, drawn in enumerate(self._drawn) if b" Do" in drawn.operators}
        self._is_sound = self._is_as_expected(stream, bodies)

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


class Standing:
    """The pages that are kept, of the frames that were printed last."""

    def __init__(self) -> None:
        self._frames: OrderedDict[tuple[str, ...], list[StandingPage]] = OrderedDict()

    def laid_out(self, html: str, url_fetcher: Any, font_config: Any, **options: Any) -> Document:
        """The document of this page as ``HTML.render`` makes it, of standing type where some takes it."""
        wanted = Copy.read(html)
        pages = self._frames.setdefault(wanted.frame, [])
        self._frames.move_to_end(wanted.frame)
        if len(self._frames) > FRAMES:
            self._frames.popitem(last=False)
        for page in pages:
            if found := page.exchanged(wanted):
                pages.remove(page)
                pages.insert(0, page)
                return found
        source = HTML(string=wanted.numbered(), url_fetcher=url_fetcher)
        whole = Set._render(source, font_config, None, None, DEFAULT_OPTIONS | options)
        if len(whole.pages) > 1:
            return whole
        pages.insert(0, StandingPage(whole, wanted.leaves))
        del pages[PAGES_OF_A_FRAME:]
        return whole.copy([pages[0]])

    def forget(self) -> None:
        """Keep none."""
        self._frames.clear()


def _leaves(box: Any) -> Iterator[tuple[int, Any]]:
    """Number and box of each leaf that is a paragraph or a picture of its own."""
    for child in box.children:
        number = None if child.element is None else child.element.get(_NUMBER)
        if number is None:
            yield from _leaves(child) if hasattr(child, "children") else ()
        elif isinstance(child, BlockBox | BlockReplacedBox):
            yield int(number), child


def _exchange(parent: Any, old: Any, new: Any) -> bool:
    children = parent.children
    for n, child in enumerate(children):
        if child is old:
            parent.children = [*children[:n], new, *children[n + 1 :]]
            return True
        if hasattr(child, "children") and _exchange(child, old, new):
            return True
    return False


def _places(element: Any) -> Iterator[tuple[Any, str]]:
    """Where words may stand in an element, in order."""
    if element.tag not in ("img", "br"):
        yield element, "text"
    for child in element:
        yield from _places(child)
        yield child, "tail"


def _words(element: Any) -> list[str]:
    return [getattr(each, name) or "" for each, name in _places(element)]


def _read(leaf: str) -> list[str]:
    """The words of a leaf, by the places they stand in."""
    return [markup.unescape(piece) for piece in _TAG.split(leaf)[1:-1]]


def _write(element: Any, leaf: str) -> None:
    """Change the words of an element; of a picture, what it shows."""
    if element.tag == "img":
        element.attrib.update((name, markup.unescape(value)) for name, value in _ATTRIBUTE.findall(leaf))
    for (each, name), words in zip(_places(element), _read(leaf), strict=True):
        setattr(each, name, words)


def _marks(box: Any) -> list[Any]:
    """Texts and pictures in a leaf, which are marked when they are drawn."""
    if isinstance(box, TextBox | ReplacedBox):
        return [box]
    return [each for child in getattr(box, "children", ()) for each in _marks(child)]


def _look(box: Any) -> tuple[Any, ...]:
    """What the operators before a text come from."""
    return type(box), box.element_tag, box.style["color"], box.style["visibility"]


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
    """What was drawn, parted: what is before, between and after texts and pictures, and these themselves."""
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
