"""Standing type: what is set in the frame of an earlier paper is the same file as when it is set whole."""

import base64
import os
from dataclasses import asdict, replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from portal.certificates import queries, sheet
from portal.certificates.queries import CertificateView
from portal.registry.jobs import sequence_and_sign
from portal.web.pdf import CERTIFICATE, FONTS, Printer
from tests.factories.certificates import PLANTING, certified, course, issued, many_ranges
from tests.web.printing import files_in, needs_press, words_of

__all__ = ["needs_press"]
pytestmark = pytest.mark.usefixtures("needs_press")


@pytest.fixture(scope="module")
def whole() -> Printer:
    os.environ.setdefault("FONTCONFIG_FILE", str(FONTS / "fonts.conf"))
    return Printer(stands=False)


@pytest.fixture(scope="module")
def keeping() -> Printer:
    os.environ.setdefault("FONTCONFIG_FILE", str(FONTS / "fonts.conf"))
    return Printer()


@pytest.fixture
def printer(keeping: Printer) -> Printer:
    keeping.forget()
    return keeping


def order(certificate: CertificateView, variant: str = "named") -> dict[str, Any]:
    proof = queries.log_proof(certificate.id)
    assert proof is not None
    files = sheet.attachments(certificate, variant, proof)
    return {
        "html": sheet.lay_out(certificate, variant, proof),
        "at": certificate.issued_at.isoformat(),
        "attachments": [
            asdict(file) | {"content": base64.b64encode(file.content).decode()} for file in files
        ],
        "design": CERTIFICATE,
    }


def exchanges(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each attempt to use a page that stands, whether it took what was wanted."""
    taken: list[bool] = []
    standing = printer._standing
    page = type(standing).__init__.__globals__["StandingPage"]
    exchanged = page.exchanged

    def watched(self: Any, wanted: Any) -> Any:
        found = exchanged(self, wanted)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(page, "exchanged", watched)
    return taken


def shifted(n: int) -> Any:
    return replace(PLANTING, first_g=n * 250_000 + 1, last_g=(n + 1) * 250_000)


NAMES = [
    "李明", "王芳", "欧阳静怡", "Li Ming", "AVATAR Types & Söhne", "赵 强", "张<b>三</b>", "한글 李", "李明",
    "一家名字很长的有限责任公司与它的全体员工以及各地的合作伙伴和志愿者们" * 2, "王芳",
    "VA" * 40, "x  y",
]  # fmt: skip


def test_every_paper_is_the_one_that_would_have_been_set_whole(
    app: Flask, whole: Printer, printer: Printer, monkeypatch: pytest.MonkeyPatch
):
    taken = exchanges(printer, monkeypatch)
    made = [issued(shifted(n), holder_name=name) for n, name in enumerate(NAMES)]
    made += [issued(shifted(n), lang="en", test=True, holder_name=name) for n, name in enumerate(NAMES[:3])]
    made += [issued(*many_ranges(3), holder_name=name) for name in NAMES[:2]]
    made += [certified(course(holder_name=name)) for name in NAMES[:3]]
    sequence_and_sign()
    for certificate in (queries.by_number(each.number) for each in made):
        wanted = order(certificate)
        assert printer.print(wanted) == whole.print(wanted), certificate.holder_name
    assert taken.count(True) >= 11, "most are set in a frame that stands"
    assert False in taken, "and those that do not fit are set whole"


def test_nothing_of_one_paper_is_in_the_next(app: Flask, printer: Printer, monkeypatch: pytest.MonkeyPatch):
    taken = exchanges(printer, monkeypatch)
    made = [issued(shifted(n), holder_name=name) for n, name in enumerate("岚芳骞")]
    sequence_and_sign()
    papers = [(each, printer.print(order(queries.by_number(each.number)))) for each in made]
    assert taken == [True, True]
    for certificate, pdf in papers:
        name = certificate.holder_name or ""
        assert name in words_of(pdf)
        assert set(files_in(pdf)) >= {f"{certificate.number}.json", f"{certificate.number}-holder.json"}
        others = set("岚芳骞") - set(name)
        assert drawn("岚芳骞", pdf) == set(name)
        assert not others & set(words_of(pdf))


def drawn(characters: str, pdf: bytes) -> set[str]:
    """Those of these characters whose outlines are in the font of the file."""
    case = TTFont(FONTS / "NotoSansSC-Regular.ttf", lazy=True)
    (font,) = PdfReader(BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values()
    descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    own = TTFont(BytesIO(descriptor["/FontFile2"].get_data()))
    places = {each: case.getGlyphID(case.getBestCmap()[ord(each)]) for each in characters}
    glyphs = own.getGlyphOrder()
    return {
        each for each, n in places.items() if n < len(glyphs) and own["glyf"][glyphs[n]].numberOfContours > 0
    }


def test_a_name_that_is_left_standing_would_be_noticed(
    app: Flask, whole: Printer, printer: Printer, monkeypatch: pytest.MonkeyPatch
):
    """The control: a page that forgets to draw what was exchanged is not the page set whole."""
    made = [issued(holder_name=name) for name in ("李明", "王芳")]
    sequence_and_sign()
    first, second = (order(queries.by_number(each.number)) for each in made)
    printer.print(first)
    page = type(printer._standing).__init__.__globals__["StandingPage"]
    monkeypatch.setattr(page, "_put", lambda self, boxes: None)
    assert printer.print(second) != whole.print(second)


PAGE = '<!doctype html><html lang="zh-CN"><head><title>{0}</title></head><body>{1}</body></html>'


def printed(printer: Printer, body: str, title: str = "x") -> bytes:
    at = "2026-11-22T08:30:00+00:00"
    html = PAGE.format(title, body)
    return printer.print({"html": html, "at": at, "attachments": [], "design": CERTIFICATE})


@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        ("<p>name {n}</p><p>the rest</p>", True),
        ('<p class="second">a <sub>{n}</sub> b<br>{n}</p><footer class="running-footer">{n}</footer>', True),
        ("<p>\n  line \t {n}  \n more </p>", True),
        ("<p>wider and wider " + "{wide}</p><p>below</p>", False),
        ('<div style="background: linear-gradient(red, blue)"><p>{n}</p></div>', False),
        ('<p>a <span style="border: 1px solid red">{n}</span> b <i>c</i></p>', False),
        ('<p style="text-align: right">right {n}</p>', True),
        ('<p style="text-decoration: underline">{n}</p>', False),
        ("<div>{n}</div>", False),
        ("<p>control \x1f {n}</p>", False),
        ('<p>{n}</p><p style="break-before: page">second page</p>', False),
        ("{n}", False),
    ],
)
def test_what_cannot_be_exchanged_is_set_whole(
    app: Flask, whole: Printer, printer: Printer, monkeypatch: pytest.MonkeyPatch, body: str, is_taken: bool
):
    taken = exchanges(printer, monkeypatch)
    for n in (1, 27, 333):
        filled = body.replace("{n}", str(n)).replace("{wide}", "森林" * n)
        assert printed(printer, filled, str(n)) == printed(whole, filled, str(n))
    assert (taken.count(True) == 2) == is_taken


def test_only_so_many_pages_are_kept_and_none_after_a_failure(app: Flask, printer: Printer):
    for frame in range(9):
        for n in range(5 if frame == 8 else 1):
            printed(printer, f"<p>{'森林' * 40 * n}</p>" + "<hr>" * frame)
    frames = printer._standing._frames
    assert len(frames) == 8
    assert max(len(pages) for pages in frames.values()) == 4
    printer.forget()
    assert not frames
