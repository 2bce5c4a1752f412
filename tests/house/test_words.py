"""One word for one meaning in Chinese: what the glossary decided is what pages, courses and papers say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PLACES = ("portal", "templates", "courses", "static", "standin", "translations/zh_Hans_CN")
KINDS = {".py", ".toml", ".html", ".txt", ".md", ".yml", ".svg", ".js", ".po"}
# The word that is not written, and the one that is (docs/glossary.md).
INSTEAD = {
    "公斤": "千克",
    "植树出资": "植树捐助",
    "植树捐资": "植树捐助",
    "造林捐助": "植树捐助",
    "预计清除": "预期清除",
    "组织者": "主办方",
    "参会者": "参加者",
    "锁定": "冻结",
}
# What people type is read in either word. A released model is never edited (0024): the next one is.
READ_HERE = {
    "portal/certificates/rules/claims.py",
    "portal/footprint/rules/activity.py",
    "portal/training/rules/quantities.py",
}
FROZEN = {f"portal/footprint/models/{name}/2.0.0/model.toml" for name in ("household-cn", "event-cn")}
# An organisation is 机构 wherever English says so.
ORGANISATION = re.compile(r"\borganisations?\b", re.IGNORECASE)
OTHER_BODY = re.compile(r"单位|组织")
BOTH = re.compile(r'zh = "([^"]*)", en = "([^"]*)"')


def written(name: str, text: str) -> Iterator[tuple[str, int, str]]:
    """Where a word stands that should be another: file, line, word."""
    for number, line in enumerate(text.split("\n"), 1):
        yield from ((name, number, word) for word in INSTEAD if word in line)


def texts() -> Iterator[tuple[str, str]]:
    for place in PLACES:
        for file in sorted((ROOT / place).rglob("*")):
            name = file.relative_to(ROOT).as_posix()
            if file.suffix in KINDS and "/vendor/" not in name and name not in READ_HERE | FROZEN:
                yield name, file.read_text("utf-8")


def test_each_meaning_has_its_word():
    assert [place for name, text in texts() for place in written(name, text)] == []


def test_the_glossary_has_the_words_that_are_written():
    glossary = (ROOT / "docs/glossary.md").read_text("utf-8")
    assert {word for word in INSTEAD.values() if word not in glossary} == set()


def test_a_word_that_is_not_written_would_be_found():
    assert list(written("a.md", "吨\n每公斤")) == [("a.md", 2, "公斤")]


def pairs() -> Iterator[tuple[str, str]]:
    """Our texts in English and in Chinese: of the catalogue, and of data in which both stand on one line."""
    with open(ROOT / "translations/zh_Hans_CN/LC_MESSAGES/portal.po", "rb") as source:
        for message in read_po(source):
            yield str(message.id), str(message.string)
    for file in sorted((ROOT / "portal").glob("*/data/*.toml")):
        yield from ((en, zh) for zh, en in BOTH.findall(file.read_text("utf-8")))


def is_misnamed(en: str, zh: str) -> bool:
    return bool(ORGANISATION.search(en) and OTHER_BODY.search(zh))


def test_an_organisation_has_one_name():
    assert [pair for pair in pairs() if is_misnamed(*pair)] == []


@pytest.mark.parametrize(
    ("en", "zh", "is_found"),
    [
        ("Owners and approvers of the organisation", "单位的所有者和审批人", True),
        ("A company or organisation", "公司或组织", True),
        ("Owners and approvers of the organisation", "机构的所有者和审批人", False),
        ("Unit", "单位", False),
    ],
)
def test_another_name_of_an_organisation_would_be_found(en: str, zh: str, is_found: bool):
    """The control."""
    assert is_misnamed(en, zh) is is_found
