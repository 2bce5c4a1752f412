"""The pictures of a text, in Markdown or HTML, and those of an item."""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from portal.training.rules.items import (
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    Ordering,
    Single,
    TrueFalse,
)
from portal.training.rules.markup import markdown


@dataclass(frozen=True, slots=True)
class Picture:
    """Its address as the text has it, what those read who cannot see it, its caption and its line."""

    address: str
    alt: str
    caption: str
    line: int


def pictures(text: str, line: int, markup: Markup = Markup.MARKDOWN) -> Iterator[Picture]:
    """The pictures of a text that begins at ``line``."""
    if markup is Markup.MARKDOWN:
        if "![" in text:  # without it there is none, and the rest need not be parsed
            yield from _of_markdown(text, line)
    elif markup is not Markup.PLAIN:
        looking = _Looking(line)
        looking.feed(text)
        yield from looking.found


def _of_markdown(text: str, line: int) -> Iterator[Picture]:
    for token in markdown().parse(text):
        for child in token.children or ():
            if child.type == "image":
                yield Picture(
                    address=str(child.attrs.get("src", "")),
                    alt=child.content.strip(),
                    caption=str(child.attrs.get("title", "")).strip(),
                    line=line + (token.map[0] if token.map else 0),
                )


class _Looking(HTMLParser):
    def __init__(self, line: int) -> None:
        super().__init__()
        self._line = line
        self.found: list[Picture] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            said = {name: (value or "").strip() for name, value in attrs}
            src, alt, title = (said.get(name, "") for name in ("src", "alt", "title"))
            self.found.append(Picture(src, alt, title, self._line))


def shown_texts(item: Item) -> Iterator[str]:
    """The texts of an item that may hold pictures, in both languages."""
    texts = [item.stem, item.feedback]
    match item.task:
        case Single(options=options) | Multiple(options=options):
            texts += [text for option in options for text in (option.text, option.feedback)]
        case TrueFalse(if_wrong=wrong, if_right=right):
            texts += [wrong, right]
        case Matching(pairs=pairs):
            texts += [text for pair in pairs for text in (pair.prompt, pair.match)]
        case Ordering(steps=steps):
            texts += steps
        case Numeric(answers=answers, if_carbon=if_carbon):
            texts += [*(answer.feedback for answer in answers), if_carbon]
    return (side for text in texts for side in (text.zh, text.en) if side)
