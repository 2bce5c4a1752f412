"""Accounts without anything about their person: an animal and a number for a name, a code for a password."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from portal import audit
from portal.accounts import passwords, policy, rules
from portal.accounts.commands.entering import end
from portal.accounts.models import LoginSession, Person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """What a pupil types in (``login``, unique) and is called (``name``)."""

    login: str
    name: str


def open_accounts(actor: Actor, pupils: Sequence[Pseudonym], lang: str, now: datetime) -> list[str]:
    """Accounts that nobody can enter before a code is given; their ids, in the same order."""
    if not policy.may_open_for_pupils(actor):
        raise NotAllowed()
    made = [
        Person(
            id=new_id("usr"), email="", email_key=rules.pupil_key(each.login), name=each.name, lang=lang,
            password_hash=passwords.NOBODYS, password_is_temporary=False, created_at=now, confirmed_at=now,
        )
        for each in pupils
    ]  # fmt: skip
    with transaction() as session:
        session.add_all(made)
        session.flush()
        return [person.id for person in made]


def give_codes(actor: Actor, codes: Mapping[str, str], now: datetime) -> None:
    """New codes by person id; the old ones open nothing any more, and open browsers are signed out."""
    if not policy.may_open_for_pupils(actor):
        raise NotAllowed()
    hashed = {person_id: passwords.hash_of(code) for person_id, code in sorted(codes.items())}
    with transaction() as session:
        for person_id, password_hash in hashed.items():
            session.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))
            end(session, now, LoginSession.person_id == person_id)
            audit.record(actor, "accounts.pupil_code_given", person_id, now)
