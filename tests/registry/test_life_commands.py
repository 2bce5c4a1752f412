"""The life of a project: who may move it, by which papers, and what stops it. On both databases."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.registry.commands import lots, projects
from portal.registry.commands.lots import VerificationDraft
from portal.registry.jobs import sequence_and_sign
from portal.registry.models import ProjectEvent, Record
from portal.registry.queries import projects as read
from portal.registry.queries import verify
from portal.registry.rules import lifecycle, parcels, records, screening, serials
from portal.registry.rules.eligibility import Answer, NoRules, Verdict
from portal.registry.rules.errors import UnknownProject
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import Decision, DocumentKind, ProjectState
from portal.registry.rules.parcels import Tenure
from tests.factories import projects as make
from tests.factories.projects import CHECKER, MAKER, square

pytestmark = pytest.mark.usefixtures("any_app")
S = ProjectState


def facts_of(kind: str) -> list[records.Facts]:
    bodies = db.session.scalars(select(Record.body).where(Record.kind == kind).order_by(Record.id))
    return [records.read(body.encode()).facts for body in bodies]


# --- the way of an afforestation project


def test_a_project_is_registered_and_verified_by_six_steps_of_two_people():
    code, at = make.registered()
    make.take_step(code, S.REPORT_NOTICE, at + timedelta(minutes=1))
    at += timedelta(days=60)
    make.take_step(code, S.VERIFICATION, at)
    make.take_step(code, S.VERIFIED, at + timedelta(minutes=1))
    assert read.life(code).state is S.VERIFIED
    assert make.states(code) == [
        S.DESIGN_NOTICE, S.VALIDATION, S.REGISTERED, S.REPORT_NOTICE, S.VERIFICATION, S.VERIFIED,
    ]  # fmt: skip
    events = db.session.scalars(select(ProjectEvent).order_by(ProjectEvent.at)).all()
    assert [each.to_state for each in events if each.from_state] == make.states(code)
    assert [each.to_state for each in events if each.from_state is None] == [S.PROPOSED]


def test_every_step_and_parcel_is_in_the_public_log_without_a_persons_id():
    code, _ = make.registered()
    steps = facts_of("project.state")
    assert [each.to_state for each in steps] == ["design_notice", "validation", "registered"]
    assert steps[0].verdict == "eligible"
    (land,) = facts_of("parcel")
    assert (land.project, land.parcel, land.event) == (code, "P001", "entered")
    (parcel,) = read.parcels_of(read.life(code).id)
    assert land.outline_sha256 == parcel.outline_sha256
    bodies = db.session.scalars(select(Record.body)).all()
    assert not any("usr_" in body for body in bodies)
    sequence_and_sign()
    assert [*verify.bodies(), *verify.tables()] == []


# --- two people


def test_who_proposed_a_step_does_not_decide_it_whatever_their_roles():
    code = make.propose()
    make.enter_land(code)
    make.assess(code)
    step = make.propose_step(code, S.DESIGN_NOTICE)
    both = Actor(MAKER.id, frozenset({Role.REGISTRY, Role.ADMIN}))
    with pytest.raises(lifecycle.SamePerson):
        projects.decide_step(both, step, Decision.APPROVED, "", clock.now())
    with pytest.raises(lifecycle.SamePerson):
        projects.decide_step(both, step, Decision.REFUSED, "no", clock.now())
    assert read.life(code).state is S.PROPOSED
    projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    assert read.life(code).state is S.DESIGN_NOTICE


@pytest.mark.parametrize(
    "actor",
    [Actor.guest(), Actor.system("a job"), Actor("usr_x", frozenset({Role.AUDITOR, Role.FINANCE}))],
    ids=lambda actor: actor.id,
)
def test_a_step_is_for_people_of_the_registry_only(actor: Actor):
    code = make.propose()
    make.assess(code)
    with pytest.raises(NotAllowed):
        projects.propose_step(actor, code, S.REFUSED, make.file(code, DocumentKind.DECISION), "", clock.now())
    step = make.propose_step(code, S.REFUSED)
    with pytest.raises(NotAllowed):
        projects.decide_step(actor, step, Decision.APPROVED, "", clock.now())
    assert read.life(code).state is S.PROPOSED


def test_a_refused_step_changes_nothing_needs_a_reason_and_makes_room_for_another():
    code = make.propose()
    step = make.propose_step(code, S.WITHDRAWN)
    with pytest.raises(lifecycle.StepWaits):
        make.propose_step(code, S.REFUSED)
    with pytest.raises(lifecycle.ReasonMissing):
        projects.decide_step(CHECKER, step, Decision.REFUSED, " ", clock.now())
    projects.decide_step(CHECKER, step, Decision.REFUSED, "the decision is not signed", clock.now())
    assert read.life(code).state is S.PROPOSED
    assert facts_of("project.state") == []
    with pytest.raises(lifecycle.StepDecided):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    make.take_step(code, S.REFUSED)
    assert read.life(code).state is S.REFUSED


def test_a_step_needs_a_public_document_of_its_kind_and_its_project():
    code, other = make.propose(name="东山"), make.propose(name="西山")
    wrong = [
        make.file(code, DocumentKind.MAP),
        make.file(code, DocumentKind.DECISION, public=False),
        make.file(other, DocumentKind.DECISION),
        "doc_missing",
    ]
    for document in wrong:
        with pytest.raises(lifecycle.DocumentMissing):
            projects.propose_step(MAKER, code, S.WITHDRAWN, document, "", clock.now())
    with pytest.raises(lifecycle.NoSuchStep):
        projects.propose_step(MAKER, code, S.VERIFIED, wrong[0], "", clock.now())
    with pytest.raises(UnknownProject):
        projects.propose_step(MAKER, "HLYC-9999", S.WITHDRAWN, wrong[0], "", clock.now())


# --- what a step waits for


def test_what_is_not_assessed_or_not_eligible_goes_no_further():
    code = make.propose()
    make.enter_land(code)
    step = make.propose_step(code, S.DESIGN_NOTICE)
    with pytest.raises(lifecycle.NotAssessed):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    assert make.assess(code, arr__wetland=Answer("yes", "map")) is Verdict.NOT_ELIGIBLE
    with pytest.raises(lifecycle.NotEligible):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    assert make.assess(code) is Verdict.ELIGIBLE
    projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())


def test_a_notice_runs_twenty_working_days_and_every_comment_is_answered():
    code = make.propose()
    make.enter_land(code)
    make.assess(code)
    opened = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
    make.take_step(code, S.DESIGN_NOTICE, opened)
    (notice,) = read.notices_of(read.life(code).id)
    # 20 working days after Monday 2 March, without a holiday in between: the end of Monday 30 March.
    assert notice.closes_at == datetime.fromisoformat("2026-03-31T00:00:00+08:00")
    said = projects.comment(
        Actor.guest(), notice.id, "Our well lies there.", "en", opened + timedelta(days=1)
    )
    step = make.propose_step(code, S.VALIDATION)
    with pytest.raises(lifecycle.NoticeStillOpen):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", notice.closes_at - timedelta(seconds=1))
    with pytest.raises(lifecycle.CommentsUnanswered):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", notice.closes_at)
    projects.answer_comment(MAKER, said, "The well is outside the parcel.", True, notice.closes_at)
    projects.decide_step(CHECKER, step, Decision.APPROVED, "", notice.closes_at)
    assert read.life(code).state is S.VALIDATION


def test_a_comment_is_for_anybody_while_the_notice_is_open_and_shown_once_read():
    code = make.propose()
    make.assess(code)
    make.enter_land(code)
    make.assess(code)
    opened = clock.now()
    make.take_step(code, S.DESIGN_NOTICE, opened)
    (notice,) = read.open_notices(opened)
    assert read.open_notices(notice.closes_at) == []
    for early_or_late in (opened - timedelta(seconds=1), notice.closes_at):
        with pytest.raises(lifecycle.NoticeClosed):
            projects.comment(Actor.guest(), notice.id, "x", "en", early_or_late)
    with pytest.raises(lifecycle.CommentEmpty):
        projects.comment(Actor.guest(), notice.id, " \n ", "en", opened)
    with pytest.raises(lifecycle.CommentEmpty):
        projects.comment(Actor.guest(), notice.id, "x" * 2_001, "en", opened)
    with pytest.raises(lifecycle.UnknownNotice):
        projects.comment(Actor.guest(), "ntc_none", "x", "en", opened)
    first, second = (projects.comment(Actor.guest(), notice.id, word, "zh", opened) for word in ("水", "火"))
    assert [each.body for each in read.comments_of(notice.id)] == ["", ""]
    projects.answer_comment(MAKER, first, "谢谢。", True, opened)
    projects.answer_comment(MAKER, second, "含个人信息，不公开。", False, opened)
    assert [each.body for each in read.comments_of(notice.id)] == ["水", ""]
    assert [each.body for each in read.comments_of(notice.id, with_hidden=True)] == ["水", "火"]
    with pytest.raises(lifecycle.UnknownComment):
        projects.answer_comment(MAKER, first, "again", True, opened)


def test_a_project_is_registered_with_its_land():
    code = make.propose()
    make.enter_land(code)
    make.assess(code)
    opened = clock.now() - timedelta(days=80)
    make.take_step(code, S.DESIGN_NOTICE, opened)
    make.take_step(code, S.VALIDATION, clock.now())
    (parcel,) = read.parcels_of(read.life(code).id)
    projects.withdraw_parcel(MAKER, parcel.id, "drawn on the wrong hill", clock.now())
    with pytest.raises(lifecycle.NoLand):
        make.take_step(code, S.REGISTERED)


# --- forest management, avoided deforestation, others


def test_forest_management_is_registered_by_the_papers_of_who_issues_it():
    code = make.propose(ProjectType.IFM, registry="verra", number="4268")
    make.enter_land(code)
    assert make.assess(code) is Verdict.ELIGIBLE
    make.take_step(code, S.REGISTERED)
    assert code == "VCS-4268"
    with pytest.raises(lifecycle.NoSuchStep):
        make.propose_step(code, S.REPORT_NOTICE)
    with pytest.raises(lifecycle.NotIssuedHere):
        lifecycle.check_standing(ProjectType.IFM, S.REGISTERED)


def test_avoided_deforestation_under_a_logging_ban_is_recorded_and_goes_no_further_by_itself():
    code = make.propose(ProjectType.REDD)
    make.enter_land(code)
    answers = {
        "redd.logging_ban": Answer("yes", "ban of 2014"),
        "redd.external_standard": Answer("no", "none"),
    }
    assert projects.assess(MAKER, code, answers, clock.now()) is Verdict.NOT_ELIGIBLE
    make.take_step(code, S.RECORDED)
    step = make.propose_step(code, S.REGISTERED)
    with pytest.raises(lifecycle.NotEligible):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    assert make.assess(code) is Verdict.ELIGIBLE
    projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    assert read.life(code).state is S.REGISTERED


def test_a_type_without_rules_is_only_recorded():
    code = make.propose(ProjectType.OTHER)
    with pytest.raises(NoRules):
        make.assess(code)
    make.take_step(code, S.RECORDED)


# --- land


def test_no_land_is_in_two_parcels_on_one_day():
    code, other = make.propose(name="东山"), make.propose(name="西山")
    make.enter_land(code)
    with pytest.raises(parcels.ParcelTaken) as refused:
        make.enter_land(other, square(west=128.9005))
    assert refused.value.params["project"] == code
    assert refused.value.params["area"] == pytest.approx(8_345 / 2, abs=2)
    assert read.parcels_of(read.life(other).id) == []
    make.enter_land(other, square(west=128.901))  # a common border is no common land


def test_the_parcels_of_one_file_are_entered_whole_or_not_at_all():
    code = make.propose()
    with pytest.raises(parcels.ParcelTaken):
        make.enter_land(code, square(), square(west=128.95), square(west=128.9502))
    assert read.parcels_of(read.life(code).id) == []
    assert facts_of("parcel") == []
    assert make.enter_land(code, square(), square(west=128.95)) == ["P001", "P002"]
    assert make.enter_land(code, square(west=128.97)) == ["P003"]


def test_withdrawn_land_is_free_again_and_stays_in_the_register():
    code, other = make.propose(name="东山"), make.propose(name="西山")
    make.enter_land(code)
    (parcel,) = read.parcels_of(read.life(code).id)
    with pytest.raises(lifecycle.ReasonMissing):
        projects.withdraw_parcel(MAKER, parcel.id, "", clock.now())
    projects.withdraw_parcel(MAKER, parcel.id, "sold", clock.now())
    with pytest.raises(parcels.UnknownParcel):
        projects.withdraw_parcel(MAKER, parcel.id, "again", clock.now())
    make.enter_land(other)
    assert [each.withdrawn_because for each in read.parcels_of(read.life(code).id)] == ["sold"]
    assert [each.event for each in facts_of("parcel")] == ["entered", "withdrawn", "entered"]


def test_the_same_land_in_later_years_is_laid_before_a_person():
    code, other = make.propose(name="东山"), make.propose(name="西山")
    make.enter_land(code, years=(2004, 2023))
    make.enter_land(other, years=(2024, 2043))
    (likeness,) = read.likenesses()
    assert (likeness.kind, likeness.project, likeness.other) == ("parcel", other, code)


def test_land_without_clear_tenure_makes_a_project_ineligible():
    code = make.propose()
    make.enter_land(code, tenure=Tenure.UNCLEAR)
    assert make.assess(code) is Verdict.NOT_ELIGIBLE


# --- the same project twice


def test_a_number_of_a_registry_is_registered_once():
    make.propose(ProjectType.IFM, registry="verra", number="4268")
    with pytest.raises(screening.AlreadyRegistered):
        make.propose(ProjectType.REDD, name="别的", registry="verra", number="4268")


def test_a_project_that_looks_like_another_is_not_registered_until_somebody_says_why_they_are_two():
    first = make.propose(
        ProjectType.IFM, "", registry="verra", number="4268", english="Green Hills Forest Project"
    )
    code = make.propose(ProjectType.IFM, "", registry="gold-standard", number="77", english="GREEN HILLS")
    (likeness,) = read.likenesses()
    assert (likeness.project, likeness.other, likeness.kind) == (code, first, "name")
    make.assess(code)
    step = make.propose_step(code, S.REGISTERED)
    make.enter_land(code)
    make.assess(code)
    with pytest.raises(lifecycle.LikenessOpen):
        projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    with pytest.raises(lifecycle.ReasonMissing):
        projects.clear_likeness(MAKER, likeness.id, "", clock.now())
    projects.clear_likeness(MAKER, likeness.id, "another county, another owner", clock.now())
    with pytest.raises(screening.LikenessCleared):
        projects.clear_likeness(MAKER, likeness.id, "again", clock.now())
    projects.decide_step(CHECKER, step, Decision.APPROVED, "", clock.now())
    assert projects.screen(MAKER, clock.now()) == 0  # what was cleared is not found again


# --- what may be issued


def test_own_units_are_issued_to_afforestation_in_good_standing_only():
    code, _ = make.registered()
    verified = VerificationDraft(
        date(2024, 1, 1), date(2025, 12, 31), "a verifier", Mass.t(10), Mass.t(5), "positive", "0" * 64, False
    )
    number = read.life(code).source_id
    serial = serials.own_serial(number, ProjectType.ARR, 2025, 1, 1, 5)
    lots.issue(Actor.system("tests"), code, verified, serial, date(2026, 6, 1), clock.now())
    make.take_step(code, S.SUSPENDED)
    more = serials.own_serial(number, ProjectType.ARR, 2025, 2, 6, 10)
    with pytest.raises(Exception, match="units are issued to a project in good standing"):
        lots.issue(Actor.system("tests"), code, verified, more, date(2026, 6, 1), clock.now())


def test_a_document_is_filed_once_and_can_be_taken_from_the_public():
    code = make.propose()
    first = make.file(code, DocumentKind.MAP)
    assert make.file(code, DocumentKind.MAP) == first
    projects.set_document_public(MAKER, first, False, clock.now())
    with pytest.raises(lifecycle.UnknownDocument):
        read.document(first)
    assert read.document(first, with_private=True).title == Bilingual("文件", "A document")
    with pytest.raises(lifecycle.UnknownDocument):
        projects.set_document_public(MAKER, "doc_none", True, clock.now())
