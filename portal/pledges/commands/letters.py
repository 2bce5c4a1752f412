"""Follow-up letters: wanted, confirmed, written when due and never at night, ended by one click."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import audit, consents, jobs
from portal.audit import Wanted
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.pledges import policy
from portal.pledges.models.letters import PledgeLetters
from portal.pledges.queries import letters as read
from portal.pledges.queries.promise import pledge
from portal.pledges.rules import letters
from portal.pledges.rules.drafts import Draft
from portal.pledges.rules.letters import NoAddress, NoLettersWanted, RemindedLately, UnknownSubscription

FOLLOW_UP = "pledges.follow_up"
REMINDED = "pledge.reminded"


def begin(actor: Actor, draft: Draft, now: datetime) -> str:
    """Note that letters are wanted, beside the pledge that is made; returns the id of these letters.

    A person's own confirmed address needs no more; an address that a guest gives is confirmed by its link.
    Raises NoAddress.
    """
    if not actor.is_person and not draft.email:
        raise NoAddress()
    letters_id = new_id("plt")
    first = letters.stage_day(clock.day_of(now), draft.year, 0)
    with transaction() as session:
        session.add(
            PledgeLetters(
                id=letters_id, pledge_id=draft.id, person_id=actor.id if actor.is_person else "",
                email="" if actor.is_person else draft.email, lang=draft.lang, made_at=now,
                confirmed_at=now if actor.is_person else None, stage=0,
                next_at=letters.instant_of(first) if first else None,
            )
        )  # fmt: skip
        consents.record(actor, consents.LETTERS, letters_id, True, now)
    return letters_id


def confirm(actor: Actor, letters_id: str, now: datetime) -> None:
    """Yes, write to me. Twice is once. Raises UnknownSubscription."""
    _set(actor, letters_id, "pledge.letters_confirmed", now, confirmed_at=now)


def unsubscribe(actor: Actor, letters_id: str, now: datetime) -> None:
    """No more letters; a guest's address is erased. Twice is once. Raises UnknownSubscription."""
    _set(actor, letters_id, "pledge.letters_ended", now, ended_at=now, email="", next_at=None)


def end_for(session: Session, pledge_id: str, now: datetime) -> None:
    """No more letters about a pledge that is over."""
    session.execute(
        update(PledgeLetters)
        .where(PledgeLetters.pledge_id == pledge_id, PledgeLetters.ended_at.is_(None))
        .values(ended_at=now, email="", next_at=None)
    )


def remind(actor: Actor, pledge_id: str, note: str, now: datetime) -> None:
    """The follow-up letter out of its turn, not at night, to whoever wants letters; once in thirty days.

    Raises NotAllowed, NoLettersWanted, RemindedLately.
    """
    if not policy.may_decide(actor):
        raise NotAllowed()
    with transaction():
        found = read.subscription_of(pledge_id)
        if found is None or not found.is_on:
            raise NoLettersWanted()
        lately = Wanted(verb=REMINDED, subject_id=pledge_id, since=now - letters.AGAIN_AFTER)
        if audit.traces(lately):
            raise RemindedLately(days=letters.AGAIN_AFTER.days)
        turn = f"again-{clock.day_of(now)}"
        payload = {"letters_id": found.id, "stage": turn}
        jobs.enqueue(FOLLOW_UP, payload, key=f"letter:{found.id}:{turn}", now=now)
        audit.record(actor, REMINDED, pledge_id, now, note=note)


def write_due(actor: Actor, now: datetime) -> int:
    """Record the letters that are due, each with its turn moved on in the same transaction; how many."""
    if not policy.may_write_letters(actor):
        raise NotAllowed()
    return sum(jobs.each([found.id for found in read.due(now)], lambda letters_id: _write(letters_id, now)))


def postpone(letters_id: str, stage: int | str, now: datetime) -> None:
    """Have a letter that came to the quiet hours written in the morning instead."""
    morning = letters.next_morning(now)
    key = f"letter:{letters_id}:{stage}:{clock.day_of(morning).isoformat()}"
    payload = {"letters_id": letters_id, "stage": stage}
    jobs.enqueue(FOLLOW_UP, payload, key=key, now=now, due=morning)


def _write(letters_id: str, now: datetime) -> bool:
    with transaction() as session:
        row = session.get(PledgeLetters, letters_id, with_for_update=True, populate_existing=True)
        if row is None or row.next_at is None or row.next_at > now or row.ended_at:
            return False  # another worker was faster, or they were ended meanwhile
        found = pledge(Actor.system("letters"), row.pledge_id)
        stage, made_on = row.stage, clock.day_of(found.made_at)
        payload = {"letters_id": letters_id, "stage": stage}
        jobs.enqueue(FOLLOW_UP, payload, key=f"letter:{letters_id}:{stage}", now=now)
        # Turns that passed while nothing ran are not made up for: one letter, not five.
        following = stage + 1
        while (day := letters.stage_day(made_on, found.year, following)) and letters.instant_of(day) <= now:
            following += 1
        row.stage, row.next_at = following, letters.instant_of(day) if day else None
        return True


def _set(actor: Actor, letters_id: str, verb: str, now: datetime, **values: object) -> None:
    with transaction() as session:
        found = read.subscription(letters_id)
        # The link in a letter, the pledge's own link, or the person it belongs to.
        if not (
            actor.holds(letters_id) or policy.owns(actor, pledge(Actor.system("letters"), found.pledge_id))
        ):
            raise UnknownSubscription()
        if found.ended_at or (found.confirmed_at and "confirmed_at" in values):
            return
        session.execute(update(PledgeLetters).where(PledgeLetters.id == letters_id).values(**values))
        audit.record(actor, verb, found.pledge_id, now)
        consents.record(actor, consents.LETTERS, letters_id, "ended_at" not in values, now)
