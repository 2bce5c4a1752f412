"""Field sheets as they come: titles above the heading, merged cells, totals, wide digits, any unit."""

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from portal.kernel.errors import InvalidInput, PortalError
from portal.registry.commands.monitoring import SHEET
from portal.registry.rules.estimation import errors
from portal.registry.rules.estimation.columns import InventoryKind
from portal.registry.rules.estimation.equations import Equation, read_equations
from portal.registry.rules.estimation.parameters import parameters
from portal.registry.rules.estimation.reading import MAX_ROWS, Reading, Verdict, read
from portal.registry.sheets import RowTooWide, csv_file, rows_of, xlsx_file

D = Decimal
STOCK, TREES = InventoryKind.GROWING_STOCK, InventoryKind.TREES
HEAD = "碳层,碳层面积(公顷),样地号,样地面积(平方米),树种,蓄积(立方米/公顷)"
TREE_HEAD = "碳层,碳层面积(公顷),样地号,样地面积(平方米),树种,胸径(厘米),树高(米),单株材积(立方米)"
LARCH = Equation("larix", D("0.00005"), D("1.8"), D("1.1"), "a table of the county")


def take(text: str, kind: InventoryKind = STOCK, equations: Sequence[Equation] = ()) -> Reading:
    return read(kind, rows_of(text.encode(), SHEET)[1], parameters(), equations)


def refusal(row: str, kind: InventoryKind = STOCK, equations: Sequence[Equation] = ()) -> PortalError | None:
    """What is wrong with one row under the usual heading."""
    head = HEAD if kind is STOCK else TREE_HEAD
    return take(f"{head}\n{row}", kind, equations).rows[0].problem


# --- the heading


def test_a_clean_sheet():
    found = take(f"{HEAD}\n1,12.5,1,600,落叶松,120.5\n1,12.5,1,600,白桦,30\n1,12.5,2,600,落叶松,98\n")
    (stratum,) = found.strata
    assert (stratum.name, stratum.area_ha, stratum.plot_area_m2) == ("1", D("12.5"), 600)
    assert stratum.plots[0].volumes == (("betula", 30), ("larix", D("120.5")))
    assert (found.plots, found.refused, found.used) == (2, 0, 3)


@pytest.mark.parametrize(
    ("heading", "cell", "hectares"),
    [
        ("面积（公顷）", "15", "15"), ("面积(hm²)", "15", "15"), ("小班面积 ha", "15", "15"),
        ("Area (ha)", "15", "15"), ("面积／公顷", "15", "15"), ("面积（亩）", "225", "15"),
        ("层面积_亩", "225", "15"), ("area [mu]", "225", "15"),
        ("面积（㎡）", "150000", "15"), ("area_ha", "1,500", "1500"),
    ],
)  # fmt: skip
def test_an_area_is_read_in_the_unit_of_its_heading(heading: str, cell: str, hectares: str):
    found = take(f'层,{heading},样地,样地面积(m2),树种,蓄积(m3/ha)\n1,"{cell}",1,600,红松,10')
    assert found.strata[0].area_ha == pytest.approx(D(hectares), abs=D("1e-25"))


@pytest.mark.parametrize(
    ("heading", "expected"),
    [("蓄积(m³/hm²)", "12"), ("蓄积量（立方米/公顷）", "12"), ("公顷蓄积 m3/ha", "12"),
     ("蓄积(m3/亩)", "180"), ("Volume (m3)", "200"), ("growing stock [m3/ha]", "12")],
)  # fmt: skip
def test_a_volume_is_per_hectare_per_mu_or_of_the_plot(heading: str, expected: str):
    found = take(f"层,面积(ha),样地,样地面积(m2),树种,{heading}\n1,10,1,600,红松,12")
    assert found.strata[0].plots[0].volume == D(expected)


def test_titles_above_the_heading_are_passed_over():
    found = take(
        f"某某林场二〇二五年蓄积调查表,,,,,\n调查日期：2025年9月,,,,,\n\n{HEAD}\n1,10,1,600,红松,10\n"
    )
    assert [row.row for row in found.rows] == [5]


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("碳层,样地号,树种", errors.ColumnMissing),
        ("碳层,面积,样地号,样地面积(m2),树种,蓄积(m3/ha)", errors.UnitMissing),
        ("碳层,面积(顷),样地号,样地面积(m2),树种,蓄积(m3/ha)", errors.UnitUnknown),
        ("碳层,面积(ha),样地号,样地面积(m2),树种,蓄积", errors.UnitMissing),
        ("碳层,分层,面积(ha),样地号,样地面积(m2),树种,蓄积(m3/ha)", errors.ColumnTwice),
        ("a,b,c", errors.ColumnMissing),
        ("", errors.NothingMeasured),
        (HEAD, errors.NothingMeasured),
    ],
)
def test_a_heading_that_does_not_say_enough_is_refused(header: str, fault: type[PortalError]):
    with pytest.raises(fault):
        take(header)


# --- rows


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1,10,1,600,杉木,120", errors.SpeciesUnknown),
        ("1,10,1,600,落叶松,", errors.CellEmpty),
        ("1,10,1,600,落叶松,十二", errors.CellNotANumber),
        ("1,10,1,600,落叶松,12m3", errors.CellNotANumber),
        ("1,10,1,600,落叶松,-5", errors.CellOutOfRange),
        ("1,10,1,600,落叶松,99999", errors.CellOutOfRange),
        ("1,10,1,600,落叶松,=1+1", errors.CellIsFormula),
        ("1,10,1,600,落叶松,＝A1", errors.CellIsFormula),
        ("1,10,1,600,落叶松,1e3", errors.CellNotANumber),
        ("1,10,1,600,落叶松,NaN", errors.CellNotANumber),
        ("1,10,1,600,落叶松,⒈", errors.CellNotANumber),
        ("1,10,1,600,落叶松,12²", errors.CellNotANumber),
        ('1,10,1,600,落叶松,"1.234,5"', errors.CellNotANumber),
        ('1,10,1,600,落叶松,"1,5"', errors.CellNotANumber),
        ("1,10,1,600,,120", errors.EmptyPlotWithNumbers),
        (",10,1,600,落叶松,120", errors.CellEmpty),
        ("1,10,,600,落叶松,120", errors.CellEmpty),
        ("1,,1,600,落叶松,120", errors.CellEmpty),
        ("1,0,1,600,落叶松,120", errors.CellOutOfRange),
        ("1,10,1,6,落叶松,120", errors.CellOutOfRange),
        ("1,10,1,600,落叶松," + "9" * 300, errors.CellNotANumber),
        ("1,10,1,600,落叶松", errors.CellEmpty),
    ],
)
def test_a_row_says_what_is_wrong_with_it(row: str, fault: type[PortalError]):
    assert type(refusal(row)) is fault


def test_rows_that_contradict_each_other_name_the_first():
    found = take(
        f"{HEAD}\n1,10,1,600,红松,10\n1,11,2,600,红松,10\n1,10,3,800,红松,10\n1,10,1,600,红松,12\n2,5,1,600,红松,9"
    )
    assert [type(row.problem) for row in found.rows] == [
        type(None),
        errors.StratumAreaDiffers,
        errors.PlotAreaDiffers,
        errors.RowTwice,
        type(None),  # plots are numbered anew in each stratum
    ]
    assert found.rows[1].problem is not None
    assert found.rows[1].problem.params["row"] == 2


def test_a_refused_row_adds_nothing():
    found = take(f"{HEAD}\n1,10,1,600,红松,10\n1,10,1,600,白桦,x\n1,10,9,600,杉木,1")
    assert found.strata[0].plots[0].volumes == (("pinus_koraiensis", 10),)
    assert found.plots == 1


def test_merged_cells_are_taken_from_above_and_it_is_said():
    found = take(f"{HEAD}\n1,10,1,600,红松,10\n,,,,白桦,5\n,,2,600,红松,8\n2,20,1,600,红松,8")
    assert found.refused == 0
    assert [len(row.remarks) for row in found.rows] == [0, 4, 2, 0]
    assert [stratum.area_ha for stratum in found.strata] == [10, 20]


def test_nothing_is_carried_from_one_stratum_into_the_next():
    assert [type(r.problem) for r in take(f"{HEAD}\n1,10,1,600,红松,10\n2,,1,600,红松,10").rows] == [
        type(None),
        errors.CellEmpty,
    ]


@pytest.mark.parametrize("word", ["合计", "小计", "总计", "平均", "Total", "合计："])
def test_a_total_is_left_out_and_it_is_said(word: str):
    found = take(f"{HEAD}\n1,10,1,600,红松,10\n{word},,,,,10\n")
    assert found.rows[1].verdict is Verdict.LEFT_OUT
    assert found.strata[0].plots[0].volume == 10


def test_wide_digits_are_read_and_it_is_said():
    found = take(f"{HEAD}\n１,１０,１,６００,红松,１２．５")
    assert found.strata[0].plots[0].volume == D("12.5")
    assert found.strata[0].name == "1"
    assert any(isinstance(remark, errors.WideDigits) for remark in found.rows[0].remarks)


def test_an_empty_plot_counts_with_nothing():
    found = take(f"{HEAD}\n1,10,1,600,,0\n1,10,2,600,红松,10\n1,10,3,600,,")
    assert [plot.volume for plot in found.strata[0].plots] == [0, 10, 0]


# --- trees


def test_trees_with_their_volume_add_up_in_the_plot():
    found = take(
        f"{TREE_HEAD}\n1,10,1,600,落叶松,18.5,15,0.21\n1,10,1,600,落叶松,18.5,15,0.21\n1,10,1,600,白桦,12,,0.06\n",
        TREES,
    )
    (plot,) = found.strata[0].plots
    assert dict(plot.volumes)["larix"] == D("0.42") * 10_000 / 600
    assert len(plot.trees) == 3
    assert plot.trees[2].height is None


def test_a_volume_is_worked_out_by_the_equation_that_was_given():
    found = take(f"{TREE_HEAD}\n1,10,1,600,落叶松,20,15,\n", TREES, [LARCH])
    (tree,) = found.strata[0].plots[0].trees
    assert float(tree.volume) == pytest.approx(0.00005 * 20**1.8 * 15**1.1, rel=1e-12)
    assert not tree.is_given


def test_a_volume_that_was_given_goes_before_the_equation():
    (tree,) = take(f"{TREE_HEAD}\n1,10,1,600,落叶松,20,15,0.3\n", TREES, [LARCH]).strata[0].plots[0].trees
    assert (tree.volume, tree.is_given) == (D("0.3"), True)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1,10,1,600,白桦,20,15,", errors.VolumeNotKnown),
        ("1,10,1,600,落叶松,20,,", errors.HeightMissing),
        ("1,10,1,600,落叶松,0.5,15,", errors.CellOutOfRange),
        ("1,10,1,600,落叶松,20,150,", errors.CellOutOfRange),
        ("1,10,1,600,落叶松,,15,", errors.CellEmpty),
        ("1,10,1,600,,20,15,", errors.EmptyPlotWithNumbers),
    ],
)
def test_a_tree_that_cannot_be_worked_out_says_why(row: str, fault: type[PortalError]):
    assert type(refusal(row, TREES, [LARCH])) is fault


def test_a_tree_with_a_number_comes_once():
    head = TREE_HEAD.replace("树种", "树号,树种")
    found = take(f"{head}\n1,10,1,600,7,落叶松,20,15,0.2\n1,10,1,600,7,落叶松,21,15,0.2", TREES)
    assert type(found.rows[1].problem) is errors.TreeTwice


# --- equations


def test_equations_are_read_with_their_source():
    found = read_equations(
        "落叶松; 0.00005; 1.8; 1.1; 某县二元立木材积表, 1982\n白桦；5e-5；1.8；1.1；same", parameters()
    )
    assert found[0] == Equation("larix", D("0.00005"), D("1.8"), D("1.1"), "某县二元立木材积表, 1982")
    assert found[1].a == D("0.00005")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("落叶松;0.00005;1.8;1.1", errors.EquationNotRead),
        ("落叶松;0.00005;1.8;1.1;", errors.EquationNotRead),
        ("落叶松;x;1.8;1.1;s", errors.EquationNotRead),
        ("落叶松;0.00005;-1.8;1.1;s", errors.EquationNotRead),
        ("落叶松;0;1.8;1.1;s", errors.EquationImplausible),
        ("落叶松;0.05;1.8;1.1;s", errors.EquationImplausible),
        ("落叶松;0.0000005;1.8;1.1;s", errors.EquationImplausible),
        ("杉木;0.00005;1.8;1.1;s", errors.SpeciesUnknown),
        ("落叶松;5e-5;1.8;1.1;s\n兴安落叶松;5e-5;1.8;1.1;s", errors.EquationTwice),
        ("落叶松;9e9;9;9;s", errors.EquationNotRead),
    ],
)
def test_an_equation_that_cannot_be_meant_is_refused(text: str, fault: type[PortalError]):
    with pytest.raises(fault):
        read_equations(text, parameters())


# --- files


def test_a_workbook_is_read_like_its_csv():
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD.split(","))
    sheet.append(["1", 12.5, 1, 600, "落叶松", 120.1])
    out = BytesIO()
    book.save(out)
    encoding, rows = rows_of(out.getvalue(), SHEET)
    assert encoding == "xlsx"
    assert read(STOCK, rows, parameters()).strata == take(f"{HEAD}\n1,12.5,1,600,落叶松,120.1").strata


def test_gb18030_is_told():
    assert rows_of(HEAD.encode("gb18030"), SHEET)[0] == "gb18030"


SOUND = xlsx_file([("x", [["a", "b"]])])
LISTED = SOUND.index(b"PK\x01\x02")  # where the archive lists its first part
OF_A_LATER_ZIP = SOUND[: LISTED + 6] + b"\xff" + SOUND[LISTED + 7 :]
OF_NO_NAME = (
    SOUND[: LISTED + 8] + b"\x00\x08" + SOUND[LISTED + 10 : LISTED + 46] + b"\xff" + SOUND[LISTED + 47 :]
)


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0rest", b"PK\x03\x04broken", b"\0" * 50, b"\xff" * 9, b"a" * 10_000_001,
        OF_A_LATER_ZIP, OF_NO_NAME,
    ],
    ids=range(7),
)  # fmt: skip
def test_what_is_no_sheet_is_refused_by_name(data: bytes):
    with pytest.raises(InvalidInput):
        read(STOCK, rows_of(data, SHEET)[1], parameters())


def test_more_rows_than_are_read_are_refused_and_not_cut():
    text = HEAD + "\n1,10,1,600,红松,10" * (MAX_ROWS + 30)
    with pytest.raises(InvalidInput):
        take(text)


@pytest.mark.parametrize(
    "row",
    ["面积" + "(" * 100_000, "面积(" * 40_000, "," + "面积," * 300_000],
    ids=["brackets", "names", "columns"],
)
def test_a_row_far_too_long_is_no_heading_and_is_not_read_again_and_again(row: str):
    """It comes to an end, above the heading and below it: no unit is sought behind every bracket."""
    found = take(f"{row}\n{HEAD}\n1,12.5,1,600,落叶松,120.5\n")
    assert (found.used, found.refused) == (1, 0)
    with pytest.raises(PortalError):
        take(f"{row}\n{row}\n")
    below = take(f"{HEAD}\n1,12.5,1,600,落叶松,120.5\n{row}\n")
    assert (below.used, below.refused) == (1, 1)


@pytest.mark.parametrize("columns", [60, 61])
def test_a_row_of_a_csv_has_as_many_columns_as_one_of_a_workbook(columns: int):
    rows = [["x"] * columns, ["y", "z", *[""] * columns]]
    as_csv, as_workbook = (rows_of(data, SHEET)[1] for data in (csv_file(rows), xlsx_file([("x", rows)])))
    assert [str(row) for _number, row in as_csv] == [str(row) for _number, row in as_workbook]
    assert isinstance(as_csv[0][1], RowTooWide) is (columns == 61)


def test_what_goes_out_is_neutral():
    rows = [["a", "b"], ["=1+1", D("1.5")], ["＝1", 2]]
    assert b"'=1+1" in csv_file(rows)
    encoding, back = rows_of(xlsx_file([("x", rows)]), SHEET)
    assert encoding == "xlsx"
    assert [list(cells) for _, cells in back if not isinstance(cells, PortalError)][1:] == [
        ["'=1+1", "1.5"],
        ["'＝1", "2"],
    ]


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), max_size=8), max_size=8), st.sampled_from(InventoryKind))
def test_any_cells_end_in_a_reading_or_a_named_refusal(rows: list[list[str]], kind: InventoryKind):
    head = (HEAD if kind is STOCK else TREE_HEAD).split(",")
    cells = [(number, row) for number, row in enumerate([head, *rows], start=1)]
    try:
        found = read(kind, cells, parameters())
    except InvalidInput:
        return
    assert all((row.problem is None) == (row.verdict is not Verdict.REFUSED) for row in found.rows)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_reading_or_a_named_refusal(data: bytes):
    try:
        read(STOCK, rows_of(data, SHEET)[1], parameters())
    except InvalidInput:
        return
