"""The released models: every number from its table, every check holds, and every check can fail."""

import csv
import gzip
import json
import os
import random
import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.answers import numbers
from portal.footprint.rules.checks import (
    all_factors,
    extreme_answers,
    faults_at_load,
    findings,
    overdue,
    random_answers,
    texts,
    unsound,
    wrong_cases,
    wrong_directions,
)
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.errors import ModelFault, UnknownModel, UnknownRegion, UnknownVersion
from portal.footprint.rules.expressions import value
from portal.footprint.rules.model import CONFIDENCES, Model
from portal.footprint.rules.reading import read
from tests.factories.footprint import MODELS, text_of

RELEASED = date(2026, 11, 22)
YICHUN = "230700"


# ---- the numbers are those of the tables


def table_rows() -> dict[str, dict[str, str]]:
    folder = files("portal.footprint") / "data"
    rows: dict[str, dict[str, str]] = {}
    for name in ("emission_factors.csv", "gwp.csv", "regions.csv", "reference_values.csv"):
        rows |= {row["key"]: row for row in csv.DictReader((folder / name).read_text("utf-8").splitlines())}
    return rows


def test_every_factor_is_its_row(model: Model):
    rows = table_rows()
    for factor in all_factors(model):
        row = rows[factor.key]
        assert (str(factor.value), factor.unit_text) == (row["value"], row["unit"])
        assert (factor.region, factor.year, factor.gases) == (row["region"], row["year"], row["gases_basis"])
        assert (factor.title.zh, factor.title.en) == (row["name_zh"], row["name_en"])
        assert (factor.source.title, factor.source.row) == (row["source"], row["source_row"])
        assert (factor.source.url, factor.confidence) == (row["source_url"], row["confidence"])
        assert str(factor.uncertainty_pct) == row["uncertainty_pct"]


def test_every_reference_is_its_row(model: Model):
    rows = table_rows()
    for reference in model.references.values():
        if reference.missing is None:
            row = rows[reference.source_key]
            assert (str(reference.value), reference.unit_text) == (row["value"], row["unit"])
            assert (reference.year, reference.confidence) == (row["year"], row["confidence"])


def test_the_copied_tables_hold_nothing_unused():
    models = [library.model(*name.split("/")) for name in library.lock()]
    used = {factor.key for model in models for factor in all_factors(model)}
    used |= {reference.source_key for model in models for reference in model.references.values()}
    assert set(table_rows()) == used - {""}


def test_pedigree_follows_confidence_unless_a_reason_is_given(model: Model):
    """official 1, published 2, secondary 3, provisional 4; one worse for an old year, a foreign region."""
    for factor in all_factors(model):
        if factor.quality_why is None:
            score = CONFIDENCES.index(factor.confidence) + 1
            old = not (factor.year.isdigit() and int(factor.year) >= 2020)
            wanted = (score, score, min(score + old, 5), min(score + factor.is_foreign, 5), score)
            assert factor.quality == wanted, factor.name


def test_each_factor_has_a_date_of_review_within_three_years_of_its_source(model: Model):
    for factor in all_factors(model):
        if factor.review_why is None:
            published = re.findall(r"\b20\d\d\b", f"{factor.year} {factor.source.title}")
            assert factor.review_by.year - 3 in map(int, published), factor.name


def test_yichun_in_heilongjiang_is_not_yichun_in_jiangxi(model: Model):
    assert model.place("230700").factors["grid"].key == "elec_cn_hl_2023"
    assert model.place("360900").factors["grid"].key == "elec_cn_jx_2023"


def test_a_missing_regional_factor_falls_back_and_says_so(model: Model):
    tibet = model.place("540000")
    assert tibet.factors["grid"].key == "elec_cn_national_2023"
    assert "grid" in tibet.fallen_back
    assert "grid" not in model.place("110000").fallen_back


@pytest.mark.parametrize(
    "region", ["", "2307", "999900", "23O700", "２３０７００", "230700\n", "CN", "x" * 300]
)
def test_an_unknown_region_is_refused(model: Model, region: str):
    with pytest.raises(UnknownRegion):
        model.place(region)


# ---- questions


def test_the_household_model_asks_twelve_questions_heating_first():
    keys = list(library.model("household-cn", "1.0.0").questions)
    assert len(keys) == 12
    assert keys[0] == "heating"


def test_the_event_model_asks_eight_questions():
    assert len(library.model("event-cn", "1.0.0").questions) == 8


def test_every_text_is_there_in_both_languages(model: Model):
    found = dict(texts(model))
    assert len(found) > 100
    for path, text in found.items():
        assert text.is_complete, path
        if path.endswith((".ask", ".hint", ".basis", ".why")):
            assert re.search(r"[一-鿿]", text.zh), path
        assert not re.search(r"[一-鿿]", text.en), path


# ---- every check holds, also after many tries


def test_all_checks_hold(model: Model):
    for finding in findings(model, RELEASED, rounds=10_000):
        assert finding.faults == (), finding.check


def test_a_heated_flat_of_80_square_metres_is_about_4_2_tonnes():
    """By hand: 6100 K·d × 86,400 s × 0.9 W/m²K ÷ 10⁹ × 110 kg/GJ × 80 m²."""
    model = library.model("household-cn", "1.0.0")
    grams = compile_model(model, YICHUN).evaluate(numbers(model, {"home_area": "80"}))[0]
    assert grams == 4_174_157
    assert grams == int(Decimal("6100") * 86400 * Decimal("0.9") / 10**9 * 110 * 80 * 1000 + Decimal("0.5"))


@pytest.mark.parametrize("model_id", ["household-cn", "event-cn"])
def test_every_default_says_how_sure_it_is_and_until_when(model_id):
    for question in library.model(model_id).ordinary:
        assert question.confidence in CONFIDENCES, question.key
        assert question.review_by is not None, question.key
        is_unsure = "规划取值" in question.basis.zh or "未核对" in question.basis.zh
        assert question.is_provisional or not is_unsure, question.key


def test_an_independent_walk_of_the_trees_agrees_to_the_gram(model: Model):
    """Exact fractions, no generated code: a second opinion on the compiler."""
    compiled, chance = compile_model(model, YICHUN), random.Random(7)
    fixed = {f.name: Fraction(f.value) for f in compiled.place.factors.values()}
    fixed |= {a.name: Fraction(a.value) for a in model.assumptions.values()}
    for answers in extreme_answers(model) + [random_answers(model, chance) for _ in range(300)]:
        resolved = dict(zip(model.questions, compiled.resolve(answers), strict=True))
        values = fixed | {key: Fraction(number) for key, number in resolved.items() if number is not None}
        chosen = {
            key: question.options[int(resolved[key])].key
            for key, question in model.questions.items()
            if question.is_choice and not question.has_number
        }
        for quantity in model.quantities.values():
            if quantity.key not in values:  # not entered straight
                values[quantity.key] = value(quantity.node, values, chosen, Fraction)
        for rule, grams in zip(model.rules.values(), compiled.evaluate(answers), strict=True):
            exact = value(rule.node, values, chosen, Fraction) * 1000
            assert abs(exact - grams) <= Fraction(1, 2) + exact / 10**12, rule.key


def test_python_and_javascript_agree_bit_for_bit_on_10_000_answers(model: Model, tmp_path: Path):
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        if os.environ.get("CI") == "true":
            pytest.fail("missing: Node.js, to run the generated JavaScript", pytrace=False)
        pytest.skip("missing: Node.js")
    chance = random.Random(11)
    sets = extreme_answers(model) + [random_answers(model, chance) for _ in range(10_000)]
    entered = {q.key for q in model.questions.values() if q.expert}
    assert {
        key for given in sets for key, a in zip(model.questions, given, strict=True) if a is not None
    } >= entered
    for own in ({}, own_of(model, chance)):
        compiled = compile_model(model, YICHUN, own=own)
        assert in_javascript(node, compiled.javascript, sets, tmp_path) == [
            list(compiled.evaluate(given)) for given in sets
        ]
    planted = compiled.javascript.replace("0.5)", "0.4)", 1)
    assert in_javascript(node, planted, sets, tmp_path) != [list(compiled.evaluate(s)) for s in sets]


def own_of(model: Model, chance: random.Random) -> dict[str, str]:
    """Own values for every other factor, inside their bands."""
    names = sorted(model.factors)[::2]
    bands = {name: model.place(YICHUN).factors[name].sane for name in names}
    return {name: f"{chance.uniform(float(low), float(high)):.9f}" for name, (low, high) in bands.items()}


def in_javascript(node: str, text: str, sets: list[object], folder: Path) -> object:
    (folder / "model.mjs").write_text(text)
    (folder / "answers.json").write_text(json.dumps(sets))
    (folder / "run.mjs").write_text(
        "import {readFileSync} from 'node:fs'; import {evaluate} from './model.mjs';"
        "const sets = JSON.parse(readFileSync('answers.json', 'utf8'));"
        "process.stdout.write(JSON.stringify(sets.map(evaluate)));"
    )
    done = subprocess.run(
        [node, "run.mjs"], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_the_generated_javascript_is_small(model: Model):
    assert len(gzip.compress(compile_model(model, YICHUN).javascript.encode())) <= 25_000


# ---- planted faults: every check can fail


def faulty(model_id: str, *changes: tuple[str, str]) -> Model:
    text = text_of(model_id)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return read(text.encode())


HOUSEHOLD_FAULTS = {
    "a car without its occupants": ("weeks / car_occupants * car", "weeks * car"),
    "a petrol factor on electricity": ("electricity * months * grid", "electricity * months * car"),
    "kilograms as tonnes": ("kg_per_item / kg_per_t * clothing", "kg_per_item * clothing"),
    "a unitless constant with a meaning": ('"people * rail_km * rail"', '"people * rail_km * rail + 12"'),
    "a default in another unit": ('"people * kwh_per_person / months"', '"people * kwh_per_person"'),
    "a comparison on another scale": ('"total / people / kgco2e_per_t"', '"total / people"'),
    "a name used twice": ("[assumption.phones]", "[assumption.heat]"),
    "an unused factor": ("phones * phone + (fridge + washer + tv)", "phones * phone + (fridge + washer)"),
    "a factor outside its band": ('value = "110"', 'value = "1100"'),
    "no licence": ('licence = "public announcement of the state"', 'licence = ""'),
    "no source": ('title = "Chinese enterprise accounting guideline default 0.11 tCO2/GJ"', 'title = ""'),
    "an unknown confidence": ('confidence = "secondary"', 'confidence = "certain"'),
    "pedigree out of range": ("quality = [3, 3, 3, 3, 3]", "quality = [3, 3, 3, 3, 6]"),
    "warming without words": ('gwp = "AR6, 100 years"', 'gwp = "AR7, 100 years"'),
    "a missing English text": ('en = "Heating" }', 'en = "" }'),
    "a default outside its range": ('default = "80"', 'default = "8000"'),
    "a default that is no option": ('default = "district"', 'default = "steam"'),
    "an undeclared question": ('rises_with = ["people", "rail_km"]', 'rises_with = ["rail_km"]'),
    "an unknown category": ('category = "waste"', 'category = "rubbish"'),
    "an action on nothing": ('{ clothes = "clothes / 2" }', '{ shirts = "clothes / 2" }'),
    "an action in another unit": ('{ clothes = "clothes / 2" }', '{ clothes = "weeks / 2" }'),
}  # fmt: skip


@pytest.mark.parametrize("fault", HOUSEHOLD_FAULTS)
def test_a_planted_fault_is_refused_at_load(fault: str):
    assert faults_at_load(faulty("household-cn", HOUSEHOLD_FAULTS[fault]))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value = "110"', "value = 110"),
        ('value = "110"', 'value = "NaN"'),
        ('value = "110"', 'value = "1,1"'),
        ('unit = "kgCO2/GJ"', 'unit = "kgCO2/Gj"'),
        ('review_by = "2028-12-31"', 'review_by = "soon"'),
        ('expr = "electricity * months * grid"', "expr = \"eval('1')\""),
        ("[model]", "[model"),
        ('gwp = "AR6, 100 years"', ""),
        ('unsure = { zh = "不清楚（按集中供热计算）", en = "I don’t know (we take district heating)" }', ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(old: str, new: str):
    with pytest.raises(ModelFault):
        faulty("household-cn", (old, new))


def test_a_wrong_direction_is_found():
    swapped = (
        'rises_with = ["people", "car_km"]\nfalls_with = ["car_occupants"]',
        'rises_with = ["people", "car_km", "car_occupants"]',
    )
    assert wrong_directions(compile_model(faulty("household-cn", swapped), YICHUN), 100)


def test_a_question_that_moves_nothing_is_found():
    stuck = ('"people * rail_km * rail"', '"people * rail_km * rail * 0 + people * rail_km * rail * 0"')
    assert wrong_directions(compile_model(faulty("household-cn", stuck), YICHUN), 100)


def test_a_negative_line_is_found():
    upside = ("(main_meals - diet) * meal_vegetarian", "(diet - main_meals) * meal_vegetarian")
    assert unsound(compile_model(faulty("household-cn", upside), YICHUN), 500)


def test_an_infinite_line_is_found():
    by_zero = ("people * rail_km * rail", "people * rail_km * rail / (rail_km / rail_km)")
    assert unsound(compile_model(faulty("household-cn", by_zero), YICHUN), 500)


def test_a_gram_too_many_in_a_golden_case_is_found():
    assert wrong_cases(faulty("household-cn", ('heat_district = "4174157"', 'heat_district = "4174158"')))


def test_a_late_review_is_found(model: Model):
    assert overdue(model, RELEASED) == []
    assert overdue(model, date(2032, 1, 1))


@pytest.mark.parametrize("model_id", MODELS)
def test_a_released_file_may_not_change(model_id: str):
    name = f"{model_id}/1.0.0"
    content = text_of(model_id).encode()
    assert library.unlocked(content, library.lock()[name], name).id == model_id
    with pytest.raises(ModelFault, match="not the one that was released"):
        library.unlocked(content.replace(b"twelve", b"eleven") + b"\n", library.lock()[name], name)


def test_the_lock_lists_every_file():
    shelf = Path(str(files("portal.footprint"))) / "models"
    found = {
        str(file.parent.relative_to(shelf)): sha256(file.read_bytes()).hexdigest()
        for file in shelf.rglob("model.toml")
    }
    assert found == library.lock()


def test_unknown_models_and_versions():
    with pytest.raises(UnknownModel):
        library.model("../household-cn")
    with pytest.raises(UnknownVersion):
        library.model("household-cn", "9.9.9")
