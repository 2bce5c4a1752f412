"""Projects, lots, serials, accounts, imports and log entries by whatever somebody at the desk has in hand."""

from sqlalchemy import func, or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.hit import Hit
from portal.registry import policy
from portal.registry.models import Account, Entry, ImportRun, PoolLot, Project, Record
from portal.registry.queries import register
from portal.registry.rules.records import KINDS
from portal.registry.rules.serials import UnreadableSerial


def projects(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By code, or a part of a name in either language. Raises NotAllowed."""
    _check(actor)
    named = or_(
        Project.code.startswith(typed.upper(), autoescape=True),
        Project.name_zh.contains(typed, autoescape=True),
        func.lower(Project.name_en).contains(typed.lower(), autoescape=True),
    )
    rows = db.session.scalars(select(Project).where(named).order_by(Project.code).limit(limit))
    return [Hit("project", row.code, row.name_zh or row.name_en, row.code) for row in rows]


def lots(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By a part of the code, or the retirement record. Raises NotAllowed."""
    _check(actor)
    which = or_(PoolLot.code.contains(typed.upper(), autoescape=True), PoolLot.retirement_reference == typed)
    rows = db.session.scalars(select(PoolLot).where(which).order_by(PoolLot.code).limit(limit))
    return [Hit("lot", row.code, row.code, row.retirement_reference) for row in rows]


def serials(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By a serial, or one inside a range. Raises NotAllowed."""
    _check(actor)
    try:
        found = register.find(typed, limit)
    except UnreadableSerial:
        return []
    return [Hit("serial", each.serial, each.serial, each.project.code) for each in found]


def entries(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """Of the transparency log: by place, or by the id of what is recorded. Raises NotAllowed."""
    _check(actor)
    is_place = typed.isascii() and typed.isdecimal() and len(typed) <= 12
    # With the kinds named, the unique index of facts finds the subject.
    about = Record.kind.in_(list(KINDS)) & (Record.subject_id == typed)
    which = Entry.idx == int(typed) if is_place else about
    rows = db.session.execute(
        select(Entry.idx, Record.kind, Record.subject_id)
        .join(Record, Record.id == Entry.record_id)
        .where(which)
        .limit(limit)
    )
    return [Hit("entry", str(row.idx), f"{row.idx} · {row.kind}", row.subject_id) for row in rows]


def accounts(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """Of the registry: by id, by the code it is named by in public, or by whose it is. Raises NotAllowed."""
    _check(actor)
    which = or_(Account.id == typed, Account.code == typed.upper(), Account.party_id == typed)
    rows = db.session.scalars(select(Account).where(which).order_by(Account.id).limit(limit))
    return [Hit("account", row.id, row.code or row.id, row.kind) for row in rows]


def imports(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, or the beginning of the file's name. Raises NotAllowed."""
    _check(actor)
    which = or_(ImportRun.id == typed, ImportRun.file_name.startswith(typed, autoescape=True))
    rows = db.session.scalars(select(ImportRun).where(which).order_by(ImportRun.id.desc()).limit(limit))
    return [Hit("import", row.id, row.file_name, row.layout) for row in rows]


def _check(actor: Actor) -> None:
    if not policy.may_read_desk(actor):
        raise NotAllowed()
