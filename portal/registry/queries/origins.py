"""Of which projects the grams of an order are, and what projects are called: for who is owed their price."""

from collections.abc import Collection

from sqlalchemy import bindparam, func, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.registry.models import Block, Issuance, Project

_block, _issuance, _project = Block.__table__, Issuance.__table__, Project.__table__
# Built once: putting a statement together costs more than having it done.
_GRAMS = (
    select(_block.c.line_id, _project.c.code, func.sum(_block.c.end_g - _block.c.start_g).label("grams"))
    .join_from(_block, _issuance, _issuance.c.id == _block.c.issuance_id)
    .join(_project, _project.c.id == _issuance.c.project_id)
    .where(_block.c.hold_id == bindparam("hold_id"))
    .group_by(_block.c.line_id, _project.c.code)
)


def grams_by_project(hold_id: str) -> dict[str, dict[str, int]]:
    """Order line → project's code → grams that are held for it."""
    found: dict[str, dict[str, int]] = {}
    for row in db.session.connection().execute(_GRAMS, {"hold_id": hold_id}):
        found.setdefault(row.line_id, {})[row.code] = int(row.grams)
    return found


def names_of(codes: Collection[str]) -> dict[str, Bilingual]:
    """The names of these projects; one that does not exist is not in the answer."""
    rows = db.session.execute(
        select(Project.code, Project.name_zh, Project.name_en).where(Project.code.in_(codes))
    )
    return {row.code: Bilingual(row.name_zh, row.name_en) for row in rows}
