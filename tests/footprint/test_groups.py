"""Campaigns: kept promises to organisers and to those who answer, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.footprint.commands import groups as commands
from portal.footprint.commands import save_footprint
from portal.footprint.models import CampaignPublication, Contribution
from portal.footprint.queries import groups as queries
from portal.footprint.rules import campaigns as rules
from portal.footprint.rules import library
from portal.footprint.rules.campaigns import Kind, OwnQuestion
from portal.footprint.rules.group_figures import worked
from portal.footprint.rules.groups import ALL, GROUPS
from portal.footprint.rules.results import own_measures
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, NotAllowed
from tests.factories.footprint import COUPLE, a_footprint
from tests.factories.groups import DRAFT, NOW, ORGANISER, a_campaign, an_answer, answers_of
from tests.factories.guards import without_guards

OTHER = Actor("usr_other")


def figures(campaign_id: str) -> dict:
    found = queries.published(ORGANISER, queries.campaign(campaign_id))
    assert found
    return found.figures


def test_five_answers_make_figures_and_four_do_not(any_app):
    campaign_id = a_campaign()
    answers_of(campaign_id, 4)
    assert queries.published(ORGANISER, queries.campaign(campaign_id)) is None
    an_answer(campaign_id)
    assert figures(campaign_id)[ALL][ALL]["n"] == 5


def test_the_average_is_that_of_the_raw_answers(app):
    campaign_id = a_campaign(groups=(), questions=())
    lives = [{"people": str(n)} for n in range(1, 6)]
    for life in lives:
        part = commands.Part(campaign_id, a_footprint(**life))
        commands.contribute(Actor.guest(part.footprint_id), part, NOW)
    model = library.model("household-cn", queries.campaign(campaign_id).version)
    each = [own_measures(model, "230700", COUPLE | life)["per_person"] for life in lives]
    found = figures(campaign_id)[ALL][ALL]
    assert found["mean_g"] == round(sum(each) / 5 / 1000) * 1000
    assert abs(found["median_g"] - sorted(each)[2]) < sorted(each)[2] * 0.05
    assert abs(sum(found["categories"].values()) - found["mean_g"]) < 5_000


def test_what_is_kept_is_what_the_model_says_and_nothing_of_the_person(any_app):
    campaign_id = a_campaign()
    footprint_id = a_footprint(Actor("usr_li"))
    part = commands.Part(campaign_id, footprint_id, "七年级一班", ("0", "10"))
    code = commands.contribute(Actor("usr_li"), part, NOW)
    kept = db.session.scalars(select(Contribution)).one()
    (item,) = worked(queries.campaign(campaign_id).model, [(kept.region, kept.answers)])
    assert (tuple(kept.lines), kept.per_person_g) == (item.lines, item.per_person)
    assert kept.day == date(2026, 11, 22)
    said = str({column: getattr(kept, column) for column in (each.key for each in kept.__table__.columns)})
    for secret in ("usr_li", footprint_id, code, code.replace("-", "")):
        assert secret not in said
    lines = db.session.scalars(select(AuditEntry).where(AuditEntry.actor_id == "usr_li")).all()
    assert {line.verb for line in lines} == {"footprint.saved"}, "who took part is nowhere"


def test_what_is_taken_back_is_gone_at_once_and_leaves_the_figures_with_others(any_app):
    campaign_id = a_campaign()
    codes = answers_of(campaign_id, 12)
    before = figures(campaign_id)
    commands.take_back(campaign_id, codes[0].lower().replace("-", " "), NOW)
    assert db.session.scalar(select(func.count()).select_from(Contribution)) == 11
    assert figures(campaign_id) == before, "one person less would show who that was"
    with pytest.raises(rules.UnknownReceipt):
        commands.take_back(campaign_id, codes[0], NOW)
    for code in codes[1:8]:
        commands.take_back(campaign_id, code, NOW)
    assert queries.published(ORGANISER, queries.campaign(campaign_id)) is None


def test_an_answer_is_replaced_not_counted_twice(any_app):
    campaign_id = a_campaign()
    codes = answers_of(campaign_id, 10)
    before = figures(campaign_id)
    an_answer(campaign_id, "七年级二班", code=codes[0], people="9")
    assert db.session.scalar(select(func.count()).select_from(Contribution)) == 10
    assert figures(campaign_id) == before
    for code in codes[1:]:
        an_answer(campaign_id, "七年级二班", code=code, people="9")
    assert figures(campaign_id)[ALL][ALL]["n"] == 10
    assert figures(campaign_id) != before, "five have changed"


def test_a_code_of_another_campaign_opens_nothing(app):
    one, other = a_campaign(), a_campaign()
    code = an_answer(one)
    with pytest.raises(rules.UnknownReceipt):
        commands.take_back(other, code, NOW)
    with pytest.raises(rules.UnknownReceipt):
        an_answer(other, code=code)


def test_closing_counts_those_who_waited(any_app):
    campaign_id = a_campaign()
    answers_of(campaign_id, 37)
    waiting = 37 - figures(campaign_id)[ALL][ALL]["n"]
    assert waiting >= 5, "the control: with so many, a step is more than five"
    commands.close_campaign(ORGANISER, campaign_id, NOW)
    found = figures(campaign_id)
    assert found[ALL][ALL]["n"] == 37
    assert {"七年级一班", "七年级二班"} <= found[GROUPS].keys()


def test_a_campaign_past_its_last_day_is_closed_and_counts_those_who_waited(any_app):
    over, goes_on = a_campaign(closes=date(2026, 11, 30)), a_campaign()
    answers_of(over, 37)
    answers_of(goes_on, 6)
    system = Actor.system("tests")
    last_moment = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)  # 23:59 in Beijing
    assert commands.close_overdue_campaigns(system, last_moment) == []
    assert commands.close_overdue_campaigns(system, last_moment + timedelta(minutes=1)) == [over]
    assert figures(over)[ALL][ALL]["n"] == 37
    assert commands.close_overdue_campaigns(system, last_moment + timedelta(days=1)) == []
    with pytest.raises(NotAllowed):
        commands.close_overdue_campaigns(ORGANISER, last_moment)


def test_rows_are_those_that_are_published_in_no_order_of_arrival(app):
    campaign_id = a_campaign()
    answers_of(campaign_id, 4)
    view = queries.campaign(campaign_id)
    assert queries.raw_rows(ORGANISER, view) == []
    answers_of(campaign_id, 8, seed=2)
    rows = queries.raw_rows(ORGANISER, view)
    assert len(rows) == figures(campaign_id)[ALL][ALL]["n"]
    assert rows == queries.raw_rows(ORGANISER, view)
    with pytest.raises(NotAllowed):
        queries.raw_rows(OTHER, view)


def test_rows_name_no_class_of_fewer_than_five(app):
    campaign_id = a_campaign()
    for _ in range(9):
        an_answer(campaign_id, "七年级一班")
    an_answer(campaign_id, "七年级二班")
    assert {row.group for row in queries.raw_rows(ORGANISER, queries.campaign(campaign_id))} == {""}


# ---- what is refused


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": Bilingual("", "")}, rules.TitleIsMissing),
        ({"title": Bilingual("长" * 81, "")}, rules.TooLong),
        ({"invitation": Bilingual("", "x" * 301)}, rules.TooLong),
        ({"opens": date(2027, 1, 1)}, rules.DaysInWrongOrder),
        ({"opens": date(2026, 1, 1), "closes": date(2026, 11, 21)}, rules.AlreadyOver),
        ({"groups": ("A",)}, rules.OneGroup),
        ({"groups": ("A", "A")}, rules.GroupTwice),
        ({"groups": tuple(str(n) for n in range(51))}, rules.TooManyGroups),
        ({"groups": ("A", "B" * 41)}, rules.TooLong),
        ({"questions": (OwnQuestion(Bilingual("", ""), Kind.YES_NO),)}, rules.BadQuestion),
        (
            {"questions": (OwnQuestion(Bilingual("问", ""), Kind.CHOICE, (Bilingual("a", "a"),) * 2),)},
            rules.TooFewOptions,
        ),
        ({"questions": (OwnQuestion(Bilingual("问", ""), Kind.WHOLE, low=5, high=5),)}, rules.BadRange),
        ({"questions": (OwnQuestion(Bilingual("问", ""), Kind.YES_NO),) * 6}, InvalidInput),
        ({"organisation_id": "org_nothing"}, NotAllowed),
    ],
)
def test_a_campaign_that_cannot_be_is_refused_by_name(app, changes, error):
    with pytest.raises(error):
        commands.open_campaign(ORGANISER, replace(DRAFT, **changes), NOW)


def test_guests_open_no_campaign(app):
    with pytest.raises(NotAllowed):
        commands.open_campaign(Actor.guest(), DRAFT, NOW)


def test_of_an_organisation_owners_and_approvers_open_and_members_manage(app):
    def of(part: str, who: str) -> Actor:
        return Actor(who, organisations={"org_1": part})

    draft = replace(DRAFT, organisation_id="org_1")
    with pytest.raises(NotAllowed):
        commands.open_campaign(of("member", "usr_m"), draft, NOW)
    campaign_id = commands.open_campaign(of("approver", "usr_a"), draft, NOW)
    with pytest.raises(NotAllowed):
        commands.close_campaign(Actor("usr_a"), campaign_id, NOW)  # no longer a member
    assert [view.id for view in queries.campaigns_of(of("member", "usr_m"))] == [campaign_id]
    commands.close_campaign(of("member", "usr_m"), campaign_id, NOW)


def test_nobody_else_manages(app):
    campaign_id = a_campaign(is_private=True)
    answers_of(campaign_id, 5)
    for act in (
        lambda: commands.close_campaign(OTHER, campaign_id, NOW),
        lambda: commands.withdraw_campaign(OTHER, campaign_id, NOW),
        lambda: commands.change_campaign(OTHER, campaign_id, DRAFT, NOW),
        lambda: commands.reopen_campaign(OTHER, campaign_id, DRAFT.closes, NOW),
        lambda: queries.published(OTHER, queries.campaign(campaign_id)),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("group", "extras", "error"),
    [
        ("", ("0", "10"), rules.UnknownGroup),
        ("八年级", ("0", "10"), rules.UnknownGroup),
        ("七年级一班", ("2", "10"), rules.NotOffered),
        ("七年级一班", ("my name is Li", "10"), rules.NotOffered),
        ("七年级一班", ("0", "60"), rules.OutsideRange),
        ("七年级一班", ("0", "1.5"), rules.OutsideRange),
        ("七年级一班", ("0",), InvalidInput),
    ],
)
def test_answers_that_are_not_offered_are_refused_and_nothing_is_kept(app, group, extras, error):
    campaign_id, footprint_id = a_campaign(), a_footprint()
    with pytest.raises(error):
        commands.contribute(
            Actor.guest(footprint_id), commands.Part(campaign_id, footprint_id, group, extras), NOW
        )
    assert db.session.scalar(select(func.count()).select_from(Contribution)) == 0


def test_a_footprint_of_another_calculator_is_refused(app):
    campaign_id = a_campaign(groups=(), questions=())
    event = save_footprint(Actor.guest(), "event-cn", None, "230700", {}, NOW, "zh")
    with pytest.raises(rules.OtherCalculator):
        commands.contribute(Actor.guest(event), commands.Part(campaign_id, event), NOW)


def test_answers_are_taken_from_the_first_to_the_last_day(app):
    campaign_id = a_campaign(groups=(), questions=())
    footprint_id = a_footprint()
    part = commands.Part(campaign_id, footprint_id)
    for now in (NOW - timedelta(days=22), NOW + timedelta(days=40)):
        with pytest.raises(rules.NotOpen):
            commands.contribute(Actor.guest(footprint_id), part, now)
    commands.close_campaign(ORGANISER, campaign_id, NOW)
    with pytest.raises(rules.NotOpen):
        commands.contribute(Actor.guest(footprint_id), part, NOW)
    with pytest.raises(rules.AlreadyOver):
        commands.reopen_campaign(ORGANISER, campaign_id, date(2026, 11, 21), NOW)
    commands.reopen_campaign(ORGANISER, campaign_id, date(2026, 11, 22), NOW)
    commands.contribute(Actor.guest(footprint_id), part, NOW)


def test_what_is_asked_is_fixed_with_the_first_answer(any_app):
    campaign_id = a_campaign()
    commands.change_campaign(ORGANISER, campaign_id, replace(DRAFT, groups=("A", "B")), NOW)
    assert queries.campaign(campaign_id).groups == ("A", "B")
    an_answer(campaign_id, "A")
    with pytest.raises(rules.HasAnswers):
        commands.change_campaign(ORGANISER, campaign_id, DRAFT, NOW)
    with pytest.raises(IntegrityError, match="fixed with the first answer"), transaction() as session:
        session.execute(text("UPDATE campaign SET form = 'full' WHERE id = :id"), {"id": campaign_id})
    with transaction() as session:  # the control: it is the guard that holds
        without_guards(session, "campaign")
        session.execute(text("UPDATE campaign SET form = 'full' WHERE id = :id"), {"id": campaign_id})


def test_what_was_published_is_not_rewritten_and_goes_with_its_campaign_only(any_app):
    campaign_id = a_campaign()
    answers_of(campaign_id, 5)
    for statement in ("UPDATE campaign_publication SET number = 2", "DELETE FROM campaign_publication"):
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(text(statement))
    commands.withdraw_campaign(ORGANISER, campaign_id, NOW)
    for table in (CampaignPublication, Contribution):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    with pytest.raises(rules.NotThisWay):
        commands.withdraw_campaign(ORGANISER, campaign_id, NOW)
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == campaign_id)).all()
    assert sorted(verbs) == ["campaign.opened", "campaign.withdrawn"]
