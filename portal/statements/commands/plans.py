"""The plan of an event: published before it, changed until it is over, withdrawn for good."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select

from portal import audit
from portal.certificates import commands as certificates
from portal.certificates.rules.states import Reason
from portal.db import transaction
from portal.footprint.queries.events import event as event_file
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.statements import policy
from portal.statements.commands.actions import add_rows
from portal.statements.commands.keeping import append, check_words, move, spoken_for
from portal.statements.models import StatementRecord
from portal.statements.rules.plans import (
    OPEN,
    ActionMissing,
    AlreadyPlanned,
    NothingChanged,
    NotOpen,
    Plan,
    PlanIsFixed,
    State,
    check_action,
    check_plan_in_time,
)

SPEAKER = Actor.system("statements")


def publish(
    actor: Actor, event_id: str, plan: Plan, actions: Sequence[Bilingual], lang: str, now: datetime
) -> str:
    """Publish the plan of an event with what is to be done to emit less; returns its ``sta_…``.

    Raises UnknownEvent, PlanTooLate, AlreadyPlanned, ActionMissing, NameMissing, OrganiserMissing, TooLong,
    TooManyActions, ClaimRefused, NotAboutThisEvent.
    """
    found = event_file(actor, event_id)
    if not policy.may_speak(actor, found):
        raise NotAllowed()
    _check(plan, actions)
    check_plan_in_time(found.first_day, clock.day_of(now))
    statement_id = new_id("sta")
    with transaction() as session:
        known = session.execute(select(StatementRecord.id).where(StatementRecord.event_id == event_id))
        if known.first():
            raise AlreadyPlanned()
        session.execute(
            insert(StatementRecord).values(
                id=statement_id, event_id=event_id, owner_id=found.owner_id,
                organisation_id=found.organisation_id, lang=lang, state=State.PUBLISHED, state_at=now,
                created_at=now,
            )
        )  # fmt: skip
        append(session, actor, statement_id, 1, plan, (found.first_day, found.last_day), "", now)
        add_rows(session, actor, statement_id, 1, actions, now)
        audit.record(actor, "statement.published", statement_id, now, event=event_id, actions=len(actions))
    return statement_id


def change(actor: Actor, statement_id: str, plan: Plan, reason: str, now: datetime) -> None:
    """Publish a new version of the plan, with the days that the event's file has now; the old one stays.

    Raises UnknownStatement, NotOpen, PlanIsFixed, NothingChanged and the words' and lengths' errors.
    """
    with transaction() as session:
        found = spoken_for(session, actor, statement_id)
        plan.check()
        check_words(plan.typed | {"reason": reason})
        if found.state is not State.PUBLISHED:
            raise NotOpen()
        before, event = found.newest, event_file(actor, found.event_id)
        if clock.day_of(now) > before.last_day:
            raise PlanIsFixed()
        days = (event.first_day, event.last_day)
        if (plan, days) == (before.plan, (before.first_day, before.last_day)):
            raise NothingChanged()
        append(session, actor, statement_id, before.number + 1, plan, days, reason, now)
        audit.record(actor, "statement.changed", statement_id, now, version=before.number + 1)


def withdraw(actor: Actor, statement_id: str, now: datetime) -> None:
    """Take a plan or a declaration back, for good; it stays to be seen, and its certificate is revoked.

    Raises UnknownStatement, NotOpen.
    """
    with transaction() as session:
        found = spoken_for(session, actor, statement_id)
        if found.state not in OPEN:
            raise NotOpen()
        if found.declared and found.declared.certificate:
            certificates.revoke(SPEAKER, found.declared.certificate, Reason.REQUESTED.value, now)
        move(session, statement_id, State.WITHDRAWN, now)
        audit.record(actor, "statement.withdrawn", statement_id, now)


def _check(plan: Plan, actions: Sequence[Bilingual]) -> None:
    plan.check()
    if not actions:
        raise ActionMissing()
    for text in actions:
        check_action(text)
    check_words(plan.typed | {f"{n}{side}": text for n, pair in enumerate(actions)
                              for side, text in (("zh", pair.zh), ("en", pair.en))})  # fmt: skip
