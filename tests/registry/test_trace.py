"""One kilogram, followed back from its certificate to its land: each step with its document and record."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from portal.certificates.queries import CertificateView
from portal.config import LANGS
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.kernel.mass import Mass
from portal.registry.commands import imports, lots, stock
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import register
from portal.registry.queries.trace import NoSuchKilogram, trace
from portal.registry.rules import serials
from portal.registry.rules.facts import Retired
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import DocumentKind
from tests.browser import Browser, Page
from tests.factories import certificates
from tests.factories.land import file_document, lay_parcel
from tests.factories.projects import enter_land, registered, square
from tests.factories.registry import STAFF, hold, lot_draft, make_lot, retire
from tests.registry.test_guards import EXPORT


def certified(retired: Retired) -> CertificateView:
    return certificates.issued(*retired.ranges, retirement_id=retired.retirement_id, mass=retired.mass)


@pytest.fixture(params=LANGS)
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Callable[..., Page]:
    return lambda path, **how: browser.open(f"/{request.param}{path}", **how)


def say(page: Page, zh: str, en: str) -> str:
    return zh if page.root.get("lang") == "zh-CN" else en


@pytest.mark.usefixtures("any_app")
def test_a_kilogram_is_these_very_grams() -> None:
    make_lot(10)
    retire(hold(250))
    retired = retire(hold(100))
    way = trace(retired.retirement_id, 17)
    assert way.serial == "HLYC-0001-ARR-2024-1-1-10/g266001-267000"
    assert (way.kilogram, way.kilograms) == (17, 100)
    assert way.lot.code == "LOT-A"
    assert way.issuance.verification is not None
    assert way.issuance.verification.verified.grams == 10_000_000
    assert (way.attribution_idx, way.lot_idx) == (None, None)
    sequence_and_sign()
    way = trace(retired.retirement_id, 17)
    assert (way.attribution_idx, way.lot_idx) == (2, 0)


@pytest.mark.usefixtures("app")
def test_every_kilogram_of_a_retirement_lies_in_it_once() -> None:
    make_lot(1, "LOT-A", "0001")
    make_lot(1, "LOT-B", "0002")
    retired = retire(hold(1_003, "LOT-A", "LOT-B"))
    ways = [trace(retired.retirement_id, n) for n in (1, 1_000, 1_001, 1_003)]
    assert [(way.lot.code, way.first_g, way.last_g) for way in ways] == [
        ("LOT-A", 1, 1_000), ("LOT-A", 999_001, 1_000_000), ("LOT-B", 1, 1_000), ("LOT-B", 2_001, 3_000),
    ]  # fmt: skip
    for beyond in (0, 1_004, -1):
        with pytest.raises(NoSuchKilogram):
            trace(retired.retirement_id, beyond)
    with pytest.raises(NotFound):
        trace("ret_none", 1)


@pytest.mark.usefixtures("app")
def test_only_land_of_those_years_and_public_papers_are_behind_it() -> None:
    make_lot(10)
    lay_parcel()
    file_document(sha="0" * 64)
    file_document(sha="1" * 64, kind=DocumentKind.TENURE, is_public=False)
    way = trace(retire(hold(1)).retirement_id, 1)
    assert [parcel.county_code for parcel in way.parcels] == ["230751"]
    assert way.report is not None
    assert [paper.sha256 for paper in way.documents] == ["0" * 64]


@pytest.mark.usefixtures("any_app")
def test_a_project_that_lived_here_has_its_steps_and_land_on_record() -> None:
    code, _when = registered()
    number = code.split("-")[1]
    serial = serials.own_serial(number, ProjectType.ARR, 2024, 1, 1, 10)
    verified = lots.VerificationDraft(
        date(2024, 1, 1), date(2024, 12, 31), "a verifier", Mass.t(20), Mass.t(10), "positive", "0" * 64, True
    )
    lots.issue(STAFF, code, verified, serial, date(2025, 6, 1), clock.now())
    lots.open_lot(STAFF, lot_draft("LOT-L", code, serial.text, 10), clock.now())
    retired = retire(hold(3, "LOT-L"))
    sequence_and_sign()
    way = trace(retired.retirement_id, 3)
    (parcel,) = way.parcels
    assert way.project_idx is not None
    assert parcel.log_idx is not None
    assert parcel.log_idx < way.project_idx < (way.lot_idx or 0) < (way.attribution_idx or 0)
    # Land of other years is not behind these units.
    enter_land(code, square(130.0), years=(2030, 2040))
    assert len(trace(retired.retirement_id, 3).parcels) == 1


def test_the_page_leads_to_every_document_and_record(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    lay_parcel()
    file_document(sha="0" * 64)
    certificate = certified(retire(hold(250)))
    sequence_and_sign()
    page = open_page(f"/certificates/{certificate.number}")
    page = page.click(say(page, "追溯其中一千克，直至森林", "Follow one kilogram of it back to the forest"))
    assert len([step for step in page.root.iter("li") if "trail-step" in step.get("class", "")]) == 8
    assert "HLYC-0001-ARR-2024-1-1-10/g1-1000" in page.main
    for target in ("/lots/LOT-A", "/projects/HLYC-0001", "/log/0", "/log/1", "/log/2", "/log/3"):
        assert any(href.endswith(target) for href in page.links.values()), target
    assert "map-parcel" in page.html
    assert say(page, "金林区", "Jinlin District") in page.main
    third = page.fill(say(page, "换一千克", "Another kilogram"), "3").submit()
    assert "g2001-3000" in third.main


@pytest.mark.parametrize("kg", ["0", "251", "x", "-1", "1.5", "9" * 40, "", "３"])
def test_a_kilogram_that_is_not_there(app: Flask, open_page: Callable[..., Page], kg: str):
    make_lot(10)
    certificate = certified(retire(hold(250)))
    page = open_page(f"/certificates/{certificate.number}/kilogram?kg={kg}", expect=404)
    assert page.h1


def test_a_claim_that_was_taken_back_is_said_to_be(app: Flask, open_page: Callable[..., Page]):
    make_lot(10)
    retired = retire(hold(250))
    certificate = certified(retired)
    stock.void_retirement(STAFF, retired.retirement_id, "refunded", clock.now())
    page = open_page(f"/certificates/{certificate.number}/kilogram")
    assert say(page, "此项声明已失效", "This claim no longer stands") in page.main


def test_a_kilogram_of_a_source_registry_leads_to_its_row(app: Flask, open_page: Callable[..., Page]):
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, clock.now(), is_demo=True)
    project, serial, _held = register.held_serials()[0]
    lots.open_lot(STAFF, lot_draft("LOT-V", project, serial, 1), clock.now())
    certificate = certified(retire(hold(5, "LOT-V")))
    sequence_and_sign()
    page = open_page(f"/certificates/{certificate.number}/kilogram?kg=5")
    assert f"{serial}/g4001-5000" in page.main
    assert EXPORT.name in page.main
    assert say(page, "由源登记机构组织核查", "source registry had the project verified") in page.main


def test_an_unknown_certificate_is_not_followed(app: Flask, open_page: Callable[..., Page]):
    assert open_page("/certificates/7K3MQ0RT5XWZ/kilogram", expect=404).h1
