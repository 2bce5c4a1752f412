"""Who shares the money of a project or planting, now and at any moment before."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, bindparam, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.money import Money
from portal.registry.rules.audit import Check, Fault
from portal.shop.models import owners as tables
from portal.shop.models.orders import PaymentRow
from portal.shop.models.origins import CashPart
from portal.shop.rules.origins import Origin
from portal.shop.rules.owners import OwnerShare, OwnerSplit

_split, _share = tables.OwnerSplit.__table__, tables.OwnerShare.__table__
# Built once: every payment asks.
_SPLITS = (
    select(_split.c.origin, _split.c.at, _share)
    .join_from(_split, _share, _share.c.split_id == _split.c.id)
    .order_by(_split.c.at, _split.c.id, _share.c.payee)
)
_SPLITS_OF = _SPLITS.where(_split.c.origin.in_(bindparam("origins", expanding=True)))


def in_force(origins: Collection[Origin], at: datetime) -> dict[Origin, OwnerSplit]:
    """The split that held at this moment, of each of these that had one."""
    wanted = {"origins": sorted({str(each.whole) for each in origins})}
    rows = db.session.connection().execute(_SPLITS_OF, wanted)
    return {each.origin: each for each in _splits(rows) if each.at <= at}


def splits() -> list[OwnerSplit]:
    """All that were ever named, the oldest first."""
    return list(_splits(db.session.connection().execute(_SPLITS)))


def splits_in_force(at: datetime) -> dict[Origin, OwnerSplit]:
    """Of every project and planting that has one, the split that held at this moment."""
    return {each.origin: each for each in splits() if each.at <= at}


def payees() -> dict[Origin, Bilingual]:
    """Every payee that was ever named, with the newest name."""
    return {split.of(share): share.name for split in splits() for share in split.shares}


def _splits(rows: Any) -> Iterator[OwnerSplit]:
    for split_id, found in groupby(rows, lambda row: row.split_id):
        shares = list(found)
        yield OwnerSplit(
            split_id, Origin.parse(shares[0].origin), tuple(_of(row) for row in shares), shares[0].at
        )


def _of(row: Row[Any]) -> OwnerShare:
    return OwnerShare(row.payee, Bilingual(row.name_zh, row.name_en), row.share_bp)


# -- for ``ledger verify`` -----------------------------------------------------------------------


def faults() -> Iterator[Fault]:
    """What a payment brought a project's payees is what its split says, to the minor unit."""
    known = splits()
    paid = (
        select(CashPart.cause_id, CashPart.origin, CashPart.amount_minor, CashPart.currency, CashPart.at)
        .join(PaymentRow, PaymentRow.id == CashPart.cause_id)
        .where(CashPart.origin.contains("/"))
        .order_by(CashPart.cause_id, CashPart.origin)
    )
    rows = db.session.execute(paid).all() if known else []
    for (cause_id, whole), found in groupby(rows, lambda row: (row.cause_id, Origin.parse(row.origin).whole)):
        booked = list(found)
        total = Money(sum(row.amount_minor for row in booked), booked[0].currency)
        held = [each for each in known if each.origin == whole and each.at <= booked[0].at]
        parts = {Origin.parse(row.origin): Money(row.amount_minor, row.currency) for row in booked}
        if not held or held[-1].among(total) != parts:
            sentence = f"the payees of {whole} were booked other shares than named"
            yield Fault(Check.CASH, f"payment {cause_id}", sentence)
