"""Plantings for tests, opened by the shop's own commands."""

import io
from datetime import date, timedelta

from PIL import Image

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.shop.commands import planting
from portal.shop.queries import orders
from portal.shop.queries import planting as queries
from portal.shop.queries.planting import CampaignView
from portal.shop.rules.contributions import contribution
from portal.shop.rules.quotes import Quote, QuoteLine
from portal.shop.rules.seedlings import CampaignDraft, ReportDraft, ReportKind
from portal.shop.rules.terms import PaymentKind
from tests.factories.shop import SYSTEM

CODE = "TEST-2027"


def draft(
    places: int = 100, code: str = CODE, price: str = "12.00", *, sales_until: date | None = None
) -> CampaignDraft:
    until = sales_until or clock.today() + timedelta(days=100)
    return CampaignDraft(
        code=code, parcel_code="PARCEL-7", parcel_name=Bilingual("示范地块七", "Demonstration parcel seven"),
        species=Bilingual("红松", "Korean pine"), latin="Pinus koraiensis",
        season=Bilingual("二〇二七年春季", "Spring 2027"),
        planter=Bilingual("示范林场", "Demonstration forest farm"),
        about=Bilingual("示范。", "A demonstration."),
        each=Money.cny(price), places=places, sales_until=until, planting_from=until,
        planting_until=until + timedelta(days=30), is_demo=True,
    )  # fmt: skip


def make_planting(places: int = 100, code: str = CODE, price: str = "12.00") -> CampaignView:
    planting.open_campaign(SYSTEM, draft(places, code, price), clock.now())
    return queries.campaign(code)


def seedlings_quote(
    seedlings: int, kg: int = 0, code: str = CODE, payment: PaymentKind = PaymentKind.CARD
) -> Quote:
    beside = [QuoteLine(orders.offer_of("LOT-A"), Mass.kg(kg))] if kg else []
    return contribution([queries.campaign(code).line(seedlings)], beside, payment)


def counted(kind: ReportKind, count: int, day: date | None = None) -> ReportDraft:
    note = Bilingual("查看了全部苗木。", "All seedlings were looked at.")
    return ReportDraft(kind, day or clock.today(), count, note, ())


def picture(size: tuple[int, int] = (640, 480), *, place: bool = True, kind: str = "JPEG") -> bytes:
    """A photo as a telephone makes it: with a place, a time and a maker in its metadata."""
    exif = Image.Exif()
    exif[0x010F] = "TELLTALE maker"
    exif[0x0132] = "2027:05:06 07:08:09"
    if place:
        exif.get_ifd(0x8825)[2] = (47.0, 43.0, 12.0)
    out = io.BytesIO()
    Image.new("RGB", size, (40, 110, 70)).save(out, kind, exif=exif)
    return out.getvalue()
