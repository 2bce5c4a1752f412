"""Answers as a file: the same facts come back, from JSON and CSV, and nothing is half taken."""

import csv
import json
from dataclasses import replace
from io import StringIO

import pytest

from portal.footprint.rules import answers_file, errors, library
from portal.footprint.rules.answers_file import Words
from portal.footprint.rules.drafts import Journey, UnknownForm
from tests.factories.footprint import CONFERENCE, COUPLE, SAVED_AT

HOME = Journey(
    model_id="household-cn",
    version="1.0.0",
    form="full",
    region="230700",
    answers=COUPLE,
    own={"heat": "96.5"},
)
EVENT = Journey(model_id="event-cn", version="1.0.0", form="short", region="110000", answers=CONFERENCE)
WORDS = Words(str.upper, lambda key: f"title of {key}", lambda key, text: f"={text}")
JOURNEYS = pytest.mark.parametrize("journey", [HOME, EVENT], ids=["home", "event"])


def digest(journey: Journey) -> str:
    return library.model(journey.model_id, journey.version).digest


def as_json(journey: Journey = HOME, **changes) -> dict:
    facts = json.loads(answers_file.as_json(journey, digest(journey), SAVED_AT))
    return facts | changes


def sent(facts: object) -> bytes:
    return json.dumps(facts).encode()


def as_csv(journey: Journey = HOME) -> str:
    return answers_file.as_csv(journey, digest(journey), SAVED_AT, WORDS)


@JOURNEYS
def test_json_and_csv_give_back_what_was_said(journey):
    assert answers_file.read(sent(as_json(journey))) == journey
    assert answers_file.read(as_csv(journey).encode()) == journey


def test_the_file_says_what_it_is():
    facts = as_json()
    assert facts["format"] == "footprint answers 1"
    assert (facts["model"], facts["version"], facts["region"]) == ("household-cn", "1.0.0", "230700")
    assert facts["digest"] == library.lock()["household-cn/1.0.0"]
    assert facts["saved_at"] == "2026-11-22T04:00:00Z"


def test_the_csv_names_every_question_and_runs_nothing():
    rows = list(csv.reader(StringIO(as_csv().removeprefix("\ufeff"))))
    by_name = {row[0]: row for row in rows}
    assert by_name["q-home_area"] == ["q-home_area", "80", "title of home_area", "'=80"]
    assert by_name["own-heat"][1] == "96.5"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)


def test_a_spreadsheet_may_have_saved_it_again():
    rows = list(csv.reader(StringIO(as_csv().removeprefix("\ufeff"))))
    again = StringIO()
    csv.writer(again, delimiter=";", lineterminator="\n").writerows([*rows, ["", "", "", ""]])
    chinese = again.getvalue().replace("title of diet", "饮食")
    assert answers_file.read(chinese.encode("gb18030")) == HOME


ANSWERS_THAT_DO_NOT_HOLD = [
    ({"rent": "5"}, errors.UnknownAnswer, "rent"),
    ({"home_area": 80}, answers_file.NotText, "home_area"),
    ({"home_area": ["80"]}, answers_file.NotText, "home_area"),
    ({"home_area": "eighty"}, errors.NotAPlainNumber, "home_area"),
    ({"home_area": "4"}, errors.OutOfRange, "home_area"),
    ({"people": "1.5"}, errors.NotAWholeNumber, "people"),
    ({"heating": "stove"}, errors.NotAnOption, "heating"),
]


@pytest.mark.parametrize(("answers", "error", "key"), ANSWERS_THAT_DO_NOT_HOLD)
def test_one_wrong_answer_refuses_the_file_and_names_its_question(answers, error, key):
    with pytest.raises(error) as refused:
        answers_file.read(sent(as_json(answers=COUPLE | answers)))
    assert refused.value.params["key"] == key


def test_shares_must_add_up():
    with pytest.raises(errors.SharesDoNotAddUp):
        answers_file.read(sent(as_json(EVENT, answers=CONFERENCE | {"share_air": "0.9"})))


BROKEN = [
    (b"", answers_file.NotAnAnswersFile),
    (b"hello", answers_file.NotAnAnswersFile),
    (b"{", answers_file.NotAnAnswersFile),
    (b"[]", answers_file.NotAnAnswersFile),
    (b"{}", answers_file.NotAnAnswersFile),
    (b"\x89PNG\r\n\x1a\n\0\0", answers_file.NotAnAnswersFile),
    (b'{"a":' + b"[" * 90_000, answers_file.NotAnAnswersFile),
    (b'{"\\ud800": 1}', answers_file.NotAnAnswersFile),
    (b'{"format": "a", "format": "b"}', answers_file.BrokenAnswersFile),
    (b'{"answers": NaN}', answers_file.BrokenAnswersFile),
    (b" " * 200_001, answers_file.FileTooLarge),
    (b"name,value\r\nformat", answers_file.BrokenAnswersFile),
    (b"name,value\r\nrent,5", answers_file.BrokenAnswersFile),
    (b"name,value\r\nq-diet,most\r\nq-diet,few", answers_file.BrokenAnswersFile),
    (b'name,value\r\n"format', answers_file.NotAnAnswersFile),
]


@pytest.mark.parametrize(("content", "error"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_file_of_answers_is_refused(content, error):
    with pytest.raises(error):
        answers_file.read(content)


CHANGED = [
    ({"format": "footprint answers 2"}, answers_file.NotAnAnswersFile),
    ({"model": "household"}, errors.UnknownModel),
    ({"version": "0.1.0"}, errors.UnknownVersion),
    ({"digest": "0" * 64}, answers_file.OtherModel),
    ({"region": "999999"}, errors.UnknownRegion),
    ({"year": "1999"}, errors.UnknownYear),
    ({"audience": "pilots"}, errors.UnknownAudience),
    ({"form": "long"}, UnknownForm),
    ({"form": 1}, answers_file.BrokenAnswersFile),
    ({"answers": []}, answers_file.BrokenAnswersFile),
    ({"own": {"heat": 100}}, answers_file.BrokenAnswersFile),
    ({"own": {"heat": "9999"}}, errors.FactorOutOfBand),
    ({"own": {"heet": "100"}}, errors.UnknownFactor),
    ({"total": "0"}, answers_file.BrokenAnswersFile),
]


@pytest.mark.parametrize(("change", "error"), CHANGED, ids=[next(iter(change)) for change, _ in CHANGED])
def test_a_changed_head_is_refused(change, error):
    with pytest.raises(error):
        answers_file.read(sent(as_json(**change)))


def test_the_sound_file_those_are_changed_from_is_taken():
    assert answers_file.read(sent(as_json(own={"heat": "100"}))) == replace(HOME, own={"heat": "100"})
