"""Words that no event statement may hold, in either language, however somebody spells them.

Source: ledger.md, C4; EU Directive 2024/825; the words that ``certificates`` keeps off the paper. Credits
balance emissions, they do not make them disappear; and a statement speaks of one event, never of products.

A text is folded first (width, case, invisible characters, look-alikes, traditional characters), and a word is
found with blanks, hyphens or one and the same sign between its letters. What is left is for people: a synonym
that nobody thought of is not found here.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

from portal.certificates.rules import claims
from portal.certificates.rules.claims import CertificateType, ForbiddenClaim
from portal.kernel.errors import N_, InvalidInput


class ClaimRefused(InvalidInput):
    message = N_(
        "“%(phrase)s” may not stand in an event statement: credits balance emissions, they do not make them "
        "disappear. Say instead that emissions are “balanced by retired credits”, or what was done, such as "
        "“electric buses”."
    )


class NotAboutThisEvent(InvalidInput):
    message = N_(
        "“%(phrase)s” may not stand in an event statement: it speaks of one event, never of a product, a "
        "service, a ticket or a city. Name what is meant, such as “the shuttle bus”."
    )


# Letters that look Latin and are not, and the traditional forms of our few words.
_LOOKALIKES: Final = str.maketrans(
    "аеорсухіјѕԁһӏкмтвнгпзαερνοικτυχωɡıℓ淨氣償負減體門產務補",
    "aeopcyxijsdhlkmtbhrnзaepvoiktuxwgil净气偿负减体门产务补",
)
_STANDS_FOR: Final = {"o": "o0", "i": "i1!l|", "l": "l1i|", "e": "e3", "a": "a4@", "s": "s5$", "t": "t7+"}
_INVISIBLE: Final = ("Cf", "Mn", "Me", "Cc")

_HEADS: Final = ("carbon", "climate", "co2", "emission", "emissions", "ghg", "greenhouse", "greenhousegas")
_LATIN: Final = (
    *(head + tail for head in _HEADS for tail in ("neutral", "positive", "negative", "free")),
    *(tail + head for tail in ("neutral", "zero", "low") for head in _HEADS),
    "netzero", "zerofootprint", "climatefriendly", "neutralis", "neutraliz", "klimaneutral",
)  # fmt: skip
_GASES: Final = ("碳", "气候", "排放", "二氧化碳", "温室气体")
_HAN: Final = (
    *(gas + link + "中和" for gas in _GASES for link in ("", "的", "实现", "达到", "全部", "已")),
    *("中和" + link + gas for gas in _GASES for link in ("", "了", "全部", "了全部", "所有", "掉")),
    "净零", "零碳", "零排放", "零净排放", "负碳", "碳负", "负排放", "零足迹", "碳清零",
    "碳归零", "排放归零", "无碳", "低碳产品", "低碳城市",
)  # fmt: skip
_THING: Final = re.compile("product|service|ticket|city|产品|服务|门票|城市", re.IGNORECASE)
# Between two letters of a word stand blanks and marks, but nothing that ends a sentence or a part of it.
_GAP: Final = r"(?:[^\w，。；：！？、,.;:!?()（）“”\"《》]|_){0,4}"


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    words = [_spelt(word) for word in _LATIN] + [[re.escape(c) for c in word] for word in _HAN]
    loose = (_GAP.join(letters) for letters in words)
    # The same sign between all the letters, a full stop or a comma too: c.a.r.b.o.n…
    spelled = (rf"{letters[0]}(?P<sign>[^\w\s])" + "(?P=sign)".join(letters[1:]) for letters in words)
    return tuple(re.compile(pattern) for pattern in (*loose, *spelled))


def _spelt(word: str) -> list[str]:
    return [f"[{re.escape(_STANDS_FOR.get(letter, letter))}]" for letter in word]


def folded(text: str) -> str:
    """The text as an eye reads it: one width, lower case, nothing invisible, no look-alikes."""
    wide = unicodedata.normalize("NFKD", text).casefold()
    seen = "".join(
        " " if c.isspace() else c for c in wide if c.isspace() or unicodedata.category(c) not in _INVISIBLE
    )
    return unicodedata.normalize("NFC", seen).translate(_LOOKALIKES)


def forbidden_in(text: str) -> str:
    """The first phrase of a text that no statement may hold, as an eye reads it; empty when there is none."""
    eye = folded(text)
    found = (pattern.search(eye) for pattern in _patterns())
    return next((each[0] for each in found if each), "")


def check(text: str) -> None:
    """Raises ClaimRefused, NotAboutThisEvent."""
    if phrase := forbidden_in(text):
        raise ClaimRefused(phrase=phrase)
    for spelling in (text, folded(text)):
        try:
            claims.check(CertificateType.EVENT, spelling)
        except ForbiddenClaim as found:
            phrase = str(found.params["phrase"])
            raise (NotAboutThisEvent if _THING.search(phrase) else ClaimRefused)(phrase=phrase) from None


def sentences(text: str, most: int) -> str:
    """The sentences of a method's text that may stand on the paper, as many as ``most`` characters hold.

    A model cites the national guide by its full title, which is no claim but holds a word that is kept off.
    """
    kept = ""
    for sentence in re.split(r"(?<=。)|(?<=\. )", text):
        if not forbidden_in(sentence) and len(kept) + len(sentence) <= most:
            kept += sentence
    return kept.strip()


def faults(typed: Mapping[str, str]) -> dict[str, InvalidInput]:
    """Per field what is wrong with its words; empty when all may stand."""
    wrong: dict[str, InvalidInput] = {}
    for name, text in typed.items():
        try:
            check(text)
        except InvalidInput as fault:
            wrong[name] = fault
    return wrong
