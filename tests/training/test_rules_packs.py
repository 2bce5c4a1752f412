"""Course packs round-trip byte for byte, and the lint finds every fault with its file and line."""

from decimal import Decimal
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.packs.bank import read_bank, written_bank
from portal.training.rules.packs.course import files_of_zip, zip_of_files
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import read_lesson, stamped
from portal.training.rules.packs.lint import lint
from portal.training.rules.scenarios import scenario_faults
from tests.factories.packs import pack_files, planted

FACTORS = {"test-wood": Decimal("1.83")}
ZH, EN = "lessons/01-why-forests.zh.md", "lessons/01-why-forests.en.md"
BANK = "bank/checked.yml"


def found(files: dict[str, bytes], factors: dict | None = None) -> list[tuple[str, int, str]]:
    _, findings = lint(files, factors or FACTORS)
    return [(f.file, f.line, type(f.reason).__name__) for f in findings]


def test_a_sound_pack_has_no_findings():
    pack, findings = lint(pack_files(), FACTORS)
    assert findings == []
    assert len(pack.items) == 10
    assert set(pack.lessons) == {("01-why-forests", "zh"), ("01-why-forests", "en")}
    assert [block.id for block in pack.lessons["01-why-forests", "zh"].blocks] == ["growth", "picture"]


def test_a_pack_goes_through_a_zip_byte_for_byte():
    files = pack_files()
    packed = zip_of_files(files)
    assert files_of_zip(packed) == files
    assert zip_of_files(dict(reversed(files_of_zip(packed).items()))) == packed


def test_the_bank_is_written_as_it_was_read():
    data = pack_files()[BANK]
    items = [item for item, _ in read_bank(data, Notes(BANK))]
    once = written_bank(items)
    assert [item for item, _ in read_bank(once, Notes(BANK))] == items
    assert written_bank(item for item, _ in read_bank(once, Notes(BANK))) == once


NEWER = """\
- id: pairs
  type: matching
  objective: units
  source: {zh: 术语表, en: Glossary}
  lesson: why-forests
  stem: {zh: 配对, en: Match}
  pairs:
    - {prompt: {zh: 亩, en: mu}, match: {zh: 面积, en: area}, feedback: {zh: 看单位, en: Look at the unit}}
    - {prompt: {zh: 斤, en: jin}, match: {zh: 质量, en: mass}}
- id: cards
  type: register
  objective: units
  source: GB/T 1
  stem: {zh: 哪个, en: Which}
  projects:
    - text: {zh: 甲, en: A}
      facts: [{name: {zh: 面积, en: Area}, value: {zh: 20 公顷, en: 20 ha}}]
      may_issue: true
      reason: {zh: 齐, en: all there}
    - {text: {zh: 乙, en: B}, may_issue: false, reason: {zh: 缺, en: missing}}
- id: home
  type: calculator
  objective: units
  source: computed
  stem: {zh: 算, en: Work out}
  model: household-cn/2.0.0
  result: 1
  tolerance: 1
  region: 230700
  answers: {heating: district, people: 3}
"""


def test_the_newer_keys_are_read_and_written():
    notes = Notes(BANK)
    pairs, cards, home = items = [item for item, _ in read_bank(NEWER.encode(), notes)]
    assert notes.findings == []
    assert (pairs.source.zh, cards.source.zh, cards.source.en) == ("术语表", "GB/T 1", "GB/T 1")
    assert pairs.task.pairs[0].feedback.en == "Look at the unit"
    assert cards.task.projects[0].facts[0].value.en == "20 ha"
    assert (home.task.region, home.task.answers) == ("230700", (("heating", "district"), ("people", "3")))
    assert [item for item, _ in read_bank(written_bank(items), Notes(BANK))] == items
    faults = [type(fault).__name__ for fault in scenario_faults(home.task)]
    assert faults == ["ScenarioResultDiffers"]
    lesson = NEWER.replace("lesson: why-forests", "lesson: dragons").encode()
    assert (BANK, 1, "LessonUnknown") in found(pack_files() | {BANK: lesson})


PICTURE = '![A tree stores carbon above and below the ground](media/tree.svg "Carbon in the parts of a tree")'
FAULTS = [
    (EN, "growth -->", "grow -->", (EN, 8, "BlocksDiffer")),
    (EN, "<!-- #growth -->", "<!-- #growth of 00000000 -->", (EN, 8, "TranslationStale")),
    (EN, "<!-- #growth -->\n", "", (EN, 7, "BlockIdMissing")),
    (EN, "#picture", "#growth", (EN, 12, "IdTwice")),
    (EN, PICTURE, "", (EN, 12, "BlockEmpty")),
    (EN, "![A tree stores carbon above and below the ground]", "![]", (EN, 13, "AltMissing")),
    (EN, ' "Carbon in the parts of a tree"', "", (EN, 13, "CaptionMissing")),
    (EN, "media/tree.svg", "media/none.svg", (EN, 13, "FileMissing")),
    (EN, "media/tree.svg", "https://x.example/a.png", (EN, 13, "PictureForeign")),
    (EN, "minutes: 15", "minutes: soon", (EN, 4, "NumberOutside")),
    (EN, "minutes: 15", "minutes: 15\nauthor: x", (EN, 5, "KeyUnknown")),
    ("course.yml", ", en: Basics", "", ("course.yml", 19, "TranslationMissing")),
    ("course.yml", "1.0.0", "1.0", ("course.yml", 3, "BadVersion")),
    ("course.yml", "[why-forests]", "[why-forests, more]", ("course.yml", 18, "LessonUnknown")),
    ("course.yml", "[why-forests]", "[why-forests]\n    also: [more]", ("course.yml", 21, "BadPlace")),
    (
        "course.yml",
        "[why-forests]",
        "[why-forests]\n    objectives: [poems]",
        ("course.yml", 18, "ObjectiveUnknown"),
    ),
    ("course.yml", "hours: 1\n", "hours: 1\nquiz: {per_objective: 0}\n", ("course.yml", 7, "NumberOutside")),
    ("course.yml", "[why-forests]", "[]", (ZH, 0, "LessonUnused")),
    (EN, "completion: read", "completion: both", (EN, 0, "LessonWithoutItems")),
    ("course.yml", "hours: 1\n", "hours: 1\nhours: 2\n", ("course.yml", 7, "KeyTwice")),
    ("course.yml", "hours: 1", "hours: [", ("course.yml", 8, "YamlBroken")),
    ("course.yml", "hours: 1", "hours: 1\n---\nhours: 2", ("course.yml", 7, "YamlBroken")),
    ("course.yml", "hours: 1", "[hours]: 1", ("course.yml", 6, "YamlBroken")),
    ("course.yml", "hours: 1", "hours: &a 1\nwait: *a", ("course.yml", 1, "YamlForbidden")),
    ("track.yml", "audience: everyone", "audience: nobody", ("track.yml", 3, "WordUnknown")),
    (BANK, "source: 12,000 × (1 − 0.15)", "source: ''", (BANK, 13, "SourceMissing")),
    (BANK, "source: 12,000 × (1 − 0.15)", "source: computed", (BANK, 13, "SourceInOneLanguage")),
    (BANK, "source: 12,000 × (1 − 0.15)", "source: 核算", (BANK, 13, "SourceInOneLanguage")),
    (BANK, "    tolerance: 0.5 %\n", "", (BANK, 11, "ToleranceMissing")),
    (BANK, "  unit: t CO2\n", "", (BANK, 1, "UnitMissing")),
    (BANK, "unit: plots", "unit: furlongs", (BANK, 52, "UnknownUnit")),
    (BANK, "objective: units", "objective: poems", (BANK, 1, "ObjectiveUnknown")),
    (BANK, "objective: units", "objective: stands", ("course.yml", 11, "ObjectiveThin")),
    (BANK, "id: buffer", "id: carbon-to-co2", (BANK, 13, "IdTwice")),
    (BANK, "    zh: 4,500 亩是多少公顷？\n", "", (BANK, 76, "TranslationMissing")),
    (BANK, "formula: volume * factor", "formula: volume ** 999999", (BANK, 134, "FormulaUnreadable")),
    (BANK, "formula: volume * factor", "formula: volume * x", (BANK, 134, "NameUnknown")),
    (BANK, "type: single", "type: essay", (BANK, 118, "WordUnknown")),
    ("media/tree.svg", "<path", "<script>x</script><path", ("media/tree.svg", 1, "MediaUnsafe")),
    ("media/tree.svg", "<path", '<path onload="x"', ("media/tree.svg", 1, "MediaUnsafe")),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"), FAULTS, ids=[f"{f[3][2]}-{i}" for i, f in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_with_its_file_and_line(file: str, old: str, new: str, finding: tuple):
    assert finding in found(planted(file, old, new))


def test_missing_and_unknown_files_are_found():
    files = pack_files()
    assert (ZH, 0, "LessonTranslationMissing") in found({k: v for k, v in files.items() if k != EN})
    assert ("course.yml", 0, "FileMissing") in found({k: v for k, v in files.items() if k != "course.yml"})
    assert ("notes.docx", 0, "FileUnknown") in found(files | {"notes.docx": b"x"})
    assert ("media/a.png", 0, "MediaUnreadable") in found(files | {"media/a.png": b"GIF89a"})
    assert (EN, 0, "FileNotText") in found(files | {EN: b"\xff\xfe"})


def test_what_is_too_long_to_be_read_is_said_and_not_read():
    """It comes to an end. Control: as much as is allowed is read."""
    files = pack_files()
    for more, finding in ((b"![" * 1_000_000, [(ZH, 0, "LessonTooLong")]), (b"x" * 50_000, [])):
        told = found(files | {ZH: files[ZH] + more})
        assert [each for each in told if each[2] == "LessonTooLong"] == finding
    for count, finding in ((300_000, [("bank/more.yml", 1, "TooManyItems")]), (20, [])):
        told = found(files | {"bank/more.yml": b"-\n" * count})
        assert [each for each in told if each[2] == "TooManyItems"] == finding
        assert ("KeyMissing" in {each[2] for each in told}) is (not finding)


def test_a_changed_factor_asks_for_the_item_to_be_checked():
    assert (BANK, 134, "FactorChanged") in found(pack_files(), {"test-wood": Decimal("1.84")})
    assert (BANK, 134, "FactorUnknown") in found(pack_files(), {"other": Decimal(1)})


def test_a_stamped_translation_is_fresh_until_the_original_changes():
    files = pack_files()
    original = read_lesson(files[ZH], Notes(ZH))
    files[EN] = stamped(files[EN].decode(), original).encode()
    assert found(files) == []
    files[ZH] = files[ZH].replace("木材".encode(), "木头".encode())
    assert found(files) == [(EN, 8, "TranslationStale")]


def test_a_gift_bank_of_two_files_is_one_bank():
    head = "// [tag:objective:units] [tag:source:Lesson 1]\n"
    zh = head.replace("Lesson 1", "第 1 课") + "::q::一吨碳{=3.67吨 ~1吨}\n"
    files = pack_files() | {"bank/more.zh.gift": zh.encode()}
    assert ("bank/more.zh.gift", 0, "LessonTranslationMissing") in found(files)
    files["bank/more.en.gift"] = (head + "::q::One tonne of carbon{=3.67 t ~1 t}\n").encode()
    pack, findings = lint(files, FACTORS)
    assert findings == []
    assert pack.items[-1][0].task.options[0].text.zh == "3.67吨"
    assert pack.items[-1][0].task.options[0].text.en == "3.67 t"
    assert pack.items[-1][0].source == Bilingual("第 1 课", "Lesson 1")
    files["bank/more.en.gift"] = files["bank/more.en.gift"].replace(b"[tag:source:Lesson 1]", b"")
    assert ("bank/more.zh.gift", 2, "SourceInOneLanguage") in found(files)
    files["bank/more.en.gift"] = (head + "::q::One tonne of carbon{~3.67 t =1 t}\n").encode()
    assert ("bank/more.zh.gift", 2, "TranslationMissing") in found(files)


def zipped(*members: tuple[str, bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def link() -> bytes:
    info = ZipInfo("a")
    info.external_attr = 0o120777 << 16
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return packed.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("data", "error"),
    [
        (zipped(("../a", b"")), "ZipNameForbidden"),
        (zipped(("/a", b"")), "ZipNameForbidden"),
        (zipped(("C:/a", b"")), "ZipNameForbidden"),
        (zipped(("a\\b", b"")), "ZipNameForbidden"),
        (zipped(("QQ", b"")).replace(b"QQ", b"\0Q"), "ZipNameForbidden"),  # which is read as no name at all
        (zipped(("a", b""), ("a", b"")), "ZipNameTwice"),
        (zipped(("a", b""), ("A", b"")), "ZipNameTwice"),
        (zipped(("a", b"\0" * 15_000_000)), "ZipSuspicious"),
        (zipped(("a", b"\0" * 25_000_000)), "ZipSuspicious"),
        (zipped(*((f"f{n}", b"") for n in range(2_001))), "ZipTooLarge"),
        (zipped(("a", b"hello"))[:40], "ZipBroken"),
        (b"PK\x03\x04", "ZipBroken"),
        (link(), "ZipNameForbidden"),
    ],
    ids=lambda value: value if isinstance(value, str) else "zip",
)
def test_bombs_and_traps_are_refused(data: bytes, error: str):
    with pytest.raises(PortalError) as refused:
        files_of_zip(data)
    assert type(refused.value).__name__ == error


def test_ordinary_files_are_not_taken_for_bombs():
    assert files_of_zip(zipped(("a/b.md", b" " * 900_000))) == {"a/b.md": b" " * 900_000}


@settings(deadline=None, max_examples=60, derandomize=True)
@given(data=st.data())
def test_no_file_of_a_pack_can_crash_the_lint(data: st.DataObject):
    files = pack_files()
    name = data.draw(st.sampled_from(sorted(files)))
    content = files[name]
    here, there = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    bite = data.draw(
        st.sampled_from([b"", b"[" * 3000, b"\xff", b"&a ", b"*a", b"{", b"- ", b"<!-- #x -->\n", b"\0"])
    )
    lint(files | {name: content[:here] + bite + content[there:]}, FACTORS)


@pytest.mark.parametrize(
    ("markup", "found"), [("html", ["AltMissing", "CaptionMissing", "PictureForeign"]), ("plain", [])]
)
def test_a_picture_in_a_question_of_another_system_is_looked_at_too(markup: str, found: list[str]):
    item = (
        "- id: shown\n  type: true_false\n  objective: units\n  source: GB/T 1\n  answer: 'true'\n"
        f"  markup: {markup}\n  stem: {{zh: '问 <img src=\"@@PLUGINFILE@@/a.png\">', en: A question}}\n"
    )
    _pack, findings = lint({**pack_files(), "bank/shown.yml": item.encode()})
    assert sorted(type(each.reason).__name__ for each in findings if each.file == "bank/shown.yml") == found
