"""Asking for a correction of what a person cannot change by themselves."""

from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

WORDS_MAX: Final = 2000
OPEN_MAX: Final = 5


class Matter(StrEnum):
    """What is wrong."""

    NAME = "name"
    ORDER = "order"
    CERTIFICATE = "certificate"
    TRAINING = "training"
    OTHER = "other"


class CorrectionState(StrEnum):
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


MOVES: Final = frozenset(
    {(CorrectionState.ASKED, CorrectionState.DONE), (CorrectionState.ASKED, CorrectionState.REFUSED)}
)


class NoSuchCorrection(NotFound):
    message = N_("There is no such request.")


class WordsAreMissing(InvalidInput):
    message = N_("Please say what is wrong and how it should read.")


class AnswerIsMissing(InvalidInput):
    message = N_("Please tell the person what was done, or why not.")


class WordsAreTooLong(InvalidInput):
    message = N_("Use at most %(max)s characters.")


class NothingChosen(InvalidInput):
    message = N_("Tick where the name is to be put right.")


class TooManyOpen(Refused):
    message = N_("Five of your requests wait for an answer already. Please wait until one is answered.")


class CorrectionIsAnswered(Refused):
    message = N_("Somebody has answered this request already.")


def checked_words(words: str, missing: type[InvalidInput]) -> str:
    """The words, trimmed. Raises ``missing``, WordsAreTooLong."""
    words = words.strip()
    if not words:
        raise missing()
    if len(words) > WORDS_MAX:
        raise WordsAreTooLong(max=WORDS_MAX)
    return words
