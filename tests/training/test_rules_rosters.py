"""Lists of learners as they come: what is read, what is shown, and what is kept out."""

import pytest

from portal.kernel.errors import PortalError
from portal.training.rules.rosters import (
    Entry,
    NobodyListed,
    NoNamesFound,
    look_alike,
    read_roster,
    typed_rows,
)

WANG = Entry("王芳", "wang@example.cn", "zh")


def rows(*lines: list[str] | PortalError) -> list[tuple[int, list[str] | PortalError]]:
    return list(enumerate(lines, start=1))


def names(reading) -> list[str]:
    return [line.entry.name for line in reading.good]


def test_a_messy_list_is_read_to_the_last_row():
    reading = read_roster(
        rows(
            ["", "2026年林业碳汇培训班学员名单", "", ""],
            [],
            ["序号", "姓　名*", "单位", "电子邮箱", "语言"],
            ["1", "王　芳", "五营林场", "Wang.Fang@Example.CN", ""],
            ["2", "李 建 国", "", "", "中文"],
            ["", "", "", "", ""],
            ["3", "John  Smith", "", "mailto:john@example.org", "English"],
            ["4", "赵敏", "", "无", "zh"],
            ["合计", "合计：4人", "", "", ""],
        ),
        "gb18030",
        "zh",
    )
    assert names(reading) == ["王芳", "李建国", "John Smith", "赵敏"]
    assert [line.entry.email for line in reading.good] == ["wang.fang@example.cn", "", "john@example.org", ""]
    assert [line.entry.lang for line in reading.good] == ["zh", "zh", "en", "zh"]
    assert [line.row for line in reading.left_out] == [9]
    assert reading.columns == {"name": "姓 名*", "email": "电子邮箱", "lang": "语言"}
    assert reading.unread == ("序号", "单位")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["", "a@example.cn"], "NameIsMissing"),
        (["王" * 61, ""], "NameTooLong"),
        (["钱进", "qian at example"], "AddressNotRead"),
        (["钱进", "", "français"], "LanguageNotRead"),
        (["孙立", "zhou@example.cn"], "SameAddressAs"),
        (["总计", ""], "SumLine"),
        (["王小芳", "wang@example.cn"], "AlreadyInClass"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(row, fault):
    reading = read_roster(
        rows(["姓名", "邮箱", "语言"], ["周正", "zhou@example.cn"], row), "utf-8", "zh", [WANG]
    )
    (line,) = reading.left_out
    assert (line.row, type(line.problem).__name__) == (3, fault)
    assert names(reading) == ["周正"]


def test_without_a_heading_columns_are_known_by_what_stands_in_them():
    reading = read_roster(rows(["1", "13800001111", "王芳", "w@example.cn"], ["2", "", "李雷", ""]), "", "en")
    assert reading.is_headless
    assert names(reading) == ["王芳", "李雷"]
    assert reading.columns == {"name": "C", "email": "D"}


def test_names_that_look_alike_are_shown_and_not_merged():
    reading = read_roster(rows(["Name"], ["Jon Smith"], ["John Smith"], ["王　芳"]), "", "en", [WANG])
    assert [type(line.remark).__name__ for line in reading.lines] == [
        "NoneType", "LooksLikeRow", "LooksLikeLearner",
    ]  # fmt: skip
    assert len(reading.good) == 3


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("王芳", "王 芳", True), ("ＬＩ Lei", "li lei", True), ("Ann Lee", "Anne Lee", True),
        ("王芳", "王方", False), ("李建国", "李建军", False), ("Ann Lee", "Tom Lee", False),
    ],
)  # fmt: skip
def test_which_names_look_alike(one: str, other: str, alike: bool):
    assert look_alike(one, other) is alike
    assert look_alike(other, one) is alike


@pytest.mark.parametrize(
    ("lines", "error"), [([], NobodyListed), ([["姓名"]], NobodyListed), ([["1"], ["2"]], NoNamesFound)]
)
def test_a_list_of_nobody_is_refused(lines, error):
    with pytest.raises(error):
        read_roster(rows(*lines), "", "zh")


def test_names_are_typed_one_a_line():
    reading = read_roster(typed_rows("王芳, w@example.cn\n\nJohn Smith；j@example.org\n李雷"), "", "zh")
    assert [(line.entry.name, line.entry.email) for line in reading.good] == [
        ("王芳", "w@example.cn"), ("John Smith", "j@example.org"), ("李雷", ""),
    ]  # fmt: skip
