"""Questions to look at again, because what they were computed from has changed since they were published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from portal.footprint.rules import library
from portal.training.queries.courses import Listed, content, published_factors, versions_in_use
from portal.training.rules.formats.exchange import plain
from portal.training.rules.items import Calculator, Item, Register
from portal.training.rules.registers import newer_rules
from portal.training.rules.variants import outdated


@dataclass(frozen=True, slots=True)
class Recheck:
    """An item of a version, and the factor, model or rules behind it: ``then`` → ``now``; ``""`` is none."""

    version: Listed
    item: str
    key: str
    then: str
    now: str


def items_to_recheck(factors: Mapping[str, Decimal] | None = None) -> list[Recheck]:
    """Of every version that can still be begun, the items whose factor, model or rules changed.

    ``factors`` are the published ones by key, unless others are asked about.
    """
    published = published_factors() if factors is None else factors
    return [
        Recheck(version, item.id, key, then, now)
        for version in versions_in_use()
        for item in content(version.id).items.values()
        for key, then, now in _changes(item, published)
    ]


def _changes(item: Item, published: Mapping[str, Decimal]) -> Iterator[tuple[str, str, str]]:
    for each in outdated(item, published):
        yield each.key, plain(each.then), "" if each.now is None else plain(each.now)
    if isinstance(item.task, Register):
        for project in item.task.projects:
            if project.case and (rules := newer_rules(project.case)):
                yield rules[0].partition("/")[0], *rules
    if isinstance(item.task, Calculator):
        model, _slash, then = item.task.model.partition("/")
        newest = library.versions(model)[0]
        if then and then != newest:
            yield model, then, newest
