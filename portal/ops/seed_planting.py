"""Demonstration plantings: one that takes contributions, and an earlier one with its reports.

The pictures are drawings and say so. Making it again changes nothing.
"""

import io
from datetime import date, datetime

from PIL import Image, ImageDraw

from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.money import Money
from portal.shop.commands import planting
from portal.shop.queries import planting as queries
from portal.shop.rules.seedlings import CampaignDraft, Photo, ReportDraft, ReportKind
from portal.shop.views.planting import PHOTO_FOLDER
from portal.web import photos

_DEMO = Actor.system("demo")
_PLANTER = Bilingual("示范林场（演示）", "Demonstration forest farm (demonstration)")
_OPEN = CampaignDraft(
    code="DEMO-2027-SPRING",
    parcel_code="DEMO-P-27",
    parcel_name=Bilingual("汤旺河示范地块（演示）", "Tangwang demonstration parcel (demonstration)"),
    species=Bilingual("红松", "Korean pine"),
    latin="Pinus koraiensis",
    season=Bilingual("2027 年春季", "Spring 2027"),
    planter=_PLANTER,
    about=Bilingual(
        "在采伐迹地上补植红松，由林场栽植并抚育三年。每公顷 3300 株。",
        "Korean pine on a former felling site, planted and tended for three years by the forest farm; 3,300 "
        "seedlings a hectare.",
    ),
    each=Money.cny("18.00"),
    places=3_300,
    sales_until=date(2027, 4, 15),
    planting_from=date(2027, 4, 25),
    planting_until=date(2027, 5, 20),
    is_demo=True,
)
_PAST = CampaignDraft(
    code="DEMO-2025-SPRING",
    parcel_code="DEMO-P-12",
    parcel_name=Bilingual("嘉荫示范地块（演示）", "Jiayin demonstration parcel (demonstration)"),
    species=Bilingual("落叶松", "Larch"),
    latin="Larix gmelinii",
    season=Bilingual("2025 年春季", "Spring 2025"),
    planter=_PLANTER,
    about=Bilingual("退耕地造林，每公顷 2500 株。", "On former farmland, 2,500 a hectare."),
    each=Money.cny("15.00"),
    places=2_500,
    sales_until=date(2025, 4, 15),
    planting_from=date(2025, 4, 25),
    planting_until=date(2025, 5, 20),
    is_demo=True,
)
_PLANTED = Bilingual(
    "全部苗木栽植完毕，逐行清点。", "All seedlings are in the ground; every row was counted."
)
_ALIVE = Bilingual(
    "秋季逐行清点。损失主要因夏季干旱，次年春季补植。",
    "Counted row by row in autumn. Most losses came from a dry summer; they are replanted next spring.",
)
_ROWS = Bilingual(
    "示意图（演示）：坡地上成行的幼苗", "A drawing (demonstration): rows of seedlings on a slope"
)


def seed(now: datetime) -> None:
    """Both plantings, unless they are there."""
    if any(each.code == _OPEN.code for each in queries.campaigns()):
        return
    planting.open_campaign(_DEMO, _OPEN, now)
    earlier = planting.open_campaign(_DEMO, _PAST, now)
    kept = photos.keep(_drawing(), PHOTO_FOLDER)
    picture = Photo(kept.sha256, kept.width, kept.height, _ROWS)
    planted = ReportDraft(ReportKind.PLANTED, date(2025, 5, 18), 2_500, _PLANTED, (picture,))
    planting.report(_DEMO, earlier, planted, now)
    planting.report(
        _DEMO, earlier, ReportDraft(ReportKind.SURVIVAL, date(2025, 9, 20), 2_175, _ALIVE, ()), now
    )


def _drawing() -> bytes:
    """Rows of young trees on a slope."""
    picture = Image.new("RGB", (1_200, 800), "#dfe9df")
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 420), (1_200, 260), (1_200, 800), (0, 800)], fill="#b99f7c")
    for row in range(5):
        for number in range(12 - row):
            x, y = 60 + number * (95 + row * 12), 450 + row * 75 - number * 11
            size = 22 + row * 7
            pen.polygon([(x, y - 2 * size), (x - size, y), (x + size, y)], fill="#2f6b4f")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
