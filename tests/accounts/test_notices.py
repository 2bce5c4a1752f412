"""News reaches people once, in their language, by the ways they chose and at hours they sleep not through."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from portal import jobs
from portal.accounts import notices, queries
from portal.accounts.commands import notices as commands
from portal.accounts.commands import roles
from portal.accounts.notices import NotAnHour, NotToBeSilenced, QuietHours, Way
from portal.accounts.rules import Visitor
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import NotFound
from tests.accounts.test_views import sign_in
from tests.browser import Browser
from tests.factories import accounts as make
from tests.factories.accounts import OPERATOR

At = Callable[[str], datetime]
Letters = Callable[[], list[EmailMessage]]
VERIFIED = {"organisation": {"zh": "伊春林业", "en": "Yichun Forestry"}, "until": "2028-11-22",
            "organisation_id": "org_one"}  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "now", "moment"),
    [
        (QuietHours(21 * 60, 8 * 60), "2026-11-22T12:59:59+00:00", "2026-11-22T12:59:59+00:00"),  # 20:59
        (QuietHours(21 * 60, 8 * 60), "2026-11-22T13:00:00+00:00", "2026-11-23T00:00:00+00:00"),  # 21:00
        (QuietHours(21 * 60, 8 * 60), "2026-11-22T23:59:59+00:00", "2026-11-23T00:00:00+00:00"),  # 07:59
        (QuietHours(21 * 60, 8 * 60), "2026-11-23T00:00:00+00:00", "2026-11-23T00:00:00+00:00"),  # 08:00
        (QuietHours(13 * 60, 14 * 60), "2026-11-22T05:30:00+00:00", "2026-11-22T06:00:00+00:00"),  # at noon
        (QuietHours(600, 600), "2026-11-22T02:00:00+00:00", "2026-11-22T02:00:00+00:00"),  # never
        (QuietHours(21 * 60, 8 * 60), "2026-12-31T15:59:59+00:00", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_a_letter_waits_until_the_quiet_hours_are_over(hours: QuietHours, now: str, moment: str) -> None:
    found = hours.next_moment(datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(moment)
    assert found.tzinfo == UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24:00",
        "21",
        "9:5",
        "21:60",
        "-1:00",
        "２１:00",
        "21:00:00",
        "x:00",
        "999:00",
        "0" * 5_000 + ":00",
    ],
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(NotAnHour):
        notices.minute_of(text)


def test_a_time_of_day_is_read_as_people_type_it() -> None:
    assert [notices.minute_of(each) for each in ("21:00", " 8:05 ", "00:00", "23：59")] == [
        1260,
        485,
        0,
        1439,
    ]


@pytest.mark.usefixtures("any_app")
def test_a_fact_is_told_once_by_letter_in_the_morning(at: At, sent_letters: Letters) -> None:
    now = at("2026-11-22T14:00:00Z")  # 22:00 in Beijing
    who = make.person()
    for _twice in range(2):
        commands.notify(who.id, "organisation.verified", VERIFIED, now, "chk_1")
    assert len(queries.inbox(who.actor, 9, only_unread=True)) == 1
    assert sent_letters() == []
    at("2026-11-23T00:00:01Z")
    (letter,) = sent_letters()
    assert letter["Subject"] == "Yichun Forestry is verified"
    assert "/en/account/organisations/org_one" in letter.get_content()
    assert "/en/account/notifications/choices" in letter.get_content()


@pytest.mark.usefixtures("any_app")
def test_news_about_safety_waits_for_no_morning(at: At, sent_letters: Letters) -> None:
    now = at("2026-11-22T14:00:00Z")
    who = make.person()
    roles.grant_role(OPERATOR, who.id, Role.TRAINER, now)
    roles.grant_role(OPERATOR, who.id, Role.TRAINER, now + timedelta(seconds=1))  # held already: no news
    (letter,) = sent_letters()
    assert letter["Subject"] == "You have a new role: Trainer"


@pytest.mark.usefixtures("any_app")
def test_a_sign_in_from_elsewhere_is_told_and_the_first_of_all_is_not(at: At) -> None:
    at("2026-11-22T08:00:00Z")
    who = make.person()
    make.sign_in(who)
    make.sign_in(who)
    assert queries.inbox(who.actor, 9, only_unread=False) == []
    make.sign_in(who, Visitor("198.51.100.0/24", "Chrome · Windows"))
    (news,) = queries.inbox(who.actor, 9, only_unread=False)
    assert news.told == {"agent": "Chrome · Windows", "network": "198.51.100.0/24"}


@pytest.mark.usefixtures("any_app")
def test_people_choose_their_ways_except_for_safety(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    who = make.person()
    hours = QuietHours(0, 0)
    with pytest.raises(NotToBeSilenced):
        commands.choose(who.actor, {"organisation.verified": "none", "role.granted": "none"}, hours, now)
    assert queries.chosen_ways(who.id) == {}  # wholly not
    commands.choose(who.actor, {"organisation.verified": "none", "organisation.refused": "inbox"}, hours, now)
    assert queries.chosen_ways(who.id) == {
        "organisation.verified": Way.NONE,
        "organisation.refused": Way.INBOX,
    }
    commands.notify(who.id, "organisation.verified", VERIFIED, now, "a")
    commands.notify(who.id, "organisation.refused", {**VERIFIED, "reason": "x"}, now, "b")
    assert [news.kind for news in queries.inbox(who.actor, 9, only_unread=True)] == ["organisation.refused"]
    assert jobs.counts()[0] == 0


@pytest.mark.usefixtures("any_app")
def test_news_of_somebody_else_is_not_there(at: At) -> None:
    now = at("2026-11-22T04:00:00Z")
    who, other = make.person(), make.person("other@example.cn")
    commands.notify(who.id, "organisation.verified", VERIFIED, now, "a")
    (news,) = queries.inbox(who.actor, 9, only_unread=True)
    for foreign in (news.id, "ntc_nothing"):
        with pytest.raises(NotFound):
            commands.mark_read(other.actor, foreign, now)
    commands.mark_read(who.actor, news.id, now)  # the control
    assert queries.inbox(who.actor, 9, only_unread=True) == []


@pytest.mark.parametrize(("lang", "subject"), [("en", "Yichun Forestry is verified"), ("zh", "伊春林业")])
def test_the_inbox_is_read_filtered_and_emptied(browser: Browser, lang: str, subject: str) -> None:
    who = make.person()
    sign_in(browser, who, lang)
    assert "empty" in browser.open(f"/{lang}/account/notifications").html
    now = clock.now()
    for number in range(21):
        commands.notify(who.id, "organisation.verified", VERIFIED, now, f"{number}")
    page = browser.open(f"/{lang}/account/notifications")
    assert subject in page.main
    assert "21" in browser.open(f"/{lang}/account").html.split("</header>")[0]
    assert page.html.count('class="news-item"') == 20
    assert 'rel="next"' in page.html
    later = next(href for href in page.links.values() if "cursor=" in href)
    assert browser.open(later).html.count('class="news-item"') == 1
    assert "news-item" not in browser.open(f"/{lang}/account/notifications?topic=safety").html
    form = next(f for f in page.root.iter("form") if (f.get("action") or "").endswith("/read"))
    page = page.submit("".join(next(form.iter("button")).itertext()).strip())
    assert "news-item" not in browser.open(f"/{lang}/account/notifications?show=unread").html
    assert 'class="unread"' not in page.html


def test_the_hours_and_ways_are_kept_and_a_wrong_hour_is_said(browser: Browser) -> None:
    sign_in(browser, make.person())
    page = browser.open("/en/account/notifications/choices")
    assert page.value("No e-mails from") == "21:00"
    page = page.choose("An organisation of mine was checked", "Only here").fill("No e-mails until", "25:00")
    page = page.submit("Save", expect=422)
    assert page.errors == ["No e-mails until: Give a time such as 21:00."]
    assert page.value("An organisation of mine was checked") == "inbox"
    page = page.fill("No e-mails until", "07:30").submit("Save")
    assert page.value("No e-mails until") == "07:30"
    assert page.value("An organisation of mine was checked") == "inbox"
