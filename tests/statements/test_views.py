"""The pages say it in both languages, keep what was typed, and produce no forbidden word."""

import random
from io import BytesIO

import pytest

from portal.kernel.errors import InvalidInput
from portal.statements import queries
from portal.statements.rules import wording
from portal.statements.rules.shares import printed
from tests.accounts.test_views import sign_in
from tests.factories.accounts import person
from tests.factories.events import an_event
from tests.factories.statements import a_declared_statement, a_plan, a_ready_statement
from tests.statements.test_rules_wording import DISGUISED, FORBIDDEN, typed

BEFORE, AFTER = "2026-11-20T12:00:00+08:00", "2026-11-27T12:00:00+08:00"


@pytest.fixture
def organiser(app, browser, at):
    """Somebody who is signed in on the day before; the actor of the same person."""
    at(BEFORE)
    who = person("organiser@example.cn")
    sign_in(browser, who)
    return who.actor


def test_a_plan_is_typed_and_published(organiser, browser):
    event_id = an_event(organiser)
    page = browser.open(f"/zh/events/{event_id}/statement")
    assert page.h1 == "公布活动计划"
    assert page.value("活动名称（中文）") == "林业碳汇年会"
    wrong = (
        page.fill("减排措施（中文）", "实现零碳\n改乘火车")
        .fill("地点（中文）", "中和路 12 号")
        .submit("公布计划", expect=422)
    )
    assert any("零碳" in error and "以注销的碳信用平衡" in error for error in wrong.errors)
    assert wrong.value("减排措施（中文）").split() == ["实现零碳", "改乘火车"]
    page = wrong.fill("减排措施（中文）", "改乘火车\n无纸化").submit("公布计划")
    assert page.h1 == "林业碳汇年会"
    assert "尚未作出声明" in page.main
    assert "改乘火车" in page.main
    assert "无纸化" in page.main
    assert "还没有任何措施附有证明" in page.main
    shown = browser.open(page.url.replace("/zh/", "/en/"))
    assert "Nothing is declared yet" in shown.main


def test_lines_in_two_languages_must_match(organiser, browser):
    page = browser.open(f"/en/events/{an_event(organiser)}/statement")
    page = page.fill("What will be done to emit less, in Chinese", "改乘火车\n无纸化")
    wrong = page.fill("What will be done to emit less, in English", "Trains").submit(
        "Publish the plan", expect=422
    )
    assert any("2 lines in Chinese and 1 in English" in error for error in wrong.errors)
    assert queries.wall() == []


def test_evidence_is_handed_in_and_only_its_fingerprint_is_public(organiser, browser, at):
    statement_id = a_plan(organiser)
    at(AFTER)
    page = browser.open(f"/en/statements/{statement_id}").click("Show that it was carried out")
    page = page.fill("Carried out on", "2026-11-24").fill(
        "File that shows it", (BytesIO(b"<html>"), "x.html")
    )
    wrong = page.submit("Keep this evidence", expect=422)
    assert wrong.errors
    page = wrong.fill("File that shows it", (BytesIO("列车票 42 张".encode()), "碳中和.txt"))
    page = page.submit("Keep this evidence")
    assert "carried out" in page.main
    (evidence,) = queries.statement(statement_id).actions[0].evidence
    assert evidence.sha256 in page.main
    assert "碳中和" not in page.html
    file = f"/en/statements/evidence/{evidence.id}"
    assert browser.open(file).text == "列车票 42 张"
    other = browser.client.application.test_client()
    assert other.get(file).status_code == 404


def test_a_declaration_has_its_gross_emissions_beside_the_claim(organiser, browser, at):
    statement_id = a_ready_statement(organiser)
    at(AFTER)
    page = browser.open(f"/en/statements/{statement_id}")
    assert "Everything is there" in page.main
    page = page.click("Declare the event")
    assert page.value("What the inventory leaves out, in English") == "筹备期差旅未计入"
    page = page.fill("What the inventory leaves out, in English", "travel for preparation")
    wrong = page.submit("Declare it", expect=422)
    assert any("Confirm" in error for error in wrong.errors)
    page = wrong.tick("All of this is true, and I declare it in the name of the organiser.").submit(
        "Declare it"
    )
    gross = queries.statement(statement_id).gross
    for path, words in (
        (
            f"/en/statements/{statement_id}",
            ("balanced by retired credits", "Self-declared", "travel for preparation", "AR6, 100 years"),
        ),
        (
            f"/zh/statements/{statement_id}",
            (
                "已以等量注销的碳信用平衡",
                "自我声明",
                "不适用于任何产品",
                "，IPCC 第六次评估报告（AR6）百年值",
            ),
        ),
    ):
        page = browser.open(path)
        for word in (*words, f"{gross.kg_up:,}"):
            assert word in page.main, word
    listed = browser.open("/zh/statements?q=碳汇")
    assert f"{gross.kg_up:,} kg CO₂e" in listed.main
    assert "未找到" in browser.open("/zh/statements?q=钢铁").main


def test_a_correction_is_typed_and_the_old_one_stays(organiser, browser, at):
    statement_id = a_declared_statement(organiser)
    at(AFTER)
    page = browser.open(f"/zh/statements/{statement_id}").click("更正声明")
    page = page.fill("活动名称（中文）", "伊春林业碳汇年会").fill("为什么需要新版本", "名称有误")
    page = page.tick("以上内容属实，我代表主办方作出声明。").submit("发布更正后的声明")
    assert page.h1 == "伊春林业碳汇年会"
    assert "名称有误" in page.main
    assert page.main.count("· 林业碳汇年会 · 示范林业协会") == 2


def test_shares_are_made_printed_and_opened(organiser, browser, at):
    statement_id = a_declared_statement(organiser)
    at(AFTER)
    page = browser.open(f"/en/statements/{statement_id}").click("Shares for attendees")
    page = page.fill("How many shares", "280").fill("For whom", "carbon neutral guests")
    wrong = page.submit("Make these shares", expect=422)
    assert wrong.errors
    page = wrong.fill("For whom", "guests").submit("Make these shares")
    (batch,) = queries.batches(statement_id)
    assert batch.count == 280
    codes = queries.codes(batch.id)
    assert len({code for _, code in codes}) == 280
    cards = page.click("Cards to print")
    assert printed(codes[0][1]) in cards.main
    assert printed(codes[60][1]) not in cards.main
    assert printed(codes[60][1]) in cards.click("Next page").main
    table = browser.client.get(page.links["Codes of the shares as CSV"], buffered=True).get_data(as_text=True)
    assert table.splitlines()[1] == (
        f"1,{printed(codes[0][1])},{batch.each.grams},{browser.client.application.config['PORTAL'].base_url}/s/{codes[0][1]}"
    )
    page = browser.open("/zh/statements/shares").fill("份额编码", printed(codes[0][1]).lower())
    share = page.submit("打开这份份额")
    assert "本身不构成任何声明" in share.main
    assert browser.open(f"/s/{codes[0][1]}").h1 == "活动证书中的份额"
    browser.open("/en/statements/shares/AAAABBBBCCCC", expect=404)


def test_strangers_see_the_page_and_change_nothing(organiser, browser, app):
    statement_id = a_plan(organiser)
    other = app.test_client()
    assert other.get(f"/en/statements/{statement_id}").status_code == 200
    for path in ("edit", "actions/new", "declare", "correct", "shares"):
        assert other.get(f"/en/statements/{statement_id}/{path}").status_code == 302  # to sign in
    browser.open("/en/statements/sta_none", expect=404)


def test_an_empty_list_says_what_to_do(browser):
    assert "No event has published a plan yet" in browser.open("/en/statements").main


FIELDS = (
    "活动名称（中文）", "活动名称（英文）", "地点（中文）", "地点（英文）", "主办方", "计划说明（中文）",
    "计划说明（英文）", "减排措施（中文）",
)  # fmt: skip


def test_whatever_is_typed_no_page_says_it(organiser, browser):
    """Texts into every field of the form: refused beside their field, or the page that follows holds none."""
    chance, published = random.Random(55), 0
    for round_ in range(24):
        page = browser.open(f"/zh/events/{an_event(organiser)}/statement")
        page = page.fill("减排措施（中文）", "改乘火车")
        field = FIELDS[round_ % len(FIELDS)]
        text = chance.choice((*FORBIDDEN, *DISGUISED)) if round_ % 2 else typed(chance)
        text = " ".join(text.split())[:100] or "年会"
        page = page.fill(field, text)
        try:
            wording.check(text)
        except InvalidInput:
            refused = page.submit("公布计划", expect=422)
            assert refused.errors
            continue
        shown = page.submit("公布计划")
        published += 1
        assert not wording.forbidden_in(shown.h1)
    assert published >= 3
    for row in queries.wall(limit=100):
        for value in queries.statement(row.id).newest.plan.typed.values():
            wording.check(value)
