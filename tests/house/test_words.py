"""One word for one meaning in Chinese: what the glossary decided is what pages, courses and papers say."""

from collections.abc import Iterator
from pathlib import Path

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
}
# What people type is read in either word. A released model is never edited (0024): the next one says 千克.
READ_HERE = {
    "portal/certificates/rules/claims.py",
    "portal/footprint/rules/activity.py",
    "portal/training/rules/quantities.py",
}
FROZEN = {"portal/footprint/models/household-cn/2.0.0/model.toml"}


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
