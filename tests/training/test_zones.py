"""A class goes by the clock of its own place: what it says, when letters go out, which day it is there."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.clock import CITY
from portal.kernel.ids import new_id
from portal.training import jobs as work
from portal.training.calendars import feed
from portal.training.commands import cohorts, sessions
from portal.training.commands.completing import completed_on
from portal.training.models.classes import Cohort
from portal.training.models.courses import CourseVersion
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries.cohorts import cohort_by_id, running
from portal.training.queries.feedback import forms_of
from portal.training.queries.meetings import meetings_of
from portal.training.queries.sessions import session, sessions_of
from portal.training.queries.today import Today, today
from portal.training.rules.attendance import SessionDraft
from portal.training.rules.classes import CohortDraft, CohortView, Phase, phase_of
from portal.training.rules.nudging import due_at
from portal.training.rules.zones import (
    OFTEN,
    NoSuchTime,
    TimeTwice,
    UnknownZone,
    known_zones,
    moment,
    zone_of,
)
from tests.factories import accounts
from tests.factories.training import NOW, TRAINER, a_cohort, a_version, an_enrolment

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def a_class(zone: ZoneInfo, **changes: object) -> tuple[str, str]:
    """A class in this zone and a learner in it with an address."""
    version_id = db.session.scalar(select(CourseVersion.id)) or a_version()
    with transaction() as books:
        cohort_id = a_cohort(books, version_id, time_zone=zone.key, **changes)
        enrolment_id = an_enrolment(books, version_id, cohort_id)
        learner = books.get_one(Learner, books.get_one(Enrolment, enrolment_id).learner_id)
        learner.email = "li@example.org"
    return cohort_id, enrolment_id


def a_session(cohort_id: str, day: date, zone: ZoneInfo) -> str:
    draft = SessionDraft("开班", "", moment(day, time(9), zone), moment(day, time(11, 30), zone))
    return sessions.add_session(TRAINER, cohort_id, new_id("ses"), draft, NOW)


@pytest.mark.parametrize(
    ("day", "clock", "zone", "there"),
    [
        (date(2026, 12, 1), time(9), BERLIN, datetime(2026, 12, 1, 8, tzinfo=UTC)),
        (date(2027, 7, 1), time(9), BERLIN, datetime(2027, 7, 1, 7, tzinfo=UTC)),
        (AUTUMN, time(3), BERLIN, datetime(2026, 10, 25, 2, tzinfo=UTC)),
        (SPRING, time(2, 30), CITY, datetime(2027, 3, 27, 18, 30, tzinfo=UTC)),
        (AUTUMN, time(2, 30), CITY, datetime(2026, 10, 24, 18, 30, tzinfo=UTC)),
        (SPRING, time(2), BERLIN, NoSuchTime),
        (SPRING, time(2, 59), BERLIN, NoSuchTime),
        (AUTUMN, time(2), BERLIN, TimeTwice),
        (AUTUMN, time(2, 59), BERLIN, TimeTwice),
        (date(2026, 4, 5), time(1, 45), ZoneInfo("Australia/Lord_Howe"), TimeTwice),
        (date(2011, 12, 30), time(9), ZoneInfo("Pacific/Apia"), NoSuchTime),
    ],
)
def test_what_a_clock_shows_is_one_moment_or_is_refused(day, clock, zone, there):
    if isinstance(there, datetime):
        assert moment(day, clock, zone) == there
    else:
        with pytest.raises(there):
            moment(day, clock, zone)


def test_zones_are_those_of_iana_and_nothing_else():
    assert set(OFTEN) <= set(known_zones())
    assert all(zone_of(each).key == each for each in known_zones())
    for wrong in ("", "Mars/Olympus", "europe/berlin", "../../etc/passwd", "Asia/Harbin", "Europe/Berlin "):
        with pytest.raises(UnknownZone):
            zone_of(wrong)
    with pytest.raises(UnknownZone):
        CohortDraft("班", "", SPRING, SPRING, time_zone="Mars/Olympus").checked()


def test_a_class_begins_ends_and_is_quiet_by_its_own_day_and_night(any_app: Flask):
    days = {"first_day": date(2026, 12, 1), "last_day": date(2026, 12, 1)}
    here, there = a_class(CITY, **days)[0], a_class(NEW_YORK, **days)[0]
    noon_there = datetime(2026, 12, 1, 17, tzinfo=UTC)  # 01:00 of the 2nd in the city
    assert phase_of(cohort_by_id(there), noon_there) is Phase.RUNNING
    assert phase_of(cohort_by_id(here), noon_there) is Phase.OVER
    assert [each.id for each in running(noon_there)] == [there]
    assert [each.id for each in running(datetime(2026, 12, 1, 3, tzinfo=UTC))] == [here]
    assert due_at(noon_there, NEW_YORK) == noon_there
    assert due_at(noon_there) == datetime(2026, 12, 2, 0, tzinfo=UTC), "the city sleeps until eight"


def test_the_day_of_completion_is_that_of_the_class(any_app: Flask):
    late = datetime(2026, 12, 3, 20, tzinfo=UTC)  # 21:00 in Berlin, 04:00 of the 4th in the city
    for zone, day in ((BERLIN, 3), (CITY, 4)):
        _cohort, enrolment_id = a_class(zone)
        found = completed_on(db.session, db.session.get_one(Enrolment, enrolment_id), late)
        assert found == date(2026, 12, day), zone


def test_sessions_keep_their_moment_when_the_zone_changes(any_app: Flask):
    cohort_id, _ = a_class(CITY)
    session_id = a_session(cohort_id, date(2026, 12, 1), CITY)
    draft = CohortDraft("班", "", date(2026, 11, 1), date(2026, 12, 31), time_zone=BERLIN.key)
    cohorts.change_cohort(TRAINER, cohort_id, draft, NOW)
    found = session(session_id)
    assert found.starts_at == datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert found.zone == BERLIN
    with pytest.raises(UnknownZone):
        cohorts.change_cohort(TRAINER, cohort_id, CohortDraft("班", "", NOW, NOW, time_zone="x/y"), NOW)
    assert db.session.get_one(Cohort, cohort_id, populate_existing=True).zone == BERLIN


@pytest.mark.parametrize(
    ("zone", "words"),
    [(BERLIN, "2026-12-01 09:00 至 2026-12-01 11:30（柏林时间）"),
     (CITY, "2026-12-01 09:00 至 2026-12-01 11:30（北京时间）")],
)  # fmt: skip
def test_a_moved_session_is_said_in_the_clock_of_the_class(any_app, at, sent_letters, zone, words):
    cohort_id, _ = a_class(zone)
    session_id = a_session(cohort_id, date(2026, 12, 2), zone)
    day = date(2026, 12, 1)
    draft = SessionDraft("开班", "", moment(day, time(9), zone), moment(day, time(11, 30), zone))
    sessions.move_session(TRAINER, session_id, draft, at("2026-11-23T17:00:00+08:00"))
    (letter,) = sent_letters()
    assert words in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize("zone", [CITY, BERLIN, NEW_YORK, ZoneInfo("America/St_Johns")])
def test_programs_read_the_right_moment_from_the_calendar(app: Flask, zone: ZoneInfo):
    cohort_id, enrolment_id = a_class(zone, last_day=date(2027, 7, 31))
    days = (date(2026, 12, 1), date(2027, 4, 1), date(2027, 7, 1))
    for day in days:
        a_session(cohort_id, day, zone)
    with app.test_request_context("/en/"):
        meetings = meetings_of([db.session.get_one(Enrolment, enrolment_id).learner_id])
        written = feed("班", meetings, "portal.example", NOW)
    read = Calendar.from_ical(written)
    found = [event["dtstart"].dt for event in read.walk("VEVENT")]
    assert [each.astimezone(UTC) for each in found] == [each.starts_at for each in sessions_of(cohort_id)]
    assert [each.hour for each in found] == [9, 9, 9], "by the clock of the class, in summer as in winter"
    (named,) = read.walk("VTIMEZONE")
    assert named["tzid"] == zone.key
    # What the file itself says of the zone, for programs that know no names.
    said = named.to_tz(lookup_tzid=False)
    for day in days:
        there = datetime.combine(day, time(9), zone)
        assert there.replace(tzinfo=said).utcoffset() == there.utcoffset(), day


@pytest.mark.parametrize(
    ("lang", "labels", "clock", "said", "fault"),
    [
        ("zh", ("班次名称", "班次时区", "开班", "日期", "从", "到", "添加此次课"), "柏林时间",
         "2026-12-01 09:00（柏林时间，UTC+1）", "当天没有 02:30"),
        ("en", ("Name of the class", "Time zone of the class", "Open the class", "Day", "From", "To",
                "Add this session"), "Berlin time",
         "2026-12-01 09:00 (Berlin time, UTC+1)", "There is no 02:30 on that day"),
    ],
)  # fmt: skip
def test_a_class_is_made_and_planned_in_its_own_zone(app, at, browser, lang, labels, clock, said, fault):
    at("2026-11-23T10:00:00+08:00")
    who = Actor(accounts.person("trainer@example.cn", Role.TRAINER).id, frozenset({Role.TRAINER}))
    app.extensions["portal.person"] = lambda: who
    a_version()
    name, zone, open_it, day, starts, ends, add = labels
    browser.open(f"/{lang}/teach/new").fill(name, "Berlin").choose(zone, clock).submit(open_it)
    cohort = db.session.scalars(select(Cohort)).one()
    assert cohort.zone == BERLIN
    page = browser.open(f"/{lang}/teach/{cohort.id}/sessions")
    assert f"{clock}{', such as' if lang == 'en' else '，例如'} 08:30" in page.main
    wrong = page.fill(day, "2027-03-28").fill(starts, "02:30").fill(ends, "04:00").submit(add, expect=422)
    assert any(fault in each for each in wrong.errors)
    assert wrong.value(ends) == "04:00"
    assert not sessions_of(cohort.id)
    done = wrong.fill(day, "2026-12-01").fill(starts, "09:00").fill(ends, "11:30").submit(add)
    assert said in done.main
    (held,) = sessions_of(cohort.id)
    assert held.starts_at == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert held.ends_at == datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    assert said in browser.open(f"/{lang}/teach/{cohort.id}").main, "today"
    changed = browser.open(f"/{lang}/teach/{cohort.id}/sessions/{held.id}/change")
    assert [changed.value(each) for each in (day, starts, ends)] == ["2026-12-01", "09:00", "11:30"]


def test_a_class_of_the_city_says_beijing_time(app, at, browser):
    at("2026-11-23T10:00:00+08:00")
    app.extensions["portal.person"] = lambda: TRAINER
    cohort_id, _ = a_class(CITY)
    a_session(cohort_id, date(2026, 12, 1), CITY)
    page = browser.open(f"/en/teach/{cohort_id}/sessions")
    assert "2026-12-01 09:00 (Beijing time)" in page.main
    assert "Beijing time, such as 08:30." in page.main
    settings = browser.open(f"/en/teach/{cohort_id}/settings")
    option = settings.field("Time zone of the class").find(".//option[@value='Asia/Tokyo']")
    option.set("value", "Mars/Olympus")
    wrong = settings.choose("Time zone of the class", "Tokyo time").submit("Save", expect=422)
    assert wrong.errors
    assert cohort_by_id(cohort_id).zone == CITY


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_with_no_day_beside_it_is_refused_by_its_field(app, at, browser, day):
    at("2026-11-23T10:00:00+08:00")
    app.extensions["portal.person"] = lambda: TRAINER
    cohort_id, _ = a_class(NEW_YORK)
    page = browser.open(f"/en/teach/{cohort_id}/sessions").fill("Day", day)
    wrong = page.fill("From", "00:30").fill("To", "23:30").submit("Add this session", expect=422)
    assert wrong.errors == ["Day: Choose a day between 1900 and 2999."]


def test_feedback_is_open_until_the_day_is_over_there(app, at, browser):
    at("2026-11-23T10:00:00+08:00")
    app.extensions["portal.person"] = lambda: TRAINER
    cohort_id, _ = a_class(BERLIN)
    page = browser.open(f"/en/teach/{cohort_id}/feedback").fill("Open until", "2026-12-05")
    assert "2026-12-05 23:59 (Berlin time, UTC+1)" in page.submit("Ask them").main
    (asked,) = forms_of(cohort_id)
    assert asked.closes_at == datetime(2026, 12, 5, 22, 59, tzinfo=UTC)


def test_reminders_go_out_by_day_there_and_one_failing_class_holds_up_no_other(
    app, at, sent_letters, monkeypatch
):
    broken, _ = a_class(BERLIN, name="坏的班")
    a_class(BERLIN, name="好的班")
    a_class(CITY, name="睡着的班")
    at("2026-11-28T23:00:00+08:00")  # 16:00 in Berlin

    def fails_for_one(cohort: CohortView, now: datetime) -> Today:
        if cohort.id == broken:
            raise RuntimeError("a row that cannot be used")
        return today(cohort, now)

    with monkeypatch.context() as patched:
        patched.setattr(work, "today", fails_for_one)
        work.remind_idle()
        (letter,) = sent_letters()
        assert "好的班" in letter["Subject"]
    work.remind_idle()
    assert "坏的班" in sent_letters()[-1]["Subject"], "its turn comes again"
    assert not any("睡着的班" in letter["Subject"] for letter in sent_letters())
