"""The life of a forest project: its states, who takes which step by which document, and how long the public
may look first.

One path for each type. Afforestation can be issued by this register, so it goes through notice, validation,
registration, monitoring and verification here, as China's Measures for Voluntary Greenhouse Gas Emission
Reduction Trading (trial, 2023) order it. Forest management and avoided deforestation are issued elsewhere or
not at all: here they are recorded, and registered by the papers of the standard that issues them.
Every step is proposed by one person and decided by another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.kernel.actor import Role
from portal.registry.rules.ledger import ProjectType

# Both notices of the Measures of 2023 (design document; report of the reductions) last 20 working days.
NOTICE_WORKING_DAYS: Final = 20
COMMENT_LENGTH: Final = 2_000


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
    """

    source: ProjectState
    target: ProjectState
    document: DocumentKind
    notice_days: int = 0
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
    Step(_S.PROPOSED, _S.DESIGN_NOTICE, _D.DESIGN, NOTICE_WORKING_DAYS),
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
    Step(_S.PROPOSED, _S.REGISTERED, _D.EXTERNAL_STANDARD),
    *_AFTER_REGISTRATION,
)
_FOR_INFORMATION: Final = (
    Step(_S.PROPOSED, _S.RECORDED, _D.DESIGN),
    Step(_S.RECORDED, _S.REGISTERED, _D.EXTERNAL_STANDARD),
    *_steps(_D.DECISION, _S.WITHDRAWN, _S.RECORDED),
    *_AFTER_REGISTRATION,
)

STEPS: Final[Mapping[ProjectType, tuple[Step, ...]]] = {
    ProjectType.ARR: _OWN,
    ProjectType.IFM: _EXTERNAL,
    ProjectType.REDD: _FOR_INFORMATION,
    ProjectType.OTHER: _FOR_INFORMATION,
}

# In these states nothing new of a project is issued, and no lot of it opens.
NO_STANDING: Final = frozenset(
    {_S.PROPOSED, _S.DESIGN_NOTICE, _S.VALIDATION, _S.RECORDED, _S.SUSPENDED, _S.REFUSED, _S.WITHDRAWN}
)
NOTICE_STATES: Final = frozenset({_S.DESIGN_NOTICE, _S.REPORT_NOTICE})


def is_issued_here(kind: ProjectType) -> bool:
    """Whether this register issues units of that type: only afforestation has a current methodology."""
    return kind is ProjectType.ARR


def needs_eligibility(step: Step) -> bool:
    """Whether the newest assessment must have found the project eligible."""
    leads_in = (_S.PROPOSED, _S.RECORDED)
    return step.source in leads_in and step.target in (_S.DESIGN_NOTICE, _S.REGISTERED)


def needs_assessment(step: Step) -> bool:
    """Whether the project must have been assessed at all; one recorded for information may have failed."""
    return needs_eligibility(step) or (step.source, step.target) == (_S.PROPOSED, _S.RECORDED)


def enters_register(step: Step) -> bool:
    """Whether its units can be sold from here on: every likeness must be cleared by then."""
    return step.target is _S.REGISTERED and step.source in (_S.PROPOSED, _S.VALIDATION, _S.RECORDED)
