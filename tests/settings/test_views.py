"""Settings on the page: changed, looked at, put in force, undone; and what visitors see of them."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.config import LANGS
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.office.setup import BEGINNINGS
from portal.settings import queries
from portal.settings.rules.sheets import SHEETS, SWITCHES
from portal.shop.conditions import conditions
from portal.shop.rules.terms import TERMS
from portal.web.city import city
from tests.browser import Browser
from tests.factories import shop
from tests.factories.registry import make_lot
from tests.factories.settings import set_to

CONTACT = {
    "operator": {"zh": "伊春市林业局", "en": "Forestry Bureau of Yichun"},
    "address": {"zh": "伊美区通河路 1 号", "en": "1 Tonghe Road"},
    "email": "office@yichun.example",
    "icp": "黑ICP备2026000001号-1",
}


def sit_down(app: Flask, who: str = "usr_admin", *roles: Role) -> Browser:
    app.extensions["portal.person"] = lambda: Actor(who, frozenset(roles or (Role.ADMIN,)))
    return Browser(app.test_client())


def visitor(app: Flask) -> Browser:
    app.extensions["portal.person"] = lambda: None
    return Browser(app.test_client())


def test_a_name_is_changed_looked_at_and_put_in_force(app: Flask):
    page = sit_down(app).open("/en/desk/settings/names")
    page = page.fill("Name of the site, in Chinese", "铁力森林").fill(
        "Name of the site, in English", "Tieli Forest"
    )
    page = page.fill("Reason", "The council’s decision of May").submit("Preview the change")
    assert "Tieli Forest" in page.main
    address = page.url
    assert "Tieli Forest" not in visitor(app).open("/en/about").title
    preview = sit_down(app).open(f"{address}/preview/about")
    assert "Tieli Forest" in preview.title
    assert "This page shows a change that is not in force." in preview.text
    assert "Tieli Forest" not in sit_down(app).open("/en/about").title, "a preview is one page of one reader"
    sit_down(app).open(address).submit("Put in force")
    for lang, name in (("en", "Tieli Forest"), ("zh", "铁力森林")):
        page = visitor(app).open(f"/{lang}/about")
        assert name in page.title
        assert name in page.text


def test_what_was_typed_is_kept_and_blamed_beside_its_field(app: Flask):
    page = sit_down(app).open("/en/desk/settings/names").fill("Name of the site, in Chinese", "铁力")
    page = page.fill("Reason", "The council’s decision").submit("Preview the change", expect=422)
    assert "Fill in both languages, or neither." in page.text
    assert 'value="铁力"' in page.html
    page = sit_down(app).open("/en/desk/settings/terms").fill("Terms of sale, in Chinese", "{price}")
    page = (
        page.fill("Terms of sale, in English", "x")
        .fill("Reason", "A try of it")
        .submit("Preview the change", expect=422)
    )
    assert "{price} is not a place that is filled in." in page.text
    page = sit_down(app).open("/en/desk/settings/sale").fill("Payment fee by card and wallet", "1.23456")
    page.fill("Reason", "A try of it").submit("Preview the change", expect=422)


def test_fees_are_proposed_by_one_confirmed_by_another_and_shown_to_all(app: Flask):
    make_lot()
    page = sit_down(app, "usr_first", Role.FINANCE).open("/zh/desk/settings/sale")
    page = page.fill("银行卡和电子钱包手续费", "2.5").fill("原因", "支付机构调整费率").submit("预览更改")
    address = page.url
    assert "使其生效" not in page.buttons, "nobody confirms their own"
    rows = page.table("购买批次 LOT-A 的价格变化")
    assert (rows[0]["更改前合计"], rows[0]["更改后合计"]) == ("¥8.29", "¥8.41")
    sit_down(app, "usr_second", Role.FINANCE).open(address).submit("使其生效")
    assert "2.5%" in visitor(app).open("/zh/terms").text
    with app.test_request_context("/zh/"):
        assert conditions().version == f"{TERMS.version}.1"
    assert "¥8.41" in visitor(app).open("/zh/offset/quote?lot=LOT-A&kg=100").text


def test_an_earlier_version_is_restored(app: Flask):
    first = set_to("home", {"greeting": {"zh": "春天好", "en": "Good spring"}})
    set_to("home", {"greeting": {"zh": "夏天好", "en": "Good summer"}})
    assert visitor(app).open("/en/").h1 == "Good summer"
    page = sit_down(app).open(f"/en/desk/settings/home?again={first}")
    page.fill("Reason", "Spring has come again").submit("Preview the change").submit("Put in force")
    assert visitor(app).open("/en/").h1 == "Good spring"
    assert [each.number for each in queries.history(Actor("u", frozenset({Role.ADMIN})), "home")] == [3, 2, 1]


@pytest.mark.parametrize("lang", LANGS)
def test_texts_stand_where_visitors_look(app: Flask, lang: str):
    set_to("contact", CONTACT)
    set_to("terms", {"text": {"zh": "## 规则\n由 **{operator}** 执行", "en": "## Rules\nBy **{operator}**"}})
    hostile = {
        "zh": "<script>x</script> [a](javascript:x) ![b](https://b.example/c.png)",
        "en": "<b onclick=x>y</b>",
    }
    set_to("privacy", {"text": hostile})
    page = visitor(app).open(f"/{lang}/terms")
    assert f"<strong>{CONTACT['operator'][lang]}</strong>" in page.html
    assert "beian.miit.gov.cn" in page.html
    assert CONTACT["address"][lang] in visitor(app).open(f"/{lang}/about").text
    privacy = visitor(app).open(f"/{lang}/privacy").html
    assert "<script>x" not in privacy
    assert "<b onclick" not in privacy
    assert 'href="javascript' not in privacy
    assert "b.example" not in privacy.replace("(https://b.example/c.png)", "")


def test_a_notice_is_shown_on_its_days(app: Flask):
    now = clock.now()
    today = clock.day_of(now)
    notice = {"notice": {"zh": "春节休息", "en": "Closed for the festival"}}
    later, past = today + timedelta(days=1), today - timedelta(days=1)
    for first, last, is_shown in ((today, today, True), (later, later, False), (past, past, False)):
        set_to("holiday", notice | {"first": first.isoformat(), "last": last.isoformat()})
        assert ("Closed for the festival" in visitor(app).open("/en/about").text) is is_shown


def test_what_is_closed_takes_nobody_new(app: Flask):
    make_lot()
    switches = {field.key: True for field in SWITCHES.fields}
    assert BEGINNINGS.keys() == switches.keys()
    assert {name for names in BEGINNINGS.values() for name in names} <= app.view_functions.keys()
    app.config["WTF_CSRF_ENABLED"] = False
    order_id = shop.opened(10)
    client = app.test_client()
    assert client.post("/en/offset/quote", data={"lot": "LOT-A", "kg": "10"}).status_code != 409
    set_to("switches", switches | {"sales": False})
    answer = client.post("/en/offset/quote", data={"lot": "LOT-A", "kg": "10"})
    assert answer.status_code == 409
    assert "closed at the moment" in answer.text
    assert client.post("/api/v1/orders", json={}, headers={"Idempotency-Key": "k" * 20}).status_code == 409
    shop.pay(order_id)
    assert shop.seen(order_id).paid_at, "what was begun is finished"


def test_a_visitor_asks_the_database_once_for_all_settings(app: Flask):
    set_to("names", {"site": {"zh": "铁力", "en": "Tieli"}})
    with app.test_request_context("/en/"):
        assert city() is city()
    set_to("names", {"site": {"zh": "铁力", "en": "Tieli!"}})
    assert "Tieli!" in visitor(app).open("/en/about").title, "kept parts of pages are made anew"


def test_every_sheet_has_its_form(app: Flask):
    for sheet in SHEETS:
        assert "预览更改" in sit_down(app).open(f"/zh/desk/settings/{sheet}").buttons
        reader = sit_down(app, "usr_reader", Role.REGISTRY).open(f"/zh/desk/settings/{sheet}")
        assert "预览更改" not in reader.buttons
