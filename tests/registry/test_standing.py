"""A project’s standing decides what is issued and sold of it: refused by name, before the database has to."""

from collections.abc import Callable
from datetime import date

import pytest

from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import PortalError
from portal.kernel.mass import Mass
from portal.registry.commands import freezing, issuing, lots
from portal.registry.commands.lots import VerificationDraft
from portal.registry.queries import register
from portal.registry.rules import serials
from portal.registry.rules.accounts import Decision, FreezeKind, IsFrozen, VerificationKind
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import (
    LikenessOpen,
    NoStanding,
    NotIssuedHere,
    ProjectState,
)
from tests.factories import projects as make
from tests.factories.registry import lot_draft, make_lot

pytestmark = pytest.mark.usefixtures("any_app")

SYSTEM = Actor.system("tests")
MAKER, CHECKER = (Actor(f"usr_{name}", frozenset({Role.REGISTRY})) for name in ("maker", "checker"))
DRAFT = VerificationDraft(
    date(2024, 1, 1), date(2025, 12, 31), "a verifier", Mass.t(10), Mass.t(0), "positive", "0" * 64, False
)


def with_units() -> str:
    """A registered project with five tonnes of its own; its code."""
    code, _ = make.registered()
    number = register.project(code).source_id
    serial = serials.own_serial(number, ProjectType.ARR, 2025, 1, 1, 5)
    lots.issue(SYSTEM, code, DRAFT, serial, date(2026, 6, 1), clock.now())
    return code


def open_lot(code: str) -> str:
    number = register.project(code).source_id
    return lots.open_lot(SYSTEM, lot_draft("LOT-B", code, f"HLYC-{number}-ARR-2025-1-1-5", None), clock.now())


def suspended(code: str) -> None:
    make.take_step(code, ProjectState.SUSPENDED)


def doubled(code: str) -> None:
    make.propose(name=register.project(code).name.zh)


def frozen(code: str) -> None:
    freezing.freeze(MAKER, FreezeKind.PROJECT, register.project(code).id, "a question", clock.now())


@pytest.mark.parametrize(
    ("change", "refusal"), [(suspended, NoStanding), (doubled, LikenessOpen), (frozen, IsFrozen)]
)
def test_no_lot_opens_for_a_project_that_is(change: Callable[[str], None], refusal: type[PortalError]):
    code = with_units()
    change(code)
    with pytest.raises(refusal):
        open_lot(code)
    assert register.lots(code) == []


def test_a_lot_opens_for_a_project_in_good_standing():
    assert open_lot(with_units())


def test_nothing_is_issued_to_a_project_that_is_suspended():
    code = with_units()
    record = issuing.record_verification(MAKER, code, VerificationKind.VERIFICATION, DRAFT, clock.now())
    issuing.check_verification(CHECKER, record, Decision.APPROVED, "", clock.now())
    suspended(code)
    with pytest.raises(NoStanding):
        issuing.issue(CHECKER, record, 2025, Mass.t(1), clock.now())


def test_forest_management_is_issued_here_for_demonstration_only():
    make_lot(1, project="0009", kind=ProjectType.IFM)
    record = issuing.record_verification(
        MAKER, "HLYC-0009", VerificationKind.VERIFICATION, DRAFT, clock.now()
    )
    issuing.check_verification(CHECKER, record, Decision.APPROVED, "", clock.now())
    with pytest.raises(NotIssuedHere):
        issuing.issue(CHECKER, record, 2025, Mass.t(1), clock.now())
