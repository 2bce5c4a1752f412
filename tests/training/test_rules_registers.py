"""Register scenarios are judged by the registry's own rules; the author's word counts where none speaks."""

import pytest

from portal.kernel.bilingual import Bilingual
from portal.registry.rules.accounts import InDebt, NoSerialsForType, NotApproved
from portal.registry.rules.ledger import MoreThanVerified
from portal.registry.rules.lifecycle import LikenessOpen, NoStanding, NotIssuedHere
from portal.training.rules.grading import grade
from portal.training.rules.items import Item, Register, RegisterCase, RegisterProject
from portal.training.rules.packs.bank import read_bank, written_bank
from portal.training.rules.packs.faults import Notes
from portal.training.rules.registers import RuleNotMet, may_issue, newer_rules, refusal, register_faults
from portal.training.rules.scenarios import scenario_faults
from portal.training.rules.solutions import right_response

TEXT = Bilingual("甲", "A")


def project(case: RegisterCase | None, *, said: bool = True) -> RegisterProject:
    return RegisterProject(TEXT, said, TEXT, (), case)


def a_case(**said: object) -> RegisterCase:
    return RegisterCase(**{"type": "ARR", "state": "verified", "rules": "arr/1", **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (a_case(), None),
        (a_case(verified=12000, buffer=1800, asks=10200), None),
        (a_case(verified=8000, buffer=800, asks=7500), MoreThanVerified),
        (a_case(is_approved=False), NotApproved),
        (a_case(state="design_notice"), NoStanding),
        (a_case(state="suspended"), NoStanding),
        (a_case(type="REDD", rules="redd/1"), NotIssuedHere),
        (a_case(type="other", rules=""), NoSerialsForType),
        (a_case(overlaps=True), LikenessOpen),
        (a_case(owes=True), InDebt),
        (a_case(answers=(("arr.wetland", "yes"),)), RuleNotMet),
        (a_case(answers=(("arr.wetland", "no"),)), None),
        (a_case(answers=(("arr.not_forest", "2"),)), RuleNotMet),
        (a_case(answers=(("arr.parcel_area", "600"),), begun="2021-04-01"), None),
        (a_case(answers=(("arr.parcel_area", "600"),), begun="2018-04-01"), RuleNotMet),
    ],
)
def test_the_registry_decides(case: RegisterCase, reason: type | None):
    found = refusal(case)
    assert (type(found) if found else None) is reason
    assert may_issue(project(case, said=reason is not None)) is (reason is None)  # whatever the author says


def test_without_a_case_the_author_decides():
    assert may_issue(project(None, said=True))
    assert not may_issue(project(None, said=False))


def test_marks_and_solutions_are_the_registers_and_say_its_reason():
    item = Item("cards", TEXT, Register((project(a_case()), project(a_case(owes=True)), project(None))))
    assert right_response(item, "zh") == frozenset({0, 2})
    assert grade(item, frozenset({0, 2})).is_right
    wrong = grade(item, frozenset({0, 1, 2}))
    assert (wrong.is_right, [type(each) for each in wrong.remarks]) == (False, [InDebt])


@pytest.mark.parametrize(
    ("case", "said", "faults"),
    [
        (a_case(), True, []),
        (a_case(), False, ["VerdictDiffers"]),
        (a_case(owes=True), True, ["VerdictDenied"]),
        (a_case(type="tree", state="asleep"), True, ["WordUnknown", "WordUnknown"]),
        (a_case(rules="arr/999"), True, ["RuleUnknown"]),
        (a_case(answers=(("arr.dragons", "yes"),)), True, ["RuleUnknown"]),
        (a_case(answers=(("arr.not_forest", "many"),)), True, ["NotANumber"]),
        (a_case(rules="", answers=(("arr.wetland", "yes"),)), True, ["RuleUnknown"]),
        (None, True, []),
    ],
)
def test_the_lint_says_where_author_and_register_differ(
    case: RegisterCase | None, said: bool, faults: list[str]
):
    scenario = Register((project(case, said=said),))
    assert [type(each).__name__ for each in scenario_faults(scenario)] == faults
    assert [type(each).__name__ for each in register_faults(scenario)] == faults


def test_a_case_is_written_as_it_was_read():
    whole = a_case(
        is_approved=False, overlaps=True, owes=True, verified=5, buffer=1, asks=3, begun="2018-04-01",
        answers=(("arr.wetland", "yes"),),
    )  # fmt: skip
    item = Item("cards", TEXT, Register((project(whole), project(None))), objective="o", source=TEXT)
    notes = Notes("bank/a.yml")
    ((read, _line),) = read_bank(written_bank([item]), notes)
    assert notes.findings == []
    assert read.task == item.task


def test_newer_rules_are_noticed():
    assert newer_rules(a_case()) is None
    assert newer_rules(a_case(rules="")) is None
