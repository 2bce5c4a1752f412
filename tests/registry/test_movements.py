"""What moved, told from the log: nothing missing, nothing twice, and the index can be built again."""

import csv
import io
import json
from collections.abc import Callable
from urllib.request import urlopen

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.config import LANGS
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.registry.commands import imports, log, movements, stock
from portal.registry.jobs import sequence_and_sign
from portal.registry.models import Movement
from portal.registry.queries import movements as journal
from portal.registry.queries import register
from portal.registry.queries.movements import MovementView, Of
from tests.browser import Browser, Page
from tests.factories.certificates import issued
from tests.factories.registry import GUEST, STAFF, hold, make_lot, retire
from tests.registry.test_guards import EXPORT
from tests.registry.test_search import add
from tests.server import LiveServer

SEQUENCER = Actor.system("sequencer")


def moved(of: Of) -> list[tuple[str, int | None]]:
    return [(row.kind, row.mass.grams if row.mass else None) for row in journal.every(of)]


def of_lot(code: str = "LOT-A") -> Of:
    return Of(lot_id=register.lot(code).id)


@pytest.mark.usefixtures("any_app")
def test_the_same_is_told_before_and_after_it_has_its_place() -> None:
    make_lot(10)
    retire(hold(250))
    gone = retire(hold(100))
    stock.void_retirement(STAFF, gone.retirement_id, "refunded", clock.now())
    told = [
        ("reversal", 100_000),
        ("attribution", 100_000),
        ("attribution", 250_000),
        ("lot.opened", 10_000_000),
    ]
    assert moved(of_lot()) == told
    log.sequence(SEQUENCER)  # placed, not indexed
    assert moved(of_lot()) == told
    assert all(row.idx is not None for row in journal.waiting(of_lot()))
    movements.catch_up(SEQUENCER)
    assert journal.waiting(of_lot()) == []
    assert moved(of_lot()) == told
    assert moved(Of(project_id=register.project("HLYC-0001").id)) == told
    assert moved(Of(issuance_id=register.serials_of("HLYC-0001")[0].id)) == told
    assert moved(Of()) == told
    retire(hold(1))
    assert moved(of_lot()) == [("attribution", 1_000), *told]


@pytest.mark.usefixtures("any_app")
def test_the_index_is_built_again_the_same() -> None:
    make_lot(10)
    for kg in range(1, 6):
        retire(hold(kg))
    sequence_and_sign()
    before = db.session.execute(select(*Movement.__table__.c).order_by(Movement.idx, Movement.part)).all()
    db.session.rollback()
    assert movements.rebuild(SEQUENCER) == 6
    assert movements.catch_up(SEQUENCER) == 0
    after = db.session.execute(select(*Movement.__table__.c).order_by(Movement.idx, Movement.part)).all()
    assert after == before


def test_an_operator_builds_the_index_again(app: Flask) -> None:
    make_lot(10)
    retire(hold(5))
    sequence_and_sign()
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=["registry", "reindex"])
    assert (done.exit_code, done.output) == (0, "2 records indexed.\n")
    assert moved(of_lot())[0] == ("attribution", 5_000)


@pytest.mark.usefixtures("app")
def test_only_the_sequencer_and_registry_staff_tend_the_index() -> None:
    for tend in (movements.catch_up, movements.rebuild):
        with pytest.raises(NotAllowed):
            tend(GUEST)


@pytest.mark.usefixtures("app")
def test_one_order_from_two_lots_is_told_by_both() -> None:
    make_lot(1, "LOT-A", "0001")
    make_lot(1, "LOT-B", "0002")
    retire(hold(1_500, "LOT-A", "LOT-B"))
    sequence_and_sign()
    assert moved(of_lot("LOT-A"))[0] == ("attribution", 1_000_000)
    assert moved(of_lot("LOT-B"))[0] == ("attribution", 500_000)
    both = [row for row in journal.every(Of()) if row.kind == "attribution"]
    assert {row.idx for row in both} == {2}
    assert len({row.cursor for row in both}) == 2


@pytest.mark.usefixtures("app")
def test_pages_of_movements_join_without_gap_or_repeat() -> None:
    make_lot(10)
    for _ in range(7):
        retire(hold(1))
    sequence_and_sign()
    seen: list[MovementView] = []
    while rows := journal.movements(of_lot(), seen[-1].cursor if seen else None, limit=3):
        seen += rows
    assert [row.idx for row in seen] == list(range(7, -1, -1))
    assert [row.cursor for row in journal.every(of_lot(), page=3)] == [row.cursor for row in seen]
    assert journal.movements(of_lot(), "nonsense", 3) == seen[:3]


@pytest.mark.usefixtures("app")
def test_an_import_is_told_serial_by_serial() -> None:
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, clock.now(), is_demo=True)
    sequence_and_sign()
    view = register.serials_after(limit=1)[0]
    assert moved(Of(issuance_id=view.id)) == [("batch.imported", view.tonnes * 1_000_000)]
    assert register.issuance(view.id).source is not None


# --- pages and files


@pytest.fixture(params=LANGS)
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Callable[..., Page]:
    return lambda path, **how: browser.open(f"/{request.param}{path}", **how)


def test_a_projects_movements_go_on_over_the_page(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    for _ in range(30):
        retire(hold(1))
    sequence_and_sign()
    page = open_page("/projects/HLYC-0001")
    page = page.click("本项目的全部变动" if "/zh/" in page.url else "Every movement of this project")
    caption = "变动，由新到旧" if "/zh/" in page.url else "Movements, newest first"
    places = [[*row.values()][-1] for row in page.table(caption)]
    page = page.click("下一页" if "/zh/" in page.url else "Next page")
    places += [[*row.values()][-1] for row in page.table(caption)]
    assert [int(place) for place in places] == list(range(30, -1, -1))


def test_a_serial_block_has_a_page_of_its_own(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    retire(hold(250))
    page = open_page("/register?q=HLYC-0001-ARR-2024-1-7")
    (link,) = {href for text, href in page.links.items() if href.split("/")[-2:-1] == ["issuances"]}
    block = open_page(link[3:])
    assert "HLYC-0001-ARR-2024-1-1-10/g1-250000" in block.main
    assert "a verifier" in block.main
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, clock.now(), is_demo=True)
    imported = open_page(f"/issuances/{register.serials_after(10_000_000, 1)[0].id}")
    assert EXPORT.name in imported.main
    assert open_page("/issuances/iss_none", expect=404).h1


def test_an_empty_project_says_what_will_stand_there(app: Flask, open_page: Callable[..., Page]):
    add("P-0001", "新项目", "A new project")
    for path in ("/projects/P-0001", "/projects/P-0001/movements"):
        page = open_page(path)
        assert ("尚无变动" if "/zh/" in page.url else "Nothing has moved yet") in page.main


def read_table(client: FlaskClient, path: str) -> dict[str, list[dict[str, str | None]]]:
    """The same table in its three forms, as rows of text; what is empty is None."""
    text = client.get(f"{path}.csv", buffered=True).get_data(as_text=True).removeprefix("\ufeff")
    lines = client.get(f"{path}.jsonl", buffered=True).get_data(as_text=True).splitlines()
    data = client.get(f"{path}.xlsx", buffered=True).get_data()
    head, *rows = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
    forms = {
        "csv": [*csv.DictReader(io.StringIO(text, newline=""))],
        "jsonl": [json.loads(line) for line in lines],
        "xlsx": [dict(zip(head, row, strict=True)) for row in rows],
    }
    return {
        kind: [
            {name: None if cell in ("", None) else str(cell) for name, cell in row.items()} for row in each
        ]
        for kind, each in forms.items()
    }


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/register/projects", 1), ("/register/serials", 1), ("/register/lots", 1),
        ("/register/movements", 13),
        ("/projects/HLYC-0001/serials", 1), ("/projects/HLYC-0001/movements", 13),
        ("/lots/LOT-A/attributions", 12),
    ],
)  # fmt: skip
def test_a_table_is_the_same_in_every_form(app: Flask, browser: Browser, path: str, count: int):
    make_lot(10)
    for n in range(1, 12):
        retire(hold(n))
    sequence_and_sign()
    retire(hold(12))  # waits for its place
    forms = read_table(browser.client, path)
    assert forms["csv"] == forms["jsonl"] == forms["xlsx"]
    assert len(forms["csv"]) == count
    if path.endswith(("movements", "attributions")):
        attributed = [row for row in forms["csv"] if row.get("kind", "attribution") == "attribution"]
        assert sum(int(str(row["grams"])) for row in attributed) == 78_000


def test_certificates_are_papers_and_no_movements(app: Flask, browser: Browser):
    make_lot(10)
    retired = retire(hold(5))
    issued(*retired.ranges, retirement_id=retired.retirement_id, mass=retired.mass)
    for _ in range(2):
        assert [kind for kind, _grams in moved(Of())] == ["attribution", "lot.opened"]
        sequence_and_sign()


def test_a_table_of_what_is_not_there(app: Flask, browser: Browser):
    for path in ("/projects/NONE/movements.csv", "/lots/NONE/attributions.xlsx", "/register/movements.pdf"):
        assert browser.client.get(path).status_code == 404


def test_the_open_data_page_leads_to_every_table(
    app: Flask, open_page: Callable[..., Page], browser: Browser
):
    page = open_page("/open-data")
    files = [e.get("href") for e in page.root.iter("a") if str(e.get("href")).startswith("/register/")]
    assert len(files) == 12
    for path in files:
        assert browser.client.get(path, buffered=True).status_code == 200


def test_a_table_streams_from_the_server_that_ships(app: Flask, live_server: Callable[..., LiveServer]):
    """Whose answers are read after the request is over, as no test client does."""
    make_lot(10)
    retire(hold(250))
    with urlopen(
        f"{live_server(app.config['SQLALCHEMY_DATABASE_URI']).url}/lots/LOT-A/attributions.csv"
    ) as answer:
        assert b",250000," in answer.read()
