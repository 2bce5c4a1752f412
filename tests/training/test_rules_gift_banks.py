"""GIFT banks: two files side by side, changed one question at a time, the rest line for line as it was."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import NotInThisFormat, NotWritable, NumberUnreadable, TextMissing
from portal.training.rules.items import Numeric, NumericAnswer, Ordering, Variant
from portal.training.rules.packs import banks, gift_banks
from portal.training.rules.packs.bank import item_as_it_stands
from portal.training.rules.packs.banks import (
    all_held,
    bank_of,
    banks_of,
    held_in,
    with_new,
    with_values,
    without_value,
)
from portal.training.rules.packs.faults import KeyUnknown, NumberOutside
from portal.training.rules.packs.gift_banks import side_by_side
from portal.training.rules.packs.shapes import ITEM_KINDS, new_item
from tests.factories.packs import pack_files

ZH_PATH, EN_PATH = banks.paths_of("more.gift")
ZH = """\
// The bank of the spring school, by hand.

$CATEGORY: units

// [tag:objective:units] [tag:source:手册] [tag:lesson:why-forests]
::carbon:: 一吨碳等于多少吨二氧化碳？ {=3.67吨 #对 ~1吨 #少了}

// an essay that nobody takes
::essay:: 谈谈森林。 {}

树长得快吗？ {T}

$CATEGORY: words

::sink:: 碳汇是什么？ {=森林 =海洋}
"""
EN = """\
$CATEGORY: units

// [tag:objective:units] [tag:source:Handbook]
::carbon:: One tonne of carbon, in CO₂? {=3.67 t #Right ~1 t #Too little}

::only:: Is this only here? {F}
"""
BOTH = {"zh": "甲", "en": "A"}
ONE = Decimal(1)


def files(**changed: str) -> dict[str, bytes]:
    return {ZH_PATH: ZH.encode(), EN_PATH: EN.encode()} | {
        banks.paths_of("more.gift")[lang == "en"]: text.encode() for lang, text in changed.items()
    }


def value(index: int = 0) -> dict:
    return held_in(files(), "more.gift")[index].value


def test_two_files_are_one_bank_with_lines_categories_and_both_sources():
    pack = pack_files() | files()
    assert banks_of(pack) == ["checked", "more.gift"]
    assert [bank_of(path) for path in ("bank/a.yml", EN_PATH, "media/a.svg")] == ["a", "more.gift", ""]
    found = held_in(pack, "more.gift")
    assert [each.id for each in found] == ["carbon", "q11", "sink", "only"]
    first = found[0]
    assert first.value["stem"] == {"zh": "一吨碳等于多少吨二氧化碳？", "en": "One tonne of carbon, in CO₂?"}
    assert first.value["source"] == {"zh": "手册", "en": "Handbook"}
    assert (first.value["category"], first.value["lesson"]) == ("units", "why-forests")
    assert first.lines == {ZH_PATH: (5, 6), EN_PATH: (3, 4)}
    assert first.has(ZH_PATH, 6)
    assert not first.has(EN_PATH, 5)
    assert len(all_held(pack)) == 10 + 4


def test_saving_what_is_there_changes_nothing_but_the_questions_own_lines():
    changed = with_values(files(), "more.gift", {0: value()})
    zh, en = changed[ZH_PATH].decode(), changed[EN_PATH].decode()
    assert "// The bank of the spring school, by hand.\n\n$CATEGORY: units\n" in zh
    assert "// an essay that nobody takes\n::essay:: 谈谈森林。 {}" in zh
    assert held_in(changed, "more.gift")[0].value == value()
    again = with_values(changed, "more.gift", {0: value()})
    assert again == changed, "and saving it again changes nothing"
    assert en.endswith("::only:: Is this only here? {F}\n")
    assert "::q11::树长得快吗？ {T}" in zh, "what was called after its line keeps that name"


def test_a_category_is_changed_for_one_question_alone():
    changed = with_values(files(), "more.gift", {0: {**value(), "category": "words"}})
    assert [each.value.get("category") for each in held_in(changed, "more.gift")] == [
        "words", "units", "words", "units",
    ]  # fmt: skip


def test_a_question_is_taken_out_of_both_files_and_what_is_around_it_stays():
    gone = without_value(files(), "more.gift", 0)
    assert [each.id for each in held_in(gone, "more.gift")] == ["q11", "sink", "only"]
    assert "$CATEGORY: units" in gone[ZH_PATH].decode()
    assert "::essay::" in gone[ZH_PATH].decode()


def test_a_second_language_is_written_and_one_that_is_emptied_goes():
    both = {**value(3), "stem": {"zh": "只有这里有吗？", "en": "Is this only here?"}}
    written = with_values(files(), "more.gift", {3: both})
    assert "只有这里有吗？" in written[ZH_PATH].decode()
    found = next(each for each in side_by_side(banks._texts(written, "more.gift")) if each.item.id == "only")
    assert found.is_joined
    index = [each.id for each in held_in(written, "more.gift")].index("only")
    back = with_values(written, "more.gift", {index: value(3)})
    assert "只有这里有吗？" not in back[ZH_PATH].decode()
    assert "Is this only here?" in back[EN_PATH].decode()


_HEAD = {"id": "x", "objective": "units", "source": "s", "stem": BOTH}
_RIGHT = {"text": BOTH, "right": "true", "feedback": BOTH}
_TAKEN = [
    {"type": "single", "options": [_RIGHT, {"text": BOTH, "credit": "0"}]},
    {"type": "multiple", "scoring": "all_or_nothing", "options": [_RIGHT, {"text": BOTH, "credit": "0"}]},
    {"type": "true_false", "answer": "false", "if_wrong": BOTH, "if_right": BOTH},
    {"type": "numeric", "unit": "t CO2", "answers": [{"value": "44", "tolerance": "0.5"}], "if_carbon": BOTH},
    {"type": "matching", "pairs": [*[{"prompt": BOTH, "match": BOTH}] * 2, {"match": BOTH}]},
    {"type": "short", "answers": [_RIGHT]},
]  # fmt: skip


@pytest.mark.parametrize("record", _TAKEN, ids=lambda record: record["type"])
def test_every_kind_that_gift_has_goes_in_and_comes_back_as_it_was(record):
    item = item_as_it_stands({**_HEAD, **record})
    (found,) = side_by_side(gift_banks.with_question({}, None, item))
    assert found.item == item


def test_a_kind_that_gift_has_not_says_so():
    ordering = replace(_numeric(), task=Ordering((_both("甲"), _both("乙"))))
    for item in (ordering, replace(_numeric(), variant=Variant((), "1", ONE))):
        with pytest.raises(NotInThisFormat):
            gift_banks.with_question({}, None, item)


@pytest.mark.parametrize("kind", ITEM_KINDS)
def test_what_is_not_filled_in_yet_is_refused_by_name_and_never_written(kind):
    with pytest.raises(PortalError):
        with_values(files(), "more.gift", {9: new_item(kind, "fresh")})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"options": [{"text": BOTH, "right": "true"}, {"text": {"zh": "乙"}}]}, TextMissing),
        ({"type": "numeric", "answers": [{"value": "eleven", "tolerance": "0"}]}, NumberUnreadable),
        ({"type": "matching", "pairs": [{"prompt": BOTH, "match": BOTH, "feedback": BOTH}] * 2}, NotWritable),
        ({"options": [{"text": BOTH, "right": "true", "credit": "lots"}] * 2}, NumberOutside),
        ({"type": "true_false", "answer": "true", "colour": "red"}, KeyUnknown),
    ],
)  # fmt: skip
def test_what_gift_cannot_hold_is_refused_and_not_left_out_in_silence(changes, fault):
    rest = {key: said for key, said in value().items() if key != "options"}
    with pytest.raises(fault):
        with_values(files(), "more.gift", {0: {**rest, **changes}})


def test_a_word_about_carbon_survives_as_an_answer_and_comes_back():
    item = _numeric()
    texts = gift_banks.with_question({}, None, item)
    (found,) = side_by_side(texts)
    assert found.item.task == item.task
    other = replace(item, task=Numeric((*item.task.answers, NumericAnswer(Decimal(5), feedback=_both("否")))))
    assert gift_banks.with_carbon_apart(other) == other, "another wrong answer is none about carbon"


def test_imported_items_go_to_the_end_of_a_gift_bank():
    added = with_new(files(), "more.gift", [_numeric()])
    assert held_in(added, "more.gift")[3].id == "mass"
    assert added[ZH_PATH].decode().startswith(ZH.split("树")[0])


def _both(text: str) -> Bilingual:
    return Bilingual(text, f"{text} en")


def _numeric():
    item = item_as_it_stands({
        "id": "mass", "type": "numeric", "objective": "units", "source": "x", "unit": "t CO2",
        "stem": {"zh": "多少？", "en": "How much?"}, "answers": [{"value": "44", "tolerance": "0.5"}],
        "if_carbon": {"zh": "这是碳", "en": "That is carbon"},
    })  # fmt: skip
    assert isinstance(item.task, Numeric)
    return item
