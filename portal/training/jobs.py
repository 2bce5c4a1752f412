"""Background work of the room: reminding learners who have been away, asking what became of a class, and
rechecking published questions."""

from datetime import datetime
from typing import Any

from portal import jobs
from portal.accounts.queries import role_holders
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.training.commands.following import FOLLOW_UP, ask, put_off
from portal.training.commands.letters import follow_up_letter
from portal.training.commands.nudging import remind
from portal.training.commands.rechecking import tell_to_recheck
from portal.training.queries.cohorts import running
from portal.training.queries.following import due
from portal.training.queries.learners import enrolled
from portal.training.queries.rechecking import items_to_recheck
from portal.training.queries.today import today
from portal.training.rules.classes import CohortView
from portal.training.rules.needs import IdleFor, NeverHere
from portal.training.rules.nudging import due_at, is_quiet
from portal.web.letters import send_letter

KEEPER = Actor.system("training")


@jobs.every(seconds=6 * 3600)
def remind_idle() -> None:
    """Who has never come, or not for a good week, gets one letter a fortnight at most."""
    now = clock.now()
    awake = {each.id: each for each in running(now) if not is_quiet(now, each.zone)}
    jobs.each(awake, lambda cohort_id: _remind(awake[cohort_id], now))


def _remind(cohort: CohortView, now: datetime) -> None:
    idle = [
        each.row.member.enrolment_id
        for each in today(cohort, now).in_need
        if any(isinstance(need.why, IdleFor | NeverHere) for need in each.needs)
    ]
    if idle:
        remind(KEEPER, cohort.id, idle, now)


@jobs.every(seconds=24 * 3600)
def recheck() -> None:
    """Editors are written to, once, when a factor, model or rule behind published questions has changed."""
    found = items_to_recheck()
    if found:
        editors = [each.person.id for each in role_holders() if Role.EDITOR in each.roles]
        tell_to_recheck(KEEPER, found, editors, clock.now())


@jobs.every(seconds=3600)
def ask_again() -> None:
    """Whose class ended six or twelve months ago, and who agreed to it, is asked what became of it."""
    now = clock.now()
    jobs.each(due(now), lambda turn: ask(KEEPER, turn.enrolment_id, turn.months, now))


@jobs.handles(FOLLOW_UP)
def follow_up(payload: dict[str, Any]) -> None:
    """Write the letter that asks, unless it is wanted no more; at night it waits for the morning."""
    enrolment_id, months, now = payload["enrolment_id"], payload["months"], clock.now()
    letter = follow_up_letter(enrolment_id, months)
    if letter is None:
        return
    zone = enrolled(enrolment_id).zone
    if is_quiet(now, zone):
        put_off(enrolment_id, months, due_at(now, zone), now)
        return
    send_letter(letter)
