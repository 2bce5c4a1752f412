"""States of a certificate, the lawful steps between them, and the reasons that are given for one."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, Refused


class NoLongerHolds(Refused):
    message = N_("This certificate was withdrawn or replaced: its document stays as it was.")


class NotPrintedYet(Refused):
    message = N_("The document is not printed yet.")


class UnlawfulStep(Refused):
    message = N_("This cannot be done with the certificate in its present state.")


class UnknownReason(InvalidInput):
    message = N_("“%(reason)s” is not a reason for withdrawing a certificate.")


class State(StrEnum):
    VALID = "valid"
    UNDER_REVIEW = "under_review"
    REVOKED = "revoked"
    REPLACED = "replaced"

    @property
    def is_live(self) -> bool:
        """Whether it is the one certificate of its subject."""
        return self in LIVE


class Event(StrEnum):
    DOUBT = "doubt"
    CLEAR = "clear"
    REVOKE = "revoke"
    REPLACE = "replace"


class Reason(StrEnum):
    """Why a certificate is no longer what it was; the log carries the word, pages the sentence."""

    REFUNDED = "refunded"
    DISPUTED = "disputed"
    ERROR = "error"
    SOURCE_REVERSED = "source_reversed"
    REQUESTED = "requested"
    TRANSFERRED = "transferred"
    PLEDGE_WITHDRAWN = "pledge_withdrawn"
    VERIFIED_ANEW = "verified_anew"
    ISSUED_TWICE = "issued_twice"


# A refund, a dispute and a gift are told by what happened to the order, not chosen at a desk.
GIVEN_BY_STAFF: Final = (Reason.ERROR, Reason.SOURCE_REVERSED, Reason.REQUESTED)
LIVE: Final = (State.VALID, State.UNDER_REVIEW)

STEPS: Final[Mapping[tuple[State, Event], State]] = {
    (State.VALID, Event.DOUBT): State.UNDER_REVIEW,
    (State.UNDER_REVIEW, Event.CLEAR): State.VALID,
    (State.VALID, Event.REVOKE): State.REVOKED,
    (State.UNDER_REVIEW, Event.REVOKE): State.REVOKED,
    (State.VALID, Event.REPLACE): State.REPLACED,
    (State.UNDER_REVIEW, Event.REPLACE): State.REPLACED,
}
MOVES: Final = frozenset((old, new) for (old, _), new in STEPS.items())

REASONS: Final[Mapping[Reason, Bilingual]] = {
    Reason.REFUNDED: Bilingual(
        "款项已退回，本次注销作废；所涉克数不会再次出售。",
        "The payment was returned, so the retirement is void. Its grams are never sold again.",
    ),
    Reason.DISPUTED: Bilingual(
        "付款存在争议，已被付款机构撤回。", "The payment was disputed and taken back by the payment provider."
    ),
    Reason.ERROR: Bilingual("证书内容有误。", "The certificate contained a mistake."),
    Reason.SOURCE_REVERSED: Bilingual(
        "来源登记机构撤销了所列碳信用。", "The source registry has reversed the credits named here."
    ),
    Reason.REQUESTED: Bilingual("应持有人要求更换。", "Replaced at the holder’s request."),
    Reason.TRANSFERRED: Bilingual(
        "证书已作为礼物转交，由新持有人的证书取代。",
        "It was handed on as a gift; the new holder’s certificate takes its place.",
    ),
    Reason.PLEDGE_WITHDRAWN: Bilingual("承诺已由作出者撤回。", "The pledge was withdrawn by its maker."),
    Reason.VERIFIED_ANEW: Bilingual(
        "承诺的核查程度已有变化，由新证书取代。",
        "The pledge is now verified to another extent; a new certificate takes its place.",
    ),
    Reason.ISSUED_TWICE: Bilingual(
        "同一人就同一课程领了两次证书；以较早的一份为准。",
        "The same person was certified twice for this course. The earlier certificate stands.",
    ),
}


def next_state(state: State, event: Event) -> State:
    """The state after ``event``. Raises UnlawfulStep: revoked and replaced are final."""
    try:
        return STEPS[state, event]
    except KeyError:
        raise UnlawfulStep(state=state.value, event=event.value) from None


def reason_of(code: str) -> Reason:
    """The reason with this code. Raises UnknownReason."""
    try:
        return Reason(code)
    except ValueError:
        raise UnknownReason(reason=code) from None
