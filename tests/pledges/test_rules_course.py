"""How a pledge stands, how far it is verified, when letters are written: tables and properties."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.clock import CITY
from portal.kernel.mass import Mass
from portal.pledges.rules import course, evidence, letters
from portal.pledges.rules.course import Course, ReportTooEarly, ReportYearOutOfRange, Standing
from portal.pledges.rules.evidence import EvidenceState, Level
from portal.pledges.rules.promise import Subject

# 1,000 kg in 2025, 200 kg less by 2030, promised in November 2026.
WAY = Course(Subject.YEAR, Mass.kg("1000"), Mass.kg("200"), 2025, 2030, date(2026, 11, 22))
EVENT = Course(Subject.EVENT, Mass.kg("1000"), Mass.kg("200"), 2026, 2027, date(2026, 11, 22))


def kg(**reports: str) -> dict[int, Mass]:
    return {int(year[1:]): Mass.kg(mass) for year, mass in reports.items()}


@pytest.mark.parametrize(
    ("day", "reports", "expected"),
    [
        (date(2026, 11, 22), {}, Standing.ON_TRACK),
        (date(2028, 6, 30), {}, Standing.ON_TRACK),  # the last day for 2027
        (date(2028, 7, 1), {}, Standing.LATE),
        (date(2028, 7, 1), kg(y2027="920"), Standing.ON_TRACK),  # exactly on the line
        (date(2028, 7, 1), kg(y2027="921"), Standing.LATE),
        (date(2029, 7, 1), {}, Standing.LAPSED),  # two reports in a row are missing
        (date(2029, 7, 1), kg(y2027="900"), Standing.LATE),
        (date(2029, 7, 1), kg(y2028="880"), Standing.ON_TRACK),  # a skipped year counts no more
        (date(2030, 7, 1), kg(y2027="900"), Standing.LAPSED),
        (date(2031, 6, 30), kg(y2029="840", y2030="801"), Standing.LATE),
        (date(2031, 7, 1), kg(y2029="840", y2030="801"), Standing.LAPSED),  # the target was missed
        (date(2031, 2, 1), kg(y2030="800"), Standing.REACHED),
        (date(2040, 1, 1), kg(y2030="800"), Standing.REACHED),
        (date(2034, 1, 1), kg(y2030="801", y2032="700"), Standing.REACHED),  # late, but reached
        (date(2034, 1, 1), kg(y2030="800", y2032="900"), Standing.LAPSED),  # and lost again
        (date(2026, 12, 1), kg(y2026="960"), Standing.ON_TRACK),
    ],
)
def test_a_pledge_stands_as_its_reports_say(day, reports, expected):
    assert course.standing(WAY, reports, day) is expected
    assert course.standing(WAY, reports, day, is_withdrawn=True) is Standing.WITHDRAWN


def test_an_event_is_reported_once():
    assert list(course.due_years(EVENT)) == [2027]
    assert course.standing(EVENT, {}, date(2028, 6, 30)) is Standing.ON_TRACK
    assert course.standing(EVENT, {}, date(2028, 7, 1)) is Standing.LAPSED
    assert course.standing(EVENT, kg(y2027="800"), date(2028, 1, 1)) is Standing.REACHED


def test_a_promise_for_this_very_year_is_reported_for_it():
    way = Course(Subject.YEAR, Mass(1000), Mass(10), 2026, 2026, date(2026, 1, 5))
    assert list(course.due_years(way)) == [2026]
    course.check_year(way, 2026, 2026)


@given(st.integers(1, 10**12), st.data(), st.integers(2015, 2030), st.integers(0, 30))
def test_the_way_to_the_target_only_goes_down_and_ends_there(baseline, data, start, span):
    cut = data.draw(st.integers(1, baseline))
    way = Course(Subject.YEAR, Mass(baseline), Mass(cut), start, start + span, date(start, 6, 1))
    allowed = [course.allowed(way, year).grams for year in range(start, start + span + 3)]
    assert allowed == sorted(allowed, reverse=True)
    assert allowed[-1] == allowed[span] == baseline - cut
    assert all(baseline - cut <= grams <= baseline for grams in allowed)


@given(
    st.dictionaries(st.integers(2026, 2036), st.integers(0, 1_500_000).map(Mass)),
    st.dates(date(2026, 11, 22), date(2040, 1, 1)),
)
def test_what_is_green_is_neither_overdue_nor_above_the_line(reports, day):
    stands = course.standing(WAY, reports, day)
    newest = max(reports, default=None)
    if stands is Standing.ON_TRACK:
        assert day <= course.good_until(WAY, reports)
        assert newest is None or reports[newest] <= course.allowed(WAY, newest)
    if stands is Standing.REACHED:
        assert newest >= 2030
        assert reports[newest] <= WAY.target


@pytest.mark.parametrize(("year", "fault"), [(2025, ReportYearOutOfRange), (2029, ReportYearOutOfRange)])
def test_a_year_outside_is_refused(year, fault):
    with pytest.raises(fault):
        course.check_year(WAY, year, 2028)


def test_nothing_is_reported_before_its_year():
    with pytest.raises(ReportTooEarly):
        course.check_year(EVENT, 2027, 2026)
    course.check_year(EVENT, 2027, 2027)


def test_a_change_is_rounded_towards_the_worse():
    assert course.change_percent(WAY, Mass.kg("805")) == 19
    assert course.change_percent(WAY, Mass.kg("1001")) == -1
    assert course.change_percent(WAY, WAY.baseline) == 0


@pytest.mark.parametrize(
    ("baseline", "report", "expected"),
    [
        (Level.SELF_DECLARED, None, Level.SELF_DECLARED),
        (Level.THIRD_PARTY, None, Level.THIRD_PARTY),
        (Level.THIRD_PARTY, Level.SELF_DECLARED, Level.SELF_DECLARED),
        (Level.DOCUMENTS_SEEN, Level.THIRD_PARTY, Level.DOCUMENTS_SEEN),
    ],
)
def test_a_pledge_is_verified_as_far_as_its_weaker_number(baseline, report, expected):
    assert evidence.level(baseline, report) is expected


def test_only_what_was_seen_counts_and_a_named_body_counts_more():
    assert evidence.level_of_paper(EvidenceState.WAITING, "Body") is Level.SELF_DECLARED
    assert evidence.level_of_paper(EvidenceState.REFUSED, "Body") is Level.SELF_DECLARED
    assert evidence.level_of_paper(EvidenceState.SEEN, "") is Level.DOCUMENTS_SEEN
    assert evidence.level_of_paper(EvidenceState.SEEN, "Body") is Level.THIRD_PARTY
    assert evidence.best([]) is Level.SELF_DECLARED


def test_letters_come_after_half_a_year_a_year_and_then_yearly():
    days = [letters.stage_day(date(2026, 8, 31), 2028, stage) for stage in range(5)]
    assert days == [date(2027, 2, 28), date(2027, 8, 31), date(2028, 8, 31), date(2029, 8, 31), None]


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(0, 2 * 365 * 24 * 3600).map(lambda seconds: NEW_YEAR + timedelta(seconds=seconds)))
def test_the_quiet_hours_end_at_eight_in_the_city(at):
    here = at.astimezone(CITY)
    assert letters.is_quiet(at) == (here.hour >= 21 or here.hour < 8)
    if letters.is_quiet(at):
        morning = letters.next_morning(at)
        assert not letters.is_quiet(morning)
        assert letters.is_quiet(morning - timedelta(seconds=1))
        assert timedelta(0) < morning - at <= timedelta(hours=11)
