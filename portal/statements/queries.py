"""Statements, read. What was emitted and what is retired is asked of the rooms that know it, never kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from portal.certificates.queries import CertificateView, for_subject
from portal.db import db
from portal.footprint.queries.events import frozen_inventory
from portal.footprint.rules.events import NothingToFreeze
from portal.footprint.rules.inventory import FrozenInventory
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass, total
from portal.registry.queries.register import retirements_for
from portal.statements import policy
from portal.statements.models import (
    ActionRecord,
    EvidenceRecord,
    ShareBatchRecord,
    ShareRecord,
    StatementRecord,
    VersionRecord,
)
from portal.statements.rules.plans import Action, Evidence, Plan, Stage, Standing, State, UnknownStatement
from portal.statements.rules.shares import Batch, UnknownShare


@dataclass(frozen=True, slots=True)
class VersionView:
    """What was published or declared at one time; a declaration has a certificate, a gross mass and facts."""

    number: int
    plan: Plan
    first_day: date
    last_day: date
    reason: str
    certificate: str | None
    gross: Mass | None
    facts: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement with all its versions and actions, the oldest first."""

    id: str
    event_id: str
    owner_id: str
    organisation_id: str | None
    lang: str
    state: State
    state_at: datetime
    created_at: datetime
    versions: tuple[VersionView, ...]
    actions: tuple[Action, ...]

    @property
    def newest(self) -> VersionView:
        return self.versions[-1]

    @property
    def declared(self) -> VersionView | None:
        """The newest declaration; it stays to be seen when the statement has lapsed or was withdrawn."""
        return self.newest if self.newest.certificate else None

    @property
    def declarations(self) -> tuple[VersionView, ...]:
        return tuple(version for version in self.versions if version.certificate)

    @property
    def executed(self) -> tuple[Action, ...]:
        return tuple(action for action in self.actions if action.is_executed)

    @property
    def gross(self) -> Mass | None:
        """What was declared as emitted, in whole kilograms, rounded up: never less than there was."""
        return Mass.kg(self.newest.gross.kg_up) if self.newest.gross else None

    @property
    def is_open(self) -> bool:
        """Whether actions and evidence may still be added."""
        return self.state is State.PUBLISHED


@dataclass(frozen=True, slots=True)
class Row:
    """A statement in a list."""

    id: str
    event_id: str
    state: State
    name: Bilingual
    organiser: str
    first_day: date
    last_day: date
    gross: Mass | None


# ---- one statement


def statement(statement_id: str) -> StatementView:
    """One statement; a published plan is for everybody to see. Raises UnknownStatement."""
    return _found(StatementRecord.id == statement_id)


def statement_of(event_id: str) -> StatementView | None:
    """The statement of an event, if its plan was published."""
    try:
        return _found(StatementRecord.event_id == event_id)
    except UnknownStatement:
        return None


def inventory_of(event_id: str) -> FrozenInventory | None:
    """The frozen actual inventory, once there is one."""
    try:
        return frozen_inventory(event_id)
    except NothingToFreeze:
        return None


def certified(event_id: str) -> list[CertificateView]:
    """The live certificates of what is retired for an event, the oldest retirement first."""
    found = (for_subject(retirement_id) for retirement_id in retirements_for(event_id))
    return [certificate for certificate in found if certificate is not None]


def standing(found: StatementView) -> Standing:
    """How far a statement is, as all rooms have it now."""
    inventory = inventory_of(found.event_id)
    return Standing(
        state=found.state, first_day=found.newest.first_day, last_day=found.newest.last_day,
        gross=inventory.gross if inventory else None,
        frozen_days=(inventory.first_day, inventory.last_day) if inventory else None,
        executed=len(found.executed), retired=total([each.mass for each in certified(found.event_id)]),
    )  # fmt: skip


# ---- lists


def wall(words: str = "", cursor: str = "", limit: int = 20) -> list[Row]:
    """Published statements, the newest first; ``words`` stand in a name, a venue or the organiser's name."""
    where: list[ColumnElement[bool]] = []
    for word in words.split():
        columns = (
            VersionRecord.name_zh, VersionRecord.name_en, VersionRecord.venue_zh, VersionRecord.venue_en,
            VersionRecord.organiser,
        )  # fmt: skip
        where.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if cursor:
        where.append(StatementRecord.id < cursor)
    return _rows(*where, limit=limit)


def statements_of(actor: Actor) -> list[Row]:
    """The actor's own statements and those of the actor's organisations, the newest first."""
    if not actor.is_person:
        return []
    own = StatementRecord.organisation_id.is_(None) & (StatementRecord.owner_id == actor.id)
    return _rows(or_(own, StatementRecord.organisation_id.in_(list(actor.organisations))))


def published() -> list[tuple[str, date]]:
    """Ids and last days of the statements that are still open, for those who watch over the time."""
    return [(row.id, row.last_day) for row in _rows(StatementRecord.state == State.PUBLISHED)]


def declared_ids() -> list[str]:
    query = select(StatementRecord.id).where(StatementRecord.state == State.DECLARED)
    return list(db.session.scalars(query.order_by(StatementRecord.id)))


def _rows(*where: ColumnElement[bool], limit: int | None = None) -> list[Row]:
    newest = (
        select(VersionRecord.statement_id, func.max(VersionRecord.number).label("number"))
        .group_by(VersionRecord.statement_id)
        .subquery()
    )
    query = (
        select(StatementRecord, VersionRecord)
        .join(newest, newest.c.statement_id == StatementRecord.id)
        .join(
            VersionRecord,
            (VersionRecord.statement_id == StatementRecord.id) & (VersionRecord.number == newest.c.number),
        )
        .where(*where)
        .order_by(StatementRecord.id.desc())
        .limit(limit)
    )
    return [
        Row(
            head.id, head.event_id, State(head.state), Bilingual(last.name_zh, last.name_en), last.organiser,
            last.first_day, last.last_day, last.gross,
        )
        for head, last in db.session.execute(query)
    ]  # fmt: skip


# ---- evidence


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file of evidence and whose it is."""

    owner_id: str
    organisation_id: str | None
    evidence: Evidence


def evidence(actor: Actor, evidence_id: str) -> EvidenceFile:
    """A file this actor may read. Raises UnknownStatement."""
    query = (
        select(EvidenceRecord, StatementRecord)
        .join(ActionRecord, ActionRecord.id == EvidenceRecord.action_id)
        .join(StatementRecord, StatementRecord.id == ActionRecord.statement_id)
        .where(EvidenceRecord.id == evidence_id)
    )
    row = db.session.execute(query).one_or_none()
    if row is None or not policy.may_read_evidence(actor, row[1], row[0].is_public):
        raise UnknownStatement()
    return EvidenceFile(row[1].owner_id, row[1].organisation_id, _evidence(row[0]))


# ---- shares


@dataclass(frozen=True, slots=True)
class ShareView:
    """One share and the statement it is a share of."""

    code: str
    number: int
    mass: Mass
    label: str
    statement: StatementView


def batches(statement_id: str) -> list[Batch]:
    query = select(ShareBatchRecord).where(ShareBatchRecord.statement_id == statement_id)
    rows = db.session.scalars(query.order_by(ShareBatchRecord.id))
    return [Batch(row.id, row.count, row.each, row.label, row.at) for row in rows]


def codes(batch_id: str, after: int = 0, limit: int | None = None) -> list[tuple[int, str]]:
    """Numbers and codes of a batch, in order."""
    query = select(ShareRecord.number, ShareRecord.code).where(
        ShareRecord.batch_id == batch_id, ShareRecord.number > after
    )
    return [
        (row.number, row.code) for row in db.session.execute(query.order_by(ShareRecord.number).limit(limit))
    ]


def share(code: str) -> ShareView:
    """The share with this code, for whoever has it. Raises UnknownShare."""
    query = (
        select(ShareRecord, ShareBatchRecord)
        .join(ShareBatchRecord, ShareBatchRecord.id == ShareRecord.batch_id)
        .where(ShareRecord.code == code)
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownShare()
    one, batch = row
    return ShareView(one.code, one.number, batch.each, batch.label, statement(batch.statement_id))


# ---- rows to values


def _found(condition: ColumnElement[bool]) -> StatementView:
    row = db.session.execute(select(StatementRecord).where(condition)).scalar_one_or_none()
    if row is None:
        raise UnknownStatement()
    versions = db.session.scalars(
        select(VersionRecord).where(VersionRecord.statement_id == row.id).order_by(VersionRecord.number)
    )
    return StatementView(
        id=row.id, event_id=row.event_id, owner_id=row.owner_id, organisation_id=row.organisation_id,
        lang=row.lang, state=State(row.state), state_at=row.state_at, created_at=row.created_at,
        versions=tuple(_version(each) for each in versions), actions=tuple(_actions(row.id)),
    )  # fmt: skip


def _version(row: VersionRecord) -> VersionView:
    plan = Plan(
        Bilingual(row.name_zh, row.name_en), Bilingual(row.venue_zh, row.venue_en), row.organiser,
        Bilingual(row.notes_zh, row.notes_en),
    )  # fmt: skip
    return VersionView(
        row.number, plan, row.first_day, row.last_day, row.reason, row.certificate, row.gross,
        row.facts or {}, row.at,
    )  # fmt: skip


def _actions(statement_id: str) -> Iterable[Action]:
    shown = defaultdict[str, list[Evidence]](list)
    files = (
        select(EvidenceRecord)
        .join(ActionRecord, ActionRecord.id == EvidenceRecord.action_id)
        .where(ActionRecord.statement_id == statement_id)
        .order_by(EvidenceRecord.at, EvidenceRecord.id)
    )
    for row in db.session.scalars(files):
        shown[row.action_id].append(_evidence(row))
    actions = (
        select(ActionRecord).where(ActionRecord.statement_id == statement_id).order_by(ActionRecord.number)
    )
    for each in db.session.scalars(actions):
        text = Bilingual(each.text_zh, each.text_en)
        yield Action(each.id, each.number, text, each.at, tuple(shown[each.id]))


def _evidence(row: EvidenceRecord) -> Evidence:
    return Evidence(row.id, row.done_on, row.sha256, row.media_type, row.is_public, row.at)


def stage(found: StatementView, today: date) -> Stage:
    """The next step of a statement."""
    return standing(found).stage(today)
