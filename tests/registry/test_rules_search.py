"""What is looked for, by which pairs a text is found, and where records of the log belong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.rules import search
from portal.registry.rules.movements import Place, told
from portal.registry.rules.search import Asked


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("HLYC-0001-ARR-2024-1-1-1200", Asked.SERIAL),
        (" hlyc-0001-arr-2024-1-7 ", Asked.SERIAL),
        ("１２３", Asked.SERIAL),
        ("940,602,845", Asked.SERIAL),
        ("a" * 64, Asked.HOLDER),
        ("0123456789abcdef…", Asked.WORDS),
        ("0123456789abcdef", Asked.HOLDER),
        ("0123456789ABCDEF", Asked.HOLDER),
        ("acc_01JABCDEFGHJKMNPQRSTVWXYZ0", Asked.HOLDER),
        ("金林", Asked.WORDS),
        ("larch", Asked.WORDS),
        ("", Asked.WORDS),
    ],
)
def test_what_was_typed_is_told_by_its_shape(typed: str, asked: Asked):
    assert search.read(typed).asked is asked


def test_sixteen_digits_are_a_number_before_they_are_a_code():
    assert search.read("1234567890123456").asked is not Asked.HOLDER


def test_a_serial_that_cannot_be_says_why():
    with pytest.raises(search.serials.SwappedEnds):
        search.read("HLYC-0001-ARR-2024-1-9-1")


def test_two_character_words_are_pairs():
    assert search.wanted_pairs("造林") == {"造林"}
    assert search.wanted_pairs("金林区 造林") == {"金林", "林区", "造林"}
    assert search.wanted_pairs("林") == {"林"}
    assert search.wanted_pairs("  ，。 ") == frozenset()


@given(st.text(min_size=1, max_size=60), st.data())
def test_every_part_of_a_text_is_found_by_its_pairs(text: str, data: st.DataObject):
    whole = search.folded(text)
    if not whole:
        return
    start = data.draw(st.integers(0, len(whole) - 1))
    part = whole[start : data.draw(st.integers(start + 1, len(whole)))]
    for word in search.words(part):
        assert search.wanted_pairs(word) <= search.pairs(whole)


def test_full_width_and_capital_letters_are_one_text():
    assert search.words("ＶＭ００４７ Larch") == ("vm0047", "larch")


def test_no_more_words_than_a_person_types():
    assert len(search.words(" ".join(f"w{n}" for n in range(100)))) == search.MAX_WORDS


# --- where a record belongs


def test_a_records_places_are_read_whatever_its_kind():
    ranges = [{"lot": "LOT-A", "serial": "S-1-9", "first_g": 1, "last_g": 1000}]
    said = told(
        {"kind": "attribution", "ranges": ranges, "holder": "a" * 64, "retirement": "ret_1", "test": True}
    )
    assert said.places == (Place(None, "LOT-A", "S-1-9", 1, 1000, 1000),)
    assert (said.holder, said.retirement, said.is_test, said.is_again) == ("a" * 64, "ret_1", True, False)
    opened = told(
        {"kind": "lot.opened", "lot": "L", "project": "P", "serials": [{"serial": "S-1", "tonnes": 2}]}
    )
    assert opened.places == (Place("P", "L", "S-1", grams=2_000_000),)
    later = told({"kind": "issuance", "project": "P", "serial": "S-1", "tonnes": 3})
    assert later.places == (Place("P", None, "S-1", grams=3_000_000),)
    step = told({"kind": "project.state", "project": "P", "to_state": "registered"})
    assert step.places == (Place("P"),)


def test_a_transfer_has_two_holders_and_a_cancellation_one():
    ranges = [{"serial": "S-1-9", "first_g": 1, "last_g": 1000}]
    moved = told(
        {"kind": "transfer", "sender": "acc_1", "receiver": "acc_2", "grams": 1000, "ranges": ranges}
    )
    assert (moved.holder, moved.sender) == ("acc_2", "acc_1")
    gone = told({"kind": "cancellation", "account": "acc_1", "grams": 1000, "ranges": ranges})
    assert (gone.holder, gone.sender) == ("acc_1", None)


def test_a_reversal_speaks_of_its_retirements_grams_and_a_certificate_of_none():
    assert told({"kind": "reversal", "retirement": "ret_1", "grams": 5, "reason": "refunded"}).is_again
    paper = told({"kind": "certificate.issued", "retirement": "ret_1", "grams": 5, "test": False})
    assert paper.places == (Place(),)
    assert not paper.is_again
