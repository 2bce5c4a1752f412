"""Pages of plantings, named retirements and other credits, as visitors and staff see them."""

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.shop.commands import planting, substitutes
from portal.shop.queries import delivery
from portal.shop.queries import planting as queries
from portal.shop.rules.delivery import OfferState
from portal.shop.rules.seedlings import ReportKind
from portal.shop.rules.states import OrderState
from portal.shop.views.planting import PHOTO_FOLDER
from portal.web import photos
from portal.web.links import key_for
from tests.browser import Browser, Page
from tests.factories import pictures, shop
from tests.factories.planting import CODE, counted, make_planting, picture, seedlings_quote
from tests.factories.proposals import accept_all
from tests.factories.registry import make_lot
from tests.factories.shop import SYSTEM
from tests.shop.test_delivery import named, own_serial

S = OrderState
FORBIDDEN = ("CO₂", "carbon neutral", "offset", "碳中和", "抵消")


def as_staff(app: Flask, *roles: Role) -> None:
    """From here on every visitor of this application is signed in with these roles."""
    who = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", roles=frozenset(roles))
    app.extensions["portal.person"] = lambda: who


def order_of(page: Page) -> str:
    found = re.search(r"ord_[0-9A-Z]{26}", page.url)
    assert found, page.url
    return found[0]


def state(order_id: str) -> OrderState:
    db.session.rollback()
    return shop.seen(order_id).state


def order_page(browser: Browser, order_id: str, lang: str = "en") -> Page:
    return browser.open(f"/{lang}/orders/{order_id}?k={key_for(order_id)}")


# -- visitors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "title"), [("zh", "资助植树"), ("en", "Fund seedlings")])
def test_without_a_planting_the_page_says_so(app: Flask, browser: Browser, lang: str, title: str) -> None:
    page = browser.open(f"/{lang}/planting")
    assert page.h1 == title
    assert {"zh": "目前没有接受捐助的植树活动", "en": "No planting takes contributions now"}[
        lang
    ] in page.main


def test_from_choosing_to_the_certificate_without_a_word_of_carbon(app: Flask, browser: Browser) -> None:
    make_planting()
    page = browser.open("/en/planting").click("Demonstration parcel seven")
    page = page.fill("Seedlings", "10").submit("Show the price")
    assert page.table("Price") == [
        {"Item": "10 seedlings", "Amount": "¥120.00"},
        {"Item": "Payment fee", "Amount": "¥1.20"},
        {"Item": "Total", "Amount": "¥121.20"},
    ]
    page = page.fill("Name on the certificate", "Forest friends").fill("E-mail address", "a@example.cn")
    page = page.tick("Make the contribution final at once").submit("Reserve and pay ¥121.20")
    page = page.submit("Pay with test money")
    assert page.h1 == "Your contribution is made"
    assert "10 seedlings: Demonstration parcel seven" in page.main
    assert not [word for word in FORBIDDEN if word in page.main]
    assert state(order_of(page)) is S.RETIRED
    assert "10 of 100 funded, 90 can still be funded" in browser.open(f"/en/planting/{CODE}").main


def test_the_payment_page_names_the_seedlings_the_second_time_too(app: Flask, browser: Browser) -> None:
    make_planting()
    page = browser.open(f"/en/planting/{CODE}/quote?seedlings=10")
    page = page.fill("Name on the certificate", "Forest friends").fill("E-mail address", "a@example.cn")
    page = page.submit("Reserve and pay ¥121.20")
    assert "Planting contribution: 10 seedlings" in page.main
    page = page.submit("Let the payment fail").submit("Pay ¥121.20")
    assert "Planting contribution: 10 seedlings" in page.main
    assert " kg" not in page.main


def test_what_is_wrong_stands_beside_its_field(app: Flask, browser: Browser) -> None:
    make_planting(price="1.00")
    page = browser.open(f"/en/planting/{CODE}")
    for typed, complaint in (
        ("", "Please fill this in."),
        ("ten", "number"),
        ("0", "Give a whole number from 1 to 10,000."),
        ("3", "The least that can be charged"),
    ):
        answer = page.fill("Seedlings", typed).submit("Show the price", expect=422)
        assert any(complaint in error for error in answer.errors), answer.errors


def test_sold_out_keeps_what_was_typed(app: Flask, browser: Browser) -> None:
    make_planting(10)
    page = browser.open(f"/en/planting/{CODE}/quote?seedlings=8")
    page = page.fill("Name on the certificate", "Forest friends").fill("E-mail address", "a@example.cn")
    shop.placed(quote=seedlings_quote(5))
    page = page.submit("Reserve and pay ¥96.96", expect=409)
    assert "Only 5 seedlings can still be funded here. Nothing was charged" in page.main
    assert page.value("Name on the certificate") == "Forest friends"


def test_an_order_with_both_shows_both(app: Flask, browser: Browser) -> None:
    make_lot()
    make_planting()
    page = order_page(browser, shop.paid(quote=seedlings_quote(10, 250)))
    assert "250 kg CO₂e" in page.main
    assert "10 seedlings" in page.main
    assert len([href for href in page.links.values() if href.startswith("/c/")]) == 2


def test_reports_and_photos_are_public_and_as_a_table(app: Flask, browser: Browser) -> None:
    campaign = make_planting()
    planting.report(SYSTEM, campaign.id, counted(ReportKind.PLANTED, 90), clock.now())
    planting.report(SYSTEM, campaign.id, counted(ReportKind.SURVIVAL, 77), clock.now())
    page = browser.open(f"/zh/planting/{CODE}")
    assert "77 (85%)" in page.main
    assert "查看了全部苗木。" in page.main
    table = browser.client.get(f"/zh/planting/{CODE}/reports.csv", buffered=True).get_data(as_text=True)
    assert [line.split(",")[1:3] for line in table.splitlines()] == [
        ["kind", "seedlings"],
        ["planted", "90"],
        ["survival", "77"],
    ]


# -- photos ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_kept(app: Flask, kind: str) -> None:
    given = picture((2_000, 1_000), kind=kind)
    assert b"TELLTALE" in given, "the control: the file as it came tells"
    kept = photos.keep(given, PHOTO_FOLDER)
    file = photos.path_of(kept.sha256, PHOTO_FOLDER)
    assert (kept.width, kept.height) == (1_600, 800)
    assert b"TELLTALE" not in file.read_bytes()
    with Image.open(file) as shown:
        assert not shown.getexif()
        assert set(shown.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
        }


def test_a_photo_stands_upright(app: Flask) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    out = io.BytesIO()
    Image.new("RGB", (400, 200)).save(out, "JPEG", exif=exif)
    kept = photos.keep(out.getvalue(), PHOTO_FOLDER)
    assert (kept.width, kept.height) == (200, 400)


@pytest.mark.parametrize(
    "given",
    [b"", b"<svg onload=alert(1)>", b"GIF89a" + bytes(20), picture()[:500], *pictures.BROKEN],
    ids=range(6),
)
def test_what_is_no_photo_is_refused(app: Flask, given: bytes) -> None:
    with pytest.raises(photos.PhotoNotAccepted):
        photos.keep(given, PHOTO_FOLDER)


def test_a_bomb_is_refused_before_it_is_unpacked(app: Flask) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < photos.MOST_BYTES
    with pytest.raises(photos.PhotoNotAccepted):
        photos.keep(out.getvalue(), PHOTO_FOLDER)


# -- desks -------------------------------------------------------------------------------------


def test_the_desks_are_for_their_staff(app: Flask, client: FlaskClient) -> None:
    make_planting()
    paths = ("/en/desk/planting", "/en/desk/planting/new", f"/en/desk/planting/{CODE}", "/en/desk/named")
    assert {client.get(path).status_code for path in paths} == {302}
    as_staff(app, Role.EDITOR)
    assert {client.get(path).status_code for path in paths} == {403}


def test_staff_open_a_planting_and_report_on_it_with_a_photo(app: Flask, browser: Browser) -> None:
    as_staff(app, Role.REGISTRY)
    page = browser.open("/en/desk/planting").click("Open a planting")
    day = clock.today() + timedelta(days=30)
    typed = {
        "Code": CODE, "Parcel code": "P-1", "Parcel in Chinese": "地块", "Parcel in English": "Parcel one",
        "Species in Chinese": "红松", "Species in English": "Korean pine",
        "Botanical name": "Pinus koraiensis",
        "Season in Chinese": "春季", "Season in English": "Spring", "Who plants, in Chinese": "林场",
        "Who plants, in English": "Forest farm", "Description in Chinese": "说明",
        "Description in English": "About", "Price of a seedling": "12", "Places for seedlings": "100",
        "Contributions until": day.isoformat(), "Planting begins": day.isoformat(),
        "Planting ends": (day - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    for label, value in typed.items():
        page = page.fill(label, value)
    page = page.submit("Take contributions", expect=422)
    assert any("Contributions end before the planting does" in error for error in page.errors)
    assert page.value("Parcel in English") == "Parcel one"
    page = page.fill("Planting ends", day.isoformat()).submit("Take contributions")
    assert "The planting takes contributions from now on." in page.main
    page = page.choose("How many were planted").fill("Seedlings counted", "80")
    page = page.fill("What was found, in Chinese", "已栽植").fill("What was found, in English", "Planted")
    page = page.fill("Photo 1", (io.BytesIO(picture()), "DSC_1.jpg")).submit("Publish the report", expect=422)
    assert sum("Say what the photo shows." in error for error in page.errors) == 2
    page = page.fill("Photo 1", (io.BytesIO(picture()), "DSC_1.jpg"))
    page = page.fill("What photo 1 shows, in Chinese", "幼苗")
    page = page.fill("What photo 1 shows, in English", "Seedlings in rows").submit("Publish the report")
    assert page.h1 == "Parcel one"
    (image,) = [each for each in page.root.iter("img") if each.get("alt") == "Seedlings in rows"]
    shown = browser.client.get(image.get("src"))
    assert shown.mimetype == "image/jpeg"
    assert b"TELLTALE" not in shown.data
    assert browser.client.get(f"/en/planting/photos/{'0' * 64}.jpg").status_code == 404


def test_places_and_the_end_of_contributions(app: Flask, browser: Browser) -> None:
    make_planting(100)
    shop.paid(quote=seedlings_quote(40))
    as_staff(app, Role.REGISTRY)
    page = browser.open(f"/en/desk/planting/{CODE}")
    page = page.fill("Places for seedlings", "39").submit("Change the number of places", expect=409)
    assert any("40 seedlings are funded already" in error for error in page.errors)
    page = page.fill("Places for seedlings", "50").submit("Change the number of places")
    page = page.submit("Take no more contributions")
    assert queries.campaign(CODE).closed_at is not None
    assert "Nothing can be contributed here any more." in browser.open(f"/en/planting/{CODE}").main


# -- in the buyer's name -----------------------------------------------------------------------


def test_from_the_explanation_to_the_proof(app: Flask, browser: Browser) -> None:
    make_lot(10)
    serial = own_serial(20)
    page = browser.open("/en/offset").click("have whole tonnes retired in your own name")
    assert "within 30 days" in page.main
    page = page.fill("Tonnes", "5").submit("Show the price")
    page = page.fill("Name on the certificate", "Forest Ltd").fill("E-mail address", "a@example.cn")
    page = page.tick("Retire the credits at once").submit("Reserve and pay")
    page = page.submit("Pay with test money")
    order_id = order_of(page)
    assert page.h1 == "The source registry is retiring your credits"
    assert "Stop waiting and get the money back" not in page.buttons
    as_staff(app, Role.REGISTRY)
    page = browser.open("/en/desk/named")
    assert page.table("Waiting for a source registry")[0]["In the name of"] == "Forest Ltd"
    page = page.click(order_id).fill("Number of the retirement record", "SRC-1").fill("Serials", serial)
    page = page.submit("Propose to retire and certify", expect=422)
    page = page.fill("Retirement record", (io.BytesIO(b"%PDF-1.7 record"), "record.pdf"))
    page = page.submit("Propose to retire and certify")
    assert "another person has accepted it" in page.main
    assert accept_all() == 1
    app.extensions["portal.person"] = lambda: None
    page = order_page(browser, order_id)
    assert f"{serial}/g1-5000000" in page.main
    assert "SRC-1" in page.main


def test_a_refusal_needs_a_reason(app: Flask, browser: Browser) -> None:
    make_lot(10)
    order_id = named(5)
    as_staff(app, Role.REGISTRY)
    page = browser.open(f"/en/desk/named/{order_id}").submit("Propose to refund all of it", expect=422)
    page = page.fill("Reason", "the registry is closed").submit("Propose to refund all of it")
    assert state(order_id) is S.REGISTRY_PENDING
    assert accept_all() == 1
    assert state(order_id) is S.REFUND_PENDING
    assert "Nothing waits for a source registry" in browser.open("/en/desk/named").main


def test_the_way_out_is_offered_once_the_day_has_passed(app: Flask, browser: Browser, at) -> None:  # type: ignore[no-untyped-def]
    at("2026-12-01T09:00:00+08:00")
    make_lot(10)
    order_id = named(5)
    at("2027-01-01T09:00:00+08:00")
    order_page(browser, order_id).submit("Stop waiting and get the money back")
    assert state(order_id) is S.REFUND_PENDING


# -- other credits -----------------------------------------------------------------------------


def test_staff_offer_and_the_buyer_answers(app: Flask, browser: Browser) -> None:
    make_lot(1, code="LOT-A")
    make_lot(2, code="LOT-B", project="0002")
    order_id = shop.paid(300, consent=False)
    as_staff(app, Role.FINANCE)
    page = browser.open(f"/en/desk/orders/{order_id}").click("Offer other credits")
    page = page.fill("Why, in Chinese", "项目被冻结").fill("Why, in English", "The project is frozen.")
    page = page.submit("Ask the buyer")
    assert state(order_id) is S.SUBSTITUTE_OFFERED
    app.extensions["portal.person"] = lambda: None
    page = order_page(browser, order_id).click("See what is offered instead")
    assert "We cannot deliver what you ordered: The project is frozen." in page.main
    page = page.submit("Accept the other credits")
    assert state(order_id) is S.PAID
    assert page.h1 == "Thank you, your payment has arrived"


def test_declining_and_an_answer_too_late(app: Flask, browser: Browser) -> None:
    make_lot(1, code="LOT-A")
    make_lot(2, code="LOT-B", project="0002")
    why = Bilingual("项目被冻结。", "The project is frozen.")
    order_id = shop.paid(300, consent=False)
    substitutes.offer(SYSTEM, order_id, "LOT-B", why, clock.now())
    path = f"/zh/orders/{order_id}/substitute"
    assert browser.client.get(path).status_code == 404, "nobody else learns of it"
    browser.open(f"{path}?k={key_for(order_id)}").submit("不接受，全额退款")
    assert state(order_id) is S.REFUND_PENDING
    assert "您已于" in browser.open(f"{path}?k={key_for(order_id)}").main
    assert [each.state for each in delivery.offers_of(order_id)] == [OfferState.DECLINED]
