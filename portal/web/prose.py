"""Texts that staff write, as safe HTML: Markdown whose own HTML stands as text, without pictures."""

from functools import cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from portal.kernel.cjk import cjk_friendly

_TAGS: Final = set("p br hr strong em del blockquote ul ol li table thead tbody tr th td a h2 h3 h4".split())


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").use(cjk_friendly)


def prose(text: str) -> Markup:
    """The text as paragraphs, lists, tables and headings; a page's h1 is its own, so ``#`` begins at h2."""
    html = _markdown().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )  # fmt: skip
    return Markup(clean.strip())  # noqa: S704  sanitised a line above
