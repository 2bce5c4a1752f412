"""Certificate numbers: every slip of the hand is noticed, every way of typing them is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates.rules import numbers
from portal.certificates.rules.numbers import ALPHABET, MistypedNumber

bodies = st.text(ALPHABET, min_size=11, max_size=11)


def valid(body: str) -> str:
    return body + numbers.check_character(body)


@given(bodies)
def test_every_single_wrong_character_is_noticed(body: str):
    number = valid(body)
    for at, right in enumerate(number):
        for wrong in ALPHABET:
            assert numbers.is_valid(number[:at] + wrong + number[at + 1 :]) == (wrong == right)


@given(bodies, st.integers(0, 11), st.integers(0, 11))
def test_every_two_exchanged_characters_are_noticed(body: str, first: int, second: int):
    number = list(valid(body))
    before = number.copy()
    number[first], number[second] = number[second], number[first]
    assert numbers.is_valid("".join(number)) == (number == before)


def test_what_is_printed_on_paper_stays_valid():
    """The zero code is one in any version of the sum; the other fixes the alphabet and the polynomial."""
    assert numbers.is_valid("0" * 12)
    assert numbers.is_valid("7K3MQ0RT5XWE")


def test_a_plain_sum_would_not_notice_the_exchange():
    """The control: why the check is a polynomial."""

    def summed(text: str) -> int:
        return sum(ALPHABET.index(c) for c in text) % 32

    assert summed("7K3MQ0RT5XW") == summed("K73MQ0RT5XW")
    assert numbers.check_character("7K3MQ0RT5XW") != numbers.check_character("K73MQ0RT5XW")


def test_numbers_are_random_and_keys_have_130_bits():
    made = {numbers.new_number() for _ in range(2000)}
    assert len(made) == 2000
    assert all(numbers.is_valid(number) for number in made)
    key = numbers.new_key()
    assert len(key) * 5 == 130
    assert set(key) <= set(ALPHABET)


NUMBER = valid("70113Q0RT5X")


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        numbers.printed(NUMBER),
        NUMBER.lower(),
        NUMBER.replace("0", "O").replace("1", "l"),
        NUMBER.replace("1", "I").replace("0", "o"),
        f"  {NUMBER[:4]} {NUMBER[4:8]}\u2014{NUMBER[8:]}\t",
        "".join(chr(ord(c) + 0xFEE0) for c in NUMBER),
        f"https://carbon.example.cn/c/{NUMBER}",
        f"https://carbon.example.cn/c/{numbers.printed(NUMBER)}/{'K' * 26}",
        f"http://127.0.0.1:5000/zh/certificates/{NUMBER}?key={'K' * 26}",
        f"/certificates/{NUMBER}.pdf",
    ],
)
def test_a_number_is_understood_however_it_is_typed(typed: str):
    assert numbers.parse(typed) == NUMBER


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "7K3M",
        NUMBER[:-1],
        NUMBER + "0",
        "U" * 12,
        "证书编号证书编号证书编号",
        "../../etc/passwd",
        "A" * 200_000,
    ],
)
def test_what_is_no_number_is_refused_by_name(typed: str):
    with pytest.raises(MistypedNumber):
        numbers.parse(typed)


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        (f"https://h/c/{NUMBER}/{'k' * 26}", "K" * 26),
        (f"https://h/zh/certificates/{NUMBER}?key={'K' * 26}", "K" * 26),
        (f"https://h/certificates/{NUMBER}.pdf?key={'K' * 26}", "K" * 26),
        (f"https://h/c/{NUMBER}", None),
        (f"https://h/c/{NUMBER}/history", None),
        (NUMBER, None),
    ],
)
def test_a_pasted_address_brings_its_key(pasted: str, key: str | None):
    assert numbers.pasted_key(pasted) == key


def test_only_the_whole_key_opens():
    key = numbers.new_key()
    assert numbers.opens(key.lower(), key)
    assert not numbers.opens(key[:-1], key)
    assert not numbers.opens("", key)
    assert not numbers.opens(None, key)
    assert not numbers.opens("密" * 26, key)
