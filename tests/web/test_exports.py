"""Tables as files: the same rows in every form, first bytes at once, nothing a spreadsheet would run."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from flask import Flask

from portal.web import exports

HEAD = ("name", "grams", "note")
ROWS: list[list[Any]] = [["林 <&> \u0001", 10**15, None], ["=1+1", 0, "＝SUM(A1)"], ['"a"\n, b', -3, ""]]


def file_of(app: Flask, kind: str, rows: Any = ROWS) -> bytes:
    with app.test_request_context():
        return exports.streamed(kind, "things", HEAD, rows).get_data()


def test_a_csv_file_is_read_back_as_it_was_written(app: Flask):
    text = file_of(app, "csv").decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert tuple(head) == HEAD
    assert rows == [["林 <&> \u0001", str(10**15), ""], ["'=1+1", "0", "'＝SUM(A1)"], ['"a"\n, b', "-3", ""]]


def test_json_lines_are_one_object_a_row(app: Flask):
    rows = [json.loads(line) for line in file_of(app, "jsonl").decode().splitlines()]
    assert rows == [dict(zip(HEAD, row, strict=True)) for row in ROWS]


def test_a_workbook_opens_and_numbers_stay_numbers(app: Flask):
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(app, "xlsx"))).worksheets[0]
    head, first, second, third = ([cell.value for cell in row] for row in sheet.rows)
    assert tuple(head) == HEAD
    assert first == ["林 <&> \ufffd", 10**15, None]
    assert second == ["'=1+1", 0, "'＝SUM(A1)"]
    assert third[1] == -3
    assert {cell.data_type for row in sheet.rows for cell in row} <= {"s", "n", "inlineStr"}


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 11)
    book = openpyxl.load_workbook(io.BytesIO(file_of(app, "xlsx", ([f"r{n}", n, ""] for n in range(25)))))
    assert [sheet.max_row for sheet in book.worksheets] == [11, 11, 6]
    assert book.worksheets[2]["A6"].value == "r24"
    assert all(sheet["A1"].value == "name" for sheet in book.worksheets)


@pytest.mark.parametrize("kind", exports.KINDS)
def test_the_first_bytes_leave_before_the_last_row_is_read(app: Flask, kind: str):
    seen = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal seen
        for n in range(60_000):
            seen = n
            yield [f"a row of some length, number {n} and {n * 7919 % 104729}", n, "x"]

    with app.test_request_context():
        parts = exports.streamed(kind, "things", HEAD, rows()).iter_encoded()
        assert next(parts)
        assert seen < 59_999
        list(parts)
        assert seen == 59_999


@pytest.mark.parametrize("kind", exports.KINDS)
def test_memory_does_not_grow_with_the_table(app: Flask, kind: str):
    def peak(count: int) -> int:
        rows = ([f"number {n}", n, "x" * 50] for n in range(count))
        with app.test_request_context():
            parts = exports.streamed(kind, "things", HEAD, rows).iter_encoded()
            tracemalloc.start()
            for _part in parts:
                pass
            _now, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

    peak(1_000)
    assert peak(40_000) < 2 * peak(10_000) + 500_000


def test_the_file_has_a_name_and_a_kind(app: Flask):
    with app.test_request_context():
        answer = exports.streamed("jsonl", "things", HEAD, [])
        assert answer.headers["Content-Disposition"] == 'attachment; filename="things.jsonl"'
        assert answer.mimetype == "application/x-ndjson"
        assert answer.get_data() == b""
