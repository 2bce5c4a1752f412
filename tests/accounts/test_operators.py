"""What operators do for people whose mailbox or last owner is gone."""

from flask import Flask

from portal.accounts import queries
from portal.accounts.commands import dissolving, organisations
from portal.accounts.rules import Part
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from tests.accounts.test_views import run
from tests.factories import accounts as make

CODE = "91110000600037341L"


def test_an_operator_readdresses_an_account_and_revives_an_organisation(app: Flask) -> None:
    owner = make.person("owner@example.cn")
    here = make.visit(make.sign_in(owner))
    assert here
    made = organisations.create_organisation(owner.actor, Bilingual("伊春林业", ""), CODE, clock.now())
    acting = Actor(owner.id, frozenset({Role.CITIZEN}), organisations={made: "owner"})
    dissolving.dissolve(acting, made, "伊春林业", clock.now())

    assert "signed out" in run(app, "readdress", "owner@example.cn", "new@example.cn")
    assert make.visit_of(here.session_id) is None
    make.person("taken@example.cn")
    assert "already" in run(app, "readdress", "new@example.cn", "taken@example.cn", expect=1)

    assert made in run(app, "add-member", "new@example.cn", CODE)
    assert not queries.is_dissolved(made)
    assert [(each.email, each.part) for each in queries.members(made)] == [("new@example.cn", Part.OWNER)]
    assert "valid" in run(app, "add-member", "new@example.cn", "91110000600037342L", expect=1)
