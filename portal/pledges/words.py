"""Pledges in the reader's language: states, levels, reasons, and the promise in one sentence."""

from collections.abc import Mapping
from typing import Final

from babel.support import LazyProxy

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_
from portal.pledges.queries.promise import PledgeView
from portal.pledges.queries.together import GroupView
from portal.pledges.rules.course import Standing
from portal.pledges.rules.evidence import EvidenceState, Level
from portal.pledges.rules.makers import SECTORS, Maker
from portal.pledges.rules.promise import Subject, WithdrawalReason
from portal.pledges.rules.together import Goal, GroupKind
from portal.registry.rules.counties import county_name
from portal.web.i18n import _, lazy_gettext, percent

STANDINGS: Final[Mapping[Standing, LazyProxy]] = {
    Standing.ON_TRACK: lazy_gettext("On track"),
    Standing.REACHED: lazy_gettext("Target reported as met"),
    Standing.LATE: lazy_gettext("Late"),
    Standing.LAPSED: lazy_gettext("Lapsed"),
    Standing.WITHDRAWN: lazy_gettext("Withdrawn"),
}
TONES: Final = {
    Standing.ON_TRACK: "good", Standing.REACHED: "good", Standing.LATE: "wait", Standing.LAPSED: "bad",
    Standing.WITHDRAWN: "bad",
}  # fmt: skip
EXPLAINED: Final[Mapping[Standing, LazyProxy]] = {
    Standing.ON_TRACK: lazy_gettext(
        "No report is overdue, and the newest one lies on the way to the target or below it."
    ),
    Standing.REACHED: lazy_gettext(
        "The report of the target year, or a later one, is at the target or below it."
    ),
    Standing.LATE: lazy_gettext(
        "A yearly report is overdue, or the newest one lies above the way to the target."
    ),
    Standing.LAPSED: lazy_gettext(
        "Two yearly reports in a row are missing, or the target year has passed without a report that "
        "meets the target."
    ),
    Standing.WITHDRAWN: lazy_gettext("Its maker has taken it back."),
}
LEVELS: Final[Mapping[Level, LazyProxy]] = {
    Level.SELF_DECLARED: lazy_gettext("Self-declared"),
    Level.DOCUMENTS_SEEN: lazy_gettext("Documents seen"),
    Level.THIRD_PARTY: lazy_gettext("Verified by a third party"),
}
LEVELS_EXPLAINED: Final[Mapping[Level, LazyProxy]] = {
    Level.SELF_DECLARED: lazy_gettext("Nobody has checked the baseline or the reports."),
    Level.DOCUMENTS_SEEN: lazy_gettext(
        "Staff of the city have seen documents that bear out the numbers. They have not checked them on "
        "the spot."
    ),
    Level.THIRD_PARTY: lazy_gettext(
        "An independent body that is named has checked the numbers; staff have seen its report."
    ),
}
EVIDENCE_STATES: Final[Mapping[EvidenceState, LazyProxy]] = {
    EvidenceState.WAITING: lazy_gettext("Waits to be looked at"),
    EvidenceState.SEEN: lazy_gettext("Seen"),
    EvidenceState.REFUSED: lazy_gettext("Refused"),
}
EVIDENCE_TONES: Final = {
    EvidenceState.WAITING: "wait", EvidenceState.SEEN: "good", EvidenceState.REFUSED: "bad"
}  # fmt: skip
REASONS: Final[Mapping[WithdrawalReason, LazyProxy]] = {
    WithdrawalReason.TARGET: lazy_gettext("The target cannot be kept"),
    WithdrawalReason.CIRCUMSTANCES: lazy_gettext("Circumstances have changed"),
    WithdrawalReason.DATA: lazy_gettext("The baseline or another number was wrong"),
    WithdrawalReason.DUPLICATE: lazy_gettext("It was made twice, or is replaced by another pledge"),
    WithdrawalReason.OTHER: lazy_gettext("Another reason"),
}
MAKERS: Final[Mapping[Maker, LazyProxy]] = {
    Maker.PERSON: lazy_gettext("Person or family"),
    Maker.COMPANY: lazy_gettext("Company or public body"),
    Maker.SCHOOL: lazy_gettext("School"),
}
GROUP_KINDS: Final[Mapping[GroupKind, LazyProxy]] = {
    GroupKind.CLASS: lazy_gettext("Class or school"),
    GroupKind.VILLAGE: lazy_gettext("Village or neighbourhood"),
    GroupKind.COMPANY: lazy_gettext("Company or team"),
    GroupKind.OTHER: lazy_gettext("Other group"),
}
GOALS: Final[Mapping[Goal, LazyProxy]] = {
    Goal.ACTIONS: lazy_gettext("Actions of plans that are done"),
    Goal.PLEDGES: lazy_gettext("Pledges that join"),
}


def promise_of(pledge: PledgeView, *, with_name: bool = False) -> str:
    """The pledge in one sentence: C0, "has pledged to …", and nothing achieved.

    ``with_name``: also where others do not see the name; for its owner.
    """
    name = (pledge.name if with_name else pledge.shown_name) or _("Somebody")
    return _(_sentence(pledge), name=name, year=str(pledge.year), cut=cut_of(pledge))


def _sentence(pledge: PledgeView) -> str:
    if pledge.subject is Subject.EVENT:
        return N_("%(name)s has pledged to cut the footprint of an event by %(cut)s by %(year)s")
    if pledge.is_from_paper or pledge.maker is not Maker.PERSON:
        return N_("%(name)s has pledged to cut its yearly emissions by %(cut)s by %(year)s")
    return N_("%(name)s has pledged to cut the yearly footprint of a household by %(cut)s by %(year)s")


def cut_of(pledge: PledgeView) -> str:
    if pledge.percent is not None:
        return percent(pledge.percent)
    # Not "kg CO₂e less": the sentence must not read as tonnes achieved.
    return _("%(number)s kg", number=pledge.reduction.kg_down)


def county_of(thing: PledgeView | GroupView) -> Bilingual:
    return county_name(thing.county)


def sector_of(pledge: PledgeView) -> Bilingual:
    return SECTORS[pledge.sector]
