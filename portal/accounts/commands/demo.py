"""People for demonstrations: one for each role, with a password and a second factor that everybody knows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from portal import audit
from portal.accounts import passwords, rules, totp
from portal.accounts.keys import Keys
from portal.accounts.models import Person, RoleGrant
from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id

DEMO_PASSWORD = "demo forest yichun"  # noqa: S105 - printed at every start of a demonstration


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """How to sign in as one role; ``totp_secret`` is base 32, empty where no second factor is asked for."""

    email: str
    role: Role
    password: str
    totp_secret: str


def seed_demo_people(actor: Actor, now: datetime, keys: Keys, *, is_demo: bool) -> list[DemoSignIn]:
    """Make ``<role>@demo.example`` for every role that has none yet; returns how to sign in as each.

    Raises NotAllowed outside a demonstration.
    """
    if not is_demo or not actor.is_system:
        raise NotAllowed()
    known = set(db.session.scalars(select(Person.email_key).where(Person.email_key.in_(map(_email, Role)))))
    missing = [role for role in Role if _email(role) not in known]
    if missing:
        shared_hash = passwords.hash_of(DEMO_PASSWORD)  # one for all: everybody knows the password
        with transaction():
            for role in missing:
                _add(actor, role, shared_hash, keys, now)
    return [DemoSignIn(_email(role), role, DEMO_PASSWORD, _shown_secret(role)) for role in Role]


def _add(actor: Actor, role: Role, password_hash: str, keys: Keys, now: datetime) -> None:
    person_id = new_id("usr")
    has_factor = role in rules.GRANTABLE
    with transaction() as session:
        session.execute(
            insert(Person).values(
                id=person_id, email=_email(role), email_key=_email(role), name=f"Demo {role}", lang="zh",
                password_hash=password_hash, password_is_temporary=False, created_at=now, confirmed_at=now,
                totp_sealed=keys.seal(_secret(role), person_id) if has_factor else None,
                totp_since=now if has_factor else None,
            )
        )  # fmt: skip
        if has_factor:
            session.execute(
                insert(RoleGrant).values(person_id=person_id, role=role, granted_at=now, granted_by=actor.id)
            )
        audit.record(actor, "accounts.demo_person_created", person_id, now, role=role)


def _email(role: Role) -> str:
    return f"{role}@demo.example"


def _secret(role: Role) -> bytes:
    return hashlib.sha256(f"demonstration {role}".encode()).digest()[:20]


def _shown_secret(role: Role) -> str:
    return totp.shown(_secret(role)) if role in rules.GRANTABLE else ""
