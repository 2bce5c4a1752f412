"""Numbers of a variant inside drawings: the same seed draws the same, and nothing but numbers gets in."""

from decimal import Decimal

import pytest

from portal.training.rules.figures import UnknownFigure, drawn, grouped, numbers_of, places_of
from portal.training.rules.formats.exchange import plain
from portal.training.rules.packs.bank import item_as_it_stands
from portal.training.rules.packs.banks import with_values
from portal.training.rules.packs.lint import lint
from portal.training.rules.quizzes import drawn_again, laid_out
from portal.training.rules.variants import draw
from tests.factories.packs import pack_files

PLOT = b'<svg xmlns="http://www.w3.org/2000/svg"><text>[[ area ]] ha</text><text>[[typo]]</text></svg>\n'
PICTURE = '![一块 [[area]] 公顷的林地](media/plot.svg "样地 [[area]] 公顷")'
RECORD = {
    "id": "plot", "type": "numeric", "objective": "units", "source": "x", "unit": "ha",
    "stem": {"zh": f"有多大？\n\n{PICTURE}", "en": f"How large?\n\n{PICTURE}"},
    "feedback": {"zh": "图上写着 [[area]] 公顷", "en": "It says [[area]] ha"},
    "answers": [{"value": "1", "tolerance": "0"}],
    "variant": {"parameters": [{"name": "area", "low": "10", "high": "40", "step": "2.5"}],
                "formula": "area", "tolerance_percent": "1"},
}  # fmt: skip


def test_a_drawn_number_stands_in_words_alt_text_caption_and_the_address_of_the_drawing():
    item = item_as_it_stands(RECORD)
    found = draw(item, "7")
    area = f"{found.numbers['area'].normalize():f}"
    for side in (found.item.stem.zh, found.item.stem.en):
        assert f'![一块 {area} 公顷的林地](media/plot.svg?drawn=area:{area} "样地 {area} 公顷")' in side
    assert found.item.feedback.en == f"It says {area} ha"
    assert draw(item, "7") == found
    assert len({laid_out(item, seed).stem.en for seed in range(40)}) > 5, "other learners see others"
    picture = drawn(PLOT, f"area:{area}").decode()
    assert f">{area} ha<" in picture
    assert "[[typo]]" in picture


@pytest.mark.parametrize(
    "asked", ["area", "area:", "area:1e9", "area:<b>", "AREA:1", "area:1,", "area:1;b:2", "a:" + "9" * 16,
              ",".join(f"a{n}:1" for n in range(21))],
)  # fmt: skip
def test_only_numbers_get_into_a_drawing(asked):
    with pytest.raises(UnknownFigure):
        numbers_of(asked)
    assert numbers_of("area:-12.5,b_2:3") == {"area": Decimal("-12.5"), "b_2": Decimal(3)}
    assert drawn(PLOT, "") == PLOT


def test_the_lint_finds_a_place_that_nothing_fills():
    files = {**pack_files(), "media/plot.svg": PLOT}
    files |= with_values(files, "more", {0: RECORD})
    assert _unfilled(files) == [("typo", "media/plot.svg")] * 2, "once in each language"
    files["media/plot.svg"] = PLOT.replace(b"[[typo]]", b"")
    assert _unfilled(files) == [], "the control"
    files |= with_values(files, "more", {0: {**RECORD, "feedback": {"zh": "[[aera]]", "en": "[[area]]"}}})
    assert _unfilled(files) == [("aera", "plot")]
    plain = {key: text for key, text in RECORD.items() if key != "variant"}
    files |= with_values(files, "more", {0: plain})
    assert _unfilled(files) == [("area", "media/plot.svg")] * 2, "an item without numbers fills nothing"
    assert places_of(PICTURE) == {"area"}


def _unfilled(files: dict[str, bytes]) -> list[tuple[str, str]]:
    _pack, findings = lint(files)
    return [
        (each.reason.params["name"], each.reason.params["where"])
        for each in findings
        if type(each.reason).__name__ == "PlaceUnfilled"
    ]


def test_thousands_stand_apart_in_words_and_not_in_addresses_nor_in_what_is_given_out():
    record = {**RECORD, "variant": {**RECORD["variant"], "parameters": [
        {"name": "area", "low": "12000", "high": "12000", "step": "1"}]}}  # fmt: skip
    item = item_as_it_stands(record)
    found = draw(item, "7").item
    assert '![一块 12,000 公顷的林地](media/plot.svg?drawn=area:12000 "样地 12,000 公顷")' in found.stem.zh
    assert found.feedback.en == "It says 12,000 ha"
    assert found.task.answers[0].value == 12000
    (given_out,) = drawn_again({"plot": item}, ["plot"], 7, plain)
    assert given_out.feedback.en == "It says 12000 ha"
    assert grouped(Decimal("-1234567.8900")) == "-1,234,567.89"
    assert grouped(Decimal("1E+4")) == "10,000"
