"""The threat model is true: every row names tests that exist, or says why there is none."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from portal.config import ROOT

MODEL = ROOT / "docs" / "threat-model.md"
# How many requirements ASVS 5.0.0 has at levels 1 and 2, chapter by chapter.
CHAPTERS = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13,
    16: 16, 17: 7,
}  # fmt: skip
REASONS = ("not applicable: ", "operator: ", "open: ")
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


@cache
def known_in(file: str) -> frozenset[str]:
    """Names of the tests that pytest collects from this file below tests/."""
    path = ROOT / "tests" / file
    if not path.is_file():
        return frozenset()
    functions = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))
    return frozenset(each.name for each in functions if each.name.startswith("test_"))


def faults(proof: str) -> Iterator[str]:
    """What is wrong with a cell that should prove something or say why it does not."""
    named = _TEST.findall(proof)
    if not named and not proof.startswith(REASONS):
        yield f"neither proof nor reason: {proof}"
    for file, name in named:
        if not known_in(file):
            yield f"there are no tests in {file}"
        elif name and name not in known_in(file):
            yield f"there is no {file}::{name}"


def attacks() -> list[tuple[str, str]]:
    """Rows of the table of faults and attacks."""
    part = MODEL.read_text().partition("## Faults and attacks")[2].partition("\n## ")[0]
    rows = [line.strip("| ").rpartition(" | ") for line in part.splitlines() if line.startswith("| ")]
    return [(what, proof) for what, _, proof in rows[1:]]


def test_every_row_has_its_proof_or_its_reason():
    wrong = [f"{i}: {fault}" for i, _, _, proof in _ROW.findall(MODEL.read_text()) for fault in faults(proof)]
    assert not wrong, "\n".join(wrong)


def test_every_attack_is_tried():
    rows = attacks()
    assert len(rows) >= 35
    for what, proof in rows:
        assert _TEST.search(proof), f"documented only: {what}"
        assert [*faults(proof)] == [], what


def test_no_requirement_is_left_out():
    found = [(tuple(map(int, i.split("."))), level) for i, level, _, _ in _ROW.findall(MODEL.read_text())]
    assert len(found) == len(set(found)) == sum(CHAPTERS.values())
    for chapter, count in CHAPTERS.items():
        assert sum(number[0] == chapter for number, _ in found) == count, f"V{chapter}"
    assert sum(level == "1" for _, level in found) == 70


@pytest.mark.parametrize(
    "proof", ["", "we took care", "`web/test_headers.py::test_that_is_gone`", "`web/test_nothing.py`"]
)
def test_a_row_without_proof_is_found(proof: str):
    assert [*faults(proof)]


def test_sound_rows_are_not_blamed():
    for proof in ("not applicable: there is no such thing", "`web/test_headers.py`"):
        assert [*faults(proof)] == []
    assert (Path(ROOT) / "docs" / "threat-model.md").is_file()
