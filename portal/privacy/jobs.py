"""Background work of privacy: copies are packed and removed, people forgotten when their day has come."""

from datetime import datetime
from typing import Any

import structlog

from portal import jobs
from portal.accounts import queries as people
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.privacy import packing
from portal.privacy.commands import copies, erasing, retaining, tying
from portal.privacy.letters import copy_address, erasure_address, order_address
from portal.privacy.queries import copies as known
from portal.privacy.queries import erasures, pupils
from portal.privacy.queries.subjects import subject_of, subject_of_order
from portal.privacy.rules.copies import CopyState
from portal.privacy.rules.retention import Period, periods
from portal.web.letters import send_letter

KEEPER = Actor.system("privacy")
log = structlog.get_logger("privacy")


@jobs.handles(copies.PACK)
def pack(payload: dict[str, Any]) -> None:
    """Pack a copy and write to its owner. Done twice, it is the same file and one letter."""
    found = known.copy(KEEPER, payload["id"])
    if found.state is not CopyState.ASKED:
        return
    subject = subject_of(found.person_id) if found.person_id else subject_of_order(found.order_id)
    made = packing.pack(
        found.id, subject, found.lang, clock.now(),
        lambda done, total: copies.progressed(KEEPER, found.id, done, total),
    )  # fmt: skip
    to = people.person(found.person_id).email if found.person_id else order_address(found.order_id)
    copies.packed(KEEPER, found.id, made.size, made.sha256, to, copy_address(found.lang, found), clock.now())


@jobs.handles(erasing.ASKED_LETTER)
def write_erasure_letter(payload: dict[str, Any]) -> None:
    """Tell the person what will happen and when, with the link that undoes it."""
    found = erasures.erasure(KEEPER, payload["id"])
    to = people.person(found.person_id).email if found.person_id else order_address(found.order_id)
    if not to or not found.is_waiting:
        return
    send_letter({
        "id": f"erasure.{found.id}", "to": to, "lang": found.lang, "template": "privacy/letter_erasure",
        "facts": {"due_at": found.due_at, "link": erasure_address(found.lang, found.id)},
    })  # fmt: skip


@jobs.every(seconds=600)
def forget_who_asked() -> None:
    """Carry out what is due, and delete the files of copies whose days are over."""
    now = clock.now()
    jobs.each(erasures.due(now), lambda erasure_id: erasing.carry_out(KEEPER, erasure_id, now))
    jobs.each(known.expired(now), lambda copy_id: _remove(copy_id, now))
    packing.sweep(now)


def _remove(copy_id: str, now: datetime) -> None:
    packing.file_of(copy_id).unlink(missing_ok=True)
    copies.gone(KEEPER, copy_id, now)


@jobs.every(seconds=600)
def seat_pledges_of_pupils() -> None:
    """What a pupil promises counts in the group of the class."""
    now = clock.now()
    jobs.each(pupils.unseated(), lambda each: tying.seat_pledge(KEEPER, each, now))


@jobs.every(seconds=24 * 3600)
def apply_periods() -> None:
    """Delete and empty what has had its time."""
    now = clock.now()
    jobs.each(periods(), lambda period: _apply(period, now))


def _apply(period: Period, now: datetime) -> None:
    if rows := retaining.apply(KEEPER, period, now).rows:
        log.info("period applied", period=period.id, rows=rows)
