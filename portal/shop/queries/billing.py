"""Papers about money: what an order has, and what waits for staff."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money
from portal.shop import policy
from portal.shop.models.billing import Fapiao, FapiaoEntry, FapiaoFile, FapiaoParty, Paper, PaperParty
from portal.shop.rules.billing import (
    FAPIAO_OVER,
    FAPIAO_WORK,
    BillTo,
    FapiaoState,
    NoSuchPaper,
    PaperKind,
    TitleKind,
)
from portal.shop.rules.fapiao_files import NoSuchFapiaoFile

_papers, _parties = Paper.__table__, PaperParty.__table__
_fapiao, _titles, _told = Fapiao.__table__, FapiaoParty.__table__, FapiaoEntry.__table__


@dataclass(frozen=True, slots=True)
class PaperView:
    """An invoice or credit note. ``to`` is None once whom it was made out to is forgotten."""

    id: str
    number: str
    kind: PaperKind
    order_id: str
    refund_id: str | None
    of_number: str | None  # of a credit note: the invoice that it takes back from
    amount: Money
    test: bool
    to: BillTo | None
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class FapiaoView:
    """``title``, ``tax_number`` and ``email`` are empty once the person is forgotten."""

    id: str
    order_id: str
    state: FapiaoState
    amount: Money
    kind: TitleKind | None
    title: str
    tax_number: str
    email: str
    number: str | None
    issued_on: date | None
    red_number: str | None
    reason: str
    test: bool
    asked_at: datetime
    changed_at: datetime

    @property
    def is_over(self) -> bool:
        return self.state in FAPIAO_OVER


@dataclass(frozen=True, slots=True)
class FapiaoLine:
    """A line of a fapiao's history."""

    event: str
    state: FapiaoState
    note: str
    actor_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FapiaoFileView:
    """``media_type`` is pdf, ofd or xml; ``size`` in bytes; ``is_red`` of the one that cancels."""

    id: str
    fapiao_id: str
    is_red: bool
    media_type: str
    sha256: str
    size: int
    given_by: str
    given_at: datetime


def papers_of(order_id: str) -> list[PaperView]:
    """The order's invoice and its credit notes, oldest first."""
    return [_paper(row) for row in db.session.execute(_papers_where(_papers.c.order_id == order_id))]


def paper(order_id: str, number: str) -> PaperView:
    """Raises NoSuchPaper. Whether somebody may see the order is for the caller to ask."""
    wanted = _papers_where(_papers.c.order_id == order_id, _papers.c.number == number)
    row = db.session.execute(wanted).one_or_none()
    if row is None:
        raise NoSuchPaper()
    return _paper(row)


def _papers_where(*conditions: Any) -> Select[Any]:
    invoice = _papers.alias("invoice")
    return (
        select(
            _papers,
            invoice.c.number.label("of_number"),
            _parties.c.title,
            _parties.c.address,
            _parties.c.tax_number,
        )
        .join_from(_papers, invoice, invoice.c.id == _papers.c.of_id, isouter=True)
        .join(_parties, _parties.c.paper_id == func.coalesce(_papers.c.of_id, _papers.c.id), isouter=True)
        .where(*conditions)
        .order_by(_papers.c.issued_at, _papers.c.kind.desc(), _papers.c.place)
    )


def _paper(row: Any) -> PaperView:
    return PaperView(
        row.id,
        row.number,
        PaperKind(row.kind),
        row.order_id,
        row.refund_id,
        row.of_number,
        Money(row.amount_minor, row.currency),
        row.test,
        BillTo(row.title, row.address, row.tax_number) if row.title else None,
        row.issued_at,
    )


def fapiao_of(order_id: str) -> list[FapiaoView]:
    """All that were asked for, the newest first."""
    wanted = _fapiao_where(_fapiao.c.order_id == order_id).order_by(_fapiao.c.asked_at.desc())
    return [_fapiao_view(row) for row in db.session.execute(wanted)]


def fapiao(actor: Actor, fapiao_id: str) -> FapiaoView:
    """For the desk. Raises NotAllowed, NoSuchPaper."""
    _check_desk(actor)
    row = db.session.execute(_fapiao_where(_fapiao.c.id == fapiao_id)).one_or_none()
    if row is None:
        raise NoSuchPaper()
    return _fapiao_view(row)


def files_of(fapiao_id: str) -> list[FapiaoFileView]:
    """Files of a fapiao, the oldest first. Whether somebody may see it is for the caller to ask."""
    rows = db.session.scalars(
        select(FapiaoFile).where(FapiaoFile.fapiao_id == fapiao_id).order_by(FapiaoFile.id)
    )
    return [
        FapiaoFileView(
            row.id, row.fapiao_id, row.is_red, row.media_type, row.sha256, row.size, row.given_by,
            row.given_at,
        )
        for row in rows
    ]  # fmt: skip


def fapiao_file(fapiao_id: str, file_id: str) -> FapiaoFileView:
    """One of a fapiao's files. Raises NoSuchFapiaoFile."""
    found = next((each for each in files_of(fapiao_id) if each.id == file_id), None)
    if found is None:
        raise NoSuchFapiaoFile()
    return found


def fapiao_history(fapiao_id: str) -> list[FapiaoLine]:
    rows = db.session.execute(
        select(_told).where(_told.c.fapiao_id == fapiao_id).order_by(_told.c.at, _told.c.id)
    )
    return [FapiaoLine(r.event, FapiaoState(r.to_state), r.note, r.actor_id, r.at) for r in rows]


def fapiao_at_desk(actor: Actor, state: str = "", cursor: str = "", size: int = 50) -> list[FapiaoView]:
    """What staff have to do, the longest waiting first; or all of one state. Raises NotAllowed."""
    _check_desk(actor)
    states = [state] if state else list(FAPIAO_WORK)
    wanted = _fapiao_where(_fapiao.c.state.in_(states)).order_by(_fapiao.c.id).limit(size + 1)
    if cursor:
        wanted = wanted.where(_fapiao.c.id > cursor)
    return [_fapiao_view(row) for row in db.session.execute(wanted)]


def _check_desk(actor: Actor) -> None:
    if not policy.may_read_desk(actor) and not actor.is_system:
        raise NotAllowed()


def _fapiao_where(*conditions: Any) -> Select[Any]:
    return (
        select(_fapiao, _titles.c.kind, _titles.c.title, _titles.c.tax_number, _titles.c.email)
        .join_from(_fapiao, _titles, _titles.c.fapiao_id == _fapiao.c.id, isouter=True)
        .where(*conditions)
    )


def _fapiao_view(row: Any) -> FapiaoView:
    return FapiaoView(
        row.id,
        row.order_id,
        FapiaoState(row.state),
        Money(row.amount_minor, row.currency),
        TitleKind(row.kind) if row.kind else None,
        row.title or "",
        row.tax_number or "",
        row.email or "",
        row.number,
        row.issued_on,
        row.red_number,
        row.reason,
        row.test,
        row.asked_at,
        row.changed_at,
    )
