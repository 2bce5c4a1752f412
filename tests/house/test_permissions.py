"""docs/permissions.md says what the code decides, no more and no less."""

from flask import Flask

from portal.kernel.actor import Actor, Role
from tools import permissions
from tools.permissions import COLUMNS, NO, SOME, YES


def test_the_page_is_fresh(app: Flask) -> None:
    written = permissions.page(app)
    assert permissions.PAGE.read_text() == written, "python -m tools.permissions update"


def test_every_policy_answers_for_every_kind_of_actor() -> None:
    """Whatever a policy looks at is known to the table: none of its cells is left open."""
    asked = [(room, name) for room, name, _policy in permissions.policies()]
    assert len(asked) > 60
    open_cells = [
        (room, name, column.name)
        for room, name, policy in permissions.policies()
        for column in COLUMNS
        if permissions.answers(policy, column) == permissions.UNKNOWN
    ]
    assert open_cells == []


def test_a_policy_that_changes_is_seen() -> None:
    """The control: the cells follow what a policy says."""

    def may_look(actor: Actor, organisation_id: str) -> bool:
        return actor.has(Role.AUDITOR) or organisation_id in actor.organisations

    def may_pay(actor: Actor, thing: object) -> bool:
        return bool(thing.state == "made")  # type: ignore[attr-defined]

    said = {column.name: permissions.answers(may_look, column) for column in COLUMNS}
    assert {name for name, answer in said.items() if answer == YES} == {
        "auditor", "member", "approver", "owner",
    }  # fmt: skip
    assert set(said.values()) == {YES, NO}
    assert permissions.answers(may_pay, COLUMNS[0]) == SOME


# A password, a token of a letter, a code, a passkey: who has it is asked nothing else.
BY_WHAT_IS_GIVEN = {
    "accounts.entering.confirm_email", "accounts.entering.sign_in", "accounts.entering.sign_up",
    "accounts.passkeys.invite_passkey", "accounts.passkeys.sign_in_with_passkey",
    "accounts.readdressing.confirm_address", "accounts.readdressing.undo_address",
    "accounts.resetting.request_reset", "accounts.resetting.reset_password",
    "accounts.second_factor.check_second_factor",
}  # fmt: skip
NO_COMMANDS = {"proposals.kinds_for"}  # it does nothing by itself


def test_every_command_says_whom_it_asks() -> None:
    """A command with neither a policy nor a question to its actor leaves its caller alone with it."""
    silent = {f"{command.room}.{command.name}" for command in permissions.commands() if not command.asks}
    assert silent == BY_WHAT_IS_GIVEN | NO_COMMANDS


def test_a_command_that_asks_nobody_is_found() -> None:
    """The control."""

    def careless(actor: Actor, order_id: str) -> None:
        assert order_id

    assert permissions._asked(careless, "shop") == frozenset()
