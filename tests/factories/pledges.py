"""Pledges for tests of any room: a couple's 20 per cent by 2030, a company's; and what comes after."""

from dataclasses import replace
from datetime import UTC, date, datetime

from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.pledges.commands import together
from portal.pledges.commands.evidence import ReportDraft, report_year
from portal.pledges.commands.promise import make_pledge
from portal.pledges.queries import together as read
from portal.pledges.rules.drafts import Draft, OwnBaseline
from portal.pledges.rules.evidence import Paper
from portal.pledges.rules.makers import Maker, Profile
from portal.pledges.rules.together import ChallengeDraft, Goal, GroupDraft, GroupKind
from tests.factories.footprint import a_footprint

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DRAFT = Draft(
    id="",
    footprint_id="fpr_of_a_test",
    aim=20,
    year=2030,
    is_public=True,
    name="王芳一家",
    motive="少开车，多走路。",
    lang="zh",
)


def a_draft(actor: Actor | None = None, **changes: object) -> tuple[Actor, Draft]:
    """A new pledge and the actor who may make it: a guest with the footprint's link, or ``actor``."""
    footprint_id = str(changes.pop("footprint_id", "") or a_footprint(actor))
    draft = replace(DRAFT, id=new_id("plg"), footprint_id=footprint_id, **changes)  # type: ignore[arg-type]
    return actor or Actor.guest(footprint_id), draft


def a_pledge(actor: Actor | None = None, **changes: object) -> str:
    """A pledge that was made; its id."""
    return make_pledge(*a_draft(actor, **changes), NOW)


COMPANY = Actor("usr_director", organisations={"org_works": "approver"})


def a_paper(report_id: str = "", **changes: str) -> Paper:
    """A document as it lies on the shelf."""
    plain = Paper(new_id("evd"), report_id, "账单.pdf", "ab" * 32, "application/pdf", 1200)
    return replace(plain, **changes)  # type: ignore[arg-type]


def a_company_pledge(tonnes: str = "1200", **changes: object) -> str:
    """A company's promise from a number with its document: 30 per cent below 2025 by 2030."""
    profile = Profile(Maker.COMPANY, "org_works", "C", "230718", 2025, "两个车间的燃煤与外购电力", True)
    plain = Draft(
        new_id("plg"), "", 30, 2030, True, name="演示木业 · demonstration works", profile=profile,
        own=OwnBaseline(Mass.t(tonnes), a_paper()),
    )  # fmt: skip
    return make_pledge(COMPANY, replace(plain, **changes), NOW)  # type: ignore[arg-type]


def a_report(pledge_id: str, year: int, tonnes: str, now: datetime, **changes: object) -> str:
    """A company's number for a year, with its document; the report's id."""
    report_id = new_id("rpt")
    known = ReportDraft(report_id, year, emissions=Mass.t(tonnes), paper=a_paper(report_id))
    report_year(COMPANY, pledge_id, replace(known, **changes), now)  # type: ignore[arg-type]
    return report_id


def a_group(owner: Actor, name: str = "六年级二班") -> read.GroupView:
    draft = GroupDraft(new_id("pgr"), GroupKind.CLASS, name)
    return read.group(together.open_group(owner, draft, NOW))


def members(group: read.GroupView, count: int, now: datetime = NOW) -> list[str]:
    """So many new pledges that join; their ids in the order of their seats."""
    ids = [a_pledge(name="", is_public=False) for _ in range(count)]
    for each in ids:
        together.join_group(Actor.guest(each), each, group.code, now)
    return ids


def a_challenge(owner: Actor, goal: Goal = Goal.ACTIONS, aim: int = 10) -> read.ChallengeView:
    """For the month after the pledges are made."""
    draft = ChallengeDraft(new_id("pch"), "低碳一个月", "", date(2026, 11, 22), date(2026, 12, 22), goal, aim)
    return read.challenge(together.open_challenge(owner, draft, NOW))
