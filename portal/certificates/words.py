"""States and changes of a certificate in the reader's language."""

from dataclasses import dataclass

from portal.certificates.rules.states import State
from portal.web.i18n import _


@dataclass(frozen=True, slots=True)
class Words:
    """``tone`` as ``components/tag.html`` knows it."""

    label: str
    tone: str


def state_words(state: State) -> Words:
    return {
        State.VALID: Words(_("Valid"), "good"),
        State.UNDER_REVIEW: Words(_("Under review"), "wait"),
        State.REVOKED: Words(_("Revoked"), "bad"),
        State.REPLACED: Words(_("Replaced"), "bad"),
    }[state]


def event_words(event: str) -> str:
    """What happened, as a line of the history."""
    return {
        "issue": _("certificate issued"),
        "doubt": _("put under review"),
        "clear": _("found to be in order"),
        "revoke": _("revoked"),
        "replace": _("replaced"),
        "forget_holder": _("the holder’s name was erased at their request"),
    }[event]
