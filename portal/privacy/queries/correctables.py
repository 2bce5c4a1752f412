"""Where a person's name stands that they cannot change themselves, so that the desk can put it right."""

from dataclasses import dataclass

from portal.certificates import queries as papers
from portal.certificates.rules.states import LIVE
from portal.holdings import Subject
from portal.shop import own as shop
from portal.training import own as training


@dataclass(frozen=True, slots=True)
class Correctable:
    """A thing by its id, or a certificate by its number, with the name as it stands there."""

    thing: str
    name: str


def correctables(subject: Subject) -> list[Correctable]:
    """Course records (with their certificates), orders that are to be certified, and live certificates."""
    found = [*training.names_of(subject.learners), *shop.buyers_on_their_way(subject)]
    return [*(Correctable(*each) for each in found), *_certificates(subject)]


def _certificates(subject: Subject) -> list[Correctable]:
    """Those of retired credits; that of a course follows its record, that of a pledge its maker."""
    known = (papers.by_number(number) for number in subject.certificates)
    return [
        Correctable(each.number, each.holder_name)
        for each in known
        if each.state in LIVE and each.retired_at is not None and each.holder_name is not None
    ]
