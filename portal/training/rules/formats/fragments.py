"""Safe HTML as elements of an XML document, for the formats whose texts are XHTML."""

from html.parser import HTMLParser
from typing import Final
from xml.etree import ElementTree

from portal.training.rules.items import Markup
from portal.training.rules.markup import to_html

_VOID: Final = {"br", "hr", "img"}


def block(name: str, text: str, markup: Markup, **attributes: str) -> ElementTree.Element:
    """An element of that name with the text as XHTML inside."""
    builder = _Builder(name, attributes)
    builder.feed(to_html(text, markup))
    builder.close()
    return builder.root


class _Builder(HTMLParser):
    """nh3 closes and quotes everything, so each end tag meets its own beginning."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._building = ElementTree.TreeBuilder()
        self.root = self._building.start(name, attributes)
        self._name = name

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._building.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self._building.end(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._building.end(tag)

    def handle_data(self, data: str) -> None:
        self._building.data(data)

    def close(self) -> None:
        super().close()
        self._building.end(self._name)
        self._building.close()
