"""Certificates as a table to take away, without names."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.certificates.models import Certificate


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
