"""Files are changed one record or block at a time, the rest byte for byte; differences show their words."""

import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.training.rules.formats.gift import read as read_gift
from portal.training.rules.packs.bank import read_bank
from portal.training.rules.packs.differences import (
    Fate,
    Patience,
    Piece,
    differences,
    stretch,
    words_between,
)
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.joining import joined
from portal.training.rules.packs.media import MediaNotAccepted, kept, name_for
from portal.training.rules.packs.pairs import (
    PairedBlock,
    Standing,
    edited,
    new_block_id,
    read_pair,
    written_side,
)
from portal.training.rules.packs.records import (
    mapping_of,
    records_of,
    with_mapping,
    with_record,
    without_record,
)
from portal.training.rules.packs.shapes import ITEM_KINDS, item_shape
from tests.factories import pictures
from tests.factories.packs import pack_files
from tests.factories.training import files_of

TRACKS = ("everyone", "managers", "technicians", "media")
BANK = "bank/checked.yml"


@pytest.mark.parametrize("track", TRACKS)
def test_lessons_that_ship_are_written_as_they_were_read(track: str):
    files = files_of(track)
    for name in (each for each in files if each.endswith(".zh.md")):
        english = name.replace(".zh.", ".en.")
        pair = read_pair(files[name], files[english], "zh")
        assert pair
        assert written_side(files[name], pair, "zh", "zh") == files[name]
        assert written_side(files[english], pair, "en", "zh") == files[english]


def lesson_of(ids: Iterable[str]) -> bytes:
    head = "---\nid: x\ntitle: x\nminutes: 5\ncompletion: read\n---\n"
    return (head + "".join(f"<!-- #{each} -->\n{each}\n" for each in ids)).encode()


def test_blocks_that_only_the_translation_has_stand_behind_their_neighbours():
    pair = read_pair(lesson_of("abc"), lesson_of("xbyza"), "zh")
    assert pair is not None
    assert [block.id for block in pair.blocks] == ["x", "a", "b", "y", "z", "c"]
    alone = read_pair(b"", lesson_of("xy"), "zh")
    assert alone is not None
    assert [(block.id, block.zh, block.en) for block in alone.blocks] == [("x", "", "x"), ("y", "", "y")]


def test_two_lessons_with_no_block_in_common_are_paired():
    """With about as many blocks as a lesson may have: those of the translation first, each in its order."""
    pair = read_pair(*(lesson_of(f"{side}{n}" for n in range(4_000)) for side in "ab"), "zh")
    assert pair is not None
    assert [pair.blocks[at].id for at in (0, 3_999, 4_000, -1)] == ["b0", "b3999", "a0", "a3999"]


def test_one_item_changes_and_the_others_stay_byte_for_byte():
    data = pack_files()[BANK]
    records = records_of(data)
    for index, record in enumerate(records):
        changed = with_record(data, index, {**record.value, "difficulty": "5"})
        lines = data.decode().split("\n")
        head = "\n".join(lines[: record.first_line - 1])
        tail = "\n".join(lines[record.last_line :])
        assert changed.decode().startswith(head)
        assert changed.decode().endswith(tail)
        assert [item.id for item, _ in read_bank(changed, Notes(BANK))] == [r.value["id"] for r in records]
    assert without_record(with_record(data, len(records), {"id": "x"}), len(records)) == data
    flow = b"[{id: a, type: single}, {id: b, type: single}]\n"
    assert [r.value["id"] for r in records_of(without_record(flow, 0))] == ["b"]


@pytest.mark.parametrize("name", ["course.yml", "track.yml"])
def test_a_plan_keeps_its_head_and_its_values(name: str):
    for track in TRACKS:
        data = files_of(track)[name]
        value = mapping_of(data)
        assert with_mapping(data, value) == data
        changed = with_mapping(data, {**value, "id": "other"})
        assert mapping_of(changed) == {**value, "id": "other"}
        assert [line for line in changed.splitlines() if line.startswith(b"#")] == [
            line for line in data.splitlines() if line.startswith(b"#")
        ]


def test_a_form_asks_for_all_that_an_item_may_hold():
    known = {kind: {part.key for part in item_shape(kind)} | {"type"} for kind in ITEM_KINDS}
    files = {**pack_files(), **{f"{t}/{n}": d for t in TRACKS for n, d in files_of(t).items()}}
    for name, data in files.items():
        for record in (records_of(data) or []) if "bank/" in name else []:
            assert set(record.value) <= known[record.value["type"]], (name, record.value["id"])


A, B = PairedBlock("a", "旧", "old"), PairedBlock("a", "新", "old")


@pytest.mark.parametrize(
    ("before", "after", "is_fresh", "standing"),
    [
        (A, B, False, Standing.STALE),  # the original moved on alone
        (A, B, True, Standing.FRESH),
        (A, PairedBlock("a", "新", "new"), False, Standing.UNMARKED),  # both changed: nobody knows
        (A, PairedBlock("a", "旧", ""), False, Standing.MISSING),
        (None, B, False, Standing.UNMARKED),
    ],
)
def test_a_translation_stands_to_its_original(before, after, is_fresh: bool, standing: Standing):
    kept_blocks = edited([before] if before else [], [("a", after, is_fresh)], "zh")
    assert kept_blocks[0].standing("zh") is standing
    again = edited(kept_blocks, [("a", after, False)], "zh")
    assert again == kept_blocks


def test_block_ids_are_free_and_legible():
    assert new_block_id(["block-1"]) == "block-2"
    assert new_block_id([], "Why Forests?") == "why-forests"
    assert new_block_id(["x"], "x") == "x-1"


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text(max_size=60), st.text(max_size=60))
def test_marked_words_make_both_texts(before: str, after: str):
    pieces = words_between(before, after, Patience())
    assert "".join(p.text for p in pieces if p.kind != "added") == before
    assert "".join(p.text for p in pieces if p.kind != "removed") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("森林" * 3_000, "林木森" * 2_000),
        ("a b " * 5_000, "b a " * 5_000),
        (" ".join(f"a b{n}" for n in range(2_000)), " ".join(f"a c{n}" for n in range(2_000))),
    ],
    ids=["two characters", "two words", "every second word"],
)
def test_texts_of_a_few_words_again_and_again_are_not_compared_for_hours(before: str, after: str):
    """It comes to an end. Control: a text with a single other word still shows that one alone."""
    patience = Patience()
    pieces = words_between(before, after, patience)
    assert "".join(p.text for p in pieces if p.kind != "added") == before
    assert "".join(p.text for p in pieces if p.kind != "removed") == after
    assert patience.steps >= 0
    one = words_between("一吨碳。" * 200 + "旧", "一吨碳。" * 200 + "新", Patience())
    assert one == (Piece("same", "一吨碳。" * 200), Piece("removed", "旧"), Piece("added", "新"))


def test_the_lessons_of_a_page_share_its_patience_and_lose_no_word():
    """It comes to an end: the last are shown whole. Control: the first one and a short one are not."""
    head = "---\nid: x\ntitle: x\nminutes: 5\ncompletion: read\n---\n<!-- #a -->\n"

    def lessons(text: str, short: str) -> dict[str, bytes]:
        long = {f"lessons/{n:02d}-x.zh.md": f"{head}{text}\n".encode() for n in range(99)}
        return long | {"lessons/99-x.zh.md": f"{head}{short}\n".encode()}

    before, after = "森林" * 1_000, "林木森" * 700
    found = differences(lessons(before, "一棵旧树"), lessons(after, "一棵新树"))
    patience = Patience()
    first, *_others, last, short = [
        pieces for file in found for part in file.parts for _, pieces in part.lines(patience)
    ]
    assert len(first) > 2
    assert last == (Piece("removed", before), Piece("added", after))
    assert [piece.text for piece in short] == ["一棵", "旧", "新", "树"]


def test_differences_go_by_block_item_and_field():
    before = pack_files()
    after = dict(before)
    lesson = "lessons/01-why-forests.en.md"
    after[lesson] = before[lesson].replace(b"#growth", b"#grown")
    after[BANK] = without_record(before[BANK], 0)
    after["course.yml"] = before["course.yml"].replace(b"version: 1.0.0", b"version: 1.1.0")
    del after["media/tree.svg"]
    found = {file.path: file for file in differences(before, after)}
    assert {path: file.fate for path, file in found.items()} == {
        BANK: Fate.CHANGED, "course.yml": Fate.CHANGED, lesson: Fate.CHANGED, "media/tree.svg": Fate.REMOVED,
    }  # fmt: skip
    assert [(p.name, p.fate) for p in found[lesson].parts] == [
        ("grown", Fate.ADDED),
        ("growth", Fate.REMOVED),
    ]
    assert [p.fate for p in found[BANK].parts] == [Fate.REMOVED]
    assert [(p.name, p.fate) for p in found["course.yml"].parts] == [("version", Fate.CHANGED)]
    assert differences(before, before) == []


def test_an_item_that_only_moved_is_called_so():
    before = b"- {id: a}\n- {id: b}\n- {id: c}\n"
    moved = differences({BANK: before}, {BANK: b"- {id: c}\n- {id: a}\n- {id: b}\n"})
    assert [(p.name, p.fate) for p in moved[0].parts] == [("c", Fate.MOVED)]


def test_a_stretch_of_the_differences_keeps_their_order_and_loses_none():
    banks = {f"bank/{name}.yml": name for name in "abc"}
    before = {path: "".join(f"- {{id: {name}{n}, x: 1}}\n" for n in range(7)) for path, name in banks.items()}
    after = {path: text.replace("x: 1", "x: 2") for path, text in before.items()}
    sides = [{path: text.encode() for path, text in side.items()} for side in (before, after)]
    sides[0]["bank/bb.png"], sides[1]["bank/bb.png"] = b"1", b"2"  # looked at from outside: one place
    found = differences(*sides)
    assert sum(file.count for file in found) == 22
    whole = [(file.path, part.name) for file in found for part in file.parts or [None] if part]
    for most in (1, 3, 5, 50):
        pieces = [stretch(found, first, most) for first in range(0, 22, most)]
        assert all(
            sum(file.count for file in piece) == min(most, 22 - n * most) for n, piece in enumerate(pieces)
        )
        assert [(f.path, p.name) for piece in pieces for f in piece for p in f.parts] == whole
        assert sum(file.path == "bank/bb.png" for piece in pieces for file in piece) == 1
    assert stretch(found, 22, 5) == []


def test_questions_of_gift_differ_one_by_one_and_no_word_is_lost():
    before = b"// ours\n\n::one::A?{T}\n\n::two::B?{T}\n\nC?{T}\n\n::two::D?{T}\n"
    (file,) = differences({"bank/x.en.gift": before}, {"bank/x.en.gift": before.replace(b"D?", b"E?")})
    (part,) = file.parts
    assert (part.name, part.fate) == ("two", Fate.CHANGED)
    (_name, pieces), *_none = part.lines(Patience())
    assert [(p.kind, p.text) for p in pieces if p.kind != "same"] == [("removed", "D"), ("added", "E")]


def test_the_other_language_joins_and_another_question_of_that_name_does_not():
    zh = read_gift("::q::一吨碳{=3.67吨 ~1吨}\n", "zh").items
    first = joined({}, zh, "zh")
    assert [item.id for item in first.new] == ["q"]
    options = [{"text": {"zh": "3.67吨", "en": ""}}, {"text": {"zh": "1吨", "en": ""}}]
    held = {"q": {"type": "single", "stem": {"zh": "一吨碳", "en": ""}, "options": options}}
    both = joined(held, read_gift("::q::A tonne{=3.67 t ~1 t}\n", "en").items, "en")
    assert both.joined["q"]["options"][0]["text"] == {"zh": "3.67吨", "en": "3.67 t"}
    sourced = {"q": held["q"] | {"source": "第 1 课"}}
    brought = read_gift("// [tag:source:Lesson 1]\n::q::A tonne{=3.67 t ~1 t}\n", "en").items
    assert joined(sourced, brought, "en").joined["q"]["source"] == {"zh": "第 1 课", "en": "Lesson 1"}
    other = joined(held, read_gift("::q::True?{T}\n", "en").items, "en")
    assert ([item.id for item in other.new], dict(other.joined)) == (["q-2"], {})


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()">%s</svg>'


@pytest.mark.parametrize(
    "part",
    [
        b"<script>x</script>", b'<a href="https://x.example"/>', b"<style>*{}</style>",
        b'<rect fill="url(https://x.example/a)"/>', b'<image href="data:image/png;base64,AA"/>',
    ],
)  # fmt: skip
def test_a_drawing_keeps_what_is_drawn_and_nothing_else(part: bytes):
    data, ending = kept(SVG % (part + b'<path d="M0 0h9"/>'))
    assert ending == "svg"
    assert b"M0 0h9" in data
    for bad in (b"onload", b"script", b"https://x", b"style", b"base64"):
        assert bad not in data
    assert kept(data)[0] == data  # once is enough


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"<html/>", b"\x89PNG\r\n\x1a\nbroken", *pictures.BROKEN], ids=range(6)
)
def test_what_is_no_picture_is_refused(data: bytes):
    with pytest.raises(MediaNotAccepted):
        kept(data)


def test_a_picture_stands_upright():
    with Image.open(io.BytesIO(kept(pictures.turned())[0])) as made:
        assert made.size == (3, 4)


def test_a_name_is_free_and_one_that_a_pack_may_hold():
    assert name_for("IMG 01.JPG", "jpg", set()) == "img-01.jpg"
    assert name_for("碳.svg", "svg", {"media/picture.svg"}) == "picture-2.svg"
