"""What holds of a proposal: who may say what about it, and that it has a reason."""

from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

REASON_MAX: Final = 300


class NoSuchProposal(NotFound):
    message = N_("There is no such proposal.")


class ProposalDecided(Refused):
    message = N_("This proposal has been decided already.")


class ProposedAlready(Refused):
    message = N_("The same is proposed already and waits for another person.")


class SecondPersonNeeded(Refused):
    message = N_("Who proposes something does not accept it: another person must.")


class NotYourProposal(Refused):
    message = N_("Only the person who proposed it can withdraw it.")


class ProposalReasonMissing(InvalidInput):
    message = N_("Say why, in at most %(max)s characters: the other person reads it, and it is kept.")


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


def check_verdict(verdict: Verdict, proposed_by: str, decided_by: str) -> None:
    """Raises SecondPersonNeeded, NotYourProposal."""
    if verdict is Verdict.WITHDRAWN and decided_by != proposed_by:
        raise NotYourProposal()
    if verdict is not Verdict.WITHDRAWN and decided_by == proposed_by:
        raise SecondPersonNeeded()


def checked_reason(text: str) -> str:
    """The reason, trimmed. Raises ProposalReasonMissing."""
    reason = text.strip()
    if not 0 < len(reason) <= REASON_MAX:
        raise ProposalReasonMissing(max=REASON_MAX)
    return reason
