"""Batches: what is in one, and how far it is, which is read from the documents that are there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.certificates.models import (
    Certificate,
    CertificateBatch,
    CertificateBatchItem,
    CertificateDocument,
    CertificateHolder,
)
from portal.certificates.queries.papers import CertificateView, by_id
from portal.certificates.rules.batches import Progress
from portal.db import db
from portal.kernel.errors import N_, NotFound


class NoSuchBatch(NotFound):
    message = N_("There is no such batch of certificates.")


@dataclass(frozen=True, slots=True)
class BatchView:
    """``file`` is the name of the ZIP with all documents, once it is packed."""

    id: str
    owner_id: str
    lang: str
    made_at: datetime
    progress: Progress
    file: str | None
    file_sha256: str | None


def batch(batch_id: str) -> BatchView:
    """One batch and how far it is. Raises NoSuchBatch."""
    row = db.session.get(CertificateBatch, batch_id)
    if row is None:
        raise NoSuchBatch()
    return _view(row)


def batches_of(owner_id: str) -> list[BatchView]:
    """The batches of an order or an organisation, newest first."""
    newest = CertificateBatch.id.desc()
    rows = db.session.scalars(
        select(CertificateBatch).where(CertificateBatch.owner_id == owner_id).order_by(newest)
    )
    return [_view(row) for row in rows]


def recent_batches(limit: int) -> list[BatchView]:
    """The newest batches."""
    rows = db.session.scalars(select(CertificateBatch).order_by(CertificateBatch.id.desc()).limit(limit))
    return [_view(row) for row in rows]


def certificates_in(batch_id: str) -> Iterator[CertificateView]:
    """The certificates of a batch in their order, one at a time."""
    ids = db.session.scalars(
        select(CertificateBatchItem.certificate_id)
        .where(CertificateBatchItem.batch_id == batch_id)
        .order_by(CertificateBatchItem.position)
    ).all()
    return (by_id(each) for each in ids)


def numbers_in(batch_id: str) -> list[str]:
    """Numbers of the certificates of a batch, in their order."""
    wanted = (
        select(Certificate.number)
        .join(CertificateBatchItem, CertificateBatchItem.certificate_id == Certificate.id)
        .where(CertificateBatchItem.batch_id == batch_id)
        .order_by(CertificateBatchItem.position)
    )
    return list(db.session.scalars(wanted))


def unprinted(batch_id: str) -> list[tuple[str, str]]:
    """Number and id of the certificates of a batch whose document is still missing, in their order."""
    rows = db.session.execute(
        select(Certificate.number, Certificate.id)
        .join_from(CertificateBatchItem, Certificate)
        .where(CertificateBatchItem.batch_id == batch_id, ~_IS_PRINTED)
        .order_by(CertificateBatchItem.position)
    )
    return [(row.number, row.id) for row in rows]


# The holder's document; of a holder who was forgotten, the one without the name.
_IS_PRINTED = (
    select(CertificateDocument.file)
    .join(CertificateHolder, CertificateHolder.certificate_id == CertificateDocument.certificate_id)
    .where(
        CertificateDocument.certificate_id == CertificateBatchItem.certificate_id,
        (CertificateDocument.variant == "named") | CertificateHolder.name.is_(None),
    )
    .exists()
)


def _view(row: CertificateBatch) -> BatchView:
    mine = CertificateBatchItem.batch_id == row.id
    issued = db.session.scalar(select(func.count()).select_from(CertificateBatchItem).where(mine))
    printed = db.session.scalar(
        select(func.count()).select_from(CertificateBatchItem).where(mine, _IS_PRINTED)
    )
    progress = Progress(row.total, int(issued or 0), int(printed or 0), row.packed_at)
    return BatchView(row.id, row.owner_id, row.lang, row.made_at, progress, row.file, row.file_sha256)
