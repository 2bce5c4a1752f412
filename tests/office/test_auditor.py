"""An auditor sees everything that staff see, changes nothing, and takes away what proves it."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import IntegerConverter, Rule

from portal.audit import AuditEntry
from portal.config import LANGS
from portal.db import db
from portal.kernel.actor import Actor, Role
from portal.kernel.clock import day_of
from portal.office.tables import LISTINGS
from portal.shop.models.orders import CashLine, Order
from portal.shop.queries.sampling import rank_of, sample
from portal.tallies import span
from tests.browser import Browser
from tests.demonstration import demonstration
from tests.factories.drafts import a_draft

AUDITOR = Actor("usr_auditor", frozenset({Role.AUDITOR}))
AREAS = re.compile(r"/(?:zh/|en/)?(?:desk|author|teach)(?=[/?#]|$)")
LINK = re.compile(r'href="([^"#]+)')
EACH = 1  # of a page's addresses, so many are opened

# Pages that no link of the demonstration leads an auditor to: they begin something, or their thing is rare.
UNREACHED = {
    "author.against_base", "author.change", "author.media", "author.new", "author.source", "author.take_in",
    "author.upload", "author.version", "author_files.media_file", "author_files.version_file",
    "bodies_desk.body",
    "certificates_desk.batch", "certificates_desk.documents", "delivery_desk.offer", "delivery_desk.proof",
    "office_settings.change", "office_settings.preview", "organisations_desk.check",
    "organisations_desk.paper",
    "planting_desk.new", "privacy_desk.correction", "privacy_desk.looks_file", "pledges_desk.paper",
    "pledges_desk.paper_file", "registry_account_desk.freeze", "registry_account_desk.record_verification",
    "registry_desk.open_lot", "registry_imports.mapping", "registry_imports.new_mapping",
    "registry_imports.report_file", "registry_imports.run", "registry_monitoring_desk.inventory",
    "registry_monitoring_desk.new_inventory", "registry_monitoring_desk.new_report",
    "registry_monitoring_desk.planner", "registry_monitoring_desk.template",
    "registry_projects_desk.answer_comment", "registry_projects_desk.assess",
    "registry_projects_desk.clear_likeness", "registry_projects_desk.decide_step",
    "registry_projects_desk.enter_parcels", "registry_projects_desk.file_document",
    "registry_projects_desk.propose", "registry_projects_desk.propose_step",
    "registry_projects_desk.withdraw_parcel", "shop_fapiao_desk.file", "shop_fapiao_desk.one",
    "shop_gifts_desk.gift", "shop_gifts_desk.request_page", "teach.correct", "teach.change_session",
    "teach.feedback_results", "teach.ladder", "teach.new", "teach.paper_entry", "teach.roster",
    "teach.later_file", "teach.roster_template", "teach.wall",
}  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with demonstration(tmp_path_factory.mktemp("audited")) as portal:
        a_draft()
        known = portal.extensions["portal.person"]
        portal.extensions["portal.person"] = lambda: AUDITOR
        yield portal
        portal.extensions["portal.person"] = known


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def staff_rules(app: Flask) -> list[Rule]:
    guards = app.view_functions
    return [
        rule
        for rule in app.url_map.iter_rules()
        if getattr(guards[rule.endpoint], "__guard__", "") == "staff"
    ]


def walked(app: Flask, client: FlaskClient) -> dict[str, str]:
    """Every page of staff that links lead to from the desk, and what it said; PDFs are not opened."""
    seen: Counter[str] = Counter()
    pages: dict[str, str] = {}
    adapter = app.url_map.bind("127.0.0.1")
    todo = deque(
        f"/en/{area}"
        for area in ("desk", "author", "teach", "desk/auditor?seed=larch&period=2026", "desk/search?q=larch")
    )
    asked: set[str] = set()
    while todo:
        path = todo.popleft()
        endpoint, _ = adapter.match(path.split("?")[0])
        if path in asked or seen[endpoint] == EACH or path.endswith((".pdf", ".zip")):
            continue
        asked.add(path)
        seen[endpoint] += 1
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        if answer.mimetype == "text/html":
            pages[path] = answer.text
            links = (link.replace("&amp;", "&") for link in LINK.findall(answer.text))
            todo.extend(link for link in links if AREAS.match(link))
    pages["endpoints"] = " ".join(seen)
    return pages


def test_every_page_of_staff_opens_and_none_can_be_changed(app: Flask, client: FlaskClient):
    pages = walked(app, client)
    visited = set(pages.pop("endpoints").split())
    wanted = {rule.endpoint for rule in staff_rules(app) if "GET" in (rule.methods or ())}
    files = {rule.endpoint for rule in staff_rules(app) if rule.rule.endswith((".pdf", ".zip"))}
    assert wanted - visited - files <= UNREACHED, "a page is new: link it, or say why it is not reached"
    assert len(visited) > 60
    with_forms = {
        path for path, page in pages.items()
        if re.search(r'<form(?=[^>]*method="post")(?![^>]*action="/en/account/)', page)
    }  # fmt: skip
    assert with_forms == set()
    assert all("You read this as an auditor" in page for page in pages.values())


def test_the_same_page_has_its_forms_for_who_may_use_them(app: Flask, client: FlaskClient):
    """The control: a teller finds the form that an auditor does not."""
    form = 'method="post" enctype="multipart/form-data"'
    assert form not in client.get("/en/desk/payouts").text
    app.extensions["portal.person"] = lambda: Actor("usr_teller", frozenset({Role.FINANCE, Role.AUDITOR}))
    try:
        page = client.get("/en/desk/payouts").text
    finally:
        app.extensions["portal.person"] = lambda: AUDITOR
    assert form in page
    assert "You read this as an auditor" not in page


def test_nothing_can_be_sent_and_each_try_is_recorded(app: Flask, client: FlaskClient):
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        tried = set()
        adapter = app.url_map.bind("127.0.0.1")
        for rule in staff_rules(app):
            for verb in (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}:
                values = {name: _some(rule, name) for name in rule.arguments}
                answer = client.open(adapter.build(rule.endpoint, values, method=verb), method=verb)
                assert answer.status_code == 403, f"{rule.rule}: {answer.status_code}"
                tried.add(rule.endpoint)
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    noted = set(db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.verb == "staff.refused")))
    assert len(tried) > 50
    assert noted == tried


def _some(rule: Rule, name: str) -> object:
    """Something that fits the place of an address."""
    if name == "lang":
        return "en"
    converter = rule._converters[name]
    if words := re.fullmatch(r"\(\?:(.+)\)", converter.regex):
        return re.sub(r"\\(.)", r"\1", words[1].split("|")[0])
    return 1 if isinstance(converter, IntegerConverter) else "x"


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_of_an_auditor(client: FlaskClient, lang: str):
    page = Browser(client).open(f"/{lang}/desk/auditor")
    assert "flask --app app ledger verify" in page.text
    assert page.h1 == {"zh": "审计入口", "en": "For auditors"}[lang]


def test_a_sample_is_drawn_by_the_seed_and_nothing_else(app: Flask, client: FlaskClient):
    paid = db.session.execute(select(Order.id, Order.paid_at).where(Order.paid_at.is_not(None))).all()
    year = day_of(min(row.paid_at for row in paid)).year
    first, end = span(date(year, 1, 1), date(year + 1, 1, 1))
    inside = sorted(
        (row.id for row in paid if first <= row.paid_at < end), key=lambda each: rank_of("pine", each)
    )
    drawn = [each.id for each in sample(AUDITOR, "pine", 3, first, end)]
    assert drawn == inside[:3]
    page = Browser(client).open(f"/en/desk/auditor?seed=pine&size=3&period={year}")
    assert [row["Order"] for row in page.table("Drawn")] == drawn
    assert Browser(client).open("/en/desk/auditor?seed=x&size=900&period=2026", expect=422).text


def test_the_pack_of_a_period_proves_itself(app: Flask, client: FlaskClient):
    lines = db.session.scalars(select(CashLine)).all()
    year = min(f"{day_of(line.at):%Y}" for line in lines)
    answer = client.get(f"/en/desk/auditor/pack/{year}.zip", buffered=True)
    assert answer.headers["Cache-Control"] == "no-store"
    pack = zipfile.ZipFile(io.BytesIO(answer.data))
    sums = dict(reversed(line.split("  ")) for line in pack.read("SHA256SUMS").decode().splitlines())
    assert sums.keys() == set(pack.namelist()) - {"SHA256SUMS"}
    assert all(hashlib.sha256(pack.read(name)).hexdigest() == digest for name, digest in sums.items())
    journal = list(csv.DictReader(io.StringIO(pack.read("cash-journal.csv").decode())))
    assert sum(int(row["amount_minor"]) for row in journal) == sum(
        line.amount_minor for line in lines if f"{day_of(line.at):%Y}" == year
    )
    report = json.loads(pack.read("report.json"))
    came = sum(
        amount
        for told in report["months"].values()
        for measure, _, _, amount in told["figures"]
        if measure == "came"
    )
    assert came == sum(int(row["amount_minor"]) for row in journal if int(row["amount_minor"]) > 0)
    everything = b"".join(pack.read(name) for name in pack.namelist())
    assert b"@demo.example" not in everything, "no addresses leave in a pack"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_every_list_of_the_desk_can_be_taken_away(app: Flask, client: FlaskClient, kind: str):
    for name, listing in LISTINGS.items():
        answer = client.get(f"/en/desk/tables/{name}.{kind}", buffered=True)
        assert answer.status_code == 200, name
        if kind == "csv":
            head = answer.get_data(as_text=True).removeprefix("\ufeff").splitlines()[0]
            assert head.split(",") == [str(column.key) for column in listing.wanted.selected_columns]
            assert "email" not in head
    assert client.get(f"/en/desk/tables/nothing.{kind}").status_code == 404


def test_a_table_is_for_who_may_open_its_list(app: Flask, client: FlaskClient):
    app.extensions["portal.person"] = lambda: Actor("usr_editor", frozenset({Role.EDITOR}))
    try:
        assert client.get("/en/desk/tables/orders.csv").status_code == 403
        assert client.get("/en/desk/tables/settings.csv", buffered=True).status_code == 200
    finally:
        app.extensions["portal.person"] = lambda: AUDITOR
