"""What certificates hold about a person: theirs are told by number, by the rooms that asked for them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from portal.certificates.models import (
    Certificate,
    CertificateBatch,
    CertificateDocument,
    CertificateHolder,
)
from portal.db import db
from portal.holdings import Holding, Subject, of_person, under
from portal.kernel.errors import N_

_KEY = N_("It stands in the link of the certificate itself, which is in the list of links.")
_SALT = N_("It stands in the proof of the certificate, in its own folder.")


def _certificates(subject: Subject) -> Any:
    return select(Certificate.id).where(Certificate.number.in_(subject.certificates))


def successors(numbers: Collection[str], *, all_of_them: bool = False) -> set[str]:
    """What replaced these certificates: the next one of each, or all up to the present ones."""
    known, found = set(numbers), set[str]()
    while numbers:
        replaced = select(Certificate.replaced_by).where(
            Certificate.number.in_(numbers), Certificate.replaced_by.is_not(None)
        )
        numbers = {number for number in db.session.scalars(replaced) if number} - known - found
        found |= set(numbers)
        if not all_of_them:
            break
    return found


def originals(numbers: Collection[str]) -> dict[str, str]:
    """Each of these certificates with the first of its line: itself, unless it replaced another."""
    first = {number: number for number in numbers}
    while first:
        replaced = select(Certificate.replaced_by, Certificate.number).where(
            Certificate.replaced_by.in_(first.values())
        )
        before = {row.replaced_by: row.number for row in db.session.execute(replaced)}
        if not before:
            break
        first = {number: before.get(origin, origin) for number, origin in first.items()}
    return first


def about(subject_ids: Collection[str]) -> set[str]:
    """Numbers of all certificates, also withdrawn ones, about these things."""
    return set(db.session.scalars(select(Certificate.number).where(Certificate.subject_id.in_(subject_ids))))


def orders_of(numbers: Collection[str]) -> set[str]:
    """Ids of the orders that any of these were bought with; what nobody bought adds none."""
    wanted = select(Certificate.order_id).where(Certificate.number.in_(numbers), Certificate.order_id != "")
    return set(db.session.scalars(wanted))


HOLDINGS = (
    Holding(Certificate, lambda subject: Certificate.number.in_(subject.certificates), {"key": _KEY}),
    Holding(CertificateHolder, under(CertificateHolder.certificate_id, _certificates), {"salt": _SALT}),
    Holding(CertificateDocument, under(CertificateDocument.certificate_id, _certificates)),
    Holding(CertificateBatch, of_person(CertificateBatch.owner_id)),
)


def naming(numbers: Collection[str]) -> list[str]:
    """Those of these certificates that show their holder's name to everybody."""
    shown = func.coalesce(CertificateHolder.shows_name, Certificate.is_public)
    wanted = (
        select(Certificate.number)
        .join(CertificateHolder, CertificateHolder.certificate_id == Certificate.id)
        .where(Certificate.number.in_(numbers), CertificateHolder.name.is_not(None), shown)
    )
    return list(db.session.scalars(wanted.order_by(Certificate.number)))
