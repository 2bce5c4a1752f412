"""Ranges of grams with all that a certificate, a page or a record says about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.registry.models import Block, Hold, Issuance, PoolLot, Project, Retirement, RetirementRange
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import HoldState, ProjectType

_block, _range = Block.__table__, RetirementRange.__table__
_issuance, _lot, _project = Issuance.__table__, PoolLot.__table__, Project.__table__

_FACTS = (
    _issuance.c.source_serial, _issuance.c.start_g.label("base"), _lot.c.code.label("lot_code"),
    _project.c.code, _project.c.name_zh, _project.c.name_en, _project.c.type, _issuance.c.vintage_start,
    _issuance.c.vintage_end, _issuance.c.source_registry, _project.c.country, _project.c.methodology,
    _lot.c.retirement_reference, _lot.c.is_demo,
)  # fmt: skip


def _with_facts(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.join(_issuance, _issuance.c.id == _block.c.issuance_id)
        .join(_lot, _lot.c.id == _block.c.lot_id)
        .join(_project, _project.c.id == _issuance.c.project_id)
        .order_by(_issuance.c.vintage_start, _block.c.start_g)
    )


# Built once: putting a statement together costs more than having it done.
_RANGES_OF = _with_facts(
    select(_range.c.start_g, _range.c.end_g, *_FACTS)
    .join_from(_range, _block, _block.c.id == _range.c.block_id)
    .where(_range.c.retirement_id == bindparam("retirement_id"))
)


def ranges_of(retirement_id: str) -> tuple[RangeFacts, ...]:
    """The ranges of a retirement, neighbours joined, oldest vintage first."""
    return _joined(db.session.connection().execute(_RANGES_OF, {"retirement_id": retirement_id}))


def retired_at(retirement_id: str) -> datetime:
    """When this was retired."""
    return db.session.execute(select(Retirement.at).where(Retirement.id == retirement_id)).scalar_one()


def hold_states(hold_ids: Sequence[str]) -> dict[str, HoldState]:
    """The state of each of these holds; one that does not exist is not in the answer."""
    rows = db.session.execute(select(Hold.id, Hold.state).where(Hold.id.in_(hold_ids)))
    return {row.id: HoldState(row.state) for row in rows}


def _joined(rows: Any) -> tuple[RangeFacts, ...]:
    result: list[RangeFacts] = []
    for row in rows:
        first, last = row.start_g - row.base + 1, row.end_g - row.base
        if result and result[-1].serial == row.source_serial and result[-1].last_g + 1 == first:
            first = result.pop().first_g
        result.append(
            RangeFacts(
                serial=row.source_serial, first_g=first, last_g=last, lot_code=row.lot_code,
                project_code=row.code, project_name=Bilingual(row.name_zh, row.name_en),
                project_type=ProjectType(row.type), vintage_start=row.vintage_start,
                vintage_end=row.vintage_end, registry=row.source_registry, country=row.country,
                methodology=row.methodology,
                retirement_reference=row.retirement_reference, is_demo=row.is_demo,
            )
        )  # fmt: skip
    return tuple(result)
