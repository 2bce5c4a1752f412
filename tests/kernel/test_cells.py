"""No cell of a file that we hand out is ever run by the program that opens it."""

from decimal import Decimal

import pytest

from portal.kernel.cells import neutral


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", " =cmd()", "\u3000=1", "＝1", "＋1", "－1", "＠x"]
)
def test_text_that_begins_like_a_formula_stands_as_text(cell: str):
    assert neutral(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["班级", "80", "a=b", "", 7, -7, Decimal("-1.5")])
def test_other_text_and_numbers_stay_as_they_are(cell: object):
    assert neutral(cell) == cell
