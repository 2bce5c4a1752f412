"""The register's search: by words in either language, type, year, county, serial and holder's code."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from portal.config import LANGS
from portal.db import db
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.registry.commands import lots, movements
from portal.registry.commands.lots import ProjectDraft
from portal.registry.jobs import sequence_and_sign
from portal.registry.models import ProjectPair, ProjectText
from portal.registry.queries import register
from portal.registry.rules import serials
from portal.registry.rules.ledger import ProjectType
from tests.browser import Browser, Page
from tests.factories.land import lay_parcel
from tests.factories.registry import HOLDER, STAFF, hold, make_lot, retire


def add(code: str, zh: str, en: str = "A forest", kind: ProjectType = ProjectType.ARR) -> None:
    draft = ProjectDraft(
        code, "HLYC", code[-4:], Bilingual(zh, en), Bilingual("", ""), kind, "CCER-14-001-V01", "China", True
    )
    lots.add_project(STAFF, draft, "document", clock.now())


def found(words: str = "", **narrower: object) -> list[str]:
    return [project.code for project in register.projects(words=words, **narrower)]  # type: ignore[arg-type]


@pytest.fixture(params=LANGS)
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Callable[..., Page]:
    return lambda path, **how: browser.open(f"/{request.param}{path}", **how)


# --- by words


@pytest.mark.usefixtures("any_app")
def test_chinese_words_of_two_characters_are_found() -> None:
    add("P-0001", "金林区红松造林项目", "Korean pine at Jinlin")
    add("P-0002", "金山屯林业局森林经营", "Forest management")
    add("P-0003", "伊美区退化林修复", "Degraded forest 100%_restored")
    assert found("造林") == ["P-0001"]
    assert found("金林") == ["P-0001"]
    assert found("林业") == ["P-0002"]
    assert found("林") == ["P-0001", "P-0002", "P-0003"]
    assert found("红松 金林") == ["P-0001"]
    assert found("红松 伊美") == []
    assert found("林造") == []
    # Both pairs are there, but not one after the other.
    assert found("金林造林") == []


@pytest.mark.usefixtures("any_app")
def test_words_are_found_in_any_writing_and_signs_mean_themselves() -> None:
    add("P-0001", "红松", "Korean Pine at Jinlin")
    add("P-0002", "云杉", "Spruce 100%_sure")
    assert found("korean PINE") == ["P-0001"]
    assert found("ｐｉｎｅ") == ["P-0001"]
    assert found("p-0002") == ["P-0002"]
    assert found("%") == []
    assert found("n_ a") == []
    assert found("100%_sure") == ["P-0002"]


@pytest.mark.usefixtures("any_app")
def test_a_project_is_found_by_its_new_name_and_its_land_and_no_longer_by_its_old_name() -> None:
    make_lot(1)
    assert found("示范林") == ["HLYC-0001"]
    lots.name_project(STAFF, "HLYC-0001", Bilingual("五营碳汇林", "Wuying forest"), clock.now())
    assert found("示范") == []
    assert found("五营") == ["HLYC-0001"]
    assert found("金林区") == []
    lay_parcel()
    sequence_and_sign()  # the index hears of land from the log
    assert found("金林区") == found("Jinlin") == found("示范林场") == ["HLYC-0001"]


@pytest.mark.usefixtures("any_app")
def test_filters_narrow_what_words_find() -> None:
    make_lot(1, "LOT-A", "0001", ProjectType.ARR)
    make_lot(1, "LOT-B", "0002", ProjectType.IFM)
    lay_parcel("HLYC-0002")
    assert found("示范") == ["HLYC-0001", "HLYC-0002"]
    assert found("示范", of_type=ProjectType.IFM) == ["HLYC-0002"]
    assert found(vintage=2024) == ["HLYC-0001", "HLYC-0002"]
    assert found(vintage=2023) == []
    assert found(county="230751") == ["HLYC-0002"]
    assert found(county="230717") == []


@pytest.mark.usefixtures("any_app")
def test_what_finds_projects_can_be_built_again() -> None:
    add("P-0001", "金林区红松造林项目")
    for table in (ProjectPair, ProjectText):
        db.session.execute(table.__table__.delete())
    assert found("造林") == []
    movements.rebuild(STAFF)
    assert found("造林") == ["P-0001"]


# --- by serial


@pytest.mark.usefixtures("any_app")
def test_a_unit_is_found_in_the_block_that_has_it_and_in_no_other() -> None:
    make_lot(10)
    for batch, (first, last) in ((11, (11, 20)), (21, (31, 40))):
        serial = serials.own_serial("0001", ProjectType.ARR, 2024, batch, first, last)
        lots.issue(STAFF, "HLYC-0001", _verified(10), serial, date(2025, 6, 1), clock.now())

    def blocks(text: str) -> list[str]:
        return [view.serial.rsplit("-", 2)[1] for view in register.find(text)]

    group = "HLYC-0001-ARR-2024-11"
    assert blocks(f"{group}-11") == blocks(f"{group}-20") == ["11"]
    assert blocks(f"{group}-10") == blocks(f"{group}-21") == []
    assert blocks(f"{group}-5-35") == ["11"]
    assert blocks("35") == ["31"]
    assert blocks("25") == []
    assert blocks("HLYC-0001-ARR-2023-11-15") == []


def _verified(tonnes: int) -> lots.VerificationDraft:
    return lots.VerificationDraft(
        date(2020, 1, 1), date(2024, 12, 31), "a verifier", Mass.t(tonnes * 2), Mass.t(tonnes), "positive",
        "0" * 64, True,
    )  # fmt: skip


@pytest.mark.usefixtures("any_app")
def test_what_became_of_a_serial_adds_up_to_all_of_it() -> None:
    make_lot(10)
    retire(hold(250))
    hold(50)
    (view,) = register.serials_of("HLYC-0001")
    assert {state.value: mass.grams for state, mass in view.by_state.items()} == {
        "held": 9_700_000, "reserved": 50_000, "retired": 250_000,
    }  # fmt: skip
    assert sum(mass.grams for mass in view.by_state.values()) == view.tonnes * 1_000_000
    assert view.lots == ("LOT-A",)


# --- the page


def test_the_search_page_asks_and_answers(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    lay_parcel()
    sequence_and_sign()
    assert leads_to_project(open_page("/register?q=金林"))
    nothing = open_page("/register?q=不存在的林场")
    assert ("没有符合条件的项目" if "/zh/" in nothing.url else "No project fits") in nothing.main
    assert leads_to_project(open_page("/register?type=ARR&vintage=2024&county=230751"))
    assert not leads_to_project(open_page("/register?vintage=2019"))


def leads_to_project(page: Page) -> bool:
    return any(href.endswith("/projects/HLYC-0001") for href in page.links.values())


def test_a_filter_that_cannot_be_is_refused_beside_its_field(app: Flask, open_page: Callable[..., Page]):
    (error,) = open_page("/register?vintage=20x4", expect=422).errors
    assert error
    assert open_page("/register?county=999999", expect=422).errors
    assert open_page("/register?type=nonsense", expect=422).errors


def test_a_holders_code_finds_what_was_attributed_to_it(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    retire(hold(250))
    for _ in range(2):  # while it waits for its place in the log, and after
        for code in (HOLDER, HOLDER[:16], HOLDER.upper()):
            page = open_page(f"/register?q={code}")
            assert "250 kg CO₂e" in page.main
        sequence_and_sign()
    other = open_page(f"/register?q={'0' * 63}f")
    assert ("没有与此代码" if "/zh/" in other.url else "Nothing has this code") in other.main


def test_an_old_link_to_a_serial_still_works(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    assert "LOT-A" in open_page("/register?serial=HLYC-0001-ARR-2024-1-7").main
