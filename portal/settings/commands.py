"""Changing a setting: proposed with a reason, looked at, then confirmed, refused or withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from portal import audit
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.settings import policy, queries
from portal.settings.models import SettingChange, SettingVerdict
from portal.settings.rules import versions
from portal.settings.rules.checks import checked
from portal.settings.rules.versions import Verdict


def propose(
    actor: Actor,
    key: str,
    values: Mapping[str, Any],
    reason: str,
    from_at: datetime | None,
    based_on: int,
    now: datetime,
) -> str:
    """Write down what a sheet should hold; the change's id. Nothing is in force yet.

    Raises NoSuchSheet, BadSetting, ReasonWanted, NothingChanged, ChangedMeanwhile.
    """
    sheet = queries.sheet_of(key)
    if not policy.may_change(actor, moves_money=sheet.moves_money):
        raise NotAllowed()
    content = checked(sheet, values)
    reason = versions.check_reason(reason)
    with transaction() as session:
        known = queries.book().at(key, now)
        if (known.number if known else 0) != based_on:
            raise versions.ChangedMeanwhile()
        if known and known.values == content and from_at is None:
            raise versions.NothingChanged()
        change_id = new_id("set")
        session.execute(
            insert(SettingChange).values(
                id=change_id, sheet=key, content=content, needs_two=sheet.moves_money, from_at=from_at,
                reason=reason, based_on=based_on, proposed_by=actor.id, proposed_at=now,
            )
        )  # fmt: skip
        audit.record(actor, "setting.propose", change_id, now, sheet=key, reason=reason)
    return change_id


def decide(actor: Actor, change_id: str, verdict: Verdict, note: str, now: datetime) -> None:
    """Confirm, refuse or withdraw. What is confirmed is in force from its moment, never earlier than now.

    Raises NoSuchChange, ChangeDecided, SecondPersonWanted, NotYours, ChangedMeanwhile.
    """
    found = queries.change(actor, change_id)
    if not policy.may_change(actor, moves_money=found.needs_two):
        raise NotAllowed()
    with transaction() as session:
        alone(session, "settings")
        found = queries.change(actor, change_id)
        if found.verdict is not None:
            raise versions.ChangeDecided()
        versions.check_verdict(verdict, found.proposed_by, actor.id, needs_two=found.needs_two)
        is_confirmed = verdict is Verdict.CONFIRMED
        if is_confirmed:
            known = queries.book().at(found.sheet, now)
            if (known.number if known else 0) != found.based_on:
                raise versions.ChangedMeanwhile()
        last = session.execute(select(func.max(SettingVerdict.number))).scalar_one() or 0
        session.execute(
            insert(SettingVerdict).values(
                change_id=change_id, verdict=verdict, note=note.strip(), decided_by=actor.id, decided_at=now,
                number=last + 1 if is_confirmed else None,
                takes_effect_at=max(found.from_at or now, now) if is_confirmed else None,
            )
        )  # fmt: skip
        audit.record(actor, f"setting.{verdict.value}", change_id, now, sheet=found.sheet, note=note.strip())
