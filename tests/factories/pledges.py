"""Pledges for tests of any room: 20 per cent less by 2030, from a couple's footprint."""

from dataclasses import replace
from datetime import UTC, datetime

from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.pledges.commands.promise import make_pledge
from portal.pledges.rules.drafts import Draft
from tests.factories.footprint import a_footprint

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DRAFT = Draft(
    id="",
    footprint_id="fpr_of_a_test",
    aim=20,
    year=2030,
    is_public=True,
    name="王芳一家",
    motive="少开车，多走路。",
    lang="zh",
)


def a_draft(actor: Actor | None = None, **changes: object) -> tuple[Actor, Draft]:
    """A new pledge and the actor who may make it: a guest with the footprint's link, or ``actor``."""
    footprint_id = str(changes.pop("footprint_id", "") or a_footprint(actor))
    draft = replace(DRAFT, id=new_id("plg"), footprint_id=footprint_id, **changes)  # type: ignore[arg-type]
    return actor or Actor.guest(footprint_id), draft


def a_pledge(actor: Actor | None = None, **changes: object) -> str:
    """A pledge that was made; its id."""
    return make_pledge(*a_draft(actor, **changes), NOW)
