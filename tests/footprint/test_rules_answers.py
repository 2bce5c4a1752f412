"""Answers: taken as they are meant, or refused by name; never clipped, never dropped."""

import re

import pytest

from portal.footprint.rules import errors, library
from portal.footprint.rules.answers import from_form, from_program, from_texts, numbers, shown
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.reading import read
from tests.factories.footprint import CONFERENCE, COUPLE, text_of


@pytest.fixture
def household() -> Model:
    return library.model("household-cn")


@pytest.fixture
def event() -> Model:
    return library.model("event-cn")


@pytest.mark.parametrize(
    ("value", "stored"),
    [(80, "80"), (80.0, "80"), (80.5, "80.5"), (5, "5"), (1000, "1000"), (0.1 + 5, "5.1")],
)
def test_numbers_are_kept_exactly(household: Model, value: object, stored: str):
    assert from_program(household, {"home_area": value}) == {"home_area": stored}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), errors.NotAPlainNumber),
        (float("inf"), errors.NotAPlainNumber),
        (-float("inf"), errors.NotAPlainNumber),
        ("80", errors.NotAPlainNumber),
        ("８０", errors.NotAPlainNumber),
        (True, errors.NotAPlainNumber),
        (None, errors.NotAPlainNumber),
        ([80], errors.NotAPlainNumber),
        ({"value": 80}, errors.NotAPlainNumber),
        (-1, errors.OutOfRange),
        (0, errors.OutOfRange),
        (4.999, errors.OutOfRange),
        (1000.001, errors.OutOfRange),
        (10**9, errors.OutOfRange),
        (10**400, errors.OutOfRange),
        (1e308, errors.OutOfRange),
    ],
)
def test_what_is_no_answer_is_refused_by_name(household: Model, value: object, error: type[errors.BadAnswer]):
    with pytest.raises(error) as caught:
        from_program(household, {"home_area": value})
    assert caught.value.params["key"] == "home_area"


@pytest.mark.parametrize("value", ["steam", "District", "", 0, True, None, ["district"]])
def test_a_choice_takes_its_options_only(household: Model, value: object):
    with pytest.raises(errors.NotAnOption):
        from_program(household, {"heating": value})


def test_half_a_person_is_refused(household: Model):
    with pytest.raises(errors.NotAWholeNumber):
        from_program(household, {"people": 2.5})


@pytest.mark.parametrize("key", ["Heating", "heating ", "__proto__", "total", "grid", "x" * 10_000])
def test_an_unknown_key_is_refused(household: Model, key: str):
    with pytest.raises(errors.UnknownAnswer) as caught:
        from_program(household, {key: 1})
    assert len(str(caught.value.params["key"])) <= 60


@pytest.mark.parametrize(
    "text", ["１２", "1_000", "1e3", "NaN", "Infinity", "-5", "1.234,5", "0x10", "八十", "80 m2", "١٢"]
)
def test_a_form_takes_plain_numbers_only(household: Model, text: str):
    with pytest.raises(errors.BadAnswer) as caught:
        from_form(household, {"home_area": text})
    assert caught.value.params["question"].en == "Heated floor area"


def test_a_form_takes_grouped_digits_spaces_and_leaves_out_blanks(household: Model):
    texts = {"rail_km": " 1,045 ", "home_area": "80.50", "people": "", "clothes": "  "}
    assert from_form(household, texts) == {"home_area": "80.5", "rail_km": "1045"}


def test_stored_texts_come_back_as_they_are(household: Model, event: Model):
    assert from_texts(household, COUPLE) == COUPLE
    assert from_texts(event, CONFERENCE) == CONFERENCE
    for text in ("80 ", "+80", "８０", "8_0", "1e2", "NaN"):
        with pytest.raises(errors.NotAPlainNumber):
            from_texts(household, {"home_area": text})


def test_shares_are_typed_in_per_cent_and_kept_as_parts_of_one(event: Model):
    typed = {"share_local": "33.4", "share_car": "0", "share_rail": "33.3", "share_air": "33.3"}
    given = from_form(event, typed)
    assert given["share_local"] == "0.334"
    assert {key: shown(event.questions[key], text) for key, text in given.items()} == typed


@pytest.mark.parametrize(
    ("shares", "error"),
    [
        ((0.4, 0.1, 0.3, 0.1), errors.SharesDoNotAddUp),
        ((0.7, 0.7, 0.7, 0.37), errors.SharesDoNotAddUp),
        ((1, 0, 0, 1e-8), errors.SharesDoNotAddUp),
        ((1.2, -0.2, 0, 0), errors.OutOfRange),
    ],
)
def test_shares_must_sum_to_one(event: Model, shares: tuple[float, ...], error: type[errors.BadAnswer]):
    keys = ("share_local", "share_car", "share_rail", "share_air")
    with pytest.raises(error):
        from_program(event, dict(zip(keys, shares, strict=True)))


def test_all_shares_or_none(event: Model):
    with pytest.raises(errors.SharesIncomplete):
        from_program(event, {"share_local": 1})
    assert from_program(event, {}) == {}
    assert from_program(event, {"share_local": 0.1, "share_car": 0.2, "share_rail": 0.3, "share_air": 0.4})


def test_the_tuple_follows_the_model(household: Model):
    answers = numbers(household, {"diet": "some", "insulation": "old", "people": "3"})
    assert dict(zip(household.questions, answers, strict=True)) == {
        key: {"diet": 5.0, "insulation": 2.0, "people": 3.0}.get(key) for key in household.questions
    }


def test_a_yes_no_question_takes_truth_values():
    asked = '[question.insulation]\nkind = "choice"'
    text = text_of("household-cn").replace(asked, '[question.insulation]\nkind = "yes-no"')
    text = re.sub(r"\[question\.insulation\.option\]\n(\w+ = .*\n){3}", "", text)
    text = text.replace('default = "average"', 'default = "no"').replace(
        "h_new if insulation == 'new' else h_old if insulation == 'old' else h_average",
        "h_new if insulation == 'yes' else h_average",
    )
    model = read(text.encode())
    assert from_program(model, {"insulation": True}) == {"insulation": "yes"}
    assert from_program(model, {"insulation": False}) == {"insulation": "no"}
    with pytest.raises(errors.NotAnOption):
        from_program(model, {"insulation": 1})
    grams = [
        compile_model(model, "230700").evaluate(numbers(model, {"insulation": word}))[0]
        for word in ("yes", "no")
    ]
    assert grams[0] * 9 == pytest.approx(grams[1] * 5, rel=1e-6)
