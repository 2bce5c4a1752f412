"""Who owns a thing reaches what is in it, and never what is in a thing of the same kind that is another's.

``/orders/MINE/fapiao/THEIRS`` looks like ``/orders/MINE/fapiao/NOTHING``, to the byte, and changes nothing.
"""

from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from portal.kernel.actor import Actor
from tests.factories.insides import NEIGHBOUR, empty_things, insides
from tests.security.conftest import Site
from tests.security.test_matrix import WITHIN, address, ask, doors, missing, owned_of, seen
from tests.security.test_sweep import contents

# Words, places in a list and numbers: the same for everybody, and nothing by themselves.
COUNTED = {"position", "stage", "lesson", "quiz", "version", "key", "paper", "number"}


@pytest.fixture(scope="module")
def things(site: Site) -> tuple[dict[str, str], dict[str, str]]:
    """What is in the owner's things, and things of her rival's that have nothing in them."""
    return insides(site.estate), empty_things(site.estate.rival, site.estate.things["version_id"])


def inner_doors(site: Site, inner: dict[str, str]) -> Iterator[tuple[Rule, str, dict[str, str]]]:
    """Doors behind an owned thing, with what the owner has there."""
    for rule, verb in doors(site):
        room = rule.endpoint.partition(".")[0]
        parts = {part: inner.get(f"{room}.{part}", inner.get(part, "")) for part in rule.arguments & WITHIN}
        known = {part: thing for part, thing in parts.items() if thing and part not in owned_of(rule)}
        if owned_of(rule) and known:
            yield rule, verb, known


def unknown(site: Site, inner: dict[str, str]) -> list[str]:
    """Parts of addresses behind an owned thing that nobody has made a thing for."""
    known = {(rule.rule, part) for rule, _verb, parts in inner_doors(site, inner) for part in parts}
    return [
        f"{rule.rule}: <{part}>"
        for rule, _verb in doors(site)
        for part in rule.arguments & WITHIN - owned_of(rule).keys() - COUNTED
        if owned_of(rule) and (rule.rule, part) not in known
    ]


def asks(site: Site, rule: Rule, owner: Actor, trainer: Actor) -> Actor:
    return trainer if site.guard_of(rule)[0] == "staff" else owner


def test_there_is_one_of_everything_that_can_be_in_a_thing(site: Site, things):
    assert unknown(site, things[0]) == []
    assert unknown(site, {}), "the control"


def test_what_is_in_somebody_elses_thing_looks_like_what_is_not_there(
    site: Site, things, monkeypatch: pytest.MonkeyPatch
):
    site.trust_posts(monkeypatch)
    inner, mine = things
    before, wrong, tried = contents(site.app), [], 0
    for rule, verb, parts in inner_doors(site, inner):
        outer = {part: mine[thing] for part, thing in owned_of(rule).items() if thing in mine}
        if outer.keys() != owned_of(rule).keys():
            continue
        tried += 1
        actor = asks(site, rule, site.estate.rival, NEIGHBOUR)
        nothing = {part: missing(part) for part in parts}
        real = seen(ask(site, actor, verb, address(rule, outer | parts)), *parts.values())
        none = seen(ask(site, actor, verb, address(rule, outer | nothing)), *nothing.values())
        if real != none:
            wrong.append(f"{verb} {rule.rule} ({rule.endpoint}): {real[0]}, and {none[0]} for none")
    assert not wrong, "\n".join(wrong)
    assert tried > 20
    after = contents(site.app)
    assert [table for table in after if after[table] != before[table]] == []


def test_its_owner_sees_the_difference(site: Site, things):
    """The control: in her own things the same parts of an address show something."""
    same, tried = [], 0
    for rule, verb, parts in inner_doors(site, things[0]):
        if verb != "GET" or "batch_id" in parts:  # a statement shares out nothing before it is declared
            continue
        tried += 1
        outer = {part: site.estate.things[thing] for part, thing in owned_of(rule).items()}
        actor = asks(site, rule, site.estate.owner, site.estate.trainer)
        nothing = {part: missing(part) for part in parts}
        real = seen(ask(site, actor, verb, address(rule, outer | parts)), *parts.values())
        if real == seen(ask(site, actor, verb, address(rule, outer | nothing)), *nothing.values()):
            same.append(f"{rule.rule}: {real[0]}")
    assert tried > 8
    assert not same, "\n".join(same)
