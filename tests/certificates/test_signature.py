"""The signature on the PDF: any reader of PDF files accepts it, and a changed file is refused."""

import asyncio
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import SimpleSigner
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


@pytest.mark.parametrize("digest", [bytes(32), bytes(range(32))])
def test_what_signatures_have_in_common_is_what_pyhanko_would_write(app: Flask, digest: bytes):
    signature.sign(_unsigned())  # makes the demonstration's key
    ours = signature.load(app.config["PORTAL"].instance / "keys" / "demo-signature.p12", "")
    plain = SimpleSigner(ours.signing_cert, ours.signing_key, ours.cert_registry)
    told = [
        asyncio.run(signer.signed_attrs(digest, "sha256", use_pades=True)).dump() for signer in (ours, plain)
    ]
    assert told[0] == told[1]
    assert digest in told[0]


def test_there_is_room_for_every_signature_and_little_more(app: Flask):
    sizes = {len(signature.sign(_unsigned())) for _ in range(5)}
    assert len(sizes) == 1  # the place in the file is the same, whatever length the signature has
    ours = signature.load(app.config["PORTAL"].instance / "keys" / "demo-signature.p12", "")
    longest = max(
        len(asyncio.run(ours.async_sign(bytes([n] * 32), "sha256", use_pades=True)).dump()) for n in range(20)
    )
    assert longest <= ours.place // 2 <= longest + 100


def _unsigned() -> bytes:
    from pypdf import PdfWriter

    made = BytesIO()
    writer = PdfWriter()
    writer.add_blank_page(width=595, height=842)
    writer.write(made)
    return made.getvalue()
