"""The basket and the reasons of a recommendation as rules: nothing typed or forged makes more of them."""

from datetime import date
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.errors import InvalidInput
from portal.kernel.mass import Mass
from portal.shop.rules.basket import TEXT_MAX, AnotherPurpose, Basket, BasketLine
from portal.shop.rules.quotes import TooLittle, TooManyLines, TooMuch, WholeKilogramsOnly
from portal.shop.rules.recommending import LotFacts, Reason, reasons
from portal.shop.rules.terms import TERMS

PLEDGE = "plg_01M825M1YS7CEW2ABDHNHW73N4"
EVENT = "evt_01M825M1YS7CEW2ABDHNHW73N4"


def line(lot: str = "LOT-A", kg: int = 250) -> BasketLine:
    return BasketLine(lot, Mass.kg(kg))


def test_a_lot_stands_in_it_once() -> None:
    basket = Basket().with_line(line()).with_line(line("LOT-B")).with_line(line(kg=50))
    assert [(each.lot, each.mass.kg_down) for each in basket.lines] == [("LOT-A", 300), ("LOT-B", 250)]
    assert basket.mass == Mass.kg(550)
    changed = basket.with_mass("LOT-A", Mass.kg(7)).without("LOT-B")
    assert changed.lines == (line(kg=7),)
    assert changed.with_mass("LOT-Z", Mass.kg(1)) == changed, "what is not in it is not put in by changing"


def test_what_does_not_fit_is_refused_by_name() -> None:
    full = Basket()
    for number in range(TERMS.lines):
        full = full.with_line(line(f"LOT-{number}"))
    with pytest.raises(TooManyLines):
        full.with_line(line("LOT-MORE"))
    assert full.with_line(line("LOT-0")).lines[0].mass == Mass.kg(500), "more of what is in it still fits"
    for mass, error in ((Mass(500), TooLittle), (Mass(1_500), WholeKilogramsOnly), (Mass.t(1_001), TooMuch)):
        with pytest.raises(error):
            Basket().with_line(BasketLine("LOT-A", mass))
        with pytest.raises(error):
            Basket().with_line(line()).with_mass("LOT-A", mass)
    with pytest.raises(TooMuch):
        Basket().with_line(BasketLine("LOT-A", TERMS.most)).with_line(line())


def test_one_order_counts_towards_one_thing() -> None:
    basket = Basket().with_line(line(), PLEDGE)
    assert basket.with_line(line("LOT-B")).purpose == PLEDGE
    with pytest.raises(AnotherPurpose):
        basket.with_line(line("LOT-B"), EVENT)
    with pytest.raises(AnotherPurpose):
        Basket().with_line(line()).with_line(line(), PLEDGE)
    assert basket.without("LOT-A").with_line(line(), EVENT).purpose == EVENT, "an empty basket is for nothing"


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=20).filter(str.isprintable), st.integers(1, 1_000_000)),
        max_size=TERMS.lines,
        unique_by=lambda pair: pair[0],
    ),
    st.sampled_from(["", PLEDGE, EVENT]),
    st.sampled_from(["CNY", "HKD", "USD", "EUR"]),
)
def test_what_is_kept_comes_back(lines: list[tuple[str, int]], purpose: str, currency: str) -> None:
    basket = Basket(tuple(line(lot, kg) for lot, kg in lines), purpose, currency)
    if len(basket.text) <= TEXT_MAX:
        assert Basket.read(basket.text) == basket


FIELDS = st.tuples(st.sampled_from(["c", "p", "l", "x"]), st.text(max_size=12) | st.just("LOT-A:5"))


@given(st.text(max_size=200) | st.lists(FIELDS, max_size=25).map(urlencode))
def test_any_text_is_a_basket_within_the_terms(text: str) -> None:
    basket = Basket.read(text)
    assert len(basket.lines) <= TERMS.lines
    assert all(TERMS.least <= each.mass <= TERMS.most for each in basket.lines)
    assert Basket.read(basket.text) == basket


@pytest.mark.parametrize(
    "text",
    ["", "LOT-A", ":5", "LOT-A:", "LOT-A:0", "LOT-A:-5", "LOT-A:１２", "LOT-A:1.5", "LOT-A:1e3",
     f"{'x' * 81}:5", "LOT-A:1000001", "LOT-A:" + "9" * 5000],
)  # fmt: skip
def test_a_line_that_nobody_of_ours_wrote_is_none(text: str) -> None:
    assert BasketLine.read(text) is None


def test_a_flood_is_an_empty_basket() -> None:
    assert Basket.read("&".join(f"l=LOT-{n}%3A5" for n in range(1_000))) == Basket()
    assert Basket.read("l=LOT-A%3A5&" + "x" * TEXT_MAX) == Basket()
    assert Basket.read("l=LOT-A%3A5&p=%3Cscript%3E&c=XXX") == Basket((line(kg=5),))


def test_a_purpose_is_checked() -> None:
    assert Basket.read(f"l=LOT-A%3A5&p={PLEDGE}").purpose == PLEDGE
    assert issubclass(AnotherPurpose, InvalidInput)


TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (LotFacts("230702", True, date(2024, 12, 31), True), tuple(Reason)),
        (
            LotFacts("230102", True, date(2024, 12, 31), True),
            (Reason.REMOVAL, Reason.RECENT, Reason.EVIDENCE),
        ),
        (LotFacts("", False, date(2021, 12, 31), False), ()),
        (LotFacts("", False, date(2022, 1, 1), False), (Reason.RECENT,)),
    ],
)
def test_only_what_the_register_knows_speaks_for_a_lot(facts: LotFacts, found: tuple[Reason, ...]) -> None:
    assert reasons(facts, "230700", TODAY) == found


def test_without_a_city_nothing_is_local() -> None:
    assert Reason.LOCAL not in reasons(LotFacts("", True, TODAY, True), "", TODAY)
