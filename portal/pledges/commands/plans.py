"""What can be done with a plan: add actions, mark them done, drop them."""

from datetime import datetime

from sqlalchemy import update

from portal import audit
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.pledges.commands.evidence import tended
from portal.pledges.models.course import PlannedAction
from portal.pledges.queries.course import plan
from portal.pledges.rules import plans
from portal.pledges.rules.plans import Action, ActionIsPlanned, UnknownAction


def plan_action(actor: Actor, pledge_id: str, action: Action, now: datetime) -> None:
    """Add an action to the plan; the same form sent twice adds one.

    Raises UnknownPledge, PledgeIsOver, TitleMissing, TextTooLong, PlanIsFull, ActionYearOutOfRange,
    ActionIsPlanned.
    """
    with transaction() as session:
        tended(session, actor, pledge_id)
        if session.get(PlannedAction, action.id) is not None:
            return
        planned = plan(pledge_id)
        plans.check_action(action, len(planned), clock.day_of(now).year)
        if action.key and action.key in {each.key for each in planned}:
            raise ActionIsPlanned()
        session.add(
            PlannedAction(
                id=action.id, pledge_id=pledge_id, key=action.key, title=action.title, saves=action.saves,
                year=action.year, made_at=now,
            )
        )  # fmt: skip
        audit.record(actor, "pledge.planned", pledge_id, now, action=action.id)


def finish_action(actor: Actor, pledge_id: str, action_id: str, now: datetime) -> None:
    """Mark an action as done, once. Raises UnknownPledge, PledgeIsOver, UnknownAction."""
    _settle(actor, pledge_id, action_id, "done", now)


def drop_action(actor: Actor, pledge_id: str, action_id: str, now: datetime) -> None:
    """Take an action that is not done out of the plan. Raises UnknownPledge, PledgeIsOver, UnknownAction."""
    _settle(actor, pledge_id, action_id, "dropped", now)


def _settle(actor: Actor, pledge_id: str, action_id: str, how: str, now: datetime) -> None:
    with transaction() as session:
        tended(session, actor, pledge_id)
        settled = session.execute(
            update(PlannedAction)
            .where(
                PlannedAction.id == action_id, PlannedAction.pledge_id == pledge_id,
                PlannedAction.done_at.is_(None), PlannedAction.dropped_at.is_(None),
            )
            .values({f"{how}_at": now})
        )  # fmt: skip
        if not settled.rowcount:  # type: ignore[attr-defined]
            raise UnknownAction()
        audit.record(actor, f"pledge.action_{how}", pledge_id, now, action=action_id)
