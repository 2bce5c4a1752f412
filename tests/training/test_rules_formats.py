"""Items go out and come back: every format, both languages, the same bytes; strangers' files hurt nothing."""

import os
import random
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portal.kernel.errors import PortalError
from portal.training.rules.formats import FORMATS, format_named, read_items, write_items
from portal.training.rules.formats.exchange import NothingToWrite
from portal.training.rules.formats.gift_grammar import SecondAnswers, is_remark, parse
from portal.training.rules.items import FULL, Markup, Multiple, Numeric, Scoring, Single, TrueFalse
from tests.factories.items import TASKS, items

LANGUAGES = ("zh", "en")
# The same examples every time; FORMAT_EXAMPLES asks for more of them.
patient = settings(
    deadline=None,
    derandomize=True,
    max_examples=int(os.environ.get("FORMAT_EXAMPLES", "15")),
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", FORMATS)
@patient
@given(bank=st.lists(items(), max_size=4))
def test_export_import_export_gives_the_same_bytes(name: str, lang: str, bank: list):
    first = write_items(name, bank, lang)
    back = read_items(name, first.data, lang) if len(first.left_out) < len(bank) else None
    if back is None:
        return  # nothing to read back: some formats refuse an empty file
    assert not [p for p in back.problems if "repair" not in p.reason.message]
    assert len(back.items) == len(bank) - len(first.left_out)
    again = write_items(name, back.items, lang)
    assert again.left_out == ()
    assert again.data == first.data or _ids_doubled(bank)
    assert write_items(name, read_items(name, again.data, lang).items, lang).data == again.data


def _ids_doubled(bank: list) -> bool:
    """Two items of one id come back with a number behind the second, which is then stable."""
    return len({item.id for item in bank}) < len(bank)


WRITES = {
    "gift": {"single", "multiple", "true_false", "numeric", "matching", "short"},
    "moodle": set(TASKS),
    "aiken": {"single"},
    "csv": set(TASKS),
    "qti21": {"single", "multiple", "true_false", "numeric", "matching", "ordering"},
    "qti30": {"single", "multiple", "true_false", "numeric", "matching", "ordering"},
}


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_cannot_hold_is_listed(name: str, kind: str):
    @settings(patient, max_examples=10)
    @given(item=items(TASKS[kind]))
    def check(item):
        written = write_items(name, [item], "en")
        if kind not in WRITES[name]:
            assert [left.item for left in written.left_out] == [item.id]
        elif not written.left_out:
            assert type(read_items(name, written.data, "en").items[0].task) is type(item.task)

    check()
    assert format_named(name).name == name


@pytest.mark.parametrize("name", ["gift", "moodle", "csv"])
@patient
@given(item=items(st.one_of(TASKS["single"], TASKS["multiple"], TASKS["true_false"], TASKS["short"])))
def test_what_comes_back_is_what_went(name: str, item):
    written = write_items(name, [item], "zh")
    if written.left_out:
        return
    back = read_items(name, written.data, "zh").items[0]
    assert back.stem.zh == item.stem.zh
    assert back.markup is item.markup
    assert (back.objective, back.difficulty) == (item.objective, item.difficulty)
    if isinstance(item.task, Multiple):
        assert back.task.scoring is item.task.scoring
        assert [o.is_right for o in back.task.options] == [o.is_right for o in item.task.options]
    elif isinstance(item.task, TrueFalse):
        assert back.task.is_true is item.task.is_true
        assert back.task.if_wrong.zh == item.task.if_wrong.zh
    else:
        mine = item.task.options if isinstance(item.task, Single) else item.task.answers
        theirs = back.task.options if isinstance(item.task, Single) else back.task.answers
        assert [(o.text.zh, o.credit, o.feedback.zh) for o in theirs] == [
            (o.text.zh, o.credit, o.feedback.zh) for o in mine
        ]


GIFT = """\
$CATEGORY: $course$/森林碳汇

// a comment
::Q1::[html]Who is <b>buried</b> here?{
    =yes#right
    ~no#[plain]a < b
    ~%50%half \\{really\\}
####general}

Grant is {~buried =entombed ~living} in Grant's tomb.

::two::Which two?{~%50%a ~%50%b ~%-100%c}

A statement.{FALSE#No, wrong.#Yes.}

::short::Capital?{=Ottawa =%50%Toronto#near}

Match.{=Canada->Ottawa =Italy -> Rome = -> Oslo}

When?{#1822:5}

Pi?{#3.141..3.142}

::steps::How much?{#
  =1822:0 #exact
  =%50%1822:2 #close
  ~ #far off
}

::essay::Write. {}

Just a note.
"""


def test_the_whole_grammar_of_gift_is_read():
    reading = read_items("gift", GIFT.encode(), "en")
    assert [type(item.task).__name__ for item in reading.items] == [
        "Single", "Single", "Multiple", "TrueFalse", "ShortAnswer", "Matching", *["Numeric"] * 3,
    ]  # fmt: skip
    first, gap, two, statement, _short, match, when, pi, steps = reading.items
    assert first.id == "Q1"
    assert first.category == "$course$/森林碳汇"
    assert first.markup is Markup.HTML
    assert first.feedback.en == "general"
    assert [o.credit for o in first.task.options] == [FULL, 0, 50]
    assert first.task.options[1].feedback.en == "a &lt; b"
    assert first.task.options[2].text.en == "half {really}"
    assert gap.stem.en == "Grant is _____ in Grant's tomb."
    assert two.task.scoring is Scoring.BY_WEIGHT
    assert statement.task.if_wrong.en == "No, wrong."
    assert [pair.prompt.en for pair in match.task.pairs] == ["Canada", "Italy", ""]
    assert (when.task.answers[0].value, when.task.answers[0].tolerance) == (1822, 5)
    assert pi.task.answers[0].tolerance == Decimal("0.0005")
    assert [answer.value for answer in steps.task.answers] == [1822, 1822, None]


def test_what_is_no_item_is_listed_with_its_line():
    problems = read_items("gift", GIFT.encode(), "en").problems
    assert [(p.line, p.item, p.reason.params) for p in problems] == [
        (line_of("::essay::"), "essay", {"kind": "essay"}),
        (line_of("Just a note."), "", {"kind": "description"}),
    ]


def line_of(beginning: str) -> int:
    return next(n for n, line in enumerate(GIFT.splitlines(), start=1) if line.startswith(beginning))


def test_a_broken_question_does_not_hurt_the_next():
    reading = read_items("gift", b"One {=a ~b\n\nTwo {=a ~b}\n\nThree {x}\n", "en")
    assert [item.stem.en for item in reading.items] == ["Two"]
    assert [(p.line, type(p.reason).__name__) for p in reading.problems] == [
        (1, "BraceOpen"),
        (5, "BodyUnreadable"),
    ]


@pytest.mark.parametrize(
    "question",
    [
        "x {=a} y {=b} z",
        "x｛＝a｝ y ｛＝b｝ z",
        "One {~a {b} =c} d",  # a brace inside the answers closes them
        "One {=a ~b} c}",
    ],
)
def test_a_question_with_answers_in_two_places_is_listed(question: str):
    reading = read_items("gift", f"{question}\n\nTwo {{=a ~b}} \\{{c\\}}\n".encode(), "en", repair=True)
    assert [item.stem.en for item in reading.items] == ["Two _____ {c}"]  # the control: they are escaped
    assert (reading.problems[0].line, type(reading.problems[0].reason)) == (1, SecondAnswers)


MOODLE_VERDICT = """<quiz><question type="truefalse"><name><text>v</text></name>
<questiontext format="plain_text"><text>森林会呼吸吗？</text></questiontext>
<answer fraction="0"><text>{}</text><feedback><text>是会的。</text></feedback></answer>
<answer fraction="100"><text>{}</text><feedback><text>没错。</text></feedback></answer></question></quiz>"""


@pytest.mark.parametrize(
    ("said", "is_true"),
    [(("false", "true"), True), (("错", "对"), True), (("对", "错"), False), (("正确", " 错误 "), False)],
)
def test_true_and_false_may_be_said_in_chinese(said: tuple[str, str], is_true: bool):
    csv = f"id,type,stem,answer_1,credit_1,answer_2,credit_2\nv,true_false,问,{said[0]},0,{said[1]},100\n"
    for name, text in (("moodle", MOODLE_VERDICT.format(*said)), ("csv", csv)):
        reading = read_items(name, text.encode(), "zh")
        assert reading.problems == ()
        assert [item.task.is_true for item in reading.items] == [is_true]
    told = read_items("moodle", MOODLE_VERDICT.format(*said).encode(), "zh").items[0].task
    assert (told.if_wrong.zh, told.if_right.zh) == ("是会的。", "没错。")


@pytest.mark.parametrize("said", [("wahr", "falsch"), ("对", "正确"), ("对", "也许")])
def test_what_is_neither_true_nor_false_is_said(said: tuple[str, str]):
    (problem,) = read_items("moodle", MOODLE_VERDICT.format(*said).encode(), "zh").problems
    assert type(problem.reason).__name__ == "VerdictUnreadable"
    assert problem.reason.params == {"text": " / ".join(said)}


@pytest.mark.parametrize("name", FORMATS)
def test_no_file_is_given_out_that_could_not_be_taken_in(name: str):
    written = write_items(name, [], "zh")
    if name in ("moodle", "csv"):  # their head stands without a question too
        assert read_items(name, written.file, "zh").items == ()
        return
    with pytest.raises(NothingToWrite):
        _ = written.file


WIDE_GIFT = """：：碳汇：：森林是｛＝碳汇＃对！ ～碳源｝

：：数：：几吨｛＃３．６７：０．０２｝

：：判断：：对吗｛正确｝
"""
WIDE_AIKEN = "森林是什么？\nＡ．碳汇\nB、碳源\n答案：Ａ\n\nWhich?\nA. one\nB. two\nANSWER: B\n"


def test_full_width_marks_are_recognised_and_not_guessed():
    reading = read_items("gift", WIDE_GIFT.encode(), "zh")
    assert reading.items == ()
    assert [p.line for p in reading.problems] == [1, 3, 5]
    reading = read_items("aiken", WIDE_AIKEN.encode("gb18030"), "zh")
    assert [item.stem.zh for item in reading.items] == ["Which?"]
    assert [p.line for p in reading.problems] == [1, 2, 3, 4]


def test_full_width_marks_are_repaired_on_request_and_each_repair_is_listed():
    reading = read_items("gift", WIDE_GIFT.encode(), "zh", repair=True)
    choice, number, verdict = reading.items
    assert (choice.id, [o.text.zh for o in choice.task.options]) == ("碳汇", ["碳汇", "碳源"])
    assert choice.task.options[0].feedback.zh == "对！"
    assert isinstance(number.task, Numeric)
    assert number.task.answers[0].value == Decimal("3.67")
    assert verdict.task.is_true
    assert [type(p.reason).__name__ for p in reading.problems] == ["MarksRepaired"] * 3
    reading = read_items("aiken", WIDE_AIKEN.encode(), "zh", repair=True)
    assert [[o.text.zh for o in item.task.options] for item in reading.items] == [
        ["碳汇", "碳源"],
        ["one", "two"],
    ]


def test_a_repair_leaves_the_words_alone():
    text = "：：a：：CO₂＝44/12，对吗｛＝x＝y ～z｝\n"
    item = read_items("gift", text.encode(), "zh", repair=True).items[0]
    assert item.stem.zh == "CO₂＝44/12，对吗"
    assert item.task.options[0].text.zh == "x＝y"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gift", ("//" + "[tag:" * 2_000 + "\n") * 900 + "//[tag:id:a]\n碳汇？{=是}\n"),
        ("gift", "\n\n".join("\u3000\n" * 9_000 for _ in range(20)) + "\n\n／／[tag:id:a]\n碳汇？{=是}\n"),
        ("aiken", "碳汇？\nA. 是\nB. 否\nANSWER: A\n\n？\n" + ("答案" + " " * 40 + "\n") * 70_000),
    ],
    ids=["tags that are not closed", "lines of wide spaces", "answers of spaces alone"],
)
def test_a_file_of_marks_that_lead_nowhere_is_read_once(name: str, text: str):
    """It comes to an end, and the question in it is found."""
    (item,) = read_items(name, text.encode(), "zh", repair=True).items
    assert item.stem.zh == "碳汇？"


def test_a_tag_is_what_is_closed():
    remarks = ["// note", "// [tag:open", "// [tag:a\\"]
    assert [is_remark(line) for line in [*remarks, "// [tag:a]", "// [tag:[a\\]] [tag:b"]] == [
        True, True, True, False, False,
    ]  # fmt: skip
    (question,) = parse("// [tag:[a\\]] [tag:b] [tag:c\n::q::?{T}\n")
    assert question.tags == ("[a]", "b")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "&a%s;&a%s;">' % (n, (n and b"%d" % (n - 1)) or b"", b"") for n in range(30))
    + b"]><quiz>&a29;</quiz>"
)


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("moodle", BOMB, "XmlForbidden"),
        ("moodle", b'<!DOCTYPE q SYSTEM "http://127.0.0.1:1/x.dtd"><quiz/>', "XmlForbidden"),
        ("moodle", b"<quiz>" + b"<a>" * 100_000, "XmlTooDeep"),
        ("moodle", b"<quiz><question", "XmlBroken"),
        ("moodle", b"<html/>", "NotTheFormat"),
        ("moodle", b"<quiz>" + b" " * 10_000_001 + b"</quiz>", "FileTooLarge"),
        ("gift", b"x" * 10_000_001, "FileTooLarge"),
        ("gift", "漢".encode("utf-16"), "UnreadableFile"),
        ("csv", b"a,b\n1,2\n", "ColumnsMissing"),
        ("qti21", b"PK\x03\x04rubbish", "ZipBroken"),
        ("gift", b"a {=b ~c}\n\n" * 5_001, "TooManyItems"),
        ("aiken", b"a\n" * 450_000, "TooManyLines"),
    ],
)
def test_hostile_files_are_refused_by_name(name: str, data: bytes, error: str):
    with pytest.raises(PortalError) as refused:
        read_items(name, data, "en")
    assert type(refused.value).__name__ == error


@pytest.mark.parametrize("body", ["=" * 150, "~a" * 150, "=a" * 300, "x" * 200_000], ids=len)
def test_questions_that_only_keep_a_reader_busy_are_listed(body: str):
    reading = read_items("gift", f"One {{{body}}}\n\nTwo {{=a ~b}}\n".encode(), "en")
    assert [item.stem.en for item in reading.items] == ["Two"]
    assert [problem.line for problem in reading.problems] == [1]


def test_a_cell_is_never_a_formula_and_comes_back_as_it_was():
    csv = "id,type,stem,answer_1,credit_1,answer_2,credit_2\r\nq,single,=1+1?,=2,100,'quoted',0\r\n"
    item = read_items("csv", csv.encode(), "en").items[0]
    written = write_items("csv", [item], "en").data.decode()
    assert "'=1+1?" in written
    assert ",=2," not in written
    assert read_items("csv", written.encode(), "en").items[0] == item


def test_a_row_that_ends_before_the_column_of_its_kind_is_a_problem_of_that_row():
    """Columns may stand in any order, and programs leave out what is empty at the end of a row."""
    csv = b"id,stem,answer_1,credit_1,answer_2,type\nq,How?,So,100\np,How?,So,100,Not so,single\n"
    reading = read_items("csv", csv, "en")
    assert [item.id for item in reading.items] == ["p"]
    assert [(p.line, p.item, type(p.reason).__name__) for p in reading.problems] == [
        (2, "q", "TypeUnsupported")
    ]


def test_foreign_files_by_the_thousand_crash_nothing():
    """Files grown from real ones by cutting, doubling and swapping, fed to every reader.

    FORMAT_FUZZ sets how many; each either reads or is refused by a named error.
    """
    rounds = int(os.environ.get("FORMAT_FUZZ", "300"))
    dice = random.Random(20260101)
    seeds = [GIFT.encode(), WIDE_GIFT.encode(), WIDE_AIKEN.encode(), BOMB, b"", b"\0" * 50, b"\xff\xfe{}"]
    bank = read_items("gift", GIFT.encode(), "en").items
    seeds += [write_items(name, bank, "en").data for name in FORMATS]
    seeds.append(b"".join(bytes([n]) for n in range(256)))
    for _ in range(rounds):
        data = _mutated(dice, dice.choice(seeds), seeds)
        for name in FORMATS:
            try:
                reading = read_items(name, data, "en", repair=dice.random() < 0.5)
            except PortalError:
                continue
            written = write_items(name, reading.items, "en")
            if len(written.left_out) < len(reading.items):
                assert read_items(name, written.data, "en")


def _mutated(dice: random.Random, data: bytes, seeds: list[bytes]) -> bytes:
    for _ in range(dice.randint(1, 6)):
        here, there = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        other = dice.choice(seeds)
        data = dice.choice(
            [
                data[:here] + data[there:],
                data[:there] + data[here:there] * dice.randint(1, 4) + data[there:],
                data[:here] + bytes(dice.choices(b"={}~#:%\\<>&\"'\n \0\xef\xbc", k=3)) + data[here:],
                data[:here] + other[dice.randrange(len(other) + 1) :][:200] + data[here:],
            ]
        )[:50_000]
    return data


def qti_entry(body: str) -> bytes:
    """A QTI 2.1 item that asks for a number; ``|`` in the body is the place of the entry."""
    entry = '<textEntryInteraction responseIdentifier="RESPONSE"/>'
    return (
        '<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="one">'
        '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="float">'
        "<correctResponse><value>3.667</value></correctResponse></responseDeclaration>"
        f"<itemBody>{body.replace('|', entry)}</itemBody></assessmentItem>"
    ).encode()


@pytest.mark.parametrize(
    ("body", "stem", "unit"),
    [
        ("<p>A tonne of carbon is</p><p>|<span>t</span></p>", "<p>A tonne of carbon is</p>", "t"),
        ("<p>A tonne of carbon is |</p>", "<p>A tonne of carbon is </p>", ""),
        ("<p>A tonne of carbon is | <span>t</span></p>", "<p>A tonne of carbon is  </p>", "t"),
        ("<p>It is | tonnes.</p>", "<p>It is _____ tonnes.</p>", ""),
        ("<p><span>How much</span> is it? |</p>", "<p><span>How much</span> is it? </p>", ""),
        ("<div><div><p>Within.</p><p>|</p></div></div>", "<p>Within.</p>", ""),
        ("<p>|</p><p>Behind.</p>", "<p>Behind.</p>", ""),
        ("a &lt; b <p>|</p>", "a &lt; b", ""),
    ],
)
def test_a_question_of_qti_is_what_stands_around_its_entry(body: str, stem: str, unit: str):
    reading = read_items("qti21", qti_entry(body), "en")
    assert not reading.problems
    (item,) = reading.items
    assert item.stem.en == stem
    assert isinstance(item.task, Numeric)
    assert item.task.unit == unit
    again = write_items(
        "qti21", read_items("qti21", write_items("qti21", [item], "en").data, "en").items, "en"
    )
    assert again.data == write_items("qti21", [item], "en").data


def test_a_text_entry_that_wants_words_is_listed_as_such():
    words = qti_entry("<p>What is it? |</p>").replace(b'"float"', b'"string"')
    (problem,) = read_items("qti21", words, "en").problems
    assert type(problem.reason).__name__ == "TypeUnsupported"


@pytest.mark.parametrize(
    ("name", "data", "picture"),
    [
        ("gift", "::p::[html]<img src='@@PLUGINFILE@@/plot.png'> What is it? {T}", "@@PLUGINFILE@@/plot.png"),
        ("gift", "::p::[markdown]![a plot](plot.png) What is it? {T}", "plot.png"),
        ("gift", "::p::[plain]<img src='x'> is no picture here {T}", None),
        ("gift", "::p::What is it? {T}", None),
    ],
)
def test_a_picture_that_stays_behind_is_listed_with_its_question(name: str, data: str, picture: str | None):
    reading = read_items(name, data.encode(), "en")
    assert [item.id for item in reading.items] == ["p"]
    found = [(each.item, each.reason.params["name"]) for each in reading.problems]
    assert found == ([("p", picture)] if picture else [])
