"""Ranges of grams with all that a certificate, a page or a record says about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.registry.models import Block, Hold, Issuance, PoolLot, Project, RetirementRange
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import HoldState, ProjectType

_FACTS = (
    Issuance.source_serial, Issuance.start_g.label("base"), PoolLot.code.label("lot_code"), Project.code,
    Project.name_zh, Project.name_en, Project.type, Issuance.vintage_start, Issuance.vintage_end,
    Issuance.source_registry, Project.country, Project.methodology, PoolLot.retirement_reference,
    PoolLot.is_demo,
)  # fmt: skip


def ranges_of(retirement_id: str) -> tuple[RangeFacts, ...]:
    """The ranges of a retirement, neighbours joined, oldest vintage first."""
    query = _with_facts(
        select(RetirementRange.start_g, RetirementRange.end_g, *_FACTS)
        .join(Block, Block.id == RetirementRange.block_id)
        .where(RetirementRange.retirement_id == retirement_id)
    )
    return _joined(db.session.execute(query).all())


def ranges_of_hold(hold_id: str) -> dict[str, tuple[RangeFacts, ...]]:
    """The ranges held for an order, by order line."""
    query = _with_facts(
        select(Block.line_id, Block.start_g, Block.end_g, *_FACTS).where(Block.hold_id == hold_id)
    )
    rows = db.session.execute(query).all()
    return {
        line: _joined([row for row in rows if row.line_id == line]) for line in {row.line_id for row in rows}
    }


def hold_states(hold_ids: Sequence[str]) -> dict[str, HoldState]:
    """The state of each of these holds; one that does not exist is not in the answer."""
    rows = db.session.execute(select(Hold.id, Hold.state).where(Hold.id.in_(hold_ids)))
    return {row.id: HoldState(row.state) for row in rows}


def _with_facts(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.join(Issuance, Issuance.id == Block.issuance_id)
        .join(PoolLot, PoolLot.id == Block.lot_id)
        .join(Project, Project.id == Issuance.project_id)
        .order_by(Issuance.vintage_start, Block.start_g)
    )


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
