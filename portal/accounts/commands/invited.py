"""Opening an account straight from an invitation's letter: who has the letter has the address."""

from datetime import datetime

from sqlalchemy import insert, select, update

from portal import audit
from portal.accounts import passwords, queries, rules
from portal.accounts.commands.entering import open_session
from portal.accounts.commands.organisations import accept_invitation
from portal.accounts.keys import Keys
from portal.accounts.models import LoginSession, Person
from portal.accounts.queries import InvitationView
from portal.accounts.rules import AddressIsTaken, LinkIsStale, Visitor
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id


def invitation_token(keys: Keys, organisation_id: str, email_key: str) -> str:
    """The token of an invitation's letter; worthless once the invitation is accepted, withdrawn or over."""
    return keys.token("invitation", organisation_id, email_key)


def invitation_behind(token: str, keys: Keys, now: datetime) -> InvitationView:
    """Raises LinkIsStale."""
    facts = keys.facts("invitation", token)
    found = queries.invitation(str(facts[0]), str(facts[-1]), now)
    if found is None:
        raise LinkIsStale()
    return found


def sign_up_invited(
    actor: Actor, token: str, name: str, password: str, lang: str, visitor: Visitor, keys: Keys, now: datetime
) -> str:
    """An account with the invited address, confirmed by the letter, and a member at once.

    Returns the secret for the cookie. An account that nobody ever confirmed is taken over.
    Raises LinkIsStale, AddressIsTaken for an account that is in use, NameIsMissing, PasswordTooShort, ….
    """
    offer = invitation_behind(token, keys, now)
    name = rules.checked_name(name)
    rules.check_password(password, offer.email_key)
    password_hash = passwords.hash_of(password)
    with transaction() as session:
        known = session.scalars(
            select(Person).where(Person.email_key == offer.email_key).with_for_update()
        ).one_or_none()
        if known and known.confirmed_at:
            raise AddressIsTaken()
        person_id = known.id if known else new_id("usr")
        chosen = {"name": name, "lang": lang, "password_hash": password_hash, "confirmed_at": now}
        if known:
            session.execute(update(Person).where(Person.id == person_id).values(**chosen))
            ended = update(LoginSession).where(LoginSession.person_id == person_id)
            session.execute(ended.values(ended_at=now))
        else:
            session.execute(
                insert(Person).values(
                    id=person_id, email=offer.email_key, email_key=offer.email_key, created_at=now,
                    password_is_temporary=False, **chosen,
                )
            )  # fmt: skip
        audit.record(actor, "accounts.signed_up_invited", person_id, now)
        accept_invitation(Actor(person_id), offer.organisation_id, now)
        return open_session(session, person_id, visitor, now)
