"""The last use of a join code, and administrators who take the role from each other, at one moment.

PostgreSQL, where two can write at a time. Each race has a control without what holds it: there the thing
that must not happen does.
"""

from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from portal.accounts.bodies import NoSuchJoinCode
from portal.accounts.commands import joining, organisations, roles
from portal.accounts.models import JoinCode, Membership, RoleGrant
from portal.accounts.rules import LastAdministrator, Visitor
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from tests.factories import accounts
from tests.patience import PATIENCE
from tests.races.threads import at_once

THREADS = 6
USES = 2


# -- a join code -------------------------------------------------------------------------------


def join_at_once(app: Flask) -> list[Any]:
    """More people than the code lets in, each with a network of their own."""
    now = clock.now()
    owner = accounts.person("owner@example.cn").actor
    name = Bilingual("演示林业", "Demonstration Forestry")
    place = organisations.create_organisation(owner, name, "91110000600037341L", now)
    acting = Actor(owner.id, owner.roles, organisations={place: "owner"})
    code = joining.make_join_code(acting, place, USES, 7, False, now)
    people = [accounts.person(f"p{n}@example.cn").actor for n in range(THREADS)]
    db.session.remove()
    return at_once(
        app, THREADS,
        lambda n: joining.join(people[n], code, Visitor(f"203.0.{n}.0/24", "Firefox · Linux"), clock.now()),
    )  # fmt: skip


def joined() -> tuple[int, int]:
    """Members beside the owner, and uses of the code."""
    members = db.session.scalar(select(func.count()).select_from(Membership)) or 0
    return members - 1, db.session.scalar(select(JoinCode.uses)) or 0


def test_the_last_use_of_a_code_lets_one_in(pg_app: Flask) -> None:
    results = join_at_once(pg_app)
    refused = [each for each in results if each is not True]
    assert len(refused) == THREADS - USES
    assert all(isinstance(each, NoSuchJoinCode) for each in refused), refused
    assert joined() == (USES, USES)


def test_a_code_that_is_read_first_and_counted_then_lets_in_more(
    pg_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same count, without asking in the statement that counts."""
    gate = Barrier(THREADS)

    def careless(session: Session, code: str, now: datetime) -> JoinCode:
        found = session.scalars(select(JoinCode).where(JoinCode.code == code)).one()
        assert found.uses < found.most_uses
        gate.wait(PATIENCE)  # all have seen that it is good
        session.execute(
            update(JoinCode).where(JoinCode.id == found.id).values(uses=found.uses + 1),
            execution_options={"synchronize_session": False},
        )
        return found

    monkeypatch.setattr(joining, "_use", careless)
    results = join_at_once(pg_app)
    assert [each for each in results if each is not True] == []
    assert joined() == (THREADS, 1)


# -- the last administrator --------------------------------------------------------------------


def take_from_each_other(app: Flask) -> list[Any]:
    """Two administrators lose the role at one moment; nobody else has it."""
    people = [accounts.person(f"a{n}@example.cn", Role.ADMIN) for n in range(2)]
    db.session.remove()
    return at_once(
        app, 2, lambda n: roles.revoke_role(accounts.OPERATOR, people[n].id, Role.ADMIN, clock.now())
    )


def administrators() -> int:
    held = select(func.count()).select_from(RoleGrant).where(RoleGrant.role == Role.ADMIN)
    return db.session.scalar(held) or 0


def test_one_administrator_stays(pg_app: Flask) -> None:
    results = take_from_each_other(pg_app)
    (fault,) = [each for each in results if each is not None]
    assert isinstance(fault, LastAdministrator)
    assert administrators() == 1


def test_without_the_lock_none_is_left(pg_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    gate, check = Barrier(2), roles._check_not_last

    def together(*asked: Any) -> None:
        check(*asked)
        gate.wait(PATIENCE)  # each has seen the other

    monkeypatch.setattr(roles, "_check_not_last", together)
    assert take_from_each_other(pg_app) == [None, None]
    assert administrators() == 0
