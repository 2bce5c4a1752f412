"""Pages of what comes after a promise: filled in as a person would, in both languages."""

import csv
import io
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from lxml import etree

from portal.accounts.commands.organisations import create_organisation
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.pledges.commands import letters, promise
from portal.pledges.queries import course
from portal.pledges.queries import letters as read_letters
from portal.pledges.queries import promise as read
from portal.pledges.rules.promise import WithdrawalReason
from portal.web.links import key_for
from tests.accounts.test_views import sign_in
from tests.browser import Browser, Page
from tests.factories import accounts
from tests.factories.footprint import a_footprint
from tests.factories.pledges import NOW, a_challenge, a_company_pledge, a_group, a_pledge, members


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def control(page: Page, name: str, value: str | None = None):
    """The field of this name; of several choices the one with this value."""
    return next(
        each
        for each in page.root.iter()
        if each.tag in ("input", "textarea", "select")
        and each.get("name") == name
        and value in (None, each.get("value"))
    )


def put(page: Page, **values: str) -> Page:
    for name, value in values.items():
        page._typed[id(control(page, name))] = [value]
    return page


def send(page: Page, *, expect: int = 200) -> Page:
    """Press the only button of the page's own form."""
    form = next(f for f in next(page.root.iter("main")).iter("form"))
    button = list(form.iter("button"))[-1]
    return page.submit(" ".join("".join(button.itertext()).split()), expect=expect)


def press(page: Page, action: str, *, expect: int = 200) -> Page:
    form = next(f for f in page.root.iter("form") if action in f.get("action", ""))
    return page.submit(" ".join("".join(next(form.iter("button")).itertext()).split()), expect=expect)


def own(pledge_id: str, lang: str, path: str = "") -> str:
    return f"/{lang}/pledges/{pledge_id}{path}?k={key_for(pledge_id)}"


def test_an_owner_plans_with_the_calculators_actions_and_own_ones(browser: Browser, lang: str):
    pledge_id = a_pledge()
    plan = browser.open(own(pledge_id, lang, "/plan"))
    proposed = [f for f in plan.root.iter("form") if "/plan/take/" in f.get("action", "")]
    assert len(proposed) >= 3
    page = press(plan, "/plan/take/")
    assert len(course.plan(pledge_id)) == 1
    page = send_own_action(browser, pledge_id, lang)
    assert "冬天少开一扇窗" in page.main
    titles = [action.title for action in course.plan(pledge_id)]
    assert titles == ["", "冬天少开一扇窗"]
    settled = press(browser.open(own(pledge_id, lang, "/plan")), "/done")
    assert {"zh": "已完成", "en": "Done"}[lang] in settled.main
    assert [bool(action.done_at) for action in course.plan(pledge_id)] == [True, False]


def send_own_action(browser: Browser, pledge_id: str, lang: str) -> Page:
    page = browser.open(own(pledge_id, lang, "/plan"))
    put(page, title="冬天少开一扇窗", year="2028")
    return page.submit({"zh": "加入计划", "en": "Add to the plan"}[lang])


def test_an_action_without_words_is_asked_for_them_and_nothing_is_lost(browser: Browser, lang: str):
    page = browser.open(own(a_pledge(), lang, "/plan"))
    put(page, title="  ", year="1999")
    again = page.submit({"zh": "加入计划", "en": "Add to the plan"}[lang], expect=422)
    assert control(again, "year").get("value") == "1999"
    assert again.errors


def test_a_guest_reports_a_year_by_the_footprints_link(browser: Browser, at: Callable, lang: str):
    pledge_id = a_pledge()
    at("2028-03-01T10:00:00+08:00")
    footprint = a_footprint(car_km="0", flights="0")
    page = browser.open(own(pledge_id, lang, "/report"))
    assert control(page, "year").get("value") == "2027"
    refused = send(put(page, link="https://example.cn/x", note="不再开车"), expect=422)
    assert len(refused.errors) == 1
    assert "不再开车" in "".join(control(refused, "note").itertext())
    link = f"http://127.0.0.1:5000/{lang}/footprints/{footprint}?k={key_for(footprint)}"
    done = send(put(refused, link=link))
    assert {"zh": "低", "en": "below the baseline"}[lang] in done.main
    assert "不再开车" in done.main
    (report,) = course.standpoint(read.pledge(Actor.guest(), pledge_id), clock.today()).reports
    assert report.footprint_id == footprint


def test_a_report_by_a_link_with_a_wrong_key_is_refused(browser: Browser, at: Callable):
    pledge_id, footprint = a_pledge(), a_footprint(flights="0")
    at("2028-03-01T10:00:00+08:00")
    page = browser.open(own(pledge_id, "en", "/report"))
    send(put(page, link=f"/en/footprints/{footprint}?k={key_for(pledge_id)}"), expect=422)
    assert course.standpoint(read.pledge(Actor.guest(), pledge_id), clock.today()).reports == ()


def test_a_company_pledges_from_a_document_and_keeps_it_over_an_error(
    app: Flask, browser: Browser, lang: str
):
    who = accounts.person()
    name = Bilingual("演示木业", "Demonstration works")
    create_organisation(who.actor, name, "91110000600037341L", clock.now())
    sign_in(browser, who, lang)
    page = browser.open(f"/{lang}/pledges/new/document")
    organisation = next(o.get("value") for o in control(page, "maker").iter("option") if o.get("value"))
    put(page, maker=organisation, sector="C", county="230718", baseline_year="2025", emissions="1,200.5",
        boundary="两个车间", percent="200", year="2030")  # fmt: skip
    page._typed[id(control(page, "is_public"))] = ["y"]
    page._typed[id(control(page, "file"))] = [(io.BytesIO(b"%PDF-1.7 bill"), "电费.pdf")]
    again = send(page, expect=422)
    assert len(again.errors) == 1
    assert "电费.pdf" in again.main
    assert control(again, "emissions").get("value") == "1,200.5"
    made = send(put(again, percent="30"))
    assert name.in_(lang) in made.h1
    (found,) = read.pledges_of(Actor(who.id, organisations={organisation: "owner"}))
    assert (found.baseline.grams, found.is_from_paper) == (1_200_500_000, True)
    (paper,) = course.standpoint(found, clock.today()).baseline_papers
    assert (paper.file_name, paper.bytes) == ("电费.pdf", 13)
    file = browser.client.get(f"/{lang}/pledges/{found.id}/documents/{paper.id}")
    assert file.data == b"%PDF-1.7 bill"
    stranger = Browser(app.test_client())
    assert stranger.client.get(f"/{lang}/pledges/{found.id}/documents/{paper.id}").status_code == 404


def test_what_is_no_document_is_refused_beside_its_field(browser: Browser, lang: str):
    page = browser.open(own(a_pledge(), lang, "/documents/new"))
    page._typed[id(control(page, "file"))] = [(io.BytesIO(b"<script>"), "x.html")]
    assert "10 MB" in send(page, expect=422).errors[0]
    page = browser.open(own(a_pledge(), lang, "/documents/new"))
    assert len(send(page, expect=422).errors) == 1


def test_staff_see_a_document_and_the_level_follows(app: Flask, browser: Browser, lang: str):
    pledge_id = a_company_pledge()
    app.extensions["portal.person"] = lambda: Actor("usr_staff", frozenset({Role.REGISTRY}))
    queue = browser.open(f"/{lang}/desk/pledges")
    page = browser.open(next(h for h in queue.links.values() if "/desk/pledges/documents/evd_" in h))
    refused = page.submit({"zh": "拒绝", "en": "Refuse it"}[lang], expect=422)
    assert len(refused.errors) == 1
    refused.submit({"zh": "已查看：能印证数字", "en": "Seen: it bears out the number"}[lang])
    app.extensions["portal.person"] = lambda: None
    shown = browser.open(f"/{lang}/pledges/{pledge_id}")
    assert {"zh": "已查看文件", "en": "Documents seen"}[lang] in shown.main


def test_the_wall_is_searched_filtered_and_taken_as_a_file(browser: Browser, lang: str):
    works = a_company_pledge()
    a_pledge(name="=张伟一家")
    gone = a_pledge()
    promise.withdraw_pledge(Actor.guest(gone), gone, WithdrawalReason.OTHER, "搬家", NOW)
    found = browser.open(f"/{lang}/pledges?q=木业&maker=company&sector=C&county=230718")
    assert [h for h in found.links.values() if works in h]
    assert "张伟" not in found.main
    nothing = browser.open(f"/{lang}/pledges?q=没有的词&maker=nonsense")
    assert {"zh": "没有符合条件的承诺", "en": "No pledge fits"}[lang] in nothing.main
    file = browser.client.get(next(h for h in found.links.values() if "wall.csv" in h), buffered=True)
    rows = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [(row["pledge_id"], row["baseline_g"], row["standing"]) for row in rows] == [
        (works, "1200000000", "on_track")
    ]  # fmt: skip
    whole = browser.client.get(f"/{lang}/pledges/wall.csv", buffered=True).data.decode("utf-8-sig")
    everything = list(csv.DictReader(io.StringIO(whole)))
    assert len(everything) == 3
    assert next(row for row in everything if "张伟" in row["name"])["name"].startswith("'=")


def test_a_badge_holds_until_the_next_report_is_due_and_then_greys(browser: Browser, at: Callable, lang: str):
    at("2026-11-22T12:00:00+08:00")
    pledge_id = a_pledge()

    def badge() -> str:
        answer = browser.client.get(f"/pledges/{pledge_id}.svg?lang={lang}")
        etree.fromstring(answer.data)
        return answer.text

    fresh = badge()
    assert "2028-06-30" in fresh
    assert "#1c4f3c" in fresh
    assert not re.search(r"\d\s*(kg|t)\b", fresh)
    at("2028-07-01T00:00:01+08:00")
    assert "#1c4f3c" not in badge()
    assert {"zh": "滞后", "en": "Late"}[lang] in badge()
    private = a_pledge(is_public=False)
    assert browser.client.get(f"/pledges/{private}.svg").status_code == 404


def test_letters_are_confirmed_and_ended_by_a_button_not_by_opening(
    app: Flask, browser: Browser, sent_letters: Callable, lang: str
):
    pledge_id = a_pledge(wants_letters=True, email="wang@example.cn", lang=lang)
    (letter,) = sent_letters()
    link = next(line for line in letter.get_content().splitlines() if "/pledge-letters/" in line)
    page = browser.open(link.removeprefix("http://127.0.0.1:5000"))
    assert not read_letters.subscription_of(pledge_id).is_on
    page = press(page, "/confirm")
    assert read_letters.subscription_of(pledge_id).is_on
    assert letters.write_due(Actor.system("tests"), NOW.replace(year=2027)) == 1
    press(page, "/end")
    assert read_letters.subscription_of(pledge_id).email == ""
    assert Browser(app.test_client()).open(urlsplit(link).path, expect=404)


def test_a_group_is_opened_joined_by_its_code_and_tells_of_five(
    app: Flask, browser: Browser, at: Callable, lang: str
):
    at("2026-11-22T12:00:00+08:00")
    teacher = accounts.person()
    sign_in(browser, teacher, lang)
    page = browser.open(f"/{lang}/account/pledge-groups/new")
    opened = send(put(page, name="六年级二班"))
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", opened.main)[0]
    guest, pledge_id = Browser(app.test_client()), a_pledge()
    join = guest.open(own(pledge_id, lang, "/groups/join"))
    wrong = send(put(join, code="AAAA-AAAA"), expect=422)
    assert len(wrong.errors) == 1
    joined = send(put(wrong, code=code.lower().replace("-", " ")))
    assert "六年级二班" in joined.main
    group = next(h for h in joined.links.values() if "/pledge-groups/" in h)
    assert {"zh": "承诺数量还不够", "en": "Not enough pledges yet"}[lang] in guest.open(group).main


def test_a_challenge_names_who_is_in_front_and_nobody_last(browser: Browser, at: Callable, lang: str):
    at("2026-11-25T12:00:00+08:00")
    challenge = a_challenge(Actor("usr_editor", frozenset({Role.EDITOR})))
    listed = browser.open(f"/{lang}/pledge-challenges")
    assert [h for h in listed.links.values() if challenge.id in h]
    page = browser.open(f"/{lang}/pledge-challenges/{challenge.id}")
    assert {"zh": "还没有小组参加", "en": "No group takes part yet"}[lang] in page.main
    who = accounts.person()
    sign_in(browser, who, lang)
    group = a_group(who.actor)
    members(group, 2)
    joined = send(browser.open(f"/{lang}/pledge-challenges/{challenge.id}"))
    assert group.name in joined.main
    assert not list(joined.root.iter("table"))


def test_a_certificate_is_asked_for_on_the_pledges_page(browser: Browser, lang: str):
    pledge_id = a_pledge()
    page = browser.open(own(pledge_id, lang, "/certificate"))
    assert control(page, "name").get("value") == "王芳一家"
    page = send(page)
    certificate = browser.open(next(h for h in page.links.values() if "/certificates/" in h and "key=" in h))
    assert {"zh": "到 2030 年减排 20%", "en": "cut emissions by 20% by 2030"}[lang] in certificate.main


def test_others_open_none_of_an_owners_pages(browser: Browser, at: Callable):
    public = a_pledge()
    for path in ("/plan", "/report", "/documents/new", "/withdraw", "/certificate"):
        assert browser.client.get(f"/en/pledges/{public}{path}").status_code == 403
    assert browser.client.get(f"/en/pledges/{public}/groups/join").status_code == 403
