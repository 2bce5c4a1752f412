"""Pages of pledges in both languages, and what others may not see of them."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.pledges.commands.promise import withdraw_pledge
from portal.pledges.queries import promise as queries
from portal.pledges.rules.promise import WithdrawalReason
from portal.web.links import key_for
from tests.accounts.test_views import sign_in
from tests.browser import Browser, Page
from tests.factories import accounts, shop
from tests.factories.footprint import a_footprint
from tests.factories.pledges import NOW, a_pledge
from tests.factories.registry import hold, make_lot, retire

MARKUP = '<b onmouseover="x()">{{7*7}}</b> %(x)s'


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Form:
    """The pledge form by the names of its fields, whatever the language calls them."""

    def __init__(self, browser: Browser, lang: str, footprint_id: str) -> None:
        self.page = browser.open(f"/{lang}/pledges/new?footprint={footprint_id}&k={key_for(footprint_id)}")

    def send(self, *, expect: int = 200, choose: str = "percent", public: bool = True, **values: str) -> Page:
        inputs = {
            e.get("name"): e
            for e in self.page.root.iter()
            if e.tag in ("input", "textarea") and e.get("type") != "radio"
        }
        for radio in (e for e in self.page.root.iter("input") if e.get("name") == "by"):
            self.page._typed[id(radio)] = [choose] if radio.get("value") == choose else []
        for box in ("is_public", "shows_name"):
            self.page._typed[id(inputs[box])] = ["y"] if public else []
        for name, value in ({"percent": "20", "year": "2030"} | values).items():
            self.page._typed[id(inputs[name])] = [value]
        form = next(f for f in next(self.page.root.iter("main")).iter("form"))
        (button,) = form.iter("button")
        return self.page.submit(" ".join("".join(button.itertext()).split()), expect=expect)


def plain(page: Page) -> str:
    """The page without what differs from one visit to the next."""
    return re.sub(r"\b[0-9a-f]{12}\b|plg_\w+|k=\w+", "", page.html)


def press(page: Page, action: str, *, expect: int = 200) -> Page:
    form = next(f for f in page.root.iter("form") if f.get("action", "").endswith(action))
    return page.submit(" ".join("".join(next(form.iter("button")).itertext()).split()), expect=expect)


def test_a_guest_makes_a_pledge_and_comes_back_by_letter(browser: Browser, sent_letters: Callable, lang: str):
    page = Form(browser, lang, a_footprint()).send(
        name="王芳一家", motive="少开车。\n多走路。", email="wang@example.cn"
    )
    assert urlsplit(page.url).path.startswith(f"/{lang}/pledges/plg_")
    assert {"zh": "承诺", "en": "has pledged to cut"}[lang] in page.h1
    assert "王芳一家" in page.h1
    assert "20 %" in page.h1 or "20%" in page.h1
    assert "2030" in page.h1
    assert "2,030" not in page.main
    (letter,) = sent_letters()
    link = next(line for line in letter.get_content().splitlines() if line.startswith("http"))
    again = browser.open(link.removeprefix("http://127.0.0.1:5000"))
    (leave,) = [h for h in again.links.values() if "/withdraw?k=" in h]
    asked = browser.open(leave)
    radio = next(e for e in asked.root.iter("input") if e.get("value") == "circumstances")
    asked._typed[id(radio)] = ["circumstances"]
    withdrawn = asked.submit({"zh": "确认撤回", "en": "Withdraw for good"}[lang])
    assert {"zh": "已撤回", "en": "was withdrawn on"}[lang] in withdrawn.main
    assert not [h for h in withdrawn.links.values() if "/withdraw" in h]


def test_the_pledge_shows_what_is_retired_and_leads_to_the_shop(browser: Browser, lang: str):
    make_lot()
    pledge_id = a_pledge()
    retire(hold(250), purpose=pledge_id)
    page = browser.open(f"/{lang}/pledges/{pledge_id}")
    remaining = queries.pledge(Actor.guest(), pledge_id).remaining
    (bar,) = page.root.iter("progress")
    assert bar.get("value") == str(250_000 * 100 // remaining.grams)
    assert "250 kg CO₂e" in page.main
    href = next(h for h in page.links.values() if "/offset?" in h)
    assert parse_qs(urlsplit(href).query) == {"purpose": [pledge_id], "kg": ["100"]}
    assert {"zh": "自行声明", "en": "Self-declared. Nobody has checked"}[lang] in page.main


def test_a_covered_pledge_no_longer_asks_for_money(browser: Browser):
    make_lot()
    pledge_id = a_pledge(aim=99)
    retire(hold(2_000), purpose=pledge_id)
    page = browser.open(f"/en/pledges/{pledge_id}")
    assert not [h for h in page.links.values() if "purpose=plg" in h]
    assert "has pledged to" in page.h1
    assert "neutral" not in page.main.lower()


def test_the_wall_shows_what_is_public_in_parts(browser: Browser, lang: str):
    empty = browser.open(f"/{lang}/pledges")
    assert {"zh": "还没有公开的承诺", "en": "No public pledge yet"}[lang] in empty.main
    newest = [a_pledge(name=f"N{n:02}") for n in range(21)][-1]
    withdraw_pledge(Actor.guest(newest), newest, WithdrawalReason.CIRCUMSTANCES, "", NOW)
    a_pledge(name="Hidden", is_public=False)
    first = browser.open(f"/{lang}/pledges")
    assert "Hidden" not in first.main
    assert {"zh": "已撤回", "en": "Withdrawn"}[lang] in first.main
    later = browser.open(next(h for words, h in first.links.items() if "cursor=" in h))
    assert "N00" in later.main
    assert "N00" not in first.main


def test_without_a_footprint_the_calculator_is_offered(browser: Browser, lang: str):
    page = browser.open(f"/{lang}/pledges/new")
    assert f"/{lang}/calculator" in page.links.values()


def test_a_signed_in_person_starts_from_a_saved_footprint(browser: Browser, lang: str):
    who = accounts.person()
    a_footprint(who.actor)
    sign_in(browser, who, lang)
    listed = browser.open(f"/{lang}/pledges/new")
    target = next(h for h in listed.links.values() if "footprint=fpr_" in h)
    form = Form.__new__(Form)
    form.page = browser.open(target)
    assert not [e for e in form.page.root.iter("input") if e.get("name") == "email"]
    page = form.send(public=False, choose="kg", kg="100", percent="")
    assert "100" in page.h1
    mine = browser.open(f"/{lang}/account/pledges")
    assert len([h for h in mine.links.values() if "/pledges/plg_" in h]) == 1


def test_a_guests_pledge_is_kept_in_an_account(browser: Browser, lang: str):
    pledge_id = a_pledge(is_public=False)
    sign_in(browser, accounts.person(), lang)
    assert press(browser.open(f"/{lang}/pledges/{pledge_id}?k={key_for(pledge_id)}"), "/claim").status == 200
    assert [h for h in browser.open(f"/{lang}/account/pledges").links.values() if pledge_id in h]


def test_a_guest_is_asked_to_sign_in_for_their_own_list(browser: Browser):
    assert "/account/sign-in" in browser.open("/en/account/pledges").url


def test_other_peoples_private_pledges_look_like_none(app: Flask, browser: Browser, lang: str):
    private, missing = a_pledge(is_public=False), "plg_01J00000000000000000000000"
    for path in ("", f"?k={key_for(missing)}", "?k=wrong", "?k=" + "é" * 43):
        refused = browser.open(f"/{lang}/pledges/{private}{path}", expect=404)
        absent = browser.open(f"/{lang}/pledges/{missing}x{path}", expect=404)
        assert plain(refused) == plain(absent).replace(f"{missing}x", private)
    assert "noindex" in browser.client.get(f"/{lang}/pledges/{private}?k=wrong").headers["X-Robots-Tag"]


@pytest.mark.parametrize("action", ["withdraw", "claim"])
def test_others_change_nothing(browser: Browser, action: str):
    public, private = a_pledge(), a_pledge(is_public=False)
    sign_in(browser, accounts.person("eve@example.cn"))
    token = next(
        e.get("value")
        for e in browser.open("/en/account").root.iter("input")
        if e.get("name") == "csrf_token"
    )
    for pledge_id, status in ((public, 403), (private, 404)):
        assert (
            browser.client.post(f"/en/pledges/{pledge_id}/{action}", data={"csrf_token": token}).status_code
            == status
        )
    assert queries.wall_counts().standing == 1


def test_a_pledge_cannot_be_made_under_anothers_id(browser: Browser):
    taken = a_pledge()
    form = Form(browser, "en", a_footprint())
    control = next(e for e in form.page.root.iter("input") if e.get("name") == "draft")
    own_key = control.get("value", "").partition(".")[2]
    for forged in (f"{taken}.{own_key}", taken, "", "plg_x.y"):
        form.page._typed[id(control)] = [forged]
        form.send(expect=404)


def test_a_double_click_is_one_pledge(browser: Browser):
    form = Form(browser, "en", a_footprint())
    assert form.send().url == form.send().url
    assert queries.wall_counts().standing == 1


@pytest.mark.parametrize(
    ("values", "zh", "en"),
    [
        ({"percent": "0"}, "1 到 100", "from 1 to 100 per cent"),
        ({"percent": "101"}, "1 到 100", "from 1 to 100 per cent"),
        ({"percent": "12.5"}, "1 到 100", "from 1 to 100 per cent"),
        ({"percent": "NaN"}, "NaN", "NaN"),
        ({"percent": "２０"}, "２０", "２０"),
        ({"percent": ""}, "请填写", "Please fill this in"),
        ({"year": "2025"}, "到 2060", "to 2060"),
        ({"year": "2061"}, "到 2060", "to 2060"),
        ({"year": "2030.5"}, "到 2060", "to 2060"),
        ({"choose": "kg", "kg": "0"}, "大于零", "more than zero"),
        ({"choose": "kg", "kg": "-5"}, "大于零", "more than zero"),
        ({"choose": "kg", "kg": "1000000000"}, "碳足迹", "at most the footprint itself"),
        ({"choose": "kg", "kg": "1e9"}, "1e9", "1e9"),
        ({"choose": "kg", "kg": ""}, "请填写", "Please fill this in"),
        ({"name": "x" * 81}, "80", "at most 80 characters"),
        ({"motive": "x" * 501}, "500", "at most 500 characters"),
        ({"email": "not an address"}, "name@example.com", "name@example.com"),
    ],
)
def test_what_is_out_of_range_is_said_beside_its_field(
    browser: Browser, at: Callable, lang: str, values: dict[str, str], zh: str, en: str
):
    at("2026-11-22T12:00:00+08:00")
    typed = dict(values)
    page = Form(browser, lang, a_footprint()).send(expect=422, **typed)
    assert len(page.errors) == 1
    assert {"zh": zh, "en": en}[lang] in page.errors[0]
    for name in ("percent", "kg", "name"):
        if name in values:
            assert [e.get("value") for e in page.root.iter("input") if e.get("name") == name] == [
                values[name]
            ]
    assert queries.wall() == []


def test_markup_in_texts_is_shown_literally(browser: Browser, lang: str):
    page = Form(browser, lang, a_footprint()).send(name=MARKUP, motive=MARKUP + "\u202e end")
    assert page.h1.count(MARKUP) == 1
    assert page.main.count(MARKUP) == 2
    assert "\u202e" not in page.html
    assert MARKUP in browser.open(f"/{lang}/pledges").main


def test_a_flood_of_pledges_is_slowed_down(browser: Browser):
    form = Form(browser, "en", a_footprint())
    for _ in range(20):
        form.send()
    page = form.send(expect=429)
    assert page.headers["Retry-After"] == "3600"


def test_a_promise_to_cut_everything_leaves_nothing_to_offset(browser: Browser, lang: str):
    page = browser.open(f"/{lang}/pledges/{a_pledge(aim=100)}")
    assert not list(page.root.iter("progress"))
    assert queries.progress(queries.wall()[0]).remaining == Mass(0)


def test_saved_footprints_are_listed_and_lead_to_a_pledge(browser: Browser, lang: str):
    who = accounts.person()
    sign_in(browser, who, lang)
    empty = browser.open(f"/{lang}/account/footprints")
    assert f"/{lang}/calculator" in empty.links.values()
    saved = a_footprint(who.actor)
    a_footprint()  # a guest's
    page = browser.open(f"/{lang}/account/footprints")
    assert len(page.table()) == 1
    assert f"/{lang}/pledges/new?footprint={saved}" in page.links.values()


def test_what_is_bought_for_a_pledge_counts_towards_it(browser: Browser):
    make_lot()
    pledge_id = a_pledge()
    shop.paid(250, purpose=pledge_id)
    assert "250 kg CO₂e retired of" in browser.open(f"/en/pledges/{pledge_id}").main
