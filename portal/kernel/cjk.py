"""Markdown that works in Chinese: ``**重要：**碳汇`` is bold, and line breaks are no spaces.

CommonMark lets a mark beside punctuation open or close emphasis only where a space or more punctuation stands
on its other side; Chinese has no spaces there. Source of the rule: the CJK-friendly amendments to CommonMark
(github.com/tats-u/markdown-cjk-friendly), for ``*`` alone, as underscores do not stand inside words.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.common.utils import isWhiteSpace
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_inline.state_inline import Delimiter, StateInline
from markdown_it.token import Token

# Symbols and punctuation, kana, ideographs with their extensions, full-width forms.
_CJK: Final = re.compile(
    "[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffe6\U00020000-\U0003ffff]"
)


def is_cjk(character: str) -> bool:
    return bool(_CJK.match(character))


def cjk_friendly(md: MarkdownIt) -> None:
    """A plugin: ``MarkdownIt().use(cjk_friendly)``."""
    md.inline.ruler.at("emphasis", _emphasis)
    md.add_render_rule("softbreak", _soft_break)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Notes each mark with whether it may open and close; what pairs with what is decided as ever."""
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    may_open, may_close = scanned.can_open, scanned.can_close
    if marker == "*":
        before = state.src[state.pos - 1] if state.pos else " "
        end = state.pos + scanned.length
        after = state.src[end] if end < state.posMax else " "
        may_open, may_close = may_open or _may_turn(before, after), may_close or _may_turn(after, before)
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(ord(marker), scanned.length, len(state.tokens) - 1, -1, may_open, may_close)
        )
    state.pos += scanned.length
    return True


def _may_turn(outside: str, inside: str) -> bool:
    """Whether emphasis may begin between a character outside and one inside, Chinese being near."""
    return not isWhiteSpace(ord(inside)) and (is_cjk(outside) or is_cjk(inside))


def _soft_break(
    renderer: RendererProtocol, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    before = tokens[index - 1].content[-1:] if index else ""
    after = tokens[index + 1].content[:1] if index + 1 < len(tokens) else ""
    return "" if is_cjk(before) and is_cjk(after) else "\n"
