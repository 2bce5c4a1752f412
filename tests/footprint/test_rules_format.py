"""The model format: what is asked when, quantities entered straight, own factors, years and audiences."""

import random

import pytest

from portal.footprint.rules import errors, library
from portal.footprint.rules.answers import from_texts, numbers
from portal.footprint.rules.checks import (
    faults_at_load,
    findings,
    idle_questions,
    meddling,
    overdue,
    random_answers,
    stale_texts,
    unsound_places,
    wrong_cases,
    wrong_shares,
)
from portal.footprint.rules.compiler import _compiled, compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.reading import read
from portal.footprint.rules.results import changes, digest, estimate, lowest, own_measures
from tests.factories.footprint import text_of
from tests.factories.small_model import small
from tests.footprint.test_models import RELEASED

HARBIN, YICHUN, TIBET = "230000", "230700", "540000"


@pytest.fixture
def little() -> Model:
    return small()


def keys(steps: object) -> list[list[str]]:
    return [[question.key for question in step] for step in steps]  # type: ignore[attr-defined]


def line(result: object, key: str) -> object:
    return next(line for line in result.lines if line.rule == key)  # type: ignore[attr-defined]


def test_every_check_holds_for_the_small_model(little: Model):
    assert faults_at_load(little) == []
    assert [found for found in findings(little, RELEASED, rounds=500) if found.faults] == []


UNSURE = 'unsure = { zh = "不清楚", en = "I don’t know" }'


def test_texts_that_no_longer_name_the_default_are_found(little: Model):
    assert stale_texts(little) == []
    apart = small((UNSURE, 'unsure = { zh = "不清楚（按 30 人）", en = "I don’t know (we take 20)" }'))
    assert len(stale_texts(apart)) == 2  # not the same in both, and neither is the default
    assert (
        stale_texts(
            small((UNSURE, 'unsure = { zh = "不清楚（按 2 人）", en = "I don’t know (we take two)" }'))
        )
        == []
    )


def test_a_quantity_that_moves_nothing_is_found(little: Model):
    assert idle_questions(compile_model(little, YICHUN), 50) == []
    deaf = small(
        ("heat * heat_factor if", "area * heat_per_m2 * heat_factor if"),
        ("heat * kwh_per_gj", "area * heat_per_m2 * kwh_per_gj"),
    )
    assert idle_questions(compile_model(deaf, YICHUN), 50) == ["question heat moves nothing"]


def test_an_answer_that_counts_where_it_is_not_asked_is_found(little: Model):
    assert meddling(compile_model(little, YICHUN), 50) == []
    careless = small(("car_km if has_car == 'yes' else 0", "car_km"), ('switched_by = ["has_car"]\n', ""))
    assert "question car_km counts where it is not asked" in meddling(compile_model(careless, YICHUN), 50)


def test_a_place_without_a_result_is_found(little: Model):
    assert unsound_places(little) == []
    nowhere = small(("heat * heat_factor if", "heat * heat_factor / (grid / grid - 1) if"))
    assert len(unsound_places(nowhere)) == len(nowhere.overlays) * 3


def test_default_shares_that_do_not_sum_to_one_are_found():
    assert wrong_shares(compile_model(library.model("event-cn", "1.0.0"), YICHUN)) == []
    uneven = read(text_of("event-cn").replace('default = "0.5"', 'default = "0.6"', 1).encode())
    assert wrong_shares(compile_model(uneven, YICHUN))


def test_a_golden_case_with_a_year_and_own_factors_is_exact(little: Model):
    assert wrong_cases(little) == []
    assert wrong_cases(small(('own = { car = "0.25" }', 'own = { car = "0.26" }')))
    assert wrong_cases(small(('year = "2022"\nanswers', 'year = "2021"\nanswers')))
    assert wrong_cases(small(('answers = { people = "2"', 'answers = { persons = "2"')))


def test_a_late_review_of_a_year_or_a_place_is_found(little: Model):
    late = small(('value = "0.5368"', 'value = "0.5368"\nreview_by = "2020-01-01"'))
    assert overdue(little, RELEASED) == []
    assert overdue(late, RELEASED) == ["factor grid (CN-HL 2022): to be reviewed by 2020-01-01"]


# ---- what is asked


def test_the_short_form_asks_the_express_questions_only(little: Model):
    assert keys(little.steps_of("short", {})) == [["people"], ["heating"]]


def test_the_full_form_asks_what_is_relevant(little: Model):
    assert keys(little.steps_of("full", {})) == [["people"], ["heating"], ["area"], ["has_car"]]
    with_car = {"heating": "none", "has_car": "yes"}
    assert keys(little.steps_of("full", with_car)) == [
        ["people"], ["heating"], ["has_car"], ["car_km"], ["electric_part"]
    ]  # fmt: skip
    assert keys(little.steps_of("full", with_car | {"car_km": "0"}))[-1] == ["car_km"]


def test_what_hangs_on_an_irrelevant_question_is_irrelevant(little: Model):
    """The distance stays among the answers when the car is gone, and its part on electricity goes too."""
    given = {"has_car": "no", "car_km": "9000"}
    assert not little.is_relevant(little.questions["car_km"], given)
    assert not little.is_relevant(little.questions["electric_part"], given)


def test_expert_mode_asks_a_sections_quantities_at_its_end(little: Model):
    assert keys(little.steps_of("expert", {})) == [["people"], ["heating"], ["area"], ["heat"], ["has_car"]]


def test_a_model_without_express_questions_asks_all_in_short():
    every = small(("express = true", ""), ("express = true", ""))
    assert keys(every.steps_of("short", {})) == keys(every.steps_of("full", {}))


def test_what_is_not_relevant_is_neither_a_default_nor_narrowing(little: Model):
    result = estimate(little, YICHUN, {"people": "2", "heating": "none", "has_car": "no"})
    assert result.defaulted == result.narrowing == ()
    assert result.total_g == 0
    asked = estimate(little, YICHUN, {"people": "2", "heating": "district", "has_car": "yes"})
    assert asked.defaulted == ("area", "car_km", "electric_part")


def test_relevance_is_the_same_for_pages_and_results(little: Model):
    compiled, chance = compile_model(little, YICHUN), random.Random(5)
    for _ in range(300):
        answers = random_answers(little, chance)
        given = {
            q.key: q.options[int(a)].key if q.is_choice else repr(a)
            for q, a in zip(little.questions.values(), answers, strict=True)
            if a is not None
        }
        told = compiled.relevant(compiled.resolve(answers))
        assert told == tuple(little.is_relevant(q, given) for q in little.questions.values())


# ---- quantities entered straight


def test_a_quantity_that_is_entered_replaces_its_formula(little: Model):
    compiled = compile_model(little, YICHUN)
    formula = compiled.evaluate(numbers(little, {"area": "80"}))
    assert compiled.evaluate(numbers(little, {"area": "80", "heat": "40"})) == formula
    assert compiled.evaluate(numbers(little, {"area": "80", "heat": "10"}))[0] == 1_050_000


def test_a_quantity_that_is_entered_narrows_the_range_and_takes_its_own_grade(little: Model):
    known = {"people": "2", "heating": "district", "has_car": "no"}
    unknown, by_area, by_meter = (
        estimate(little, YICHUN, known | more) for more in ({}, {"area": "80"}, {"heat": "40"})
    )
    assert unknown.total_g == by_area.total_g == by_meter.total_g
    grades = [line(result, "heat_district").quality for result in (unknown, by_area, by_meter)]  # type: ignore[attr-defined]
    assert grades == ["D", "B", "A"]
    widths = [result.high_g / result.low_g for result in (unknown, by_area, by_meter)]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3


def test_a_quantity_that_is_not_entered_is_no_default(little: Model):
    assert "heat" not in estimate(little, YICHUN, {}).defaulted


@pytest.mark.parametrize("text", ["-1", "1001", "1e2", "forty"])
def test_a_wrong_quantity_is_refused_by_name(little: Model, text: str):
    with pytest.raises(errors.BadAnswer) as caught:
        from_texts(little, {"heat": text})
    assert caught.value.params["key"] == "heat"


def test_an_action_may_change_a_quantity_and_is_offered_when_it_holds(little: Model):
    saved = {c.action: c.saves_g for c in changes(little, YICHUN, {"area": "80"})[0]}
    assert saved == {"insulate": 1_260_000}
    metered = {c.action: c.saves_g for c in changes(little, YICHUN, {"area": "80", "heat": "20"})[0]}
    assert metered == {"insulate": 630_000}
    assert changes(little, YICHUN, {"heating": "none"}) == ([], 0)
    assert lowest(little, YICHUN, {"heating": "none", "has_car": "yes"}) == 0


def test_what_is_shown_apart_is_no_part_of_the_total(little: Model):
    given = {"people": "3", "heating": "none"}
    assert estimate(little, YICHUN, given).total_g == 0
    assert own_measures(little, YICHUN, given) == {"per_person": 0, "public": 1_500_000}
    assert little.measures["public"].shown == "apart"


# ---- places and years


@pytest.mark.parametrize(
    ("region", "year", "grid", "fallen_back"),
    [
        ("230700", "", "0.5229", ()),
        ("230700", "2022", "0.5368", ()),
        ("230700", "2021", "0.5229", ("grid",)),  # the place's own of 2023 rather than the nation's of 2021
        ("540000", "2022", "0.5366", ("grid", "heat_factor")),
        ("540000", "", "0.5306", ("grid", "heat_factor")),
    ],
)
def test_a_year_lies_over_each_place(
    little: Model, region: str, year: str, grid: str, fallen_back: tuple[str, ...]
):
    place = little.place(region, year)
    assert str(place.factors["grid"].value) == grid
    assert place.fallen_back == fallen_back


def test_a_partial_factor_inherits_what_it_does_not_say(little: Model):
    grid = little.place("230700", "2022").factors["grid"]
    assert (grid.region, grid.year, grid.key) == ("CN-HL", "2022", "grid_cn_2023")
    assert little.overlays["230700"].factors["heat_factor"].sane == little.factors["heat_factor"].sane


def test_an_unknown_year_is_refused_with_those_there_are(little: Model):
    with pytest.raises(errors.UnknownYear) as caught:
        little.place(YICHUN, "1999")
    assert caught.value.params["years"] == "2022, 2021"


@pytest.mark.parametrize(
    "planted",
    [
        ('value = "0.5368"', 'value = "53.68"'),
        ('value = "0.5368"\nyear = "2022"', 'value = "0.5368"\nyear = ""'),
        ('[overlay.230000.year.2022.factor.grid]', "[overlay.230000.year.2022.factor.mains]\nunit = \"kg\""),
        ('public_each]\nvalue = "300"', 'public_each]\nvalue = "9"'),
        ('skip = ["has_car"]', 'skip = ["has_bike"]'),
        ('default = "40"\n', 'default = "9999"\n'),
        ('en = "How many people are at the school?"', 'en = ""'),
        ('mee = "energy"', 'mee = "sport"'),
        ('shown = "apart"', 'shown = "inside"'),
        ('when = ["heating != \'none\'"]\nsection', 'when = ["heating != \'steam\'"]\nsection'),
        ('when = ["heating != \'none\'"]\nsection', 'when = ["car_km > 0"]\nsection'),
        ('when = ["heating != \'none\'"]\nsection', 'when = ["people > 1"]\nsection'),
        ('when = ["heating != \'none\'"]\nsection', 'when = ["heat > 0"]\nsection'),
        ('when = ["car_km > 0"]\nsection = "travel"', 'when = ["car_km > 0"]\nsection = "flying"'),
        ('[quantity.heat.expert]\nmin = "0"\nmax', '[quantity.heat.expert]\nmin = "2000"\nmax'),
        ('becomes = { heat = "heat * 0.7" }', 'becomes = { heat = "area * 0.7" }'),
        ('when = ["has_car == \'yes\'", "driven > 0"]', 'when = ["has_car == \'yes\'", "driven > 1"]'),
        ('measure = "meter"', 'measure = "guess"'),
        ('year = "2022"\nanswers', 'year = "1922"\nanswers'),
        ('default = "40"\n', 'default = "40"\nconfidence = "official"\nreview_by = "2027-12-31"\n'),
    ],
)  # fmt: skip
def test_a_planted_fault_in_what_is_new_is_refused(planted: tuple[str, str]):
    with pytest.raises(errors.ModelFault):
        for_everybody(planted)


def for_everybody(planted: tuple[str, str]) -> None:
    """Loads the model as it is put to each audience, as the library does."""
    for audience in ("", "school"):
        faults = faults_at_load(small(planted, audience=audience))
        if faults:
            raise errors.ModelFault(faults)


# ---- audiences


def test_an_audience_hears_its_own_questions():
    plain, school = small(), small(audience="school")
    assert school.audience == "school"
    assert school.questions["people"].ask.en == "How many people are at the school?"
    assert school.questions["people"].hint == plain.questions["people"].hint
    assert plain.questions["people"].ask.en == "How many people?"
    assert keys(school.steps_of("full", {})) == [["people"], ["heating"], ["area"]]


def test_what_an_audience_is_not_asked_takes_its_default_and_cannot_be_answered():
    school = small(audience="school")
    assert "has_car" not in estimate(school, YICHUN, {}).defaulted
    with pytest.raises(errors.UnknownAnswer):
        from_texts(school, {"has_car": "yes"})


def test_an_audience_may_have_its_own_factors():
    assert own_measures(small(audience="school"), YICHUN, {"people": "10"})["public"] == 3_000_000


# ---- own factors


def test_an_own_factor_replaces_the_published_one_and_is_marked(little: Model):
    given = {"people": "2", "heating": "district", "area": "80", "has_car": "no"}
    result = estimate(little, YICHUN, given, own={"heat_factor": "100"})
    assert result.total_g == 4_000_000
    assert result.own == (("heat_factor", "100"),)
    assert little.place(YICHUN, own={"heat_factor": "100"}).is_own
    assert line(result, "heat_district").quality == "C"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("own", "error"),
    [
        ({"heat_factor": "201"}, errors.FactorOutOfBand),
        ({"heat_factor": "49.999"}, errors.FactorOutOfBand),
        ({"heat_factor": "-110"}, errors.NotAPlainNumber),
        ({"heat_factor": "NaN"}, errors.NotAPlainNumber),
        ({"heat_factor": 110}, errors.NotAPlainNumber),
        ({"heat_factor": "1e2"}, errors.NotAPlainNumber),
        ({"heat": "110"}, errors.UnknownFactor),
        ({"area_each": "30"}, errors.UnknownFactor),
    ],
)
def test_an_own_factor_outside_its_band_is_refused_by_name(
    little: Model, own: dict[str, str], error: type[errors.BadAnswer]
):
    with pytest.raises(error) as caught:
        estimate(little, YICHUN, {}, own=own)
    assert caught.value.params["key"] == next(iter(own))


def test_year_audience_and_own_factors_are_part_of_the_digest_where_there_are_any():
    facts = ("abc", YICHUN, {"people": "2"}, {"car": 5})
    more = [{}, {"year": "2022"}, {"audience": "school"}, {"own": {"grid": "0.5"}}, {"own": {"grid": "0.6"}}]
    assert len({digest(*facts, **kind) for kind in more}) == len(more)  # type: ignore[arg-type]
    assert digest(*facts, year="", audience="", own={}) == digest(*facts)


def test_compiled_models_with_own_factors_do_not_pile_up(little: Model):
    for index in range(400):
        compile_model(little, YICHUN, own={"grid": f"0.5{index:03}"})
    assert _compiled.cache_info().currsize <= _compiled.cache_info().maxsize == 256
