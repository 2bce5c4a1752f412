"""Recovery codes that lay under a plain digest go on to work, and lie under a slow one."""

import hashlib
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import insert, select

from portal.accounts import rules
from portal.accounts.commands import second_factor
from portal.accounts.models import RecoveryCode
from portal.accounts.rules import WrongCode
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from tests.factories import accounts
from tests.migrations.test_migrations import flask

pytestmark = pytest.mark.usefixtures("any_app")
REVISION = "0036"


def test_codes_from_before_lie_under_argon2_and_go_on_to_work():
    who = accounts.person("t@example.cn", Role.TRAINER, second_factor=True)
    code = rules.recovery_code(bytes(range(16)))
    before = hashlib.sha256(code.replace("-", "").encode()).hexdigest()
    script = ScriptDirectory(str(Path(current_app.root_path) / "migrations"))
    assert flask("db", "downgrade", str(script.get_revision(REVISION).down_revision)) == 0
    with transaction() as session:
        session.execute(insert(RecoveryCode).values(person_id=who.id, code_hash=before))
    assert flask("db", "upgrade", REVISION) == 0
    (kept,) = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert kept.startswith("$argon2id$")
    assert before not in kept
    assert flask("db", "upgrade", "head") == 0
    waiting = accounts.visit(accounts.sign_in(who))
    assert waiting
    with pytest.raises(WrongCode):
        second_factor.check_second_factor(
            Actor.guest(), waiting, "AAAA-AAAA-AAAA-AAAA", accounts.keys(), clock.now()
        )
    assert second_factor.check_second_factor(Actor.guest(), waiting, code, accounts.keys(), clock.now())
