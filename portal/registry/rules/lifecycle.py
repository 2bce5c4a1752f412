"""The life of a forest project: its states, who takes which step by which document, and how long the public
may look first.

One path for each type. Afforestation can be issued by this register, so it goes through notice, validation,
registration, monitoring and verification here, as China's Measures for Voluntary Greenhouse Gas Emission
Reduction Trading (trial, 2023) order it. Forest management and avoided deforestation are issued elsewhere or
not at all: here they are recorded, and registered by the papers of the standard that issues them.
Every step is proposed by one person and decided by another.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Final

from portal.kernel.actor import Role
from portal.kernel.clock import CITY
from portal.kernel.errors import N_, InvalidInput, NotAllowed, NotFound, Refused
from portal.registry.rules.ledger import ProjectType

# Both notices of the Measures of 2023 (design document; report of the reductions) last 20 working days.
NOTICE_WORKING_DAYS: Final = 20
COMMENT_LENGTH: Final = 2_000
OWN: Final = "HLYC"  # this register, as a source registry


class ProjectState(StrEnum):
    PROPOSED = "proposed"
    DESIGN_NOTICE = "design_notice"  # the design document is open to comments
    VALIDATION = "validation"
    REGISTERED = "registered"
    RECORDED = "recorded"  # for information only: nothing of it can be sold
    REPORT_NOTICE = "report_notice"  # the report of a monitoring period is open to comments
    VERIFICATION = "verification"
    VERIFIED = "verified"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class DocumentKind(StrEnum):
    DESIGN = "design"
    TENURE = "tenure"
    MAP = "map"
    NOTICE_SUMMARY = "notice_summary"
    VALIDATION = "validation_report"
    EXTERNAL_STANDARD = "external_standard"
    MONITORING = "monitoring_report"
    VERIFICATION = "verification_report"
    DECISION = "decision"
    OTHER = "other"


class Decision(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


class CommentState(StrEnum):
    WAITING = "waiting"
    SHOWN = "shown"
    HIDDEN = "hidden"  # its words are kept from the public; the answer says why


@dataclass(frozen=True, slots=True)
class Step:
    """From one state to the next: by which document, proposed and decided by whom, after how long a notice.

    ``notice_days``: working days for which the document is open to comments once the step is taken.
    ``is_assessed``, ``is_eligible``: the project must have been assessed, and found eligible, by then.
    """

    source: ProjectState
    target: ProjectState
    document: DocumentKind
    notice_days: int = 0
    is_assessed: bool = False
    is_eligible: bool = False
    makers: frozenset[Role] = frozenset({Role.REGISTRY, Role.ADMIN})
    checkers: frozenset[Role] = frozenset({Role.REGISTRY, Role.ADMIN})


def _steps(document: DocumentKind, target: ProjectState, *sources: ProjectState) -> tuple[Step, ...]:
    return tuple(Step(source, target, document) for source in sources)


_S, _D = ProjectState, DocumentKind
_AFTER_REGISTRATION: Final = (
    *_steps(_D.DECISION, _S.SUSPENDED, _S.REGISTERED),
    *_steps(_D.DECISION, _S.REGISTERED, _S.SUSPENDED),
    *_steps(_D.DECISION, _S.CLOSED, _S.REGISTERED, _S.SUSPENDED),
    *_steps(_D.DECISION, _S.WITHDRAWN, _S.PROPOSED, _S.REGISTERED, _S.SUSPENDED),
    *_steps(_D.DECISION, _S.REFUSED, _S.PROPOSED),
    *_steps(_D.DESIGN, _S.PROPOSED, _S.REFUSED),
)
_OWN: Final = (
    Step(_S.PROPOSED, _S.DESIGN_NOTICE, _D.DESIGN, NOTICE_WORKING_DAYS, is_assessed=True, is_eligible=True),
    Step(_S.DESIGN_NOTICE, _S.VALIDATION, _D.NOTICE_SUMMARY),
    Step(_S.VALIDATION, _S.REGISTERED, _D.VALIDATION),
    Step(_S.REGISTERED, _S.REPORT_NOTICE, _D.MONITORING, NOTICE_WORKING_DAYS),
    Step(_S.VERIFIED, _S.REPORT_NOTICE, _D.MONITORING, NOTICE_WORKING_DAYS),
    Step(_S.REPORT_NOTICE, _S.VERIFICATION, _D.NOTICE_SUMMARY),
    Step(_S.VERIFICATION, _S.VERIFIED, _D.VERIFICATION),
    Step(_S.VERIFICATION, _S.REGISTERED, _D.DECISION),  # the verifier did not confirm
    *_steps(_D.DECISION, _S.SUSPENDED, _S.REPORT_NOTICE, _S.VERIFICATION, _S.VERIFIED),
    *_steps(_D.DECISION, _S.CLOSED, _S.VERIFIED),
    *_steps(_D.DECISION, _S.WITHDRAWN, _S.DESIGN_NOTICE, _S.VALIDATION, _S.VERIFIED),
    *_steps(_D.DECISION, _S.REFUSED, _S.DESIGN_NOTICE, _S.VALIDATION),
    *_AFTER_REGISTRATION,
)
_EXTERNAL: Final = (
    Step(_S.PROPOSED, _S.REGISTERED, _D.EXTERNAL_STANDARD, is_assessed=True, is_eligible=True),
    *_AFTER_REGISTRATION,
)
_FOR_INFORMATION: Final = (
    Step(_S.PROPOSED, _S.RECORDED, _D.DESIGN, is_assessed=True),  # what it failed is shown beside it
    Step(_S.RECORDED, _S.REGISTERED, _D.EXTERNAL_STANDARD, is_assessed=True, is_eligible=True),
    *_steps(_D.DECISION, _S.WITHDRAWN, _S.RECORDED),
    *_AFTER_REGISTRATION,
)
_RECORDED_ONLY: Final = (
    Step(_S.PROPOSED, _S.RECORDED, _D.DESIGN),
    *_steps(_D.DECISION, _S.WITHDRAWN, _S.RECORDED),
    *_AFTER_REGISTRATION,
)

STEPS: Final[Mapping[ProjectType, tuple[Step, ...]]] = {
    ProjectType.ARR: _OWN,
    ProjectType.IFM: _EXTERNAL,
    ProjectType.REDD: _FOR_INFORMATION,
    ProjectType.OTHER: _RECORDED_ONLY,
}

# In these states nothing new of a project is issued, and no lot of it opens.
NO_STANDING: Final = frozenset(
    {_S.PROPOSED, _S.DESIGN_NOTICE, _S.VALIDATION, _S.RECORDED, _S.SUSPENDED, _S.REFUSED, _S.WITHDRAWN}
)
NOTICE_STATES: Final = frozenset({_S.DESIGN_NOTICE, _S.REPORT_NOTICE})


def is_issued_here(kind: ProjectType) -> bool:
    """Whether this register issues units of that type: only afforestation has a current methodology."""
    return kind is ProjectType.ARR


def enters_register(step: Step) -> bool:
    """Whether its units can be sold from here on: every likeness must be cleared by then."""
    return step.target is _S.REGISTERED and step.source in (_S.PROPOSED, _S.VALIDATION, _S.RECORDED)


# -- refusals ------------------------------------------------------------------------------------


class BeginsProposed(Refused):
    message = N_("A project of this register begins as proposed and is registered step by step.")


class NoSuchStep(Refused):
    message = N_("A project of this type does not go from this state to that one.")


class StepWaits(Refused):
    message = N_("A step of this project already waits for a decision. Decide it first.")


class StepDecided(Refused):
    message = N_("This step is already decided.")


class UnknownStep(NotFound):
    message = N_("There is no such step.")


class SamePerson(NotAllowed):
    message = N_("Who proposed a step does not decide it. A second person must.")


class DocumentMissing(Refused):
    message = N_("This step rests on a public document of another kind. File that document first.")


class UnknownDocument(NotFound):
    message = N_("There is no such document.")


class NotAssessed(Refused):
    message = N_("The project has not been assessed against the eligibility rules yet.")


class NotEligible(Refused):
    message = N_("The newest assessment does not find the project eligible.")


class NoticeStillOpen(Refused):
    message = N_("The public notice is open until %(until)s.")


class CommentsUnanswered(Refused):
    message = N_("%(count)s comments on the notice are not answered yet.")


class LikenessOpen(Refused):
    message = N_("The project may be another one that is here already. Clear that first.")


class NoLand(Refused):
    message = N_("Enter the parcels of the project first.")


class NoticeClosed(Refused):
    message = N_("This notice is not open to comments.")


class UnknownNotice(NotFound):
    message = N_("There is no such notice.")


class UnknownComment(NotFound):
    message = N_("There is no such comment, or it is answered already.")


class CommentEmpty(InvalidInput):
    message = N_("Write a comment of at most %(most)s characters.")


class ReasonMissing(InvalidInput):
    message = N_("Say why.")


class NotIssuedHere(Refused):
    message = N_("Units of this type of project are issued by another registry, not by this one.")


class NoStanding(Refused):
    message = N_("In its present state nothing of this project can be issued or sold.")


# -- finding a step ------------------------------------------------------------------------------


def steps_from(kind: ProjectType, state: ProjectState) -> tuple[Step, ...]:
    """What may come next."""
    return tuple(step for step in STEPS[kind] if step.source is state)


@dataclass(frozen=True, slots=True)
class Way:
    """Steps that differ in nothing but where they come from."""

    sources: tuple[ProjectState, ...]
    target: ProjectState
    document: DocumentKind
    notice_days: int


def ways_of(kind: ProjectType) -> tuple[Way, ...]:
    """All steps of a type, told together where they lead to the same state by the same document."""
    grouped: dict[tuple[ProjectState, DocumentKind, int], list[ProjectState]] = {}
    for step in STEPS[kind]:
        grouped.setdefault((step.target, step.document, step.notice_days), []).append(step.source)
    return tuple(Way(tuple(sources), *rest) for rest, sources in grouped.items())


def step_between(kind: ProjectType, source: ProjectState, target: ProjectState) -> Step:
    """Raises NoSuchStep."""
    for step in steps_from(kind, source):
        if step.target is target:
            return step
    raise NoSuchStep(source=source.value, target=target.value)


def check_standing(kind: ProjectType, state: ProjectState, *, is_demo: bool = False) -> None:
    """Own units are issued only to a registered project of a type issued here, or for demonstration.

    Raises NotIssuedHere, NoStanding.
    """
    if not (is_demo or is_issued_here(kind)):
        raise NotIssuedHere()
    if state in NO_STANDING:
        raise NoStanding()


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a step is judged by when it is decided."""

    verdict: str | None  # of the newest assessment; None: never assessed
    open_likenesses: int
    parcels: int
    notice_closes: datetime | None  # of the notice of the state the project is in
    waiting_comments: int


_LEAVES_EARLY: Final = frozenset({_S.REFUSED, _S.WITHDRAWN, _S.SUSPENDED})


def check_ready(step: Step, ready: Readiness, now: datetime) -> None:
    """Raises NotAssessed, NotEligible, LikenessOpen, NoLand, NoticeStillOpen, CommentsUnanswered."""
    if step.is_assessed and ready.verdict is None:
        raise NotAssessed()
    if step.is_eligible and ready.verdict != "eligible":
        raise NotEligible()
    if enters_register(step) and ready.open_likenesses:
        raise LikenessOpen()
    if step.source is _S.VALIDATION and step.target is _S.REGISTERED and not ready.parcels:
        raise NoLand()
    if step.source in NOTICE_STATES and step.target not in _LEAVES_EARLY:
        _check_notice(ready, now)


def _check_notice(ready: Readiness, now: datetime) -> None:
    if ready.notice_closes and now < ready.notice_closes:
        raise NoticeStillOpen(until=ready.notice_closes)
    if ready.waiting_comments:
        raise CommentsUnanswered(count=ready.waiting_comments)


# -- public notice -------------------------------------------------------------------------------


def notice_closes(opens: datetime, working_days: int) -> datetime:
    """The midnight in the city that ends the last of so many working days after the day of opening.

    Monday to Friday without China's public holidays (the ``holidays`` library). A weekend worked in
    exchange for a holiday is not counted, so a notice is never shorter than it is promised to be.
    """
    day, left = opens.astimezone(CITY).date(), working_days
    while left:
        day += timedelta(days=1)
        left -= _is_working_day(day)
    return datetime.combine(day + timedelta(days=1), time(), CITY)


def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _public_holidays()


@cache
def _public_holidays() -> Container[date]:
    # Here, not above: few processes ever open a notice.
    from holidays import country_holidays

    return country_holidays("CN")


def checked_comment(text: str) -> str:
    """The words as they are kept. Raises CommentEmpty when there are none, or too many."""
    words = text.replace("\r\n", "\n").strip()
    if not words or len(words) > COMMENT_LENGTH:
        raise CommentEmpty(most=COMMENT_LENGTH)
    return words


def checked_reason(text: str) -> str:
    """Raises ReasonMissing."""
    words = " ".join(text.split())
    if not words:
        raise ReasonMissing()
    return words
