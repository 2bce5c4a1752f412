"""Texts of lessons and items as safe HTML: Markdown with emphasis that works in Chinese, sanitised by nh3."""

from collections.abc import Callable
from functools import cache, partial
from html import escape, unescape
from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

from portal.kernel.cjk import cjk_friendly
from portal.training.rules.items import Markup

_TAGS: Final = set(
    """p br hr strong em b i u s del sub sup code pre blockquote ul ol li table thead tbody tr th td
    img a h2 h3 h4 h5 h6 figure figcaption div span""".split()
)
_PHRASE: Final = {"br", "strong", "em", "b", "i", "u", "s", "del", "sub", "sup", "code", "img", "span"}
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}

MediaUrl = Callable[[str], str]


@cache
def markdown() -> MarkdownIt:
    """CommonMark with tables; HTML inside a text stands as text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").use(cjk_friendly)


def to_html(text: str, markup: Markup = Markup.MARKDOWN, media_url: MediaUrl | None = None) -> str:
    """Safe HTML of a text. Images are only those of the pack itself: a relative address.

    ``media_url`` gives the address of a picture on a page by its name in the pack, ``media/tree.svg``.
    """
    html = markdown().render(text) if markup is Markup.MARKDOWN else _written(text, markup)
    return sanitised(html, media_url).strip()


def to_phrase(text: str, markup: Markup = Markup.MARKDOWN, media_url: MediaUrl | None = None) -> str:
    """As ``to_html`` without paragraphs, tables and lists: what may stand inside a label."""
    html = markdown().renderInline(text) if markup is Markup.MARKDOWN else _written(text, markup)
    return sanitised(html, media_url, _PHRASE).strip()


def to_words(text: str, markup: Markup = Markup.MARKDOWN) -> str:
    """The words of a text alone, for where no markup can stand."""
    return " ".join(unescape(nh3.clean(to_html(text, markup), tags=set())).split())


def _written(text: str, markup: Markup) -> str:
    match markup:
        case Markup.PLAIN:
            return _lines(escape(text, quote=False))
        case Markup.MOODLE:  # Moodle's own: HTML whose line breaks count
            return _lines(text)
    return text


def sanitised(html: str, media_url: MediaUrl | None = None, tags: set[str] = _TAGS) -> str:
    """Without scripts, styles, handlers and foreign images; sanitising it again changes nothing."""
    return nh3.clean(
        html,
        tags=tags,
        attributes={tag: names for tag, names in _ATTRIBUTES.items() if tag in tags},
        attribute_filter=partial(_own_images, media_url),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _lines(html: str) -> str:
    return html.replace("\n", "<br>")


def _own_images(media_url: MediaUrl | None, tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) != ("img", "src"):
        return value
    if not is_own_address(value):
        return None
    return media_url(value) if media_url else value


def is_own_address(address: str) -> bool:
    """Whether it points into the pack: relative, no host, no way up."""
    try:
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:
        return False
    climbs = ".." in parts.path.split("/")
    return not (parts.scheme or parts.netloc or climbs or parts.path.startswith("/")) and bool(parts.path)
