"""Withdrawing what was agreed to, for one thing or for all at once, as easily as it was given for each."""

from datetime import datetime

from portal import audit, consents
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.db import transaction
from portal.holdings import Subject
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.pledges.commands import letters
from portal.pledges.commands.promise import show_name
from portal.privacy import policy
from portal.privacy.models import Consent
from portal.privacy.queries.consents import standing
from portal.privacy.queries.subjects import subject_of, subject_of_order
from portal.privacy.rules.purposes import UnknownPurpose, purpose
from portal.shop import own as shop
from portal.shop.commands.naming import hide_names
from portal.training.commands import following

_HAND = Actor.system("privacy")


def withdraw(actor: Actor, purpose_id: str, now: datetime, *, thing: str = "", order_id: str = "") -> int:
    """End this consent for ``thing``, or for everything it was given for; how many things.

    A person withdraws their own, whoever holds the link of ``order_id`` that order's. Recorded with the words
    it was about, also when there was nothing left to end. Raises UnknownPurpose, also for a thing that it was
    not given for.
    """
    if not policy.may_ask(actor, "" if order_id else actor.id, order_id):
        raise NotAllowed()
    if purpose_id not in _END:
        raise UnknownPurpose()  # or one that is not the person's own to withdraw
    with transaction():
        subject = subject_of_order(order_id) if order_id else subject_of(actor.id)
        given = next(each.things for each in standing(subject) if each.purpose.id == purpose_id)
        if thing and thing not in given:
            raise UnknownPurpose()
        ended = (thing,) if thing else given
        for each in ended:
            _END[purpose_id](actor, each, now)
        if not thing:
            _end_for_good(actor, purpose_id, subject, now)
        audit.record(actor, "privacy.consent_withdrawn", order_id or actor.id, now, purpose=purpose_id)
        return len(ended)


def _end_for_good(actor: Actor, purpose_id: str, subject: Subject, now: datetime) -> None:
    """For all things, also those that show nothing at present; with a line of the person's own."""
    if purpose_id == "public_name":
        hide_names(_HAND, shop.order_ids(subject), now)
    if not actor.is_person:
        return
    text = purpose(purpose_id).text_on(clock.day_of(now))
    with transaction() as session:
        session.add(
            Consent(
                id=new_id("con"), person_id=actor.id, purpose=purpose_id, text_version=text.version,
                text_sha256=text.sha256, is_given=False, at=now,
            )
        )  # fmt: skip
        session.flush()


def _hide_name(actor: Actor, thing: str, now: datetime) -> None:
    if thing.startswith("plg_"):
        show_name(actor, thing, False, now)
    elif thing.startswith(("ord_", "gvg_")):
        hide_names(_HAND, [thing], now)
        consents.record(actor, consents.NAME_ON_CERTIFICATE, thing, False, now)
    else:
        certificates.show_name(actor, thing, papers.by_number(thing).key, False, now)
        hide_names(_HAND, shop.orders_behind([thing]).values(), now)


def _end_letters(actor: Actor, thing: str, now: datetime) -> None:
    letters.unsubscribe(actor, thing, now)


_END = {"public_name": _hide_name, "follow_up": _end_letters, "class_follow_up": following.withdraw}
