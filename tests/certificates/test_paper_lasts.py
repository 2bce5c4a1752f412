"""A certificate on paper: a phone can read its code, and an archive can keep its file."""

import re
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from lxml import html as markup
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from portal import jobs
from portal.certificates import queries, sheet
from portal.certificates.jobs import folder
from portal.certificates.sheet import address_of
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.jobs import sequence_and_sign
from portal.training.rules.packs.lint import lint
from tests.browser import Browser
from tests.certificates import archive
from tests.factories.certificates import AVOIDING, PLANTING, certified, course, many_ranges, printed
from tests.factories.training import files_of
from tests.web.printing import needs_press

__all__ = ["needs_press"]
TRACKS = ("everyone", "managers", "media", "technicians")
pytestmark = pytest.mark.usefixtures("needs_press")


def scanned(pdf: bytes, tmp_path: Path, dpi: int) -> list[str]:
    """What a reader sees in the codes of the first page, photographed at so many dots per inch."""
    (tmp_path / "paper.pdf").write_bytes(pdf)
    paper = tmp_path / "paper"
    subprocess.run(
        ["pdftoppm", "-png", "-singlefile", "-r", str(dpi), str(paper.with_suffix(".pdf")), str(paper)],
        check=True,
    )
    with Image.open(paper.with_suffix(".png")) as picture:
        return [code.text for code in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("dpi", [72, 150])
def test_the_code_on_paper_leads_to_the_certificate(browser: Browser, app: Flask, tmp_path: Path, dpi: int):
    certificate = printed()
    pdf = (folder() / certificate.documents["named"]).read_bytes()
    (address,) = scanned(pdf, tmp_path, dpi)
    assert address == address_of(certificate, with_key=True)
    page = browser.open("/c/" + address.split("/c/")[1])
    assert "李明" in page.text
    assert "250" in page.text


def test_a_damaged_code_is_not_read_as_another(app: Flask, tmp_path: Path):
    """The control: a reader that made something up would pass the test above."""
    blank = BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.write(blank)
    assert scanned(blank.getvalue(), tmp_path, 150) == []


@pytest.mark.parametrize("ranges", [(PLANTING,), (PLANTING, AVOIDING), many_ranges(60)])
def test_an_archive_can_keep_it(app: Flask, ranges: tuple):  # type: ignore[type-arg]
    certificate = printed(*ranges)
    for name in certificate.documents.values():
        assert archive.faults((folder() / name).read_bytes()) == []


def test_what_an_archive_refuses_is_found(app: Flask):
    """The control: the same paper without its metadata, tags, colours and language, and with a script."""
    pdf = (folder() / printed().documents["named"]).read_bytes()
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    for name in ("/Metadata", "/MarkInfo", "/StructTreeRoot", "/OutputIntents", "/Lang", "/AF"):
        del writer.root_object[name]
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert('x')")}
    )
    spoilt = BytesIO()
    writer.write(spoilt)
    clauses = {fault.split(":")[0] for fault in archive.faults(spoilt.getvalue())}
    assert {"6.6.2", "6.7.2.2", "6.7.3.3", "6.2.3", "6.7.4", "6.8", "6.5.1"} <= clauses


def taught(track: str) -> tuple[Bilingual, ...]:
    """The objectives of a course that ships."""
    pack, _findings = lint(files_of(track))
    assert pack.course is not None
    return tuple(each.text for each in pack.course.objectives)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("track", "times", "pages"), [*((track, 1, 1) for track in TRACKS), ("media", 5, 2)])
def test_a_course_is_certified_on_one_page_unless_it_has_very_many_objectives(
    app: Flask, tmp_path: Path, lang: str, track: str, times: int, pages: int
):
    objectives = taught(track) * times
    made = certified(course(objectives=objectives, lang=lang, learned_in=lang, is_demo=True))
    sequence_and_sign()
    jobs.drain(clock.now())
    certificate = queries.by_number(made.number)
    pdf = (folder() / certificate.documents["named"]).read_bytes()
    told = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    assert len(told) == pages
    assert "".join(told).count("Competence") == 1
    assert sum(page.count(objectives[0].zh[:9]) for page in told) == times
    # Where and by which number it is checked, for people and for phones.
    assert made.printed_number in told[0]
    assert "/certificates" in told[0]
    assert scanned(pdf, tmp_path, 72) == [address_of(certificate, with_key=True)]
    assert ("SHA-256:" in told[0]) == (pages == 1)
    assert archive.faults(pdf) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_language_on_a_course_certificate_has_its_own_quotation_marks(app: Flask, lang: str):
    made = certified(course(objectives=taught("everyone")[:2], cohort=Bilingual("", ""), lang=lang))
    sequence_and_sign()
    proof = queries.log_proof(made.id)
    assert proof is not None
    page = markup.document_fromstring(sheet.lay_out(queries.by_number(made.number), "named", proof))
    quoting = [each for each in page.iter() if "“" in (each.text or "")]
    assert len(quoting) == 8, "claim, title and two objectives, twice"
    (alone,) = (each for each in page.iter() if each.text == "on one’s own")
    assert alone.get("lang") == "en", "nor is its apostrophe a Chinese one"
    for each in quoting:
        spoken = next(at.get("lang") for at in (each, *each.iterancestors()) if at.get("lang"))
        assert spoken.startswith("zh" if re.search("[\u4e00-\u9fff]", each.text.partition("“")[2]) else "en")
