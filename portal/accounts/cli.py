"""Accounts without a browser: ``flask --app app account …``."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask.cli import AppGroup

from portal.accounts import queries, rules
from portal.accounts.commands import organisations, readdressing, roles
from portal.accounts.commands import second_factor as factor
from portal.accounts.keys import Keys
from portal.accounts.rules import Part
from portal.config import Config
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import PortalError
from portal.web.operating import changes

account = AppGroup("account", help="People and their roles.")
commands = (account,)

_OPERATOR = Actor.system("account-cli")


class Email(click.ParamType):
    name = "email"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return validate_email(value, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError as fault:
            self.fail(str(fault), param, ctx)


EMAIL = Email()
ROLE = click.Choice([str(role) for role in Role])


def says_why(command: Callable[..., None]) -> Callable[..., None]:
    """A refusal is one line in English and exit code 1, never a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except PortalError as error:
            raise click.ClickException(error.message % error.params) from None

    return run


@account.command()
@click.argument("email", type=EMAIL)
@click.option("--role", "role_name", type=ROLE, default="citizen", show_default=True)
@click.option("--name", default="", help="How the person is addressed; by default the part before the @.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="Language of e-mails.")
@click.option("--ask-password", is_flag=True, help="Ask for the password instead of making one.")
@says_why
@changes
def create(email: str, role_name: str, name: str, lang: str | None, ask_password: bool) -> None:
    """Make an account with a confirmed address, and print its one-time password.

    At the first sign-in the password must be replaced, and a role asks for a second factor.
    """
    password = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if ask_password
        else secrets.token_urlsafe(15)
    )
    now = clock.now()
    person_id = roles.create_person(
        _OPERATOR,
        email,
        password,
        (name or email.partition("@")[0])[: rules.NAME_MAX],
        lang or _config().default_lang,
        now,
        is_temporary=not ask_password,
    )
    roles.grant_role(_OPERATOR, person_id, Role(role_name), now)
    click.echo(f"{email} can sign in as {role_name}.")
    if not ask_password:
        click.echo(f"One-time password: {password}")


@account.command()
@click.argument("email", type=EMAIL)
@click.option("--role", "role_name", type=ROLE, required=True)
@click.option("--revoke", is_flag=True, help="Take the role away, and end the person's sessions.")
@says_why
@changes
def grant(email: str, role_name: str, revoke: bool) -> None:
    """Give somebody a role, or take it away."""
    change = roles.revoke_role if revoke else roles.grant_role
    change(_OPERATOR, queries.person_at(email).id, Role(role_name), clock.now())
    click.echo(f"{email} is {'no longer' if revoke else 'now'} {role_name}.")


@account.command("reset-second-factor")
@click.argument("email", type=EMAIL)
@says_why
@changes
def reset_second_factor(email: str) -> None:
    """Take a lost second factor away and sign the person out everywhere."""
    factor.reset_second_factor(_OPERATOR, queries.person_at(email).id, clock.now())
    click.echo(f"{email} has no second factor now and is signed out everywhere.")


@account.command()
@click.argument("email", type=EMAIL)
@says_why
def otp(email: str) -> None:
    """Print the code that signs a demonstration account in (demo only)."""
    if not _config().is_demo:
        raise click.ClickException("Codes are printed in a demonstration only.")
    keys = Keys(_config().secret_keys)
    click.echo(factor.current_code(queries.person_at(email).id, keys, clock.now()))


@account.command()
@click.argument("email", type=EMAIL)
@click.argument("new_email", type=EMAIL)
@says_why
@changes
def readdress(email: str, new_email: str) -> None:
    """Give an account another e-mail address, for somebody whose old mailbox is gone.

    They are signed out everywhere; ask for proof of who they are before.
    """
    readdressing.readdress(_OPERATOR, queries.person_at(email).id, new_email, clock.now())
    click.echo(f"{email} is now {new_email} and is signed out everywhere.")


@account.command("add-member")
@click.argument("email", type=EMAIL)
@click.argument("credit_code")
@click.option("--part", type=click.Choice([str(part) for part in Part]), default="owner", show_default=True)
@says_why
@changes
def add_member(email: str, credit_code: str, part: str) -> None:
    """Make somebody a member of the organisation with this code, as when its last owner is gone.

    An organisation that was dissolved comes back to life with it.
    """
    organisation_id = queries.organisation_with(rules.checked_credit_code(credit_code))
    person_id = queries.person_at(email).id
    organisations.add_member(_OPERATOR, organisation_id, person_id, Part(part), clock.now())
    click.echo(f"{email} is {part} of {organisation_id}.")


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config
