"""The signature on the PDF: any reader of PDF files accepts it, and a changed file is refused."""

import asyncio
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from portal.certificates import signature
from portal.certificates.jobs import folder
from tests.factories.certificates import printed
from tests.web.printing import files_in, needs_press, words_of

__all__ = ["needs_press"]
pytestmark = pytest.mark.usefixtures("needs_press")


def status_of(pdf: bytes, app: Flask) -> PdfSignatureStatus:
    """What an independent check says, with this site's own certificate as the only one that is trusted."""
    own = signature.load(app.config["PORTAL"].instance / "keys" / "demo-signature.p12", "")
    (signed,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    trust = ValidationContext(trust_roots=[own.signing_cert], allow_fetching=False)
    return asyncio.run(async_validate_pdf_signature(signed, signer_validation_context=trust))


def test_the_paper_is_signed_and_a_changed_byte_shows(app: Flask):
    certificate = printed(is_public=True)
    pdf = (folder() / certificate.documents["named"]).read_bytes()
    status = status_of(pdf, app)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"
    assert "DEMO" in status.signing_cert.subject.native["common_name"]
    assert "李明" in words_of(pdf)
    assert f"{certificate.number}.tlog-proof" in files_in(pdf)
    place = pdf.index(b"stream") + 20  # the control: inside what was printed
    forged = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
    assert not status_of(forged, app).intact


def test_another_key_is_not_ours(app: Flask, tmp_path: Path):
    pdf = (folder() / printed(is_public=True).documents["named"]).read_bytes()
    keys = app.config["PORTAL"].instance / "keys" / "demo-signature.p12"
    keys.unlink()
    signature.load.cache_clear()
    signature.sign(_unsigned())
    status = status_of(pdf, app)
    assert (status.intact, status.trusted) == (True, False)


def test_a_production_site_without_a_key_prints_unsigned_and_with_one_signs(app: Flask):
    config = app.config["PORTAL"]
    app.config["PORTAL"] = replace(config, env="production")
    plain = _unsigned()
    assert signature.sign(plain) == plain
    given = config.instance / "key.p12"
    given.parent.mkdir(parents=True, exist_ok=True)
    given.write_bytes(signature._demo_pkcs12())
    app.config["PORTAL"] = replace(config, env="production", certificate_key=given)
    assert len(PdfFileReader(BytesIO(signature.sign(plain))).embedded_signatures) == 1


def _unsigned() -> bytes:
    from pypdf import PdfWriter

    made = BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.write(made)
    return made.getvalue()
