"""Texts of lessons and items as safe HTML: Markdown with emphasis that works in Chinese, sanitised by nh3."""

from functools import cache
from html import escape
from typing import Final
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

from portal.training.rules.cjk import cjk_friendly
from portal.training.rules.items import Markup

_TAGS: Final = set(
    """p br hr strong em b i u s del sub sup code pre blockquote ul ol li table thead tbody tr th td
    img a h2 h3 h4 h5 h6 figure figcaption div span""".split()
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}


@cache
def markdown() -> MarkdownIt:
    """CommonMark with tables; HTML inside a text stands as text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").use(cjk_friendly)


def to_html(text: str, markup: Markup = Markup.MARKDOWN) -> str:
    """Safe HTML of a text. Images are only those of the pack itself: a relative address."""
    match markup:
        case Markup.MARKDOWN:
            html = markdown().render(text)
        case Markup.HTML:
            html = text
        case Markup.PLAIN:
            html = _lines(escape(text, quote=False))
        case Markup.MOODLE:  # Moodle's own: HTML whose line breaks count
            html = _lines(text)
    return sanitised(html).strip()


def sanitised(html: str) -> str:
    """Without scripts, styles, handlers and foreign images; sanitising it again changes nothing."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_own_images,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _lines(html: str) -> str:
    return html.replace("\n", "<br>")


def _own_images(tag: str, attribute: str, value: str) -> str | None:
    return value if (tag, attribute) != ("img", "src") or is_own_address(value) else None


def is_own_address(address: str) -> bool:
    """Whether it points into the pack: relative, no host, no way up."""
    try:
        parts = urlsplit(address.replace("\\", "/"))
    except ValueError:
        return False
    climbs = ".." in parts.path.split("/")
    return not (parts.scheme or parts.netloc or climbs or parts.path.startswith("/")) and bool(parts.path)
