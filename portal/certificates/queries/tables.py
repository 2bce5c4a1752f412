"""Certificates and their batches as tables to take away, without names."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.certificates.models import Certificate, CertificateBatch


def certificates(first: datetime | None = None, end: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Every certificate, or those that were issued in a span of time."""
    wanted = select(
        Certificate.number, Certificate.type, Certificate.state, Certificate.state_at, Certificate.issued_at,
        Certificate.mass_g, Certificate.removal_g, Certificate.avoidance_g, Certificate.subject_id,
        Certificate.order_id, Certificate.payload_sha256, Certificate.replaced_by, Certificate.is_test,
    ).order_by(Certificate.number)  # fmt: skip
    if first is None:
        return wanted
    return wanted.where(Certificate.issued_at >= first, Certificate.issued_at < end)


def batches() -> Select[*tuple[Any, ...]]:
    """Every batch, whose it is and when it was packed."""
    return select(
        CertificateBatch.id, CertificateBatch.owner_id, CertificateBatch.total, CertificateBatch.lang,
        CertificateBatch.made_at, CertificateBatch.actor_id, CertificateBatch.packed_at,
        CertificateBatch.file_sha256,
    ).order_by(CertificateBatch.id)  # fmt: skip
