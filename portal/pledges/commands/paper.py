"""The paper of a pledge, C0: given when its owner asks, kept in step with how far it is verified."""

import secrets
from datetime import datetime

from portal import consents
from portal.certificates import queries as certificates
from portal.certificates.commands import issue, replace, revoke
from portal.certificates.rules import facts
from portal.certificates.rules.facts import PledgeFacts
from portal.certificates.rules.states import Reason
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.pledges import policy
from portal.pledges.queries.course import Standpoint, standpoint
from portal.pledges.queries.promise import PledgeView, pledge
from portal.pledges.rules import promise
from portal.pledges.rules.course import PledgeIsOver
from portal.pledges.rules.evidence import Level

# The room of certificates knows no pledges: this one has asked whether the actor may, and speaks for itself.
_HAND = Actor.system("pledges")


def give_certificate(actor: Actor, pledge_id: str, name: str, is_public: bool, now: datetime) -> str:
    """Certify the promise to ``name``; returns the number, the same one when asked again.

    Raises UnknownPledge, PledgeIsOver, TooSmallForPaper, BadName.
    """
    with transaction():
        found = pledge(actor, pledge_id)
        if not policy.owns(actor, found):
            raise NotAllowed()
        if found.is_withdrawn:
            raise PledgeIsOver()
        number = issue(_HAND, _facts(found, name, is_public, found.lang, now), now)
        if is_public:
            consents.record(actor, consents.NAME_TO_CHECKERS, number, True, now)
        return number


def keep_in_step(pledge_id: str, now: datetime) -> None:
    """Replace the certificate of a pledge that is verified otherwise now; withdraw that of one that ended."""
    known = certificates.for_subject(pledge_id)
    if known is None:
        return
    found = pledge(_HAND, pledge_id)
    if found.is_withdrawn:
        revoke(_HAND, known.number, Reason.PLEDGE_WITHDRAWN, now)
        return
    told = _facts(found, known.holder_name or "–", known.is_public, known.lang, now)
    if told.level.value != known.content["level"]:
        replace(_HAND, known.number, told, Reason.VERIFIED_ANEW, now)


def _facts(found: PledgeView, name: str, is_public: bool, lang: str, now: datetime) -> PledgeFacts:
    stands = standpoint(found, clock.day_of(now))
    return PledgeFacts(
        holder_name=name, holder_salt=secrets.token_bytes(32), organisation_id=found.organisation_id,
        is_public=is_public, lang=lang, test=False, pledge_id=found.id, title=None,
        target=promise.percent_on_paper(found.baseline, found.reduction), year=found.year,
        level=facts.Level(stands.level.value), made_on=clock.day_of(found.made_at),
        verifier=_verifier(stands),
    )  # fmt: skip


def _verifier(stands: Standpoint) -> Bilingual | None:
    """The third party behind the newer of the two numbers, by its one name."""
    if stands.level is not Level.THIRD_PARTY:
        return None
    papers = (*stands.baseline_papers, *(stands.newest.papers if stands.newest else ()))
    name = [each.verifier for each in papers if each.level is Level.THIRD_PARTY][-1]
    return Bilingual(name, name)
