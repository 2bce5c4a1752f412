"""The pages of a project's life: what anybody reads and says, and what two people do at the desk."""

import io
import json
from datetime import timedelta
from hashlib import sha256

import pytest
from flask import Flask

from portal.config import LANGS
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.registry.commands import projects
from portal.registry.queries import projects as read
from portal.registry.rules import eligibility
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import DocumentKind, ProjectState
from tests.browser import Browser, Page
from tests.factories import projects as make
from tests.factories.projects import MAKER, square

S = ProjectState
READERS = {Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN}
RUNNERS = {Role.REGISTRY, Role.ADMIN}


@pytest.fixture(params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def as_person(app: Flask, name: str, *roles: Role) -> Browser:
    app.extensions["portal.person"] = lambda: Actor(f"usr_{name}", frozenset(roles))
    return Browser(app.test_client())


@pytest.fixture
def desk(app: Flask) -> Browser:
    return as_person(app, "maker", Role.REGISTRY)


def on_notice(opened=None) -> tuple[str, read.NoticeView]:
    code = make.propose()
    make.enter_land(code)
    make.assess(code)
    make.take_step(code, S.DESIGN_NOTICE, opened or clock.now())
    return code, read.notices_of(read.life(code).id)[0]


# --- the public page that tells the types apart


def test_the_three_types_are_defined_told_apart_and_ruled(browser: Browser, lang: str):
    page = browser.open(f"/{lang}/projects/types")
    assert len(page.root.findall(".//section[@class='card']")) == 3
    apart = page.table("三种类型对照" if lang == "zh" else "side by side")
    assert len(apart) == 4
    assert all(all(row.values()) and len(row) == 4 for row in apart)
    for number in ("400", "667", "20"):
        assert number in page.main
    assert "CCER-14-001-V01" in page.main


def test_the_rules_can_be_downloaded_byte_for_byte(browser: Browser):
    rules = eligibility.rules_for(ProjectType.ARR)
    page = browser.open("/en/projects/types")
    (link,) = {a.get("href", "") for a in page.root.iter("a") if "/eligibility/arr" in a.get("href", "")}
    body = browser.client.get(link).data
    assert sha256(body).hexdigest() == rules.sha256
    browser.open("/eligibility/arr-99.toml", expect=404)
    browser.open("/eligibility/lock.toml", expect=404)


# --- one project's life, in public


def test_a_projects_life_shows_steps_findings_land_papers_and_notices(
    browser: Browser, app: Flask, lang: str
):
    code, _ = make.registered()
    page = browser.open(f"/{lang}/projects/{code}/life")
    steps = page.table("步骤" if lang == "zh" else "Steps, newest first")
    assert len(steps) == 3
    assert len(page.table("评估结果" if lang == "zh" else "What was found")) == 6
    assert len(page.table("地块" if lang == "zh" else "Parcels")) == 1
    assert "usr_" not in page.html
    link = f"/{lang}/projects/{code}/life"
    assert link in browser.open(f"/{lang}/projects/{code}").links.values()


def test_an_imported_project_has_a_life_page_too(browser: Browser, lang: str):
    code = make.propose(ProjectType.IFM, registry="verra", number="4268")
    assert code in browser.open(f"/{lang}/projects/{code}/life").main
    browser.open(f"/{lang}/projects/NONE/life", expect=404)


def test_all_public_facts_come_as_json_and_outlines_as_the_text_that_is_in_the_log(browser: Browser):
    code, _ = make.registered()
    hidden = make.file(code, DocumentKind.TENURE, public=False)
    facts = browser.client.get(f"/projects/{code}/facts.json").get_json()
    assert facts["state"] == "registered"
    assert [step["to"] for step in facts["steps"]] == ["design_notice", "validation", "registered"]
    assert facts["assessment"]["verdict"] == "eligible"
    assert hidden not in json.dumps(facts)
    text = browser.client.get(f"/projects/{code}/parcels.geojson").get_data(as_text=True)
    geometry = text.partition('"geometry":')[2].removesuffix("}]}")
    assert sha256(geometry.encode()).hexdigest() == facts["parcels"][0]["outline_sha256"]
    assert "usr_" not in json.dumps(facts) + text


def test_a_document_is_a_download_of_its_own_project_and_a_private_one_is_not_there(
    app: Flask, desk: Browser
):
    code, other = make.propose(name="东山"), make.propose(name="西山")
    page = upload(desk, code, b"%PDF-1.7 design", "design.pdf")
    assert page.url.endswith(f"/desk/projects/{code}")
    (paper,) = read.documents_of(read.life(code).id)
    assert (paper.media_type, paper.sha256) == ("application/pdf", sha256(b"%PDF-1.7 design").hexdigest())
    answer = desk.client.get(f"/projects/{code}/documents/{paper.id}")
    assert answer.data == b"%PDF-1.7 design"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    desk.open(f"/projects/{other}/documents/{paper.id}", expect=404)
    desk.open(f"/en/desk/projects/{code}").submit("Take it from the public")
    desk.open(f"/projects/{code}/documents/{paper.id}", expect=404)
    assert desk.client.get(f"/en/desk/projects/{code}/documents/{paper.id}").status_code == 200


# --- comments


def test_anybody_comments_while_the_notice_is_open_and_reads_the_answer(browser: Browser, lang: str):
    code, notice = on_notice()
    listed = browser.open(f"/{lang}/notices")
    assert code in listed.main
    page = browser.open(f"/{lang}/notices/{notice.id}")
    said = page.fill("您的意见" if lang == "zh" else "Your comment", "<b>Our well</b> lies there").submit()
    assert "Our well" not in said.main
    (waiting,) = read.comments_of(notice.id, with_hidden=True)
    projects.answer_comment(MAKER, waiting.id, "The well is outside.", True, clock.now())
    answered = browser.open(f"/{lang}/notices/{notice.id}").main
    assert "<b>Our well</b> lies there" in answered
    assert "The well is outside." in answered


def test_an_empty_or_too_long_comment_is_refused_beside_its_field(browser: Browser, lang: str):
    _, notice = on_notice()
    for text in ("", "x" * 2_001):
        page = browser.open(f"/{lang}/notices/{notice.id}")
        wrong = page.fill("您的意见" if lang == "zh" else "Your comment", text).submit(expect=422)
        assert len(wrong.errors) == 1
    assert read.comments_of(notice.id) == []


def test_a_closed_notice_takes_no_comment(browser: Browser):
    _, notice = on_notice(clock.now() - timedelta(days=90))
    page = browser.open(f"/en/notices/{notice.id}")
    assert "Send the comment" not in page.buttons
    assert notice.project.code not in browser.open("/en/notices").main
    browser.open("/en/notices/ntc_none", expect=404)


# --- the desk


@pytest.mark.parametrize("role", Role)
def test_the_desk_is_for_the_roles_it_names(app: Flask, role: Role):
    code = make.propose()
    browser = as_person(app, "any", role)
    for path, allowed in (
        ("projects", READERS),
        (f"projects/{code}", READERS),
        ("projects/new", RUNNERS),
        (f"projects/{code}/documents/new", RUNNERS),
        (f"projects/{code}/parcels/new", RUNNERS),
        (f"projects/{code}/assessment", RUNNERS),
        (f"projects/{code}/steps/new", RUNNERS),
    ):
        browser.open(f"/en/desk/{path}", expect=200 if role in allowed | {Role.AUDITOR} else 403)


def test_every_desk_page_reads_in_both_languages(app: Flask, desk: Browser, lang: str):
    code, notice = on_notice()
    said = projects.comment(Actor.guest(), notice.id, "水", "zh", clock.now())
    (parcel,) = read.parcels_of(read.life(code).id)
    other = make.propose(name="示范林")
    (likeness,) = read.likenesses()
    step = make.propose_step(other, S.WITHDRAWN)
    for path in (
        "projects", f"projects/{code}", f"projects/{other}", "projects/new", f"projects/{code}/documents/new",
        f"projects/{code}/parcels/new", f"projects/{code}/parcels/{parcel.id}/withdraw",
        f"projects/{code}/assessment", f"projects/{code}/steps/new", f"projects/{other}/steps/{step}",
        f"likenesses/{likeness.id}", f"comments/{said}",
    ):  # fmt: skip
        desk.open(f"/{lang}/desk/{path}")


def upload(
    desk: Browser,
    code: str,
    data: bytes,
    name: str,
    kind: str = "Project design document",
    *,
    expect: int = 200,
) -> Page:
    page = desk.open(f"/en/desk/projects/{code}/documents/new")
    page = (
        page.choose("Kind of document", kind)
        .fill("Title in Chinese", "设计文件")
        .fill("Title in English", "Design")
    )
    return page.fill("File", (io.BytesIO(data), name)).submit(expect=expect)


def test_two_people_bring_a_project_to_its_notice_by_the_pages_alone(app: Flask, desk: Browser):
    page = desk.open("/en/desk/projects/new")
    for label, text in {
        "Name in Chinese": "东山造林", "Name in English": "Dongshan afforestation",
        "Methodology": "CCER-14-001-V01", "County code": "230700",
        "First day of the crediting period": "2024-01-01", "Last day of the crediting period": "2043-12-31",
    }.items():  # fmt: skip
        page = page.fill(label, text)
    page = page.choose("Afforestation and reforestation").submit()
    code = page.url.rsplit("/", 1)[1]
    assert code == "HLYC-0001"
    upload(desk, code, b"%PDF-1.7 design", "design.pdf")
    outline = json.dumps(square()).encode()
    page = desk.open(f"/en/desk/projects/{code}/parcels/new")
    page.fill("GeoJSON file", (io.BytesIO(outline), "p.geojson")).choose("State-owned").submit()
    page = desk.open(f"/en/desk/projects/{code}/assessment")
    assert "8,345 m²" in page.main
    fields = {
        "arr_not_forest_value": "5", "arr_not_forest_evidence": "survey", "arr_wetland_value": "no",
        "arr_wetland_evidence": "map", "arr_economic_or_greening_value": "no",
        "arr_economic_or_greening_evidence": "design", "arr_shrubs_removed_value": "12.5",
        "arr_shrubs_removed_evidence": "protocol",
    }  # fmt: skip
    fields |= {name.replace("_value", "_document"): "" for name in fields if name.endswith("_value")}
    token = csrf_of(page)
    done = desk.client.post(f"/en/desk/projects/{code}/assessment", data={**fields, "csrf_token": token})
    assert done.status_code == 303
    page = desk.open(f"/en/desk/projects/{code}/steps/new")
    target = next(label for label in labels(page) if label.startswith("Design document open to comments"))
    page = page.choose(target).submit()
    assert "Somebody else must decide it." in page.main
    (step,) = read.waiting_steps()
    own = desk.open(f"/en/desk/projects/{code}/steps/{step.id}")
    assert "Decide" not in own.buttons
    assert desk.client.post(
        f"/en/desk/projects/{code}/steps/{step.id}", data={"decision": "approved", "csrf_token": token}
    ).status_code == 403  # fmt: skip
    second = as_person(app, "checker", Role.ADMIN)
    page = second.open(f"/en/desk/projects/{code}").click("Decide it")
    page.choose("Take the step").submit("Decide")
    assert read.life(code).state is S.DESIGN_NOTICE
    assert code in second.open("/en/notices").main


def csrf_of(page: Page) -> str:
    return next(e.get("value", "") for e in page.root.iter("input") if e.get("name") == "csrf_token")


def labels(page: Page) -> list[str]:
    return ["".join(e.itertext()).strip() for e in page.root.iter("label")]


# --- bad input


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\xff\xfe\x00", "not GeoJSON"),
        (b'{"type":"Point","coordinates":[1,2]}', "not GeoJSON"),
        (b'{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}', "crosses or touches itself"),
        (
            b'{"type":"Polygon","coordinates":[[[500000,5280000],[500100,5280000],[500100,5280100],[500000,5280000]]]}',
            "no degrees",
        ),
        (b'{"type":"Polygon","coordinates":[[[NaN,0],[1,1],[1,0],[NaN,0]]]}', "not GeoJSON"),
        (b"[" * 200_000, "not GeoJSON"),
    ],
)
def test_an_outline_that_is_none_is_refused_beside_its_field(desk: Browser, data: bytes, says: str):
    code = make.propose()
    page = desk.open(f"/en/desk/projects/{code}/parcels/new").choose("State-owned")
    wrong = page.fill("GeoJSON file", (io.BytesIO(data), "p.geojson")).submit(expect=422)
    assert says in " ".join(wrong.errors)
    assert read.parcels_of(read.life(code).id) == []


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x00\x01", b"x" * (10 * 1024 * 1024 + 1)])
def test_a_document_of_another_kind_is_refused_beside_its_field(desk: Browser, data: bytes):
    code = make.propose()
    wrong = upload(desk, code, data, "x.pdf", expect=422)
    assert len(wrong.errors) == 1
    assert read.documents_of(read.life(code).id) == []


def test_a_number_that_is_none_is_refused_and_nothing_is_kept(desk: Browser):
    code = make.propose()
    page = desk.open(f"/en/desk/projects/{code}/assessment")
    label = "For how many years before the start was the land no forest?"
    wrong = page.fill(label, "５").submit(expect=422)
    assert len(wrong.errors) == 1
    assert wrong.errors[0].startswith(label)
    assert read.newest_assessment(read.life(code).id) is None
