"""Retirements and the buffer, counted by day, for reports."""

from collections import Counter
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from portal import tallies
from portal.db import db
from portal.kernel.clock import day_of
from portal.kernel.tally import Counts, Of
from portal.registry.models import (
    Block,
    Cancellation,
    Issuance,
    Project,
    Retirement,
    RetirementRange,
    RetirementVoid,
)
from portal.registry.rules.accounts import CancelReason

RETIREMENTS: Final = {False: "retirements", True: "retirements.test"}
BUFFER: Final = "buffer"


def retired_between(test: bool, first: datetime, end: datetime) -> Counts:
    """``retired`` grams by project; ``retirements``: how many; ``voided``: grams whose claim was lost."""
    found: Counter[Of] = Counter()
    is_then = (Retirement.at >= first, Retirement.at < end, Retirement.test == test)
    by_project = (
        select(Project.code, func.sum(RetirementRange.end_g - RetirementRange.start_g).label("grams"))
        .join(Retirement, Retirement.id == RetirementRange.retirement_id)
        .join(Block, Block.id == RetirementRange.block_id)
        .join(Issuance, Issuance.id == Block.issuance_id)
        .join(Project, Project.id == Issuance.project_id)
        .where(*is_then)
        .group_by(Project.code)
    )
    for row in db.session.execute(by_project):
        found[Of("retired", row.code, "g")] = int(row.grams)
    times = select(func.count()).select_from(Retirement).where(*is_then)
    found[Of("retirements", "", "")] = db.session.execute(times).scalar_one()
    voided = (
        select(func.coalesce(func.sum(Retirement.mass_g), 0))
        .join(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .where(Retirement.test == test, RetirementVoid.at >= first, RetirementVoid.at < end)
    )
    found[Of("voided", "", "g")] = int(db.session.execute(voided).scalar_one())
    return found


def buffer_between(first: datetime, end: datetime) -> Counts:
    """Grams that went into the buffer, by project, and what losses of forest took out of it."""
    found: Counter[Of] = Counter()
    filled = (
        select(Project.code, func.sum(Issuance.end_g - Issuance.start_g).label("grams"))
        .join(Project, Project.id == Issuance.project_id)
        .where(Issuance.for_buffer, Issuance.issued_on >= day_of(first), Issuance.issued_on < day_of(end))
        .group_by(Project.code)
    )
    for row in db.session.execute(filled):
        found[Of("buffer_in", row.code, "g")] = int(row.grams)
    taken = select(func.coalesce(func.sum(Cancellation.mass_g), 0)).where(
        Cancellation.reason == CancelReason.REVERSAL, Cancellation.at >= first, Cancellation.at < end
    )
    found[Of("buffer_out", "", "g")] = int(db.session.execute(taken).scalar_one())
    return found


def _first() -> datetime | None:
    return db.session.execute(select(func.min(Retirement.at))).scalar_one()


def _first_of_buffer() -> datetime | None:
    day = db.session.execute(select(func.min(Issuance.issued_on)).where(Issuance.for_buffer)).scalar_one()
    return tallies.span(day, day)[0] if day else None


@tallies.source(RETIREMENTS[False], _first)
def _retired(first: datetime, end: datetime) -> Counts:
    return retired_between(False, first, end)


@tallies.source(RETIREMENTS[True], _first)
def _test_retired(first: datetime, end: datetime) -> Counts:
    return retired_between(True, first, end)


tallies.source(BUFFER, _first_of_buffer)(buffer_between)
