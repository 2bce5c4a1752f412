"""People and organisations for tests, made through the room's own commands."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import insert, update

from portal.accounts import queries, rules, totp
from portal.accounts.bodies import Kind
from portal.accounts.commands import entering, roles, second_factor, verifying
from portal.accounts.keys import Keys
from portal.accounts.models import Person, RoleGrant
from portal.accounts.queries import PaperView
from portal.accounts.rules import Visit, Visitor
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role

PASSWORD = "larch pine birch spruce"
OPERATOR = Actor.system("tests")
HOME = Visitor("203.0.113.0/24", "Firefox · Linux")
SECRET = bytes(range(20))


@dataclass(frozen=True)
class Somebody:
    id: str
    email: str
    password: str = PASSWORD

    @property
    def actor(self) -> Actor:
        return Actor(self.id, frozenset({Role.CITIZEN}))


def keys() -> Keys:
    return Keys(current_app.config["PORTAL"].secret_keys)


def person(email: str = "li@example.cn", *granted: Role, second_factor: bool = False) -> Somebody:
    """Somebody with a confirmed address; with ``second_factor``, the app's secret is ``SECRET``."""
    now = clock.now()
    made = roles.create_person(OPERATOR, email, PASSWORD, "Li Hua", "en", now, is_temporary=False)
    if granted:  # held since before the story: nobody is told of it now
        rows = [
            {"person_id": made, "role": role, "granted_at": now, "granted_by": OPERATOR.id}
            for role in granted
        ]
        with transaction() as session:
            session.execute(insert(RoleGrant), rows)
    if second_factor:
        sealed = keys().seal(SECRET, made)
        with transaction() as session:
            changed = update(Person).where(Person.id == made)
            session.execute(changed.values(totp_sealed=sealed, totp_since=now))
    return Somebody(made, email)


def sign_in(who: Somebody, visitor: Visitor = HOME) -> str:
    """The secret that would stand in the cookie."""
    return entering.sign_in(Actor.guest(), who.email, who.password, visitor, "en", clock.now())


def visit(sid: str) -> Visit | None:
    return queries.visit(rules.session_id(sid))


def code(now: datetime, secret: bytes = SECRET) -> str:
    """What the app shows."""
    return totp.code_at(secret, rules.step_of(now))


def visit_of(session_id: str) -> Visit | None:
    return queries.visit(session_id)


def passed(who: Somebody, now: datetime) -> Visit:
    """Signed in with the app's code as well."""
    waiting = visit(sign_in(who))
    assert waiting
    found = visit(second_factor.check_second_factor(Actor.guest(), waiting, code(now), keys(), now))
    assert found
    return found


def found_to_be(kind: Kind, organisation_id: str, owner: Actor) -> None:
    """Staff have verified the organisation, and that it is of this kind."""
    now = clock.now()
    clerk = Actor(person(f"clerk.{organisation_id.lower()}@example.cn").id, frozenset({Role.REGISTRY}))
    paper = PaperView("a" * 64, "application/pdf")
    verifying.verify(clerk, verifying.ask_for_check(owner, organisation_id, kind, [paper], now), kind, now)
