"""An event's file: versions, journeys, files, and a frozen inventory that nobody can move."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.footprint import policy
from portal.footprint.commands import activities, events
from portal.footprint.commands.attendees import report_journey
from portal.footprint.models import AttendeeReport
from portal.footprint.queries import events as read
from portal.footprint.rules import library
from portal.footprint.rules.activity import ActivitiesRefused
from portal.footprint.rules.attendees import MoreReportsThanPeople, TooFewReports
from portal.footprint.rules.events import (
    ActualsChanged,
    AlreadyFrozen,
    BadDays,
    NothingToFreeze,
    NothingToStartFrom,
    NothingToTake,
    NoTitle,
    Origin,
    PlaceIsFixed,
    ReportsClosed,
    Stage,
    UnknownEvent,
)
from portal.footprint.rules.inventory import compare
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from tests.factories.events import (
    DRAFT,
    FIRST,
    GUESS,
    LAST,
    NOW,
    ORGANISER,
    STRANGER,
    a_frozen_event,
    an_estimated_event,
    an_event,
    freeze,
    reports,
    surveyed,
    table,
    with_actuals,
)
from tests.factories.guards import without_guards

NIGHTS = ("nights", "301", "间夜", "11月24日", "票据")
COMPANY = replace(DRAFT, organisation_id="org_1")
MEMBER = Actor("usr_01JMEMBER000000000000000C", organisations={"org_1": "member"})


@pytest.fixture(autouse=True)
def on(any_app):
    return any_app


# ---- whose it is


def test_a_companys_event_is_its_members_and_nobody_elses():
    event_id = an_event(MEMBER, COMPANY)
    colleague = Actor("usr_01JCOLLEAGUE00000000000D", organisations={"org_1": "approver"})
    events.keep_inventory(colleague, event_id, Stage.ESTIMATE, GUESS, NOW, "zh")
    assert [each.id for each in read.events_of(colleague)] == [event_id]
    for other in (STRANGER, Actor.guest(), replace(MEMBER, organisations={})):
        assert read.events_of(other) == []
        with pytest.raises(UnknownEvent):
            read.event(other, event_id)


def test_ones_own_event_is_not_the_companys():
    event_id = an_event(MEMBER)
    assert policy.may_work_on(MEMBER, read.event(MEMBER, event_id))
    with pytest.raises(UnknownEvent):
        read.file_of(Actor("usr_x", organisations={"org_1": "owner"}), event_id)


@pytest.mark.parametrize(
    "deed",
    [
        lambda who, it: events.change_event(who, it, DRAFT, NOW),
        lambda who, it: events.open_survey(who, it, FIRST, LAST, NOW),
        lambda who, it: events.keep_inventory(who, it, Stage.ACTUAL, GUESS, NOW, "zh"),
        lambda who, it: events.take_over(who, it, reports=True, activities=True, now=NOW, lang="zh"),
        lambda who, it: events.freeze(who, it, "", "", "", NOW),
        lambda who, it: activities.dry_run(who, it, table(NIGHTS)),
        lambda who, it: activities.apply(who, it, table(NIGHTS), "a.csv", NOW),
        lambda who, it: activities.take_back(who, it, "aim_1", NOW),
    ],
)
def test_to_a_stranger_there_is_no_such_event(deed):
    event_id = an_estimated_event()
    with_actuals(event_id)
    with pytest.raises(UnknownEvent):
        deed(STRANGER, event_id)
    assert len(read.file_of(ORGANISER, event_id).actuals) == 1


def test_nobody_opens_an_event_for_a_company_they_are_not_of():
    with pytest.raises(NotAllowed):
        an_event(ORGANISER, COMPANY)
    with pytest.raises(NotAllowed):
        an_event(Actor.guest())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"title": ""}, NoTitle),
        ({"title": "长" * 121}, NoTitle),
        ({"last_day": FIRST - timedelta(1)}, BadDays),
        ({"last_day": FIRST + timedelta(367)}, BadDays),
    ],
)
def test_a_bad_draft_is_refused(change, fault):
    with pytest.raises(fault):
        an_event(draft=replace(DRAFT, **change))
    assert read.events_of(ORGANISER) == []


def test_the_place_is_fixed_by_the_first_version():
    event_id = an_event()
    events.change_event(ORGANISER, event_id, replace(DRAFT, region="230100"), NOW)
    events.keep_inventory(ORGANISER, event_id, Stage.ESTIMATE, GUESS, NOW, "zh")
    with pytest.raises(PlaceIsFixed):
        events.change_event(ORGANISER, event_id, DRAFT, NOW)
    assert read.event(ORGANISER, event_id).region == "230100"


# ---- versions


def test_versions_follow_each_other_and_the_newest_counts():
    event_id = an_estimated_event()
    first = read.file_of(ORGANISER, event_id).estimate
    events.keep_inventory(ORGANISER, event_id, Stage.ESTIMATE, GUESS | {"people": "500"}, NOW, "zh")
    file = read.file_of(ORGANISER, event_id)
    assert [each.number for each in file.estimates] == [1, 2]
    assert file.estimate.footprint.previous_id == first.footprint.id
    assert file.estimate.footprint.stage == "estimate"
    assert file.estimate.footprint.total > first.footprint.total
    assert file.actual is None


def test_the_difference_is_the_same_by_line_class_and_scope():
    event_id = an_estimated_event()
    with_actuals(event_id, people="280", nights="250")
    file = read.file_of(ORGANISER, event_id)
    found = compare(library.model("event-cn"), file.estimate.footprint.lines, file.actual.footprint.lines)
    for parts in (found.lines, found.classes, found.scopes):
        assert sum(part.change.grams for part in parts) == found.total.change.grams
        assert sum(part.actual.grams for part in parts) == file.actual.footprint.total.grams
    assert found.total.change.grams < 0
    assert found.total.pct < 0


# ---- attendees


def test_a_survey_takes_answers_on_its_days_only():
    event_id = an_estimated_event()
    code = surveyed(event_id, 0)
    for days in (-2, 1):
        with pytest.raises(ReportsClosed):
            report_journey(code, "browser", reports(1)[0], NOW + timedelta(days))
    report_journey(code, "browser", reports(1)[0], NOW)
    assert read.reports_count(event_id) == 1


def test_a_second_answer_of_one_browser_takes_the_place_of_the_first():
    event_id = an_estimated_event()
    code = surveyed(event_id, 6)
    report_journey(code, "browser-0", reports(15)[14], NOW)
    assert read.reports_count(event_id) == 6
    assert sum(report.mode == "air" for report in read.reports(event_id)) == 1


def test_nothing_of_the_person_is_kept():
    event_id = an_estimated_event()
    surveyed(event_id, 3)
    rows = db.session.scalars(select(AttendeeReport)).all()
    assert {type(row.day) for row in rows} == {date}
    assert not any("browser" in row.browser for row in rows), "only the digest of what the browser holds"
    assert {column.name for column in AttendeeReport.__table__.columns} == {
        "event_id", "browser", "day", "km", "width", "mode", "cabin", "occupants"
    }  # fmt: skip
    said = db.session.scalars(select(AuditEntry).where(AuditEntry.actor_id == "guest")).all()
    assert said == [], "an audit entry would give away the minute"


def test_journeys_become_actuals_with_their_response_rate():
    event_id = an_estimated_event(people="40")
    surveyed(event_id)
    events.take_over(ORGANISER, event_id, reports=True, activities=False, now=NOW, lang="zh")
    actual = read.file_of(ORGANISER, event_id).actual
    assert actual.origin is Origin.MERGED
    assert actual.facts["reports"]["rate_pct"] == 50
    assert actual.facts["reports"]["sampling_pct"] > 0
    answers = actual.footprint.answers
    assert answers["share_local"] == "0.3"
    assert answers["share_air"] == "0.25"
    assert answers["nights"] == GUESS["nights"], "what attendees do not say stays"


def test_too_few_answers_are_not_used_and_nothing_is_written():
    event_id = an_estimated_event()
    surveyed(event_id, 4)
    with pytest.raises(TooFewReports):
        events.take_over(ORGANISER, event_id, reports=True, activities=False, now=NOW, lang="zh")
    assert read.file_of(ORGANISER, event_id).actual is None


def test_more_answers_than_people_are_not_used():
    event_id = an_estimated_event(people="10")
    surveyed(event_id)
    with pytest.raises(MoreReportsThanPeople):
        events.take_over(ORGANISER, event_id, reports=True, activities=False, now=NOW, lang="zh")


def test_there_must_be_something_to_take_and_to_start_from():
    event_id = an_event()
    with pytest.raises(NothingToStartFrom):
        events.take_over(ORGANISER, event_id, reports=False, activities=True, now=NOW, lang="zh")
    events.keep_inventory(ORGANISER, event_id, Stage.ESTIMATE, GUESS, NOW, "zh")
    for which in ({"reports": False, "activities": False}, {"reports": False, "activities": True}):
        with pytest.raises(NothingToTake):
            events.take_over(ORGANISER, event_id, **which, now=NOW, lang="zh")


# ---- files


def test_a_file_is_taken_in_whole_or_not_at_all():
    event_id = an_estimated_event()
    with pytest.raises(ActivitiesRefused):
        activities.apply(
            ORGANISER, event_id, table(NIGHTS, ("nights", "-1", "间夜", "", "票据")), "a.csv", NOW
        )
    assert read.imports(event_id) == []
    assert activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW).accepted == 1


def test_the_same_file_twice_changes_nothing_and_a_longer_one_adds_what_is_new():
    event_id = an_estimated_event()
    activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW)
    assert activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW).unchanged == 1
    assert len(read.imports(event_id)) == 1
    more = table(NIGHTS, ("nights", "20", "间夜", "工作人员", "票据"))
    activities.apply(ORGANISER, event_id, more, "b.csv", NOW)
    assert read.sums_of(read.activities(event_id)) == {"nights": 321}


def test_a_file_taken_back_counts_no_more_and_can_come_again():
    event_id = an_estimated_event()
    activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW)
    (taken,) = read.imports(event_id)
    activities.take_back(ORGANISER, event_id, taken.id, NOW)
    assert read.activities(event_id) == []
    with pytest.raises(UnknownEvent):
        activities.take_back(ORGANISER, event_id, taken.id, NOW)
    assert activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW).accepted == 1


def test_files_become_actuals():
    event_id = an_estimated_event()
    activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW)
    events.take_over(ORGANISER, event_id, reports=False, activities=True, now=NOW, lang="zh")
    actual = read.file_of(ORGANISER, event_id).actual
    assert actual.footprint.answers["nights"] == "301"
    assert actual.facts == {"activities": 1, "sources": {"meter": 0, "bill": 1, "estimate": 0}}


# ---- frozen


def test_what_is_frozen_is_exactly_what_was_looked_at():
    event_id = an_estimated_event()
    with pytest.raises(NothingToFreeze):
        events.freeze(ORGANISER, event_id, "", "", "", NOW)
    with_actuals(event_id)
    seen = read.file_of(ORGANISER, event_id).actual.footprint.digest
    with_actuals(event_id, people="299")
    with pytest.raises(ActualsChanged):
        events.freeze(ORGANISER, event_id, seen, "", "", NOW)
    freeze(event_id)
    with pytest.raises(AlreadyFrozen):
        freeze(event_id)


@pytest.mark.parametrize(
    "deed",
    [
        lambda it: with_actuals(it, people="1"),
        lambda it: events.take_over(ORGANISER, it, reports=False, activities=True, now=NOW, lang="zh"),
        lambda it: events.change_event(ORGANISER, it, replace(DRAFT, title="改名"), NOW),
        lambda it: events.open_survey(ORGANISER, it, FIRST, LAST, NOW),
        lambda it: activities.apply(ORGANISER, it, table(NIGHTS), "a.csv", NOW),
    ],
)
def test_after_freezing_no_command_changes_the_actuals(deed):
    event_id = a_frozen_event()
    before = read.frozen_inventory(event_id)
    with pytest.raises((AlreadyFrozen, NothingToTake)):
        deed(event_id)
    assert read.frozen_inventory(event_id) == before


def test_the_frozen_inventory_is_facts_for_a_statement():
    event_id = a_frozen_event()
    facts, stored = read.frozen_inventory(event_id), read.file_of(ORGANISER, event_id).actual.footprint
    assert facts.gross == stored.total
    assert sum(line.mass.grams for line in facts.lines) == facts.gross.grams
    assert {line.scope for line in facts.lines} <= {"1", "2", "3"}
    assert all(line.mee_title.is_complete for line in facts.lines)
    assert (facts.digest, facts.footprint_id) == (stored.digest, stored.id)
    assert (facts.exclusions, facts.evaluator) == ("筹备期差旅未计入", "")
    assert facts.boundary.is_complete
    with pytest.raises(NothingToFreeze):
        read.frozen_inventory(an_estimated_event())
    with pytest.raises(UnknownEvent):
        read.frozen_inventory("evt_none")


ATTACKS = {
    "edit the inventory": "UPDATE footprint SET total_g = low_g WHERE id = :footprint",
    "edit its answers": "UPDATE footprint SET answers = '{}' WHERE id = :footprint",
    "delete the inventory": "DELETE FROM footprint WHERE id = :footprint",
    "edit an older version": "UPDATE footprint SET digest = 'x' WHERE id = :estimate",
    "point the freeze elsewhere": "UPDATE footprint_event_version SET footprint_id = :estimate "
    "WHERE origin = 'frozen'",
    "thaw": "DELETE FROM footprint_event_version WHERE origin = 'frozen'",
    "add a later version": "INSERT INTO footprint_event_version "
    "(event_id, stage, number, footprint_id, origin, facts, actor_id, at) "
    "SELECT event_id, stage, 9, :estimate, 'form', facts, actor_id, at "
    "FROM footprint_event_version WHERE origin = 'frozen'",
    "rename the event": "UPDATE footprint_event SET title = 'x' WHERE id = :event",
    "move the event": "UPDATE footprint_event SET region = '110000' WHERE id = :event",
    "take the event": "UPDATE footprint_event SET owner_id = 'usr_x' WHERE id = :event",
    "another model": "UPDATE footprint_event SET version = '9.9.9' WHERE id = :event",
    "edit a row of activity": "UPDATE footprint_activity SET amount = '1'",
    "delete a row of activity": "DELETE FROM footprint_activity",
    "rewrite an import": "UPDATE footprint_activity_import SET file_sha256 = 'x'",
}
TABLES = (
    "footprint", "footprint_event", "footprint_event_version", "footprint_activity",
    "footprint_activity_import",
)  # fmt: skip


def attacked(session, attack: str, event_id: str) -> int:
    file = read.file_of(ORGANISER, event_id)
    said = {"event": event_id, "footprint": file.actual.footprint.id, "estimate": file.estimate.footprint.id}
    wanted = {name: value for name, value in said.items() if f":{name}" in ATTACKS[attack]}
    return session.execute(text(ATTACKS[attack]), wanted).rowcount


def a_frozen_event_with_a_file() -> str:
    event_id = an_estimated_event()
    activities.apply(ORGANISER, event_id, table(NIGHTS), "a.csv", NOW)
    events.take_over(ORGANISER, event_id, reports=False, activities=True, now=NOW, lang="zh")
    freeze(event_id)
    return event_id


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_database_itself_refuses(attack: str):
    event_id = a_frozen_event_with_a_file()
    before = read.frozen_inventory(event_id)
    with pytest.raises(DBAPIError), transaction() as session:
        attacked(session, attack, event_id)
    assert read.frozen_inventory(event_id) == before


@pytest.mark.parametrize("attack", ATTACKS)
def test_without_the_guards_the_attack_succeeds(attack: str):
    """The control: it is the guards that hold, not the shape of the statement."""
    event_id = a_frozen_event_with_a_file()
    db.session.rollback()
    session = db.session()
    without_guards(session, *TABLES)
    assert attacked(session, attack, event_id) >= 1
    session.rollback()


def test_only_the_newest_actuals_can_be_frozen():
    event_id = an_estimated_event()
    older = with_actuals(event_id)
    with_actuals(event_id, people="299")
    freezing = text(
        "INSERT INTO footprint_event_version "
        "(event_id, stage, number, footprint_id, origin, facts, actor_id, at) "
        "SELECT event_id, stage, 3, :footprint, 'frozen', facts, actor_id, at FROM footprint_event_version "
        "WHERE event_id = :event AND stage = 'actual' AND number = 2"
    )
    with pytest.raises(DBAPIError, match="newest"), transaction() as session:
        session.execute(freezing, {"footprint": older, "event": event_id})


def test_every_deed_is_audited():
    event_id = a_frozen_event_with_a_file()
    verbs = db.session.scalars(
        select(AuditEntry.verb).where(AuditEntry.subject_id == event_id).order_by(AuditEntry.id)
    ).all()
    kept, imported = "event.inventory_kept", "event.activities_imported"
    assert sorted(verbs) == sorted(["event.opened", kept, imported, kept, "event.frozen"])
