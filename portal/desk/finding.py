"""Search over all that the desk knows: each room finds its own things, as far as this role may see."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from portal import jobs
from portal.accounts import queries as accounts
from portal.certificates import policy as certificates_policy
from portal.certificates import queries as certificates
from portal.certificates.rules import numbers
from portal.certificates.rules.numbers import MistypedNumber
from portal.desk import policy
from portal.desk.rules import Kind, plain
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.hit import Hit
from portal.pledges.queries import finding as pledges
from portal.registry.queries import finding as registry
from portal.shop.queries import finding as shop
from portal.statements import queries as statements
from portal.training.queries import finding as training

SHORTEST = 2  # a Chinese name has two characters
EACH = 8  # of a kind, on the page
Finding = Callable[[Actor, str, int], list[Hit]]


@dataclass(frozen=True, slots=True)
class Found:
    """Things of one kind; ``has_more`` when there were more than are given."""

    kind: Kind
    hits: tuple[Hit, ...]
    has_more: bool


def find(actor: Actor, typed: str) -> list[Found]:
    """What has this in it or is called by it, kind by kind; kinds in which nothing is found are left out."""
    text = plain(typed)
    if len(text) < SHORTEST or not policy.may_look(actor):
        return []
    return list(_found(actor, text))


def _found(actor: Actor, text: str) -> Iterator[Found]:
    for kind, finding in _FINDING.items():
        with suppress(NotAllowed):
            hits = finding(actor, text, EACH + 1)
            if hits:
                yield Found(kind, tuple(hits[:EACH]), len(hits) > EACH)


def _people(actor: Actor, text: str, limit: int) -> list[Hit]:
    rows = accounts.people(actor, text, size=limit - 1)
    return [Hit("person", row.id, row.name, row.email) for row in rows]


def _organisations(actor: Actor, text: str, limit: int) -> list[Hit]:
    rows = accounts.organisations_at_desk(actor, text, limit)
    return [
        Hit("organisation", each, " · ".join(filter(None, (name.zh, name.en))), code)
        for each, name, code in rows
    ]


def _certificates(actor: Actor, text: str, limit: int) -> list[Hit]:
    if not certificates_policy.may_read_desk(actor):
        raise NotAllowed()
    try:
        paper = certificates.by_number(numbers.parse(text))
    except (MistypedNumber, certificates.NoSuchCertificate):
        return []
    return [Hit("certificate", paper.number, paper.printed_number, paper.state.value)]


def _statements(actor: Actor, text: str, limit: int) -> list[Hit]:
    """What events say of themselves is public: by name, venue or organiser."""
    return [
        Hit("statement", each.id, each.name.zh or each.name.en, each.state)
        for each in statements.wall(text, "", limit)
    ]


def _jobs(actor: Actor, text: str, limit: int) -> list[Hit]:
    return [Hit("job", each.id, each.kind, each.state) for each in jobs.find(text, limit)]


_FINDING: dict[Kind, Finding] = {
    Kind.ORDER: shop.orders,
    Kind.CERTIFICATE: _certificates,
    Kind.PERSON: _people,
    Kind.ORGANISATION: _organisations,
    Kind.GIFT: shop.gifts,
    Kind.REQUEST: shop.requests,
    Kind.FAPIAO: shop.fapiao,
    Kind.PAYOUT: shop.payouts,
    Kind.PROJECT: registry.projects,
    Kind.LOT: registry.lots,
    Kind.SERIAL: registry.serials,
    Kind.ENTRY: registry.entries,
    Kind.ACCOUNT: registry.accounts,
    Kind.IMPORT: registry.imports,
    Kind.PLANTING: shop.plantings,
    Kind.PLEDGE: pledges.pledges,
    Kind.STATEMENT: _statements,
    Kind.COURSE: training.courses,
    Kind.COHORT: training.cohorts,
    Kind.JOB: _jobs,
}
