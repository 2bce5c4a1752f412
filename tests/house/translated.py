"""A language for tests only: every translated text stands in ⟦ ⟧, so that what was forgotten stands out."""

import re
from gettext import NullTranslations

from tests.browser import parse, words

# Not sentences: numbers, units, codes, names of things that are the same in every language.
_SAME_IN_ALL = re.compile(
    r"CO₂e?|k?g|t|ha|m²|kWh|km|¥|CNY|PDF|JSON|CSV|API|OpenAPI|QR|TEST|Stripe|Verra|VCS|English|中文|"
    r"https?://\S+|\S+@\S+|[A-Za-z]*\d[\w.,:/-]*|\W+|_+"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


class BracketedTexts(NullTranslations):
    """Gives every text back in brackets, its places still to be filled."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return f"⟦{singular if n == 1 else plural}⟧"

    def pgettext(self, _context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, _context: str, singular: str, plural: str, n: int) -> str:
        return self.ngettext(singular, plural, n)

    ugettext, ungettext = gettext, ngettext


def untranslated(html: str) -> list[str]:
    """Visible words outside the brackets, data apart.

    Data says so itself: what comes from the database or a model stands in an element with ``data-text``
    or ``translate="no"``, or has a ``lang`` of its own.
    """
    root, _ = parse(html)
    for parent in root.iter():
        for child in list(parent):
            if isinstance(child.tag, str) and _is_data(child):
                parent.text = (parent.text or "") + " " + (child.tail or "")
                parent.remove(child)
    outside = re.sub(r"⟦[^⟦⟧]*⟧", " ", words(next(root.iter("body"), root)))
    while "⟦" in outside and (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", outside)) != outside:
        outside = inner  # a translated text may hold another
    return [word for word in outside.split() if not _SAME_IN_ALL.fullmatch(word) and _WORD.search(word)]


def _is_data(element: object) -> bool:
    attributes = getattr(element, "attrib", {})
    return "data-text" in attributes or attributes.get("translate") == "no" or "lang" in attributes
