"""Printing certificates: when the proof is there, once, with everything on paper that has to be."""

import hashlib
import json
import re
import stat
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from portal import jobs
from portal.certificates import commands, queries, sheet
from portal.certificates.jobs import NotInTheLogYet, folder, render
from portal.certificates.models import CertificateDocument
from portal.certificates.rules import claims, numbers
from portal.db import db
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.jobs import sequence_and_sign
from portal.registry.rules.records import holder_commitment
from portal.web import press
from tests.factories.certificates import ACTOR, AVOIDING, NOW, PLANTING, issued, logged, many_ranges, printed
from tests.web.printing import files_in, fonts_of, needs_press, pages_of, words_of

__all__ = ["needs_press"]
pytestmark = pytest.mark.usefixtures("needs_press")


def pdf_of(certificate, variant: str = "named") -> bytes:
    return (folder() / certificate.documents[variant]).read_bytes()


def test_nothing_is_printed_before_the_record_is_in_a_signed_checkpoint(app: Flask):
    certificate = issued()
    jobs.drain(clock.now())
    assert not queries.by_number(certificate.number).is_rendered
    sequence_and_sign()
    jobs.drain(clock.now())  # the next round is due in two seconds, not now
    assert not queries.by_number(certificate.number).is_rendered
    jobs.drain(clock.now() + timedelta(seconds=3))
    assert queries.by_number(certificate.number).is_rendered
    assert db.session.scalars(select(Outbox.state).distinct()).all() == ["done"]


def test_a_log_that_stays_silent_is_noticed(app: Flask):
    certificate = issued()
    with pytest.raises(NotInTheLogYet):
        render({"id": certificate.id, "round": 30})


def test_a_private_certificate_is_printed_with_and_without_the_name(app: Flask):
    certificate = printed()
    named, withheld = pdf_of(certificate), pdf_of(certificate, "withheld")
    assert "李明" in words_of(named)
    assert "李明" not in words_of(withheld)
    assert bytes(range(32)).hex().encode() not in withheld
    assert set(files_in(withheld)) == {f"{certificate.number}.json", f"{certificate.number}.tlog-proof"}
    for variant, content in (("named", named), ("withheld", withheld)):
        row = db.session.scalars(
            select(CertificateDocument).where(CertificateDocument.variant == variant)
        ).one()
        assert row.sha256 == hashlib.sha256(content).hexdigest()
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700


def test_printing_again_changes_nothing(app: Flask):
    certificate = printed(is_public=True)
    before = pdf_of(certificate)
    render({"id": certificate.id})
    assert pdf_of(certificate) == before
    assert [file.name for file in folder().iterdir()] == [f"{certificate.number}.pdf"]


def test_everything_that_must_be_said_is_on_paper(app: Flask):
    certificate = printed(
        PLANTING, AVOIDING, purpose="plg_1", purpose_title=Bilingual("全家减排", "Our family")
    )
    words = words_of(pdf_of(certificate))
    for said in (
        certificate.printed_number, "250 kg CO2e", "清除 removal", "避免排放 avoidance",
        "已代李明注销经核证的碳信用", "retired on behalf of 李明",
        "2025-12-31 23:59", "北京时间 Beijing time",
        "HLYC-0001-ARR-2024-1-1-1200/g1-250000", "19298-935996536-935996539-VCS-VCU-1491-VER-BR-1-513",
        "翠峦红松造林项目", "Avoided deforestation on the upper river",
        "LOT-2026-001", "LOT-2026-002", "2024", "2018", "HLYC-RET-2026-0001", "AR-ACM0003",
        "全家减排", "plg_1", "本证书不表示", "What it does not say",
        "演示数据", "Demonstration data", "伊春森林碳汇平台",
    ):  # fmt: skip
        assert said in words, said
    assert "TEST" not in words
    assert "500 kg" not in words, "removal and avoidance are never summed"


def test_a_certificate_in_english_puts_english_first(app: Flask):
    words = words_of(pdf_of(printed(lang="en")))
    assert words.index("Certificate of retired carbon credits") < words.index("碳信用注销证书")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_paper_says_nothing_its_type_never_says(app: Flask, lang: str):
    certificate = printed(lang=lang, holder_name="X")
    # A line break inside a phrase must not hide it.
    words = words_of(pdf_of(certificate))
    claims.check(certificate.type, words, words.replace(" ", ""))


def test_test_money_is_marked_on_every_page(app: Flask):
    pdf = pdf_of(printed(*many_ranges(60), test=True))
    assert pages_of(pdf) >= 3
    assert words_of(pdf).count("TEST") == pages_of(pdf) + 1  # the watermarks and the sentence


def test_sixty_ranges_are_all_there(app: Flask):
    certificate = printed(*many_ranges(60), is_public=True)
    words = words_of(pdf_of(certificate))
    assert all(part.full_serial in words for part in certificate.ranges)
    assert pages_of(pdf_of(certificate)) == 3


@pytest.mark.parametrize(
    "name",
    [
        "<img src=file:///etc/passwd><b>李 & 明</b>",
        '"><link rel=attachment href=file:///etc/passwd>',
        "{{7*7}} %(x)s ${1} </body></html>",
        "'; DROP TABLE certificate; --",
    ],
)
def test_markup_in_a_name_is_printed_as_it_was_written(app: Flask, name: str):
    certificate = printed(holder_name=name)
    pdf = pdf_of(certificate)
    assert name.replace(" ", "") in words_of(pdf).replace(" ", "")
    assert set(files_in(pdf)) == {
        f"{certificate.number}.json", f"{certificate.number}.tlog-proof", f"{certificate.number}-holder.json",
    }  # fmt: skip


def test_a_name_of_200_characters_without_a_space_stays_on_the_paper(app: Flask):
    words = words_of(pdf_of(printed(holder_name="W" * 200))).replace(" ", "")
    assert "W" * 200 in words


def test_the_paper_carries_its_text_its_proof_and_the_holders_salt(app: Flask):
    certificate = printed()
    files = files_in(pdf_of(certificate))
    text = files[f"{certificate.number}.json"]
    assert hashlib.sha256(text).hexdigest() == certificate.payload_sha256
    proof = queries.log_proof(certificate.id)
    assert proof is not None
    assert files[f"{certificate.number}.tlog-proof"].decode() == proof.text
    opening = json.loads(files[f"{certificate.number}-holder.json"])
    assert opening["commitment"] == json.loads(text)["holder"]
    assert opening["commitment"] == holder_commitment(
        bytes.fromhex(opening["salt"]), opening["name"], opening["organisation"]
    )


def test_it_is_small_enough_for_a_poor_network(app: Flask):
    """45 KB before attachments, worst case: demonstration data, test money, both languages."""
    certificate = logged(test=True, lang="en", holder_name="Li Ming")
    proof = queries.log_proof(certificate.id)
    assert proof is not None
    pdf = press.shared().print(sheet.lay_out(certificate, "named", proof), NOW)
    assert len(pdf) <= 45_000
    assert pages_of(pdf) == 1
    assert all(fonts_of(pdf).values())


def test_it_is_pdf_a_3a_with_dates_of_its_own(app: Flask):
    pdf = pdf_of(printed())
    metadata = _metadata(pdf)
    assert re.search(rb"part[>=\"]+3", metadata)
    assert re.search(rb"conformance[>=\"]+A", metadata)
    assert b"2025-12-31T15:59:59" in metadata


def test_a_forgotten_name_leaves_paper_and_disk(app: Flask):
    certificate = printed(is_public=True)
    assert "李明" in words_of(pdf_of(certificate))
    commands.forget_holder(ACTOR, certificate.number, clock.now())
    jobs.drain(clock.now() + timedelta(seconds=1))
    forgotten = queries.by_number(certificate.number)
    assert list(forgotten.documents) == ["withheld"]
    assert forgotten.is_rendered
    words = words_of(pdf_of(forgotten, "withheld"))
    assert "李明" not in words
    assert "姓名已应要求删除" in words
    assert [file.name for file in folder().iterdir()] == [f"{certificate.number}-withheld.pdf"]


def test_a_failed_press_leaves_no_half_a_file(app: Flask, monkeypatch: pytest.MonkeyPatch):
    certificate = logged()

    class Broken:
        def print(self, *_: object) -> bytes:
            raise press.PrintingFailed(why="out of ink")

    monkeypatch.setattr(press, "shared", Broken)
    jobs.drain(clock.now())
    assert not folder().exists() or not list(folder().iterdir())
    assert not queries.by_number(certificate.number).is_rendered
    row = db.session.scalars(select(Outbox).where(Outbox.kind == "certificates.render")).one()
    assert (row.state, "PrintingFailed" in (row.last_error or "")) == ("waiting", True)


def test_the_code_on_the_paper_leads_to_the_named_page(app: Flask):
    certificate = issued()
    address = sheet.address_of(certificate, with_key=True)
    assert address == f"http://127.0.0.1:5000/c/{certificate.number}/{certificate.key}"
    assert numbers.parse(address) == certificate.number


def _metadata(pdf: bytes) -> bytes:
    return PdfReader(BytesIO(pdf)).root_object["/Metadata"].get_object().get_data()
