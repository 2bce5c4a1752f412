"""Words of files in the reader's language: kinds of items, formats, audiences, what became of a thing."""

from typing import Final

from portal.kernel.errors import N_
from portal.web.i18n import _

_WORDS: Final = {
    "": "–",
    "zh": "中文", "en": "English",
    "true": N_("Yes"), "false": N_("No"),
    "everyone": N_("Everyone"), "managers": N_("Managers"), "technicians": N_("Technicians"),
    "media": N_("Media"),
    "single": N_("One answer"), "multiple": N_("Several answers"), "true_false": N_("True or false"),
    "numeric": N_("Number with unit"), "matching": N_("Matching"), "ordering": N_("Ordering"),
    "short": N_("Short text"), "calculator": N_("Calculator scenario"), "register": N_("Register scenario"),
    "all_or_nothing": N_("All or nothing"), "right_minus_wrong": N_("Right minus wrong"),
    "by_weight": N_("By the credit of each answer"),
    "markdown": "Markdown", "html": "HTML", "plain": N_("Plain text"), "moodle": "Moodle",
    "read": N_("Reading it"), "items": N_("Its questions"), "both": N_("Reading it and its questions"),
    "pledge": N_("A pledge that was really made"),
    "gift": "GIFT", "aiken": "Aiken", "csv": "CSV", "qti21": "QTI 2.1", "qti30": "QTI 3.0",
    "scorm12": "SCORM 1.2", "scorm2004": "SCORM 2004",
    "fresh": N_("Translation is up to date"), "stale": N_("The original has changed since"),
    "unmarked": N_("Not marked as translated"), "missing": N_("One language is missing"),
    "added": N_("New"), "removed": N_("Taken out"), "changed": N_("Changed"), "moved": N_("Moved"),
    "published": N_("Published"), "returned": N_("Returned"), "taken_back": N_("Taken back"),
}  # fmt: skip


def word_of(word: str) -> str:
    """What a word of a file is called on a page; the word itself where it has no other name."""
    known = _WORDS.get(word, word)
    return _(known) if known and known != word else known


def label_of(text: str) -> str:
    """A label or hint of a shape in the reader's language; per cent signs in it are no places to fill."""
    return _(text) if text else ""
