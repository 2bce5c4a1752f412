"""What records of the log speak of, as rows of the register: the one reading behind its index."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.registry.models import Block, Issuance, PoolLot, Project, RetirementRange
from portal.registry.rules.movements import Place, Told, told

LOOKED_UP = 500  # names in one question: both databases take more, in this size they plan it well

Row = dict[str, Any]


def rows_of(records: Sequence[Any]) -> list[Row]:
    """Rows of the index for these records (``idx``, ``kind``, ``body``, ``at``), a row per place."""
    said = [(record, told(json.loads(record.body))) for record in records]
    known = _Known([each for _, each in said])
    made: list[Row] = []
    for record, each in said:
        shared = {
            "idx": record.idx, "kind": record.kind, "at": record.at, "holder": each.holder,
            "sender": each.sender,
            "retirement_id": each.retirement, "is_test": each.is_test,
        }  # fmt: skip
        made += [shared | place | {"part": part} for part, place in enumerate(known.places(each))]
    return made


class _Known:
    """Rows of the register by the names that records call them, looked up together."""

    def __init__(self, said: Sequence[Told]) -> None:
        places = [place for each in said for place in each.places]
        self.projects = {
            row.code: row.id
            for row in named(select(Project.code, Project.id), Project.code, {p.project for p in places})
        }
        self.lots = {
            row.code: row
            for row in named(
                select(PoolLot.code, PoolLot.id, PoolLot.project_id), PoolLot.code, {p.lot for p in places}
            )
        }
        self.blocks = {
            row.source_serial: row
            for row in named(
                select(Issuance.source_serial, Issuance.id, Issuance.project_id),
                Issuance.source_serial,
                {p.serial for p in places},
            )
        }
        self.again = _retired({each.retirement for each in said if each.is_again})

    def places(self, each: Told) -> list[Row]:
        if each.is_again:
            return self.again.get(each.retirement or "", [_row()])
        return [self._place(place) for place in each.places]

    def _place(self, place: Place) -> Row:
        lot, block = self.lots.get(place.lot), self.blocks.get(place.serial)
        grown_in = block or lot
        return _row(
            project_id=self.projects.get(place.project) or (grown_in.project_id if grown_in else None),
            lot_id=lot.id if lot else None, issuance_id=block.id if block else None,
            first_g=place.first_g, last_g=place.last_g, mass_g=place.grams,
        )  # fmt: skip


def _row(**known: Any) -> Row:
    names = ("project_id", "lot_id", "issuance_id", "first_g", "last_g", "mass_g")
    return dict.fromkeys(names) | known


def _retired(retirements: set[str | None]) -> dict[str, list[Row]]:
    """The grams of these retirements, for records that speak of them again."""
    found: dict[str, list[Row]] = {}
    query = (
        select(
            RetirementRange.retirement_id, RetirementRange.start_g, RetirementRange.end_g,
            Issuance.id, Issuance.project_id, Issuance.start_g.label("base"), Block.lot_id,
        )
        .join(Block, Block.id == RetirementRange.block_id)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .order_by(Issuance.vintage_start, RetirementRange.start_g)
    )  # fmt: skip
    for row in named(query, RetirementRange.retirement_id, retirements):
        place = _row(
            project_id=row.project_id, lot_id=row.lot_id, issuance_id=row.id,
            first_g=row.start_g - row.base + 1, last_g=row.end_g - row.base, mass_g=row.end_g - row.start_g,
        )  # fmt: skip
        found.setdefault(row.retirement_id, []).append(place)
    return found


def named(query: Any, name: Any, wanted: set[str | None]) -> Iterator[Any]:
    """The rows of ``query`` whose ``name`` is among these."""
    names = sorted(filter(None, wanted))
    for start in range(0, len(names), LOOKED_UP):
        yield from db.session.execute(query.where(name.in_(names[start : start + LOOKED_UP])))
