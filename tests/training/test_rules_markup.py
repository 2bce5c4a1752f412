"""Markdown in Chinese, and HTML that harms nobody."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.training.rules.items import Markup
from portal.training.rules.markup import sanitised, to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**重要：**碳汇", "<p><strong>重要：</strong>碳汇</p>"),
        ("碳**“重要”**汇", "<p>碳<strong>“重要”</strong>汇</p>"),
        ("a**（x）**b", "<p>a<strong>（x）</strong>b</p>"),
        ("*是。*不是", "<p><em>是。</em>不是</p>"),
        ("中文\n中文", "<p>中文中文</p>"),
        ("two\nlines", "<p>two\nlines</p>"),
        ("5 * 3 * 2 **bold**", "<p>5 * 3 * 2 <strong>bold</strong></p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
    ],
)
def test_emphasis_is_cjk_friendly(text: str, html: str):
    assert to_html(text) == html


@pytest.mark.parametrize("text", ["a * b", "**重要：** 碳汇", "x **y** z", "`**重要：**`", "** not bold **"])
def test_ordinary_markdown_is_as_ever(text: str):
    from markdown_it import MarkdownIt

    plain = MarkdownIt("commonmark", {"html": False}).enable("table")
    assert to_html(text) == sanitised(plain.render(text)).strip()


@pytest.mark.parametrize("markup", Markup)
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        '<a href="javascript:alert(1)">x</a>',
        '<p style="position:fixed">x</p>',
        "<iframe src=//x></iframe>",
        "![x](//evil.example/x.png)",
        '<img src="https://evil.example/x.png">',
        '<svg onload="alert(1)"></svg>',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text: str, markup: Markup):
    tags = "".join(re.findall("<[^>]*>", to_html(text, markup)))
    for evil in (
        "<script",
        "<img src=x onerror",
        "<iframe",
        "<svg",
        'href="javascript',
        "style=",
        'src="http',
        'src="//',
    ):
        assert evil not in tags


@settings(derandomize=True)
@given(st.text(max_size=200))
def test_sanitising_again_changes_nothing(text: str):
    once = sanitised(text)
    assert sanitised(once) == once
