"""One spelling for each value: the quick way and the library's are the same bytes."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import canonical as module
from portal.kernel.canonical import canonical_bytes, read_json

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_LEAF = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXT | st.floats(-1e6, 1e6)
_VALUES = st.recursive(_LEAF, lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner), max_leaves=20)


@given(_VALUES)
def test_it_is_what_the_standard_says(value: object):
    assert canonical_bytes(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ({"b": 1, "a": "林"}, '{"a":"林","b":1}'),
        ({"é": 1, "z": 2}, '{"z":2,"é":1}'),
        ({"\U00010000": 1, "￿": 2}, '{"\U00010000":1,"￿":2}'),  # in the order of UTF-16, not of Unicode
        ('\x00\x1f\x7f"\\/', '"\\u0000\\u001f\x7f\\"\\\\/"'),
        (1.0, "1"),
        ((), "[]"),
    ],
)
def test_the_traps_of_the_standard(value: object, spelled: str):
    assert canonical_bytes(value).decode() == spelled


@pytest.mark.parametrize("value", [2**53, "\ud800", float("nan"), {1: 2}, {"a": {2}}])
def test_what_has_no_spelling_is_refused(value: object):
    with pytest.raises((rfc8785.CanonicalizationError, AttributeError)):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 90_000, '"\\ud800"', '{"\\udfff": 1}', b'"\xed\xa0\x80"', b"\xff"]
)
def test_json_that_could_not_be_written_again_is_not_read(text: str | bytes):
    with pytest.raises(ValueError):
        read_json(text)


def test_a_whole_pair_is_a_character():
    """The control."""
    assert read_json('["\\ud83c\\udf32", "林", 1.5]') == ["\U0001f332", "林", 1.5]


def test_without_a_look_at_the_value_the_order_of_names_would_be_wrong(monkeypatch: pytest.MonkeyPatch):
    """The control: the encoder alone sorts by Unicode."""
    monkeypatch.setattr(module, "_is_plain", lambda _value: True)
    value = {"\U00010000": 1, "￿": 2}
    assert canonical_bytes(value) != rfc8785.dumps(value)
