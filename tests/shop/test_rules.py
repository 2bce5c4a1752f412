"""The shop's rules: lawful steps, quotes that add up, budgets that are kept, cash that balances."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.mass import Mass
from portal.kernel.money import Money, price
from portal.shop.rules.cash import balances, give_back, taken
from portal.shop.rules.orders import (
    Asked,
    BadName,
    BadPurpose,
    Buyer,
    Mismatch,
    MoneyIn,
    check_buyer,
    check_purpose,
    contents_digest,
    mismatch,
)
from portal.shop.rules.planting import planting
from portal.shop.rules.quotes import (
    BelowMinimum,
    BudgetTooSmall,
    FeeKind,
    MixedLots,
    NothingChosen,
    Offer,
    Party,
    Share,
    TooLittle,
    TooManyLines,
    TooMuch,
    WholeKilogramsOnly,
    check_mass,
    check_minimum,
    fill_up,
    least_mass,
    make_quote,
    most_mass,
    portion,
    to_cover,
)
from portal.shop.rules.seedlings import SeedlingLine
from portal.shop.rules.states import (
    FINAL,
    MOVES,
    STEPS,
    OrderEvent,
    OrderState,
    UnlawfulOrderStep,
    may_step,
    next_state,
)
from portal.shop.rules.terms import TERMS, PaymentKind

S, E = OrderState, OrderEvent
CARD, TRANSFER = PaymentKind.CARD, PaymentKind.TRANSFER
FOUR = Money.cny("4.00")
OFFER = Offer(("LOT-A",), Money.cny("260.00"))
SEEDLINGS = SeedlingLine("cam_1", "LARCH-2026", 3, Money.cny("20.00"))

kilograms = st.integers(1, 1_000_000).map(Mass.kg)
per_tonne = st.integers(1, 10_000_00).map(lambda minor: Money(minor, "CNY"))
offers = per_tonne.map(lambda p: Offer(("LOT-A",), p))
kinds = st.sampled_from(PaymentKind)


# -- states ------------------------------------------------------------------------------------

# ledger.md, "Order states and what moves them", row by row.
LAWFUL = [
    (S.RESERVED, E.SESSION_MADE, S.AWAITING_PAYMENT),
    (S.RESERVED, E.TRANSFER_CHOSEN, S.AWAITING_TRANSFER),
    (S.RESERVED, E.CANCELLED, S.CANCELLED),
    (S.RESERVED, E.EXPIRED, S.EXPIRED),
    (S.AWAITING_PAYMENT, E.SETTLED, S.PAID),
    (S.AWAITING_PAYMENT, E.PAYMENT_FAILED, S.PAYMENT_FAILED),
    (S.AWAITING_PAYMENT, E.CANCELLED, S.CANCELLED),
    (S.AWAITING_PAYMENT, E.EXPIRED, S.EXPIRED),
    (S.AWAITING_PAYMENT, E.MISMATCH, S.NEEDS_ATTENTION),
    (S.AWAITING_TRANSFER, E.SETTLED, S.PAID),
    (S.AWAITING_TRANSFER, E.EXPIRED, S.EXPIRED),
    (S.AWAITING_TRANSFER, E.MISMATCH, S.NEEDS_ATTENTION),
    (S.PAYMENT_FAILED, E.SESSION_MADE, S.AWAITING_PAYMENT),
    (S.PAYMENT_FAILED, E.SETTLED, S.PAID),
    (S.PAYMENT_FAILED, E.EXPIRED, S.EXPIRED),
    (S.EXPIRED, E.SETTLED, S.PAID),
    (S.EXPIRED, E.PAID_TOO_LATE, S.REFUND_PENDING),
    (S.CANCELLED, E.PAID_TOO_LATE, S.REFUND_PENDING),
    (S.PAID, E.RETIRED, S.RETIRED),
    (S.PAID, E.PROOF_AWAITED, S.REGISTRY_PENDING),
    (S.PAID, E.REFUND_ASKED, S.REFUND_PENDING),
    (S.PAID, E.SUBSTITUTE_OFFERED, S.SUBSTITUTE_OFFERED),
    (S.PAID, E.DISPUTED, S.DISPUTED),
    (S.SUBSTITUTE_OFFERED, E.SUBSTITUTE_ACCEPTED, S.PAID),
    (S.SUBSTITUTE_OFFERED, E.REFUND_ASKED, S.REFUND_PENDING),
    (S.REGISTRY_PENDING, E.RETIRED, S.RETIRED),
    (S.REGISTRY_PENDING, E.REFUND_ASKED, S.REFUND_PENDING),
    (S.RETIRED, E.FULFILLED, S.FULFILLED),
    (S.RETIRED, E.DISPUTED, S.DISPUTED),
    (S.RETIRED, E.REFUND_ASKED, S.REFUND_AFTER_RETIREMENT),
    (S.FULFILLED, E.DISPUTED, S.DISPUTED),
    (S.FULFILLED, E.REFUND_ASKED, S.REFUND_AFTER_RETIREMENT),
    (S.REFUND_PENDING, E.REFUND_DONE, S.REFUNDED),
    (S.REFUND_PENDING, E.REFUND_FAILED, S.NEEDS_ATTENTION),
    (S.REFUND_AFTER_RETIREMENT, E.REFUND_DONE, S.REFUNDED_VOID),
]


@pytest.mark.parametrize(("state", "event", "after"), LAWFUL)
def test_an_order_moves_as_the_table_says(state: OrderState, event: OrderEvent, after: OrderState) -> None:
    assert next_state(state, event) is after
    assert (state, after) in MOVES


def test_everything_else_is_refused() -> None:
    refused = 0
    for state, event in product(OrderState, OrderEvent):
        assert may_step(state, event) is ((state, event) in STEPS)
        if (state, event) not in STEPS:
            with pytest.raises(UnlawfulOrderStep):
                next_state(state, event)
            refused += 1
    assert refused == len(OrderState) * len(OrderEvent) - len(STEPS)


@pytest.mark.parametrize("before", [S.PAID, S.RETIRED, S.FULFILLED])
def test_a_dispute_that_is_won_leads_back(before: OrderState) -> None:
    assert next_state(S.DISPUTED, E.DISPUTE_WON, before) is before


def test_a_dispute_that_is_lost_is_a_refund() -> None:
    assert next_state(S.DISPUTED, E.DISPUTE_LOST, S.PAID) is S.REFUNDED
    assert next_state(S.DISPUTED, E.DISPUTE_LOST, S.RETIRED) is S.REFUND_AFTER_RETIREMENT
    assert next_state(S.DISPUTED, E.DISPUTE_LOST, S.FULFILLED) is S.REFUND_AFTER_RETIREMENT


def test_nothing_leads_out_of_the_end() -> None:
    assert frozenset({S.REFUNDED, S.REFUNDED_VOID}) == FINAL


def test_what_was_retired_never_becomes_merely_refunded() -> None:
    reached, new = {S.RETIRED}, {S.RETIRED}
    while new:
        # Out of a dispute an order goes where it came from, which the plain pairs do not know.
        new = {to for old, to in MOVES if old in new and old is not S.DISPUTED} - reached
        reached |= new
    assert not reached & {S.REFUNDED, S.PAID, S.REFUND_PENDING, S.EXPIRED, S.CANCELLED}


# -- quotes ------------------------------------------------------------------------------------


@given(offers, kilograms, kinds)
def test_the_parts_of_a_quote_sum_to_its_total(offer: Offer, mass: Mass, kind: PaymentKind) -> None:
    quote = make_quote([(offer, mass)], kind)
    assert sum(share.amount.minor for share in quote.split) == quote.total.minor
    assert quote.credits.minor + sum(fee.amount.minor for fee in quote.fees) == quote.total.minor
    assert quote.credits == price(mass, offer.per_tonne)
    assert all(share.amount.minor >= 0 for share in quote.split)


@given(st.lists(st.tuples(offers, st.integers(1, 50_000).map(Mass.kg)), min_size=1, max_size=20), kinds)
def test_many_lines_add_up_too(wanted: list[tuple[Offer, Mass]], kind: PaymentKind) -> None:
    quote = make_quote(wanted, kind)
    assert sum(share.amount.minor for share in quote.split) == quote.total.minor
    assert quote.mass.grams == sum(mass.grams for _, mass in wanted)


@given(offers, st.integers(400, 10_000_000).map(lambda minor: Money(minor, "CNY")), kinds)
def test_a_budget_buys_the_most_that_it_pays_for(offer: Offer, budget: Money, kind: PaymentKind) -> None:
    try:
        mass = most_mass(offer, kind, budget, FOUR)
    except BudgetTooSmall:
        assert make_quote([(offer, Mass.kg(1))], kind).total > budget
        return
    assert make_quote([(offer, mass)], kind).total <= budget
    if mass < TERMS.most:
        assert make_quote([(offer, mass + Mass.kg(1))], kind).total > budget


@given(offers)
def test_the_least_mass_reaches_the_minimum_and_one_less_does_not(offer: Offer) -> None:
    least = least_mass(offer, CARD, FOUR)
    assert make_quote([(offer, least)], CARD).total >= FOUR or least == TERMS.most
    if least > TERMS.least:
        assert make_quote([(offer, least - Mass.kg(1))], CARD).total < FOUR


def test_250_kg_of_a_260_yuan_lot() -> None:
    quote = make_quote([(OFFER, Mass.kg(250))], CARD)
    assert quote.credits == Money.cny("65.00")
    assert {fee.kind.value: fee.amount for fee in quote.fees} == {
        "registry": Money.cny("0.50"),
        "payment": Money.cny("0.66"),
    }
    assert quote.total == Money.cny("66.16")
    assert [share.amount for share in quote.split] == [
        Money.cny("52.00"),
        Money.cny("13.00"),
        Money.cny("0.50"),
        Money.cny("0.66"),
    ]
    assert make_quote([(OFFER, Mass.kg(250))], TRANSFER).total == Money.cny("65.50")


@pytest.mark.parametrize(
    ("mass", "error"),
    [
        (Mass.kg("0.5"), TooLittle),
        (Mass(0), TooLittle),
        (Mass.kg(-5), TooLittle),
        (Mass.kg("1.5"), WholeKilogramsOnly),
        (Mass.kg(1_000_001), TooMuch),
        (Mass.kg(1_000_000_000), TooMuch),
    ],
)
def test_amounts_that_cannot_be_bought(mass: Mass, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_mass(mass)


def test_one_order_is_limited_as_a_whole() -> None:
    with pytest.raises(TooMuch):
        make_quote([(OFFER, Mass.kg(600_000)), (OFFER, Mass.kg(600_000))], CARD)
    with pytest.raises(TooManyLines):
        make_quote([(OFFER, Mass.kg(1))] * 21, CARD)
    with pytest.raises(NothingChosen):
        make_quote([], CARD)
    with pytest.raises(MixedLots):
        make_quote([(OFFER, Mass.kg(1)), (Offer(("B",), Money(100, "USD")), Mass.kg(1))], CARD)


def test_the_minimum_is_said_with_what_it_buys() -> None:
    with pytest.raises(BelowMinimum) as caught:
        check_minimum(make_quote([(OFFER, Mass.kg(10))], CARD), FOUR)
    assert caught.value.params == {"minimum": FOUR, "least": Mass.kg(16)}
    # A bank transfer goes through no provider.
    assert check_minimum(make_quote([(OFFER, Mass.kg(10))], TRANSFER), FOUR)


@pytest.mark.parametrize(("grams", "kg"), [(1, 1), (999, 1), (1000, 1), (1001, 2), (0, 1)])
def test_a_footprint_is_covered_by_rounding_up(grams: int, kg: int) -> None:
    assert to_cover(Mass(grams)) == Mass.kg(kg)


def test_the_quote_hash_covers_everything_the_price_depends_on() -> None:
    quotes = [
        make_quote([(OFFER, Mass.kg(250))], CARD),
        make_quote([(OFFER, Mass.kg(251))], CARD),
        make_quote([(OFFER, Mass.kg(250))], TRANSFER),
        make_quote([(Offer(("LOT-B",), OFFER.per_tonne), Mass.kg(250))], CARD),
        make_quote([(Offer(("LOT-A",), Money.cny("260.01")), Mass.kg(250))], CARD),
        make_quote([(OFFER, Mass.kg(125)), (OFFER, Mass.kg(125))], CARD),
    ]
    assert len({quote.hash for quote in quotes}) == len(quotes)
    assert quotes[0].hash == make_quote([(OFFER, Mass.kg(250))], CARD).hash
    planted = [
        replace(quotes[0], named=True),
        replace(quotes[0], seedlings=(SEEDLINGS,)),
        replace(quotes[0], seedlings=(SEEDLINGS,), planter_ppm=900_000),
        replace(quotes[0], seedlings=(replace(SEEDLINGS, campaign_code="LARCH-2027"),)),
        replace(quotes[0], seedlings=(replace(SEEDLINGS, seedlings=4),)),
        replace(quotes[0], seedlings=(replace(SEEDLINGS, each=Money.cny("20.01")),)),
    ]
    assert len({quote.hash for quote in [*quotes, *planted]}) == len(quotes) + len(planted)
    # Nothing more is in the hash of what has no seedlings: quotes of older terms keep theirs.
    assert replace(quotes[0], planter_ppm=900_000).hash == quotes[0].hash


def test_what_a_quote_hash_is_made_of_stays_as_it_was() -> None:
    """Whoever saw a price yesterday may still buy at it today."""
    quote = make_quote([(OFFER, Mass.kg(250))], CARD)
    plain = {
        "terms": "2026-11", "payment": "card", "currency": "CNY", "total_minor": 6616, "owner_ppm": 800_000,
        "lines": [{"lots": ["LOT-A"], "grams": 250_000, "minor_per_t": 26_000, "amount_minor": 6500}],
        "fees": {"registry": 50, "payment": 66},
    }  # fmt: skip
    assert quote.facts == plain
    assert replace(quote, named=True).facts == plain | {"named": True}


def test_a_share_is_in_millionths_and_rounded_up() -> None:
    assert portion(Money.cny("1000000.00"), 10_000) == Money.cny("10000.00")
    assert portion(Money.cny("0.01"), 1) == Money.cny("0.01")
    assert portion(Money(0, "USD"), 10_000) == Money(0, "USD")


def test_seedlings_are_paid_to_those_who_plant_them() -> None:
    quote = replace(
        make_quote([(OFFER, Mass.kg(250))], CARD), seedlings=(SEEDLINGS, SEEDLINGS), planter_ppm=900_000
    )
    assert (quote.planting, quote.total) == (Money.cny("120.00"), Money.cny("186.16"))
    assert {share.party: share.amount for share in quote.split} == {
        Party.FOREST_OWNER: Money.cny("160.00"),  # 52 of the credits, 108 of the seedlings
        Party.PORTAL: Money.cny("25.00"),
        Party.REGISTRY: Money.cny("0.50"),
        Party.PAYMENT: Money.cny("0.66"),
    }


def test_exactly_the_minimum_can_be_charged() -> None:
    quote = make_quote([(OFFER, Mass.kg(16))], CARD)
    assert check_minimum(quote, quote.total) is quote
    with pytest.raises(BelowMinimum):
        check_minimum(quote, quote.total + Money.cny("0.01"))


def test_a_budget_says_what_the_least_would_cost() -> None:
    """By card at least what the provider charges, and never less than a kilogram."""
    kilogram = make_quote([(OFFER, Mass.kg(1))], CARD).total
    for kind, minimum, least in ((CARD, FOUR, FOUR), (CARD, Money.cny("0.01"), kilogram)):
        with pytest.raises(BudgetTooSmall) as caught:
            most_mass(OFFER, kind, Money.cny("0.02"), minimum)
        assert caught.value.params == {"minimum": least}
    assert most_mass(OFFER, TRANSFER, Money.cny("3.99"), FOUR) == Mass.kg(15), "no provider, no minimum"
    with pytest.raises(BudgetTooSmall):
        most_mass(OFFER, CARD, Money.cny("3.99"), FOUR)
    with pytest.raises(MixedLots):
        most_mass(OFFER, CARD, Money(10_000, "USD"), FOUR)


@given(offers, st.integers(10_100, 1_000_000).map(lambda minor: Money(minor, "CNY")))
def test_a_sum_that_is_paid_is_filled_up_to_the_fen(offer: Offer, paid: Money) -> None:
    quote = fill_up(offer, paid)
    assert quote.total == paid
    over = [fee.amount for fee in quote.fees if fee.kind is FeeKind.ROUNDING]
    plain = make_quote([(offer, quote.mass)], CARD)
    assert over == ([paid - plain.total] if plain.total < paid else [])
    if quote.mass < TERMS.most:
        assert make_quote([(offer, quote.mass + Mass.kg(1))], CARD).total > paid
    owner, was = quote.split[0], plain.split[0]
    assert owner.amount == was.amount + (over[0] if over else Money(0, "CNY"))
    assert sum(share.amount.minor for share in quote.split) == paid.minor


def test_a_sum_that_fits_is_not_rounded() -> None:
    quote = make_quote([(OFFER, Mass.kg(250))], CARD)
    assert fill_up(OFFER, quote.total) == quote
    assert fill_up(OFFER, Money.cny("0.28")).mass == Mass.kg(1), "whatever the provider's minimum"


# -- cash --------------------------------------------------------------------------------------

holdings = st.dictionaries(st.sampled_from(list(Party)), st.integers(0, 10**9), min_size=1).filter(
    lambda held: sum(held.values()) > 0
)


@given(holdings, st.data())
def test_giving_back_takes_exactly_the_amount_and_leaves_nobody_in_debt(
    held: dict[Party, int], data: st.DataObject
) -> None:
    amount = Money(data.draw(st.integers(1, sum(held.values()))), "CNY")
    lines = give_back({party: Money(minor, "CNY") for party, minor in held.items()}, amount)
    assert sum(line.amount.minor for line in lines) == -amount.minor
    before = [Share(party, Money(minor, "CNY")) for party, minor in held.items()]
    assert all(left.minor >= 0 for left in balances([*before, *lines]).values())


@pytest.mark.parametrize(
    ("held", "amount", "given"),
    [
        ([80, 20], 50, {0: 40, 1: 10}),
        ([3, 3, 3], 8, {0: 3, 1: 3, 2: 2}),  # of what is left over nobody gives more than is held
        ([100, 1], 1, {0: 1}),  # who gives nothing is not named
        ([10, -5, 0], 10, {0: 10}),  # who holds nothing, or is owed something, gives nothing
    ],
)
def test_each_gives_in_proportion_and_the_first_what_is_left_over(
    held: list[int], amount: int, given: dict[int, int]
) -> None:
    parts = taken({holder: Money(minor, "CNY") for holder, minor in enumerate(held)}, Money(amount, "CNY"))
    assert parts == {holder: Money(minor, "CNY") for holder, minor in given.items()}


def test_lines_of_one_party_are_added_up() -> None:
    lines = [Share(Party.PORTAL, Money.cny(yuan)) for yuan in (5, -2, 4)]
    assert balances([*lines, Share(Party.REGISTRY, Money.cny(1))]) == {
        Party.PORTAL: Money.cny(7),
        Party.REGISTRY: Money.cny(1),
    }


@pytest.mark.parametrize("yuan", [2, 0, -1])
def test_neither_nothing_nor_more_than_there_is_can_be_given_back(yuan: int) -> None:
    with pytest.raises(ValueError, match="cannot give back"):
        give_back({Party.PORTAL: Money.cny(1)}, Money.cny(yuan))


# -- money against order -----------------------------------------------------------------------

ASKED = Asked(Money.cny("66.16"), "a" * 64, test=True)


@pytest.mark.parametrize(
    ("came", "wrong"),
    [
        (MoneyIn("p", Money.cny("66.16"), "a" * 64, True), None),
        (MoneyIn("p", Money.cny("66.15"), "a" * 64, True), Mismatch.AMOUNT),
        (MoneyIn("p", Money.cny("66.17"), "a" * 64, True), Mismatch.AMOUNT),
        (MoneyIn("p", Money(6616, "USD"), "a" * 64, True), Mismatch.CURRENCY),
        (MoneyIn("p", Money.cny("66.16"), "b" * 64, True), Mismatch.QUOTE),
        (MoneyIn("p", Money.cny("66.16"), "a" * 64, False), Mismatch.MODE),
    ],
)
def test_only_the_money_that_was_asked_for_pays(came: MoneyIn, wrong: Mismatch | None) -> None:
    assert mismatch(ASKED, came) is wrong


# -- who and what for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["", " ", "x" * 121, "two\nlines", "private \ue000", "Mr org_01M825M1YS7CEW2ABDHNHW73N4", "a\x00b"],
)
def test_names_that_no_certificate_can_be_made_out_to(name: str) -> None:
    with pytest.raises(BadName):
        check_buyer(Buyer(name, "a@example.cn"))


@pytest.mark.parametrize("name", ["王", "Dr. O'Neil <b>", "{{7*7}}", "%(x)s", "x" * 120])
def test_other_names_are_kept_as_they_are(name: str) -> None:
    assert check_buyer(Buyer(name, "a@example.cn")).name == name


def test_a_buyers_name_is_private_until_they_say_otherwise() -> None:
    assert not Buyer("李明", "li@example.cn").is_public


def test_a_purpose_is_an_id_or_nothing() -> None:
    assert check_purpose("") == ""
    assert check_purpose("plg_01M825M1YS7CEW2ABDHNHW73N4")
    for bad in ("plg", "plg_1", "<script>", "plg_01M825M1YS7CEW2ABDHNHW73N4\n", "x" * 500):
        with pytest.raises(BadPurpose):
            check_purpose(bad)


def test_the_contents_say_nothing_of_the_buyer_without_the_salt() -> None:
    quote = make_quote([(OFFER, Mass.kg(250))], CARD)
    buyer = Buyer("王", "wang@example.cn")
    one = contents_digest(b"1" * 32, quote, buyer, "", "zh", True)
    assert one == contents_digest(b"1" * 32, quote, buyer, "", "zh", True)
    assert one != contents_digest(b"2" * 32, quote, buyer, "", "zh", True)
    assert one != contents_digest(b"1" * 32, quote, buyer, "", "zh", False)


# -- trees -------------------------------------------------------------------------------------


def test_trees_are_a_range_beside_the_kilograms() -> None:
    assert planting(Mass.kg(250)).trees == (2, 5)
    assert planting(Mass.kg(250)).years == (40, 40)
    assert planting(Mass.kg(25)).is_single
    assert planting(Mass.kg(25)).years == (8, 17)


@given(kilograms)
def test_trees_never_promise_too_much(mass: Mass) -> None:
    found = planting(mass)
    assert found.trees[0] <= found.trees[1]
    assert found.years[0] <= found.years[1]
    # Even the slowest growth takes up what was bought.
    assert found.trees[1] * found.years[1] * 1_500 >= mass.grams
