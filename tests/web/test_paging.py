"""A long list in parts: every row once, whatever was added meanwhile."""

import re

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from portal.registry.jobs import sequence_and_sign
from portal.web.paging import Page, cut, query_with
from tests.browser import Browser
from tests.factories.registry import hold, make_lot, retire


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(1, 10))
def test_every_row_is_on_one_page(rows: list[int], size: int):
    rows.sort()
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        after = [row for row in rows if not cursor or row > int(cursor)]
        page = cut(after[: size + 1], size, lambda row: row)
        assert len(page.items) <= size
        seen += page.items
        cursor = page.next
    assert seen == rows


def test_the_last_page_says_so():
    assert cut([1, 2], 2, str).next is None
    assert cut([1, 2, 3], 2, str).next == "2"
    assert cut([], 2, str).next is None


def test_a_reader_turns_all_pages_of_a_list(app: Flask):
    make_lot(10)
    for _ in range(30):
        retire(hold(1))
    sequence_and_sign()
    page = Browser(app.test_client()).open("/en/lots/LOT-A")
    caption = "What the log says of this lot"
    parts = [row["Grams of the serial"] for row in page.table(caption)]
    retire(hold(1))  # meanwhile
    page = page.click("Next page")
    parts += [row["Grams of the serial"] for row in page.table(caption)]
    assert "Next page" not in page.links
    assert len(parts) == len(set(parts)) == 31, "thirty attributions and the opening of the lot"
    assert page.click("Back to the beginning").url == "/en/lots/LOT-A"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "-1",
        "x",
        "1e9",
        "9" * 30,
        "１２",
        "ret_x~",
        "ret_x~" + "9" * 30,
        "~",
        "%",
        "' OR 1=1",
        "x" * 5_000,
    ],
)
def test_a_cursor_nobody_gave_out_is_no_fault(any_app: Flask, cursor: str):
    make_lot(2)
    retire(hold(5))
    client = any_app.test_client()
    for path in (
        "/en/lots/LOT-A",
        "/en/projects",
        "/en/projects/HLYC-0001",
        "/en/log",
        "/api/v1/projects",
        "/api/v1/lots",
    ):
        assert client.get(path, query_string={"cursor": cursor}).status_code in (200, 422), path


def test_whatever_stands_in_the_query_is_kept_and_means_nothing_to_us(app: Flask):
    """Names that ``url_for`` has for itself: they were taken for those, and answered by a 500."""
    named = "endpoint=x&_method=PUT&_scheme=javascript&_external=1&_anchor=y&lang=en&q=a&q=b"
    with app.test_request_context(f"/zh/pledges?cursor=x&{named}"):
        app.preprocess_request()
        pager = '{% from "components/pager.html" import pager %}{{ pager(page, "list") }}'
        html = render_template_string(pager, page=Page([1], "7"))
    assert re.findall('href="([^"]*)"', html) == [
        str(escape(f"/zh/pledges?{named}#list")), str(escape(f"/zh/pledges?{named}&cursor=7#list"))
    ]  # fmt: skip


def test_a_query_is_changed_and_what_is_none_is_left_out(app: Flask):
    with app.test_request_context("/zh/?q=%E6%9D%BE&cursor=7"):
        assert query_with() == "?q=%E6%9D%BE&cursor=7"
        assert query_with(cursor=0) == "?q=%E6%9D%BE&cursor=0"
        assert query_with(cursor=None, q=None) == ""
