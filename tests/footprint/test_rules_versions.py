"""Between versions: answers taken over, causes that add up to the gram, and changes that somebody signs."""

import random
from copy import deepcopy
from decimal import Decimal
from itertools import pairwise

import pytest

from portal.footprint.rules import errors, library, report
from portal.footprint.rules.answers import Given, from_texts, numbers
from portal.footprint.rules.checks import random_answers
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.migration import DOES_NOT_FIT, carry, migration_faults, read_migration
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import plain
from portal.footprint.rules.report import Report, change_report, review_faults, signature_faults
from portal.footprint.rules.versions import Basis, migrate, walk, why_changed
from tests.factories.small_model import MIGRATION, small, small_next

YICHUN = "230700"


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> tuple[Model, Model]:
    """The small model and its next version, as if both were released."""
    old, new = small(), small_next()
    migration = read_migration(MIGRATION)
    models = {"1.0.0": old, "1.1.0": new}
    monkeypatch.setattr(library, "model", lambda _, version=None, audience="": models[version or "1.1.0"])
    monkeypatch.setattr(library, "migration", lambda _, version: migration if version == "1.1.0" else None)
    monkeypatch.setattr(library, "review", lambda *_: None)
    return old, new


def total(basis: Basis) -> int:
    compiled = compile_model(basis.model, basis.region, basis.year, basis.own)
    return sum(compiled.evaluate(numbers(basis.model, basis.given)))


# ---- answers taken over


def test_answers_are_kept_renamed_mapped_worked_out_and_dropped_with_a_reason(shelf: tuple[Model, Model]):
    given = {
        "people": "3",
        "heating": "none",
        "area": "80",
        "car_km": "10400",
        "electric_part": "0.5",
        "heat": "7",
    }
    moved = migrate(*shelf, given)
    assert moved.given == {"people": "3", "heating": "none", "floor": "80", "car_km": "200", "heat": "7"}
    assert [(d.key, d.why.en) for d in moved.dropped] == [("electric_part", "No longer asked.")]


def test_an_answer_outside_the_new_range_is_dropped_and_not_clipped():
    old = small()
    new = small(('max = "20"\ndefault = "2"', 'max = "5"\ndefault = "2"'))
    keep = read_migration({"from": "1.0.0", **{key: {"keep": True} for key in old.questions}})
    moved = carry(keep, old, new, {"people": "9", "heating": "none"})
    assert moved.given == {"heating": "none"}
    assert [(d.key, d.why) for d in moved.dropped] == [("people", DOES_NOT_FIT)]


def test_there_is_no_way_back_or_across(shelf: tuple[Model, Model]):
    old, new = shelf
    with pytest.raises(errors.NotComparable):
        migrate(new, old, {})
    with pytest.raises(errors.NotComparable):
        migrate(small(('id = "small"', 'id = "other"')), new, {})


@pytest.mark.parametrize(
    ("key", "move"),
    [
        ("people", None),
        ("people", {"rename": "persons"}),
        ("people", {"rename": "floor"}),
        ("people", {"rename": "has_car"}),
        ("heating", {"options": {"to": "heating", "map": {"district": "district", "none": "none"}}}),
        (
            "heating",
            {"options": {"to": "heating", "map": {"district": "steam", "electric": "none", "none": "none"}}},
        ),
        ("car_km", {"keep": True}),
        ("car_km", {"transform": {"to": "car_km", "expr": "old / 52"}}),
        ("car_km", {"transform": {"to": "car_km", "expr": "old / fortnights"}}),
        ("area", {"rename": "people"}),
        ("electric_part", {"drop": {"zh": "", "en": "No longer asked."}}),
        ("rooms", {"keep": True}),
    ],
)
def test_a_migration_that_does_not_cover_or_fit_is_refused(key: str, move: dict[str, object] | None):
    planted = deepcopy(MIGRATION)
    planted.pop(key, None)
    if move:
        planted[key] = move
    assert migration_faults(read_migration(planted), small(), small_next())
    assert migration_faults(read_migration(MIGRATION), small(), small_next()) == []


@pytest.mark.parametrize(
    "move", [{}, {"keep": False}, {"keep": True, "rename": "x"}, {"move": "x"}, {"rename": 3}]
)
def test_a_migration_that_cannot_be_read_is_refused(move: dict[str, object]):
    with pytest.raises(ValueError, match="one of keep"):
        read_migration({"from": "1.0.0", "people": move})


def test_every_released_migration_covers_its_old_version():
    for name in library.lock():
        library.migration(*name.split("/"))


# ---- why a number changed


def random_basis(model: Model, chance: random.Random) -> Basis:
    answers = random_answers(model, chance)
    given: Given = {
        q.key: q.options[[q.number_of(o.key) for o in q.options].index(a)].key
        if q.is_choice
        else plain(Decimal(repr(a)))
        for q, a in zip(model.questions.values(), answers, strict=True)
        if a is not None
    }
    own = {"grid": f"0.{chance.randint(1, 9)}"} if chance.random() < 0.3 else {}
    years = ("", *model.known_years())
    return Basis(model, chance.choice(list(model.overlays)), given, chance.choice(years), own)


def test_causes_add_up_exactly_on_random_pairs(shelf: tuple[Model, Model]):
    old, new = shelf
    chance, seen = random.Random(3), set()
    for _ in range(600):
        before = random_basis(chance.choice((old, new)), chance)
        after = random_basis(new, chance)
        causes = why_changed(before, after)
        assert sum(cause.grams for cause in causes) == total(after) - total(before)
        assert all(cause.grams for cause in causes)
        seen |= {cause.kind for cause in causes}
    assert seen == {"answer", "place", "year", "own", "factor", "method"}


@pytest.mark.parametrize("model_id", ["household-cn", "event-cn"])
def test_causes_add_up_exactly_for_the_released_models(model_id: str):
    versions = [library.model(model_id, version) for version in library.versions(model_id)]
    chance = random.Random(model_id)
    pairs = [(versions[0], versions[0]), *((old, new) for new, old in pairwise(versions))]
    for old, new in pairs:
        for _ in range(20):
            before, after = released_basis(old, chance), released_basis(new, chance)
            causes = why_changed(before, after)
            assert sum(cause.grams for cause in causes) == total(after) - total(before)


def released_basis(model: Model, chance: random.Random) -> Basis:
    """Answers of golden cases, mixed: shares stay together."""
    first, second = chance.choice(list(model.cases.values())), chance.choice(list(model.cases.values()))
    grouped = {q.key for q in model.questions.values() if q.group}
    mixed = {
        key: text for key, text in second.answers.items() if key not in grouped and chance.random() < 0.5
    }
    given = from_texts(model, {**first.answers, **mixed} if not first.audience else {})
    return Basis(model, chance.choice(list(model.overlays)), given)


def test_each_cause_is_what_it_says(shelf: tuple[Model, Model]):
    _, new = shelf
    before = Basis(new, "540000", {"people": "2", "heating": "electric", "floor": "80"})
    after = Basis(new, "230000", {"people": "2", "heating": "electric", "floor": "60"})
    causes = {(cause.kind, cause.key): cause for cause in why_changed(before, after)}
    assert set(causes) == {("answer", "floor"), ("place", "")}
    assert causes["answer", "floor"].after == "60"
    assert causes["answer", "floor"].grams < 0
    assert (causes["place", ""].before, causes["place", ""].after) == ("540000", "230000")


def test_between_versions_factors_stand_apart_from_the_method(shelf: tuple[Model, Model]):
    old, new = shelf
    given = {"people": "2", "heating": "electric", "area": "80"}
    after = Basis(new, YICHUN, migrate(old, new, given).given)
    causes = {(cause.kind, cause.key): cause for cause in why_changed(Basis(old, YICHUN, given), after)}
    assert set(causes) == {("method", ""), ("factor", "grid")}
    assert (causes["factor", "grid"].before, causes["factor", "grid"].after) == ("0.5229", "0.51")
    assert causes["method", ""].grams == pytest.approx(total(Basis(old, YICHUN, given)) * 0.1, abs=2)


def test_walking_the_trees_gives_the_grams_of_the_compiled_model(model: Model):
    chance = random.Random(8)
    for _ in range(60):
        basis = Basis(model, YICHUN, released_basis(model, chance).given)
        assert walk(model, model.place(YICHUN).factors, basis.given) == total(basis)


# ---- changes that somebody signs


def test_the_report_lists_lines_that_moved_by_more_than_5_per_cent(shelf: tuple[Model, Model]):
    moved = {(line.case, line.rule): (line.before_g, line.after_g) for line in change_report(*shelf).moved}
    assert moved["couple", "heat_district"] == (4_200_000, 4_620_000)
    assert moved["couple", "total"] == (4_200_000, 4_620_000)
    assert (
        "metered",
        "heat_electric",
    ) not in moved  # entered straight: the formula's tenth does not touch it


def signed(of: Report, **changes: str) -> str:
    facts = {"reviewer": "footprint editor", "date": "2026-11-26", "report": of.digest} | changes
    return "".join(f'{key} = "{text}"\n' for key, text in facts.items())


def test_a_version_that_moves_lines_far_needs_a_review_of_just_that(
    shelf: tuple[Model, Model], monkeypatch: pytest.MonkeyPatch
):
    old, new = shelf
    assert "nobody has reviewed it" in review_faults(new)[0]
    text = signed(change_report(old, new))
    monkeypatch.setattr(library, "review", lambda *_: text)
    assert review_faults(new) == []
    monkeypatch.setattr(report, "LIMIT", 9.0)
    assert review_faults(new) == []  # nothing moved that far: nothing to sign
    monkeypatch.setattr(report, "LIMIT", 0.2)
    assert "of another report" in review_faults(new)[0]


@pytest.mark.parametrize("changes", [{"reviewer": " "}, {"date": "soon"}, {"report": "0" * 64}])
def test_a_review_that_says_something_else_does_not_count(
    shelf: tuple[Model, Model], changes: dict[str, str]
):
    found = change_report(*shelf)
    assert signature_faults(signed(found), found) == []
    assert signature_faults(signed(found, **changes), found)
    assert signature_faults("reviewer", found)


def test_a_first_version_needs_no_review(shelf: tuple[Model, Model]):
    assert review_faults(shelf[0]) == []


def test_the_operator_sees_the_changes(app, shelf):
    run = app.test_cli_runner()
    said = run.invoke(args=["footprint", "changes", "small/1.0.0", "small/1.1.0"])
    assert said.exit_code == 0
    assert "heat_district" in said.output
    assert change_report(*shelf).digest in said.output
    assert (
        '"moved": '
        in run.invoke(args=["footprint", "changes", "small/1.0.0", "small/1.1.0", "--json"]).output
    )
    assert run.invoke(args=["footprint", "changes", "small/1.1.0", "small/1.0.0"]).exit_code == 2


def test_the_operator_hears_of_a_version_that_does_not_exist(app):
    said = app.test_cli_runner().invoke(
        args=["footprint", "changes", "household-cn/1.0.0", "household-cn/9.9.9"]
    )
    assert said.exit_code == 2
    assert "household-cn/1.0.0" in said.output
