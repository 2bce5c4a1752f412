"""The main story, told to a real browser in each language: measure, buy 250 kg, pay, check, prove.

Every page it passes is looked at: it fits a phone, axe-core finds nothing, and a picture is kept.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest

from portal.web import catalogues
from tests.looks.chromium import PHONE, follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = {"zh": "示例家庭", "en": "Example <b>& friends</b>"}
MAILS = {"zh": "zh@example.org", "en": "en@example.org"}


@pytest.fixture
def portal(live_server: Callable[..., LiveServer], sqlite_url: str) -> LiveServer:
    server = live_server(sqlite_url)
    server.flask("demo", "seed")
    server.start_worker()
    return server


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", PHONE), ("en", 1280)])
def test_from_a_footprint_to_a_certificate_anyone_can_check(
    portal: LiveServer, visit: Callable[..., "Page"], tmp_path: Path, lang: str, width: int
) -> None:
    words = catalogues.texts(lang).gettext
    page = visit(lang, width)

    def see(name: str) -> None:
        look(page, f"journey-{lang}-{name}")

    page.goto(portal.url)
    assert page.url == f"{portal.url}/{lang}/"
    see("1-home")
    page.locator("main a.button-primary").first.click()
    see("2-choose")
    page.locator(f"main a[href*='/{lang}/calculator/household-cn']").first.click()
    see("3-first-question")
    page.locator("main form label.choice-label").first.click()
    page.locator("main form button.button-primary").click()
    for _ in range(30):
        if "/footprints/" in page.url:
            break
        unsure = page.locator("main form button[name=do][value=unsure]")
        (unsure if unsure.count() else page.locator("main form button.button-primary")).first.click()
    assert "/footprints/" in page.url
    see("4-result")

    page.locator(f"main a[href*='/{lang}/offset?']").first.click()
    see("5-offset")
    page.goto(f"{portal.url}/{lang}/offset")
    page.locator("main a[href*='kg=250'], main button[value='250']").first.click()
    see("6-quote")
    page.fill("input[name=name]", NAMES[lang])
    page.fill("input[name=email]", MAILS[lang])
    page.locator("label[for=consent]").click()
    page.locator("main form button.button-primary").click()
    see("7-pay")
    page.locator("button[name=outcome][value=paid]").click()
    page.wait_for_url(re.compile(rf"/{lang}/orders/"))
    certificate = page.locator("main a.button[href*='/c/']").first
    # The page looks again by itself; a reload of ours beside its own would be cut off.
    page.locator("[data-order-state=fulfilled]").wait_for(state="attached", timeout=60_000)
    see("8-order")
    address = certificate.get_attribute("href")
    assert address
    number = address.split("/")[2]

    page.goto(portal.url + address)
    assert NAMES[lang] in page.inner_text("main"), "the QR's key shows the name, markup and all"
    assert "250" in page.inner_text("main")
    see("9-certificate")
    pdf = page.request.get(f"{portal.url}/certificates/{number}.pdf", params={"key": address.split("/")[3]})
    assert pdf.status == 200
    (tmp_path / "certificate.pdf").write_bytes(pdf.body())
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(tmp_path / "certificate.pdf").pages)
    assert "HLYC-0001-ARR-2024-1-1-1200" in text
    assert "TEST" in text

    stranger = visit(lang, width)
    stranger.goto(f"{portal.url}/{lang}/certificates")
    stranger.fill("input[name=number]", f"{number[:4].lower()}-{number[4:8]} {number[8:]}")
    stranger.locator("main form button").first.click()
    assert NAMES[lang] not in stranger.inner_text("main"), "without the key nobody sees the name"
    grams = re.search(r"/g(\d+)-(\d+)", stranger.inner_text("main"))
    assert grams
    assert int(grams[2]) - int(grams[1]) + 1 == 250_000
    look(stranger, f"journey-{lang}-10-checked")
    follow(stranger, "main a[href*='/lots/']")
    look(stranger, f"journey-{lang}-11-lot")
    facts = stranger.request.get(f"{portal.url}/certificates/{number}.json").json()
    assert facts["mass_g"] == 250_000
    assert facts["test"] is True
    proof = stranger.request.get(f"{portal.url}/certificates/{number}.proof").text()
    assert proof.startswith("c2sp.org/tlog-proof@v1")

    assert words("Retired")  # the catalogue of this language was really there
    assert "All five checks hold" in portal.flask("ledger", "verify")
    letters = "".join(file.read_text() for file in sorted((portal.instance / "mail").glob("*.eml")))
    assert MAILS[lang] in letters
