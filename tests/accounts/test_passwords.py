"""Passwords and codes: taken as they are typed, kept so that nobody can try them, and never the only hope."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts import passwords, queries, recovery, rules
from portal.accounts.commands import entering, resetting
from portal.accounts.models import Person, RecoveryCode
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from tests.factories import accounts as make

ODD = "  Fläche—林 \t with\u00a0spaces, 'quotes' and \"more\" " + "x" * 64


def test_a_password_is_checked_as_it_was_typed():
    """Nothing is cut, folded or trimmed: each of these would be another password."""
    made = passwords.hash_of(ODD)
    assert passwords.matches(made, ODD)
    for other in (ODD.strip(), ODD.upper(), ODD[:72], ODD[:-1], ODD + " "):
        assert not passwords.matches(made, other), other
    rules.check_password(ODD, "li@example.cn")


def test_passwords_are_kept_by_argon2():
    made = passwords.hash_of(make.PASSWORD)
    memory, passes = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$", made).groups()  # type: ignore[union-attr]
    assert int(memory) >= 19 * 1024
    assert int(passes) >= 2
    assert made != passwords.hash_of(make.PASSWORD), "salted"


def test_a_password_does_not_grow_old(app: Flask):
    who = make.person()
    later = clock.now() + timedelta(days=5_000)
    assert entering.sign_in(Actor.guest(), who.email, who.password, make.HOME, "en", later)


@pytest.mark.parametrize("page", ["sign-in", "sign-up"])
def test_passwords_are_typed_unseen_and_may_be_pasted(client: FlaskClient, page: str):
    html = client.get(f"/en/account/{page}").text
    fields = re.findall(r"<input[^>]*name=\"password\"[^>]*>", html)
    assert fields
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
        assert "readonly" not in field
        assert "onpaste" not in field


def test_nothing_is_asked_that_others_know():
    """No hint, no question: what is stored of a person to sign in is a hash and what their devices hold."""
    known = {column.name for column in Person.__table__.columns}
    assert not [name for name in known if re.search("hint|question|answer|mother|birth", name)]


def test_a_new_password_is_not_a_second_factor(app: Flask):
    who = make.person("r@example.cn", Role.REGISTRY, second_factor=True)
    known = queries.credentials_of(who.id)
    assert known
    token = resetting.reset_token(make.keys(), who.id, known.password_hash, clock.now())
    resetting.reset_password(
        Actor.guest(), token, "maple willow poplar oak", make.HOME, make.keys(), clock.now()
    )
    sid = make.sign_in(make.Somebody(who.id, who.email, "maple willow poplar oak"))
    visit = make.visit(sid)
    assert visit
    assert visit.awaits_code
    assert not visit.actor.has(Role.REGISTRY)


def test_recovery_codes_cannot_be_tried_on_the_table(app: Flask):
    """78 bits each: all that one could try in a year against a stolen table finds none of them."""
    code = rules.recovery_code(bytes(range(16)))
    alphabet = len(set("23456789ABCDEFGHJKMNPQRSTVWXYZ"))
    assert alphabet ** len(code.replace("-", "")) > 2**78
    (kept,) = recovery.stored([code])
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert recovery.stored([code]) != (kept,), "salted"
    assert db.session.scalars(select(RecoveryCode.code_hash)).all() == []
