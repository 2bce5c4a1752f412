"""What is on paper is what is in the ledger: random retirements over several lots and projects, read back."""

import json
import random
import re
from io import BytesIO

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import text

from portal.certificates.jobs import folder
from portal.db import db
from portal.kernel import clock
from portal.registry.commands import stock
from portal.registry.queries import log
from portal.registry.rules.facts import Retired
from portal.registry.rules.ledger import ProjectType
from tests.factories.certificates import printed
from tests.factories.registry import STAFF, hold, make_lot, retire
from tests.web.printing import fonts_of, needs_press, words_of

__all__ = ["needs_press"]
pytestmark = pytest.mark.usefixtures("needs_press")
KINDS = list(ProjectType)[:3]
RANGE = re.compile(r"HLYC-[\w-]+?/g\d+-")


def a_retirement_over(lots: list[str], chance: random.Random) -> Retired:
    """A purchase that may spill over lots whose stock others have broken into pieces."""
    chance.shuffle(lots)
    left = [hold(chance.randint(1, 400), lot) for lot in lots for _ in range(3)]
    for each in chance.sample(left, 5):
        stock.release(STAFF, each, "cancelled", clock.now())
    return retire(hold(chance.randint(1_500, 3_000), *lots), test=False)


@pytest.mark.parametrize("seed", range(4))
def test_the_paper_says_what_the_ledger_says(app: Flask, seed: int):
    chance = random.Random(seed)
    kind = chance.choice(KINDS)
    lots = [make_lot(2, f"LOT-{n}", f"000{n}", kind, n) for n in (1, 2, 3)]
    retired = a_retirement_over(lots, chance)
    certificate = printed(*retired.ranges, retirement_id=retired.retirement_id, mass=retired.mass)
    told = log.of_kinds("attribution")
    (body,) = (json.loads(body) for _kind, subject, body in told if subject == retired.retirement_id)
    ledger = [(part["serial"], part["first_g"], part["last_g"]) for part in body["ranges"]]
    kept = db.session.scalar(
        text("SELECT sum(end_g - start_g) FROM retirement_range WHERE retirement_id = :r"),
        {"r": retired.retirement_id},
    )
    assert kept == body["grams"] == sum(last - first + 1 for _serial, first, last in ledger)
    for file in certificate.documents.values():
        words = words_of((folder() / file).read_bytes())
        said = words.replace(" ", "")
        assert len(RANGE.findall(said)) == len(ledger)
        for serial, first, last in ledger:
            grams = f"{last - first + 1:,}"
            lines = (f"{serial}/g{first}-{last}{grams}", f"{serial}/g{first}-{last}({grams}g)")
            assert any(line in said for line in lines), lines
        assert f"{body['grams'] // 1000:,} kg CO2e" in words
        for part in body["ranges"]:
            assert part["lot"] in words
            assert f"HLYC-{part['lot'].replace('LOT-', '000')}" in words


def test_qpdf_finds_no_fault_and_every_font_is_inside(app: Flask):
    for name in printed().documents.values():
        content = (folder() / name).read_bytes()
        with pikepdf.open(BytesIO(content)) as pdf:
            assert pdf.check_pdf_syntax() == []
        assert fonts_of(content)
        assert all(fonts_of(content).values())


def test_qpdf_finds_the_fault_of_a_broken_file(app: Flask):
    """The control."""
    (name,) = printed(is_public=True).documents.values()
    content = (folder() / name).read_bytes()
    try:
        with pikepdf.open(BytesIO(content[: len(content) // 2])) as pdf:
            assert pdf.check_pdf_syntax() != []
    except pikepdf.PdfError:  # so broken that it does not open
        pass
