"""What an organiser does with an event's file: open it, keep inventories, freeze the last one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.footprint import policy
from portal.footprint.commands.saving import save_footprint
from portal.footprint.models import EventRecord, EventVersionRecord
from portal.footprint.queries import events as read
from portal.footprint.rules import activity, library
from portal.footprint.rules.attendees import merge
from portal.footprint.rules.events import (
    EXCLUSIONS_MAX,
    MODEL,
    TITLE_MAX,
    ActualsChanged,
    AlreadyFrozen,
    EventDraft,
    File,
    NothingToFreeze,
    NothingToStartFrom,
    NothingToTake,
    Origin,
    PlaceIsFixed,
    Stage,
    check_days,
    new_code,
)
from portal.footprint.rules.travel import days_of, people_of, travel_answers
from portal.kernel.actor import Actor
from portal.kernel.errors import InvalidInput, NotAllowed
from portal.kernel.ids import new_id


def open_event(actor: Actor, draft: EventDraft, now: datetime) -> str:
    """Open an event's file with the newest model, which it keeps; returns its ``evt_…``.

    Raises NoTitle, BadDays, UnknownRegion.
    """
    if not policy.may_keep_events(actor, draft.organisation_id):
        raise NotAllowed()
    draft.check()
    model = library.model(MODEL)
    model.place(draft.region)
    event_id = new_id("evt")
    with transaction() as session:
        session.add(
            EventRecord(
                id=event_id, owner_id=actor.id, organisation_id=draft.organisation_id, title=draft.title,
                region=draft.region, first_day=draft.first_day, last_day=draft.last_day, model_id=model.id,
                version=model.version, code=new_code(), created_at=now,
            )
        )  # fmt: skip
        audit.record(
            actor, "event.opened", event_id, now,
            model=model.id, version=model.version, organisation=draft.organisation_id,
        )  # fmt: skip
    return event_id


def change_event(actor: Actor, event_id: str, draft: EventDraft, now: datetime) -> None:
    """Correct title, days and, before the first inventory, the place; whose it is stays.

    Raises UnknownEvent, NoTitle, BadDays, UnknownRegion, PlaceIsFixed, AlreadyFrozen.
    """
    with transaction() as session:
        file = _alone_with(session, actor, event_id)
        draft.check()
        if file.is_frozen:
            raise AlreadyFrozen()
        if draft.region != file.event.region:
            library.model(file.event.model_id, file.event.version).place(draft.region)
            if file.newest:
                raise PlaceIsFixed()
        _set(
            session, event_id,
            title=draft.title, region=draft.region, first_day=draft.first_day, last_day=draft.last_day,
        )  # fmt: skip
        audit.record(actor, "event.changed", event_id, now)


def open_survey(actor: Actor, event_id: str, first: date, last: date, now: datetime) -> None:
    """Let attendees answer from the first to the last of these days. Raises UnknownEvent, BadDays."""
    with transaction() as session:
        file = _alone_with(session, actor, event_id)
        if file.is_frozen:
            raise AlreadyFrozen()
        check_days(first, last)
        _set(session, event_id, report_from=first, report_to=last)
        audit.record(actor, "event.survey_set", event_id, now, first=first.isoformat(), last=last.isoformat())


def keep_inventory(
    actor: Actor,
    event_id: str,
    stage: Stage,
    answers: Mapping[str, str],
    now: datetime,
    lang: str,
    origin: Origin = Origin.FORM,
    facts: Mapping[str, Any] | None = None,
) -> str:
    """Work out these answers and keep them as the newest inventory of the stage; returns its ``fpr_…``.

    Raises UnknownEvent, AlreadyFrozen, BadAnswer and its kin.
    """
    with transaction() as session:
        file = _alone_with(session, actor, event_id)
        if file.is_frozen:  # nor does the estimate that it was set beside move afterwards
            raise AlreadyFrozen()
        event, before = file.event, file.of(stage)
        footprint_id = save_footprint(
            actor, event.model_id, event.version, event.region, answers, now, lang,
            form="expert", stage=stage, previous_id=before[-1].footprint.id if before else None,
            label=event.title[:80],
        )  # fmt: skip
        _append(session, actor, file, stage, footprint_id, origin, facts or {}, now)
        audit.record(
            actor, "event.inventory_kept", event_id, now,
            stage=stage, footprint=footprint_id, origin=origin,
        )  # fmt: skip
    return footprint_id


def take_over(
    actor: Actor, event_id: str, *, reports: bool, activities: bool, now: datetime, lang: str
) -> str:
    """Make a new actual inventory from what attendees and meters said, over the newest answers there are.

    Raises UnknownEvent, NothingToTake, NothingToStartFrom, AlreadyFrozen, TooFewReports,
    MoreReportsThanPeople, BadAnswer and its kin.
    """
    with transaction() as session:
        file = _alone_with(session, actor, event_id)
        answers, facts = merged(file, reports=reports, activities=activities)
        return keep_inventory(actor, event_id, Stage.ACTUAL, answers, now, lang, Origin.MERGED, facts)


def merged(file: File, *, reports: bool, activities: bool) -> tuple[dict[str, str], dict[str, Any]]:
    """The answers that ``take_over`` would keep, and the facts beside them; nothing is written."""
    if not (reports or activities):
        raise NothingToTake()
    if file.newest is None:
        raise NothingToStartFrom()
    event = file.event
    model = library.model(event.model_id, event.version)
    answers, facts = dict(file.newest.footprint.answers), dict[str, Any]()
    if activities:
        rows = read.activities(event.id)
        if not rows:
            raise NothingToTake()
        answers |= activity.answers_of(read.sums_of(rows))
        facts["activities"] = len(rows)
        facts["sources"] = {
            source: sum(row.source == source for row in rows) for source in ("meter", "bill", "estimate")
        }
    if reports:
        found = merge(
            read.reports(event.id),
            people_of(model, event.region, answers),
            days_of(model, event.region, answers),
        )
        answers |= travel_answers(model, found)
        facts["reports"] = {
            "respondents": found.respondents, "people": found.people, "rate_pct": found.rate_pct,
            "sampling_pct": found.sampling_pct, "person_km": str(found.person_km),
            "low_pkm": str(found.low_pkm), "high_pkm": str(found.high_pkm),
        }  # fmt: skip
    return answers, facts


def freeze(actor: Actor, event_id: str, digest: str, exclusions: str, evaluator: str, now: datetime) -> None:
    """Declare the newest actual inventory final, for ever. ``digest`` is that of the one that was looked at.

    Raises UnknownEvent, AlreadyFrozen, NothingToFreeze, ActualsChanged.
    """
    with transaction() as session:
        file = _alone_with(session, actor, event_id)
        if file.actual is None:
            raise NothingToFreeze()
        if file.is_frozen:
            raise AlreadyFrozen()
        if file.actual.footprint.digest != digest:
            raise ActualsChanged()
        if len(exclusions) > EXCLUSIONS_MAX or len(evaluator) > TITLE_MAX:
            raise InvalidInput()
        facts = dict(file.actual.facts) | {"exclusions": exclusions, "evaluator": evaluator}
        _append(session, actor, file, Stage.ACTUAL, file.actual.footprint.id, Origin.FROZEN, facts, now)
        audit.record(actor, "event.frozen", event_id, now, footprint=file.actual.footprint.id, digest=digest)


def _alone_with(session: Session, actor: Actor, event_id: str) -> File:
    """The file as it is now, with nobody else at work on it until the transaction ends."""
    session.execute(select(EventRecord.id).where(EventRecord.id == event_id).with_for_update())
    return read.file_of(actor, event_id)


def _set(session: Session, event_id: str, **values: object) -> None:
    session.execute(update(EventRecord).where(EventRecord.id == event_id).values(**values))


def _append(
    session: Session,
    actor: Actor,
    file: File,
    stage: Stage,
    footprint_id: str,
    origin: Origin,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    session.flush()
    number = len(file.of(stage)) + 1
    session.execute(
        insert(EventVersionRecord).values(
            event_id=file.event.id, stage=stage, number=number, footprint_id=footprint_id, origin=origin,
            facts=dict(facts), actor_id=actor.id, at=now,
        )
    )  # fmt: skip
