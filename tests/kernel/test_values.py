"""Time, ids, areas, texts in two languages, actors and errors."""

import string
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import clock
from portal.kernel.actor import STAFF, Actor, Role
from portal.kernel.area import Area
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, NotAllowed, NotFound, PortalError, Refused, Unavailable
from portal.kernel.ids import first_id, id_of, is_id, new_id
from portal.kernel.mass import Mass
from portal.kernel.numbers import TooFine

# --- time


def test_now_is_aware_and_utc():
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-12-31T15:59:59Z", date(2026, 12, 31)),
        ("2026-12-31T16:00:00Z", date(2027, 1, 1)),
        ("2024-02-28T16:00:00Z", date(2024, 2, 29)),
        ("2026-06-30T23:00:00-05:00", date(2026, 7, 1)),
    ],
)
def test_a_day_is_the_citys_day(instant: str, day: date):
    assert clock.day_of(datetime.fromisoformat(instant)) == day


def test_the_new_year_begins_in_beijing(at):
    at("2026-12-31T23:59:59+08:00")
    assert clock.today() == date(2026, 12, 31)
    at("2027-01-01T00:00:00+08:00")
    assert clock.today() == date(2027, 1, 1)


def test_the_clock_can_start_elsewhere_and_come_back():
    start = datetime(2030, 1, 1, tzinfo=UTC)
    clock.set_to(start)
    try:
        assert timedelta(0) <= clock.now() - start < timedelta(seconds=5)
    finally:
        clock.set_to(None)
    assert clock.now().year < 2030


def test_an_instant_is_written_in_utc():
    beijing = timezone(timedelta(hours=8))
    assert clock.text_of(datetime(2026, 11, 22, 16, 30, 9, 999, tzinfo=beijing)) == "2026-11-22T08:30:09Z"


# --- ids


def test_ids_sort_by_time(at):
    made = []
    for instant in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2031-05-05T05:05:05Z"):
        at(instant)
        made.append(new_id("ord"))
    assert made == sorted(made)
    assert all(is_id(each, "ord") and len(each) == len("ord_") + 26 for each in made)


def test_ids_of_one_millisecond_keep_the_order_in_which_they_were_made(monkeypatch: pytest.MonkeyPatch):
    start = datetime(2026, 11, 27, 9, 0, 0, 1_000, tzinfo=UTC)
    instants = [start + timedelta(microseconds=each) for each in range(1_000)]
    made = []
    for each in instants:
        monkeypatch.setattr(clock, "now", lambda each=each: each)
        made.append(new_id("com"))
    assert made == sorted(made)
    assert first_id("com", start) <= made[0]
    assert made[-1] < first_id("com", start + timedelta(milliseconds=1))


def test_an_id_of_a_deed_sorts_by_the_deed_and_then_by_the_writing():
    deed = datetime(2026, 3, 1, tzinfo=UTC)
    later = id_of("aud", deed + timedelta(milliseconds=1))
    first, second = id_of("aud", deed), id_of("aud", deed)
    assert (
        first_id("aud", deed) <= first < second < first_id("aud", deed + timedelta(milliseconds=1)) <= later
    )
    assert is_id(first, "aud")
    assert first_id("aud", datetime(1, 1, 2, tzinfo=UTC)) == "aud_" + "0" * 26


def test_ids_do_not_repeat():
    assert len({new_id("ord") for _ in range(10_000)}) == 10_000


GOOD = "ord_01JZXM8Q4V9K2T7B3N5C6D8F0G"


@pytest.mark.parametrize(
    "text",
    [
        GOOD.lower(),
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        GOOD.replace("0", "O", 1),
        GOOD.replace("_", "-"),
        "usr" + GOOD[3:],
        "ord_" + "8" + GOOD[5:],
        "",
        None,
        7,
        GOOD[:-1] + "\0",
        GOOD[:-1] + "０",
    ],
)
def test_what_is_no_id_is_none(text: object):
    assert is_id(GOOD, "ord")
    assert not is_id(text, "ord")


@given(st.text(string.printable))
def test_no_text_of_a_visitor_passes_for_an_id_by_accident(text: str):
    assert not is_id(text, "ord") or len(text) == 30


# --- area


def test_a_mu_is_two_thirds_of_a_thousand_square_metres():
    assert Area.mu(3) == Area.m2("2,000")
    assert Area.mu(15) == Area.ha(1)


@given(st.integers(1, 10**6))
def test_fifteen_mu_are_a_hectare_at_any_size(ha: int):
    assert Area.mu(15 * ha) == Area.ha(ha)


def test_areas_add_up_exactly_and_only_with_areas():
    assert Area.mu("0.3") + Area.mu("0.7") == Area.mu(1)
    with pytest.raises(TypeError):
        Area.mu(1) + 1  # type: ignore[operator]
    with pytest.raises(TooFine):
        Area.m2("0.0000001")


# --- texts


def test_a_missing_side_stays_missing():
    text = Bilingual("碳汇", "")
    assert (text.in_("zh"), text.in_("en"), text.is_complete) == ("碳汇", "", False)
    assert not Bilingual("碳汇", " \n").is_complete
    assert Bilingual("碳汇", "carbon sink").is_complete
    with pytest.raises(KeyError):
        text.in_("fr")


# --- actors


def test_a_guest_holds_what_their_links_have_opened():
    guest = Actor.guest(GOOD)
    assert guest.holds(GOOD)
    assert not guest.holds("ord_other")
    assert not guest.is_person
    assert not guest.is_system


def test_who_is_who():
    assert Actor.system("sweeper").is_system
    assert Actor("usr_1").is_person


def test_admin_is_no_master_key():
    admin = Actor("usr_1", frozenset({Role.ADMIN}))
    assert admin.has(Role.ADMIN)
    assert admin.has(Role.FINANCE, Role.ADMIN)
    assert not admin.has(Role.FINANCE)
    assert not admin.has()
    assert Role.CITIZEN not in STAFF


# --- errors


class LotsLeft(Refused):
    message = "Only %(left)s are left."


def test_an_error_carries_a_message_id_and_values():
    error = LotsLeft(left=Mass.kg(250))
    assert error.message == "Only %(left)s are left."
    assert error.params == {"left": Mass(250_000)}
    assert str(error) == "LotsLeft(left=Mass(grams=250000))"


def test_the_kinds_are_siblings():
    kinds = (InvalidInput, NotAllowed, NotFound, Refused, Unavailable)
    assert all(issubclass(kind, PortalError) for kind in kinds)
    assert not any(issubclass(one, other) for one in kinds for other in kinds if one is not other)
