"""Words of a project's life in the reader's language, for forms and pages."""

from portal.registry.rules.eligibility import Finding, Verdict
from portal.registry.rules.lifecycle import Decision, DocumentKind, ProjectState
from portal.registry.rules.parcels import Tenure
from portal.registry.rules.screening import LikenessKind
from portal.web.i18n import lazy_gettext as _

STATE_WORDS = {
    ProjectState.PROPOSED: _("Proposed"),
    ProjectState.DESIGN_NOTICE: _("Design document open to comments"),
    ProjectState.VALIDATION: _("Being validated"),
    ProjectState.REGISTERED: _("Registered"),
    ProjectState.RECORDED: _("Recorded for information"),
    ProjectState.REPORT_NOTICE: _("Monitoring report open to comments"),
    ProjectState.VERIFICATION: _("Being verified"),
    ProjectState.VERIFIED: _("Verified"),
    ProjectState.SUSPENDED: _("Suspended"),
    ProjectState.REFUSED: _("Refused"),
    ProjectState.WITHDRAWN: _("Withdrawn"),
    ProjectState.CLOSED: _("Closed"),
}
DOCUMENT_WORDS = {
    DocumentKind.DESIGN: _("Project design document"),
    DocumentKind.TENURE: _("Proof of tenure"),
    DocumentKind.MAP: _("Map"),
    DocumentKind.NOTICE_SUMMARY: _("Summary of the public notice"),
    DocumentKind.VALIDATION: _("Validation report"),
    DocumentKind.EXTERNAL_STANDARD: _("Proof of the external standard"),
    DocumentKind.MONITORING: _("Monitoring report"),
    DocumentKind.VERIFICATION: _("Verification report"),
    DocumentKind.DECISION: _("Decision"),
    DocumentKind.OTHER: _("Other document"),
}
TENURE_WORDS = {
    Tenure.STATE: _("State-owned"),
    Tenure.COLLECTIVE: _("Owned by a collective"),
    Tenure.CONTRACTED: _("Contracted from a collective"),
    Tenure.LEASED: _("Leased"),
    Tenure.UNCLEAR: _("Not clear"),
}
VERDICT_WORDS = {
    Verdict.ELIGIBLE: _("Eligible"),
    Verdict.NOT_ELIGIBLE: _("Not eligible"),
    Verdict.OPEN: _("Not decided: something is not known yet"),
}
FINDING_WORDS = {
    Finding.MET: _("Met"),
    Finding.NOT_MET: _("Not met"),
    Finding.OPEN: _("Not known yet"),
}
LIKENESS_WORDS = {
    LikenessKind.NUMBER: _("The same number at two registries"),
    LikenessKind.NAME: _("The same name"),
    LikenessKind.PARCEL: _("The same land in other years"),
}
DECISION_WORDS = {
    Decision.APPROVED: _("Take the step"),
    Decision.REFUSED: _("Refuse it"),
}
