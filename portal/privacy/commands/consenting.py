"""Withdrawing what was agreed to, for all things at once, as easily as it was given for each."""

from datetime import datetime

from portal import audit
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.pledges.commands import letters
from portal.pledges.commands.promise import show_name
from portal.privacy.models import Consent
from portal.privacy.queries.consents import standing
from portal.privacy.queries.subjects import subject_of
from portal.privacy.rules.purposes import UnknownPurpose, purpose
from portal.training.commands import following

_HAND = Actor.system("privacy")


def withdraw(actor: Actor, purpose_id: str, now: datetime) -> int:
    """End this consent for everything it was given for; how many things. Raises UnknownPurpose.

    Recorded with the words it was about, also when there was nothing left to end.
    """
    if not actor.is_person:
        raise NotAllowed()
    if purpose_id not in _END:
        raise UnknownPurpose()  # or one that is not the person's own to withdraw
    text = purpose(purpose_id).text_on(clock.day_of(now))
    with transaction() as session:
        given = next(each for each in standing(subject_of(actor.id)) if each.purpose.id == purpose_id)
        for thing in given.things:
            _END[purpose_id](actor, thing, now)
        session.add(
            Consent(
                id=new_id("con"), person_id=actor.id, purpose=purpose_id, text_version=text.version,
                text_sha256=text.sha256, is_given=False, at=now,
            )
        )  # fmt: skip
        audit.record(actor, "privacy.consent_withdrawn", actor.id, now, purpose=purpose_id)
        return len(given.things)


def _hide_name(actor: Actor, thing: str, now: datetime) -> None:
    if thing.startswith("plg_"):
        show_name(actor, thing, False, now)
    else:
        certificates.show_name(_HAND, thing, papers.by_number(thing).key, False, now)


def _end_letters(actor: Actor, thing: str, now: datetime) -> None:
    letters.unsubscribe(actor, thing, now)


_END = {"public_name": _hide_name, "follow_up": _end_letters, "class_follow_up": following.withdraw}
