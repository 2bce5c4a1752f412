"""Whose data: a person or a guest's order, with everything that the rooms hold under them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from portal.accounts import own as accounts
from portal.accounts import queries as people
from portal.certificates import own as certificates
from portal.footprint import own as footprint
from portal.holdings import Holding, Subject
from portal.pledges import own as pledges
from portal.privacy import own as privacy
from portal.privacy.rules.erasure import Outcome, outcomes
from portal.registry import own as registry
from portal.shop import own as shop
from portal.statements import own as statements
from portal.training import own as training

# In the order in which the copy lists them.
ROOMS: Final[tuple[tuple[str, tuple[Holding, ...]], ...]] = (
    ("account", accounts.HOLDINGS),
    ("footprints", footprint.HOLDINGS),
    ("orders", shop.HOLDINGS),
    ("certificates", certificates.HOLDINGS),
    ("pledges", pledges.HOLDINGS),
    ("events", statements.HOLDINGS),
    ("training", training.HOLDINGS),
    ("register", registry.HOLDINGS),
    ("privacy", privacy.HOLDINGS),
)


def holdings() -> Iterator[tuple[str, Holding]]:
    """Every declared table, with the folder of the copy it belongs to."""
    for room, held in ROOMS:
        for each in held:
            yield room, each


def subject_of(person_id: str) -> Subject:
    """The person with what is theirs by their confirmed address. Raises NotFound."""
    known = people.person(person_id)
    # Somebody who never confirmed an address has no claim to what others did under it.
    emails = (
        tuple(sorted({known.email, known.email.casefold()})) if known.is_confirmed and known.email else ()
    )
    return _with_numbers(Subject(person_id=person_id, emails=emails))


def subject_of_order(order_id: str) -> Subject:
    """The guest of one order: that order and its certificates, nothing else."""
    return _with_numbers(Subject(order_id=order_id))


def _with_numbers(subject: Subject) -> Subject:
    learners = tuple(training.learner_ids(subject))
    numbers = {
        *shop.certificates_of(subject),
        *training.certificates_of(learners),
        *certificates.about(pledges.pledge_ids(subject)),
    }
    return replace(subject, learners=learners, certificates=tuple(sorted(numbers)))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows of the person an outcome of an erasure is about."""

    outcome: Outcome
    rows: int


def plan_of(subject: Subject) -> list[Counted]:
    """What goes, what stays, why and until when, with how much of it there is; nothing of which is none."""
    by_table = {held.table.name: held for _, held in holdings()}
    counted = (
        Counted(each, sum(by_table[table].count(subject) for table in each.tables)) for each in outcomes()
    )
    return [each for each in counted if each.rows]
