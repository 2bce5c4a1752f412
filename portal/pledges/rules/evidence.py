"""How far a number is verified: declared, shown with documents, or confirmed by a named third party."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.pledges.rules.promise import TextTooLong

VERIFIER_MAX: Final = 120
NOTE_MAX: Final = 500
MOST_WAITING: Final = 20  # documents of one pledge that staff have not looked at yet


class UnknownEvidence(NotFound):
    message = N_("We could not find this document.")


class UnknownReport(NotFound):
    message = N_("We could not find this report of the pledge.")


class AlreadyDecided(Refused):
    message = N_("Somebody has decided about this document already.")


class OwnEvidence(Refused):
    message = N_("This is a document of a pledge of your own. Somebody else must look at it.")


class ReasonMissing(InvalidInput):
    message = N_("Say why, so that it can be put right.")


class VerifierIsMaker(InvalidInput):
    message = N_("Nobody can be the third party to their own pledge. Name the body that checked it.")


class TooMuchWaiting(Refused):
    message = N_(
        "%(most)s documents of this pledge wait to be looked at. Please add more when some are decided."
    )


class Level(StrEnum):
    SELF_DECLARED = "self_declared"
    DOCUMENTS_SEEN = "documents_seen"
    THIRD_PARTY = "third_party"


_RANK: Final = {level: rank for rank, level in enumerate(Level)}


class EvidenceState(StrEnum):
    WAITING = "waiting"
    SEEN = "seen"
    REFUSED = "refused"


MOVES: Final = frozenset(
    {(EvidenceState.WAITING, EvidenceState.SEEN), (EvidenceState.WAITING, EvidenceState.REFUSED)}
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it lies on the shelf, and what is said of it. ``verifier`` is empty for one's own.

    ``report_id`` is the yearly report it bears out; empty for the baseline.
    """

    id: str
    report_id: str
    file_name: str
    sha256: str
    media_type: str
    bytes: int
    verifier: str = ""
    note: str = ""


def check_paper(paper: Paper, maker_name: str, waiting: int) -> None:
    """Raises TextTooLong, VerifierIsMaker, TooMuchWaiting."""
    for text, most in ((paper.verifier, VERIFIER_MAX), (paper.note, NOTE_MAX)):
        if len(text) > most:
            raise TextTooLong(max=most)
    if paper.verifier and paper.verifier.casefold() == maker_name.strip().casefold():
        raise VerifierIsMaker()
    if waiting >= MOST_WAITING:
        raise TooMuchWaiting(most=MOST_WAITING)


def level_of_paper(state: EvidenceState, verifier: str) -> Level:
    """What one document does for its number."""
    if state is not EvidenceState.SEEN:
        return Level.SELF_DECLARED
    return Level.THIRD_PARTY if verifier else Level.DOCUMENTS_SEEN


def best(levels: Iterable[Level]) -> Level:
    """How far a number with these documents is verified."""
    return max(levels, key=_RANK.__getitem__, default=Level.SELF_DECLARED)


def level(baseline: Level, newest_report: Level | None) -> Level:
    """How far a pledge is verified: as far as the weaker of the two numbers it stands on."""
    return min((each for each in (baseline, newest_report) if each is not None), key=_RANK.__getitem__)
