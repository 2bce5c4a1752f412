"""PAdES signatures on the PDF, which readers of PDF check by themselves. The one module that holds pyHanko.

The proof of a certificate is its record in the log; the signature tells whoever opens the file that it came
from here and was not changed. ETSI EN 319 142-1, level B-B: SHA-256, the signer's certificate in the
signature, an invisible field, added to the file without touching what was there, so that PDF/A-3a still
holds. Without a key (``CERTIFICATE_KEY``) a production site prints unsigned; a demonstration signs with a key
of its own that says so in its name.
"""

import asyncio
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from flask import current_app
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from portal.db import assert_no_transaction

FIELD: Final = "Signature"
DEMO_NAME: Final = "DEMO 演示 – not a real signature"
# A demonstration may stop the clock anywhere; its key is good for all of that.
_DEMO_SINCE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_DEMO_UNTIL: Final = datetime(2100, 1, 1, tzinfo=UTC)
# PDF/A wants every annotation printable and not hidden, also one without a picture.
_INVISIBLE: Final = fields.InvisSigSettings(set_print_flag=True, set_hidden_flag=False)
# An ECDSA signature is a few bytes longer or shorter than another.
_MARGIN: Final = 64


class PaperSigner(signers.SimpleSigner):
    """A signer that encodes once what all its signatures have in common: that costs more than signing."""

    _in_common: list[cms.CMSAttribute] | None = None

    async def signed_attrs(self, data_digest: bytes, *args: Any, **how: Any) -> cms.CMSAttributes:
        """As pyHanko makes them. Only the digest differs from one paper to the next."""
        if self._in_common is None:
            whole = await super().signed_attrs(data_digest, *args, **how)
            self._in_common = [_encoded(each) for each in whole if each["type"].native != "message_digest"]
        digest = cms.CMSAttribute({"type": "message_digest", "values": [data_digest]})
        return cms.CMSAttributes([*self._in_common, _encoded(digest)])

    @cached_property
    def place(self) -> int:
        """Room that a signature takes in the file, in hexadecimal digits. Found out by signing once."""
        trial = asyncio.run(self.async_sign(bytes(32), "sha256", use_pades=True))
        return 2 * (len(trial.dump()) + _MARGIN)


def _encoded(attribute: cms.CMSAttribute) -> cms.CMSAttribute:
    """The same attribute, which keeps its bytes as long as nobody looks into it."""
    return cms.CMSAttribute.load(attribute.dump())


def sign(pdf: bytes) -> bytes:
    """The PDF with the portal's signature; as it was where the site has no key."""
    assert_no_transaction()
    signer = _signer_of_this_site()
    if signer is None:
        return pdf
    config = current_app.config["PORTAL"]
    promise = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=DEMO_NAME if config.certificate_key is None else config.site_name.en,
    )
    place = fields.SigFieldSpec(FIELD, invis_sig_settings=_INVISIBLE)
    signed = signers.PdfSigner(promise, signer, new_field_spec=place).sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), bytes_reserved=signer.place
    )
    return bytes(signed.getbuffer())


def _signer_of_this_site() -> PaperSigner | None:
    config = current_app.config["PORTAL"]
    if config.certificate_key is not None:
        return load(config.certificate_key, config.certificate_passphrase)
    return load(_demo_key(config.instance / "keys"), "") if config.is_demo else None


@lru_cache(maxsize=4)
def load(file: Path, passphrase: str) -> PaperSigner:
    """The key and certificates of a PKCS#12 file. Raises ValueError when it cannot be opened."""
    secret = passphrase.encode() if passphrase else None
    signer: signers.SimpleSigner | None
    signer = signers.SimpleSigner.load_pkcs12(str(file), passphrase=secret)  # type: ignore[no-untyped-call]
    if signer is None:
        raise ValueError(f"{file} is no PKCS#12 file that this passphrase opens")
    return PaperSigner(signer.signing_cert, signer.signing_key, signer.cert_registry)


def _demo_key(folder: Path) -> Path:
    """A key of the demonstration, made once; of several processes that start at once, one makes it."""
    file = folder / "demo-signature.p12"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = file.with_suffix(f".{secrets.token_hex(4)}")
        with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as new:
            new.write(_demo_pkcs12())
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file


def _demo_pkcs12() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEMO_NAME)])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_DEMO_SINCE)
        .not_valid_after(_DEMO_UNTIL)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    return serialize_key_and_certificates(b"demo", key, certificate, None, NoEncryption())
