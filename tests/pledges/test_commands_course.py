"""Plans, reports, documents, letters, the certificate: promises on both databases, and what these refuse."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.certificates import queries as certificates
from portal.certificates.rules.states import State
from portal.db import db, transaction
from portal.jobs import Outbox
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.pledges.commands import evidence, letters, paper, plans, promise
from portal.pledges.commands.evidence import ReportDraft
from portal.pledges.models.letters import PledgeLetters
from portal.pledges.queries import course
from portal.pledges.queries import letters as read_letters
from portal.pledges.queries import promise as read
from portal.pledges.queries.promise import Wanted
from portal.pledges.rules.course import OtherKind, PledgeIsOver, SameFootprint, Standing
from portal.pledges.rules.drafts import BaselineMissing, BoundaryMissing, OwnBaseline
from portal.pledges.rules.evidence import (
    AlreadyDecided,
    EvidenceState,
    Level,
    OwnEvidence,
    ReasonMissing,
    TooMuchWaiting,
    UnknownReport,
    VerifierIsMaker,
)
from portal.pledges.rules.letters import UnknownSubscription
from portal.pledges.rules.makers import Maker, MakerMismatch, NotYourOrganisation, Profile, UnknownSector
from portal.pledges.rules.plans import Action, ActionIsPlanned, TitleMissing, UnknownAction
from portal.pledges.rules.promise import WithdrawalReason, WordsMissing
from tests.factories.footprint import a_footprint
from tests.factories.guards import without_guards
from tests.factories.pledges import (
    COMPANY,
    NOW,
    a_company_pledge,
    a_draft,
    a_paper,
    a_pledge,
    a_report,
)

STAFF = Actor("usr_staff", frozenset({Role.REGISTRY}))
WANG = Actor("usr_wang")
IN_2028 = datetime(2028, 3, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_both_databases(any_app):
    """Every promise here is kept on SQLite and on PostgreSQL."""


def stands(pledge_id: str, now: datetime = NOW) -> course.Standpoint:
    return course.standpoint(read.pledge(Actor.system("tests"), pledge_id), now.date())


def baseline_paper(pledge_id: str) -> course.EvidenceView:
    return stands(pledge_id).baseline_papers[0]


# ---- who promises, from what


def test_a_company_promises_from_a_number_with_its_document():
    found = read.pledge(COMPANY, a_company_pledge())
    assert (found.baseline, found.reduction) == (Mass.t("1200"), Mass.t("360"))
    assert (found.maker, found.sector, found.county) == (Maker.COMPANY, "C", "230718")
    assert found.footprint_digest == baseline_paper(found.id).sha256
    assert stands(found.id).level is Level.SELF_DECLARED


def test_only_who_signs_for_an_organisation_promises_and_tends_for_it():
    actor, draft = a_draft(WANG)
    company = Profile(Maker.COMPANY, "org_works", "C", "", None, "", True)
    for part in ("member", ""):
        clerk = Actor("usr_clerk", organisations={"org_works": part} if part else {})
        with pytest.raises(NotYourOrganisation):
            promise.make_pledge(clerk, replace(draft, profile=company), NOW)
    with pytest.raises(UnknownSector):
        promise.make_pledge(COMPANY, replace(draft, profile=replace(company, sector="household")), NOW)
    with pytest.raises(MakerMismatch):
        promise.make_pledge(actor, replace(draft, profile=Profile(Maker.COMPANY)), NOW)
    pledge_id = a_company_pledge()
    colleague = Actor("usr_owner", organisations={"org_works": "owner"})
    plans.plan_action(colleague, pledge_id, Action(new_id("act"), title="换锅炉"), NOW)
    with pytest.raises(NotAllowed):
        plans.plan_action(WANG, pledge_id, Action(new_id("act"), title="x"), NOW)
    assert [each.id for each in read.pledges_of(colleague)] == [pledge_id]


def test_a_promise_starts_from_one_thing():
    actor, draft = a_draft()
    with pytest.raises(BaselineMissing):
        promise.make_pledge(actor, replace(draft, footprint_id=""), NOW)
    with pytest.raises(BoundaryMissing):
        a_company_pledge(profile=Profile(Maker.COMPANY, "org_works", "C", "", 2025, "", True))
    with pytest.raises(VerifierIsMaker):
        a_company_pledge(name="Works", own=OwnBaseline(Mass.t("1"), a_paper(verifier="works")))


# ---- plan and reports


def test_an_action_is_planned_once_done_once_and_then_stays():
    pledge_id = a_pledge(WANG)
    taken = Action(new_id("act"), key="train_not_plane", saves=Mass.kg("100"))
    plans.plan_action(WANG, pledge_id, taken, NOW)
    plans.plan_action(WANG, pledge_id, taken, NOW)  # the form sent twice
    with pytest.raises(ActionIsPlanned):
        plans.plan_action(WANG, pledge_id, Action(new_id("act"), key="train_not_plane"), NOW)
    with pytest.raises(TitleMissing):
        plans.plan_action(WANG, pledge_id, Action(new_id("act")), NOW)
    plans.finish_action(WANG, pledge_id, taken.id, NOW)
    for settle in (plans.finish_action, plans.drop_action):
        with pytest.raises(UnknownAction):
            settle(WANG, pledge_id, taken.id, NOW)
    assert [(each.key, each.done_at) for each in course.plan(pledge_id)] == [("train_not_plane", NOW)]


def test_a_year_is_reported_corrected_and_stays_to_be_seen():
    pledge_id = a_company_pledge()
    first = a_report(pledge_id, 2027, "1300", IN_2028)
    assert stands(pledge_id, IN_2028).standing is Standing.LATE
    a_report(pledge_id, 2027, "1000", IN_2028)
    now = stands(pledge_id, IN_2028)
    assert now.standing is Standing.ON_TRACK
    assert [(each.emissions, each.is_newest) for each in now.reports] == [
        (Mass.t("1000"), True), (Mass.t("1300"), False)
    ]  # fmt: skip
    assert now.newest_percent == 16
    assert now.reports[1].id == first


def test_a_report_compares_like_with_like():
    pledge_id = a_pledge(WANG)
    baseline = read.pledge(WANG, pledge_id).footprint_id
    other_kind = ReportDraft(new_id("rpt"), 2027, emissions=Mass.t("1"), paper=a_paper())
    with pytest.raises(OtherKind):
        evidence.report_year(WANG, pledge_id, other_kind, IN_2028)
    with pytest.raises(SameFootprint):
        evidence.report_year(WANG, pledge_id, ReportDraft(new_id("rpt"), 2027, baseline), IN_2028)
    smaller = a_footprint(WANG, car_km="0")
    evidence.report_year(WANG, pledge_id, ReportDraft(new_id("rpt"), 2027, smaller), IN_2028)
    assert stands(pledge_id, IN_2028).newest.footprint_id == smaller


def test_nothing_is_added_to_a_withdrawn_pledge():
    pledge_id = a_company_pledge()
    with pytest.raises(WordsMissing):
        promise.withdraw_pledge(COMPANY, pledge_id, WithdrawalReason.OTHER, "", NOW)
    promise.withdraw_pledge(COMPANY, pledge_id, WithdrawalReason.DATA, "重复计算", NOW)
    assert read.withdrawal(pledge_id).words == "重复计算"
    assert stands(pledge_id).standing is Standing.WITHDRAWN
    with pytest.raises(PledgeIsOver):
        a_report(pledge_id, 2027, "1000", IN_2028)
    with pytest.raises(PledgeIsOver):
        plans.plan_action(COMPANY, pledge_id, Action(new_id("act"), title="x"), NOW)


# ---- documents


def test_what_staff_have_seen_raises_the_level_and_a_correction_falls_back():
    pledge_id = a_company_pledge()
    evidence.decide(STAFF, baseline_paper(pledge_id).id, EvidenceState.SEEN, "", NOW)
    assert stands(pledge_id).level is Level.DOCUMENTS_SEEN
    report_id = a_report(pledge_id, 2027, "1000", IN_2028)
    assert stands(pledge_id, IN_2028).level is Level.SELF_DECLARED
    checked = a_paper(report_id, verifier="Demonstration Verifier Ltd")
    evidence.give_paper(COMPANY, pledge_id, checked, IN_2028)
    evidence.decide(STAFF, checked.id, EvidenceState.SEEN, "", IN_2028)
    assert stands(pledge_id, IN_2028).newest.level is Level.THIRD_PARTY
    assert stands(pledge_id, IN_2028).level is Level.DOCUMENTS_SEEN
    a_report(pledge_id, 2027, "990", IN_2028)
    assert stands(pledge_id, IN_2028).level is Level.SELF_DECLARED


def test_nobody_decides_about_their_own_and_nobody_twice():
    pledge_id = a_company_pledge()
    waiting = baseline_paper(pledge_id).id
    both = Actor("usr_both", frozenset({Role.REGISTRY}), organisations={"org_works": "owner"})
    with pytest.raises(OwnEvidence):
        evidence.decide(both, waiting, EvidenceState.SEEN, "", NOW)
    with pytest.raises(NotAllowed):
        evidence.decide(COMPANY, waiting, EvidenceState.SEEN, "", NOW)
    with pytest.raises(NotAllowed):
        evidence.decide(Actor("usr_a", frozenset({Role.AUDITOR})), waiting, EvidenceState.SEEN, "", NOW)
    with pytest.raises(ReasonMissing):
        evidence.decide(STAFF, waiting, EvidenceState.REFUSED, "", NOW)
    evidence.decide(STAFF, waiting, EvidenceState.REFUSED, "缺少电费账单", NOW)
    with pytest.raises(AlreadyDecided):
        evidence.decide(STAFF, waiting, EvidenceState.SEEN, "", NOW)
    assert stands(pledge_id).level is Level.SELF_DECLARED


def test_documents_belong_to_their_own_pledge_and_do_not_pile_up():
    mine, other = a_company_pledge(), a_company_pledge()
    report_id = a_report(other, 2027, "1000", IN_2028)
    with pytest.raises(UnknownReport):
        evidence.give_paper(COMPANY, mine, a_paper(report_id), IN_2028)
    for _ in range(19):
        evidence.give_paper(COMPANY, mine, a_paper(), NOW)
    with pytest.raises(TooMuchWaiting):
        evidence.give_paper(COMPANY, mine, a_paper(), NOW)
    assert len(course.waiting_papers(STAFF)) == 22


# ---- the wall's search


def test_two_characters_find_a_pledge_and_a_hidden_name_finds_none():
    works, other = a_company_pledge(), a_pledge(name="张伟一家")
    found = lambda words: {each.id for each in read.wall(wanted=Wanted(words))}  # noqa: E731
    assert found("木业") == {works}
    assert found("乌翠") == {works}
    assert found("多走") == {other}
    assert found("WORKS 演示") == {works}
    assert found("业木") == found("百分%") == set()
    assert {each.id for each in read.wall(wanted=Wanted(sector="C", county="230718"))} == {works}
    assert read.wall(wanted=Wanted(county="230781")) == []
    promise.show_name(Actor.guest(other), other, False, NOW)
    assert found("张伟") == set()
    assert read.pledge(Actor.guest(), other).shown_name == ""
    promise.show_name(Actor.guest(other), other, True, NOW)
    assert found("张伟") == {other}


def test_a_private_pledge_is_not_found():
    a_pledge(name="张伟一家", is_public=False)
    assert read.wall(wanted=Wanted("张伟")) == []
    assert db.session.execute(text("SELECT count(*) FROM pledge_pair")).scalar_one() == 0


# ---- letters


def subscribed(actor: Actor | None = None, **changes: object) -> tuple[str, read_letters.Subscription]:
    pledge_id = a_pledge(
        actor, wants_letters=True, **({} if actor else {"email": "wang@example.cn"}) | changes
    )
    return pledge_id, read_letters.subscription_of(pledge_id)


def work(kind: str = letters.FOLLOW_UP) -> list[dict[str, object]]:
    return list(db.session.scalars(select(Outbox.payload).where(Outbox.kind == kind).order_by(Outbox.id)))


SYSTEM = Actor.system("pledge-letters")


def test_a_guest_gets_letters_only_after_confirming_by_the_letters_own_link():
    pledge_id, wanted = subscribed()
    late = NOW + timedelta(days=400)
    assert letters.write_due(SYSTEM, late) == 0
    with pytest.raises(UnknownSubscription):
        letters.confirm(Actor.guest(), wanted.id, NOW)
    letters.confirm(Actor.guest(wanted.id), wanted.id, NOW)
    assert letters.write_due(SYSTEM, NOW + timedelta(days=170)) == 0
    assert letters.write_due(SYSTEM, late) == 1
    assert letters.write_due(SYSTEM, late) == 0  # the turn that was missed is not made up for
    assert [row["stage"] for row in work()] == [0]
    assert read_letters.subscription_of(pledge_id).stage == 2


def test_two_workers_write_one_letter():
    _pledge_id, wanted = subscribed(WANG)
    late = NOW + timedelta(days=200)
    found = read_letters.due(late)
    assert [each.id for each in found] == [wanted.id]
    assert [letters._write(wanted.id, late), letters._write(wanted.id, late)] == [True, False]
    assert len(work()) == 1


def test_a_letter_that_cannot_be_written_keeps_no_other_waiting(monkeypatch):
    (_pledge_id, first), (_other_id, second) = subscribed(WANG), subscribed(WANG)
    late, write = NOW + timedelta(days=200), letters._write

    def breaks(letters_id, now):
        if letters_id == first.id:
            raise RuntimeError("poison")
        return write(letters_id, now)

    with monkeypatch.context() as poisoned:
        poisoned.setattr(letters, "_write", breaks)
        assert letters.write_due(SYSTEM, late) == 1
    assert [row["letters_id"] for row in work()] == [second.id]
    assert letters.write_due(SYSTEM, late) == 1, "its turn comes again"


def test_who_wants_no_more_is_forgotten_and_a_withdrawal_ends_letters():
    _pledge_id, wanted = subscribed()
    letters.unsubscribe(Actor.guest(wanted.id), wanted.id, NOW)
    assert db.session.get(PledgeLetters, wanted.id, populate_existing=True).email == ""
    letters.confirm(Actor.guest(wanted.id), wanted.id, NOW)  # an old link in another tab
    assert not read_letters.subscription(wanted.id).is_on
    pledge_id, wanted = subscribed(WANG)
    promise.withdraw_pledge(WANG, pledge_id, WithdrawalReason.DUPLICATE, "", NOW)
    assert letters.write_due(SYSTEM, NOW + timedelta(days=400)) == 0


def test_a_letter_that_comes_at_night_waits_for_the_morning(at, sent_letters):
    _pledge_id, wanted = subscribed()
    letters.confirm(Actor.guest(wanted.id), wanted.id, NOW)
    assert len(sent_letters()) == 1  # the link to the pledge
    night = at("2027-05-22T23:30:00+08:00")
    letters.write_due(SYSTEM, night)
    assert len(sent_letters()) == 1
    assert len(work()) == 2  # the one of tonight, done, and the one of tomorrow
    at("2027-05-23T07:59:00+08:00")
    assert len(sent_letters()) == 1
    at("2027-05-23T08:00:01+08:00")
    _first, letter = sent_letters()
    assert "按期推进" in letter["Subject"]
    body = letter.get_content()
    assert "王芳一家" in body
    assert f"/zh/pledge-letters/{wanted.id}?k=" in body


# ---- the certificate


def test_a_certificate_follows_how_far_the_pledge_is_verified_and_ends_with_it():
    pledge_id = a_company_pledge()
    number = paper.give_certificate(COMPANY, pledge_id, "演示木业", False, NOW)
    assert paper.give_certificate(COMPANY, pledge_id, "演示木业", False, NOW) == number
    with pytest.raises(NotAllowed):
        paper.give_certificate(WANG, pledge_id, "x", False, NOW)
    first = certificates.by_number(number)
    assert (first.type, first.content["target_percent"], first.content["level"]) == (
        "C0",
        30,
        "self_declared",
    )
    assert "1,200" not in first.payload
    evidence.decide(STAFF, baseline_paper(pledge_id).id, EvidenceState.SEEN, "", NOW)
    second = certificates.for_subject(pledge_id)
    assert second.content["level"] == "documents_seen"
    assert certificates.by_number(number).replaced_by == second.number
    promise.withdraw_pledge(COMPANY, pledge_id, WithdrawalReason.TARGET, "", NOW)
    assert certificates.for_subject(pledge_id) is None
    assert certificates.by_number(second.number).state is State.REVOKED


# ---- what the database refuses


LATER = "'2027-01-01T00:00:00.000000Z'"
REFUSED = {
    "UPDATE pledge_report SET emissions_g = low_g": "never edited",
    "DELETE FROM pledge_report": "never deleted",
    "UPDATE pledge_profile SET county = '230781'": "pledge_profile keeps",
    "UPDATE pledge_profile SET baseline_year = 2016": "pledge_profile keeps",
    "UPDATE pledge_evidence SET verifier = 'Somebody'": "pledge_evidence keeps",
    "UPDATE pledge_evidence SET state = 'waiting', decided_at = NULL, decided_by = NULL "
    "WHERE state = 'seen'": "lawful steps|decision about",
    f"UPDATE pledge_evidence SET decided_at = {LATER} WHERE state = 'seen'": "decision about evidence",
    "DELETE FROM pledge_evidence WHERE state = 'seen'": "never deleted",
    "UPDATE pledge_action SET title = 'less'": "pledge_action keeps",
    f"UPDATE pledge_action SET done_at = {LATER}": "done once",
    "DELETE FROM pledge_action": "never deleted",
    "INSERT INTO pledge_withdrawal (pledge_id, reason, words) "
    "SELECT id, 'other', 'x' FROM pledge": "only a withdrawn",
}  # fmt: skip


@pytest.fixture
def tended() -> str:
    pledge_id = a_company_pledge()
    evidence.decide(STAFF, baseline_paper(pledge_id).id, EvidenceState.SEEN, "", NOW)
    action = Action(new_id("act"), title="换锅炉")
    plans.plan_action(COMPANY, pledge_id, action, NOW)
    plans.finish_action(COMPANY, pledge_id, action.id, NOW)
    report = ReportDraft(new_id("rpt"), 2026, emissions=Mass.t("1100"), paper=a_paper())
    evidence.report_year(COMPANY, pledge_id, report, NOW)
    return pledge_id


@pytest.mark.parametrize("attack", REFUSED)
def test_the_database_refuses_to_rewrite_what_came_of_a_promise(tended, attack):
    with pytest.raises(DBAPIError, match=REFUSED[attack]), transaction() as session:
        session.execute(text(attack))


@pytest.mark.parametrize("attack", REFUSED)
def test_without_the_guards_the_attack_succeeds(tended, attack):
    db.session.rollback()
    session = db.session()
    without_guards(session, *[name for name in _tables() if attack.count(name)])
    assert session.execute(text(attack)).rowcount >= 1
    session.rollback()


def _tables() -> list[str]:
    return ["pledge_report", "pledge_profile", "pledge_evidence", "pledge_action", "pledge_withdrawal"]


def test_the_database_lets_nobody_see_their_own_evidence():
    """A check constraint, so that no command is needed for it to hold."""
    pledge_id = a_company_pledge()
    own = f"UPDATE pledge_evidence SET state = 'seen', decided_by = given_by, decided_at = {LATER}"
    with pytest.raises(DBAPIError, match="nobody_sees_their_own_evidence"), transaction() as session:
        session.execute(text(own))
    other = own.replace("decided_by = given_by", "decided_by = 'usr_staff'")
    with transaction() as session:
        assert session.execute(text(other)).rowcount == 1  # the control
    assert stands(pledge_id).level is Level.DOCUMENTS_SEEN
