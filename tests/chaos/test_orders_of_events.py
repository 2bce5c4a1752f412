"""All 120 orders of {completed, async failed, refund, expired, dispute}: the same facts, the same end.

Twice. First the facts themselves happen in each order, and each is heard of at once: what can no longer
happen (paying what has expired, refunding what is disputed) does not, so the ends are compared among the
orders that left the provider with the same books. Then all has happened, and only the events come in each
order: one end for all of them.
"""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError

import pytest
from flask import Flask

from portal.certificates import queries as papers
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.ids import new_id
from portal.ops.audit import faults
from portal.shop import jobs as shop_jobs
from portal.shop.commands import refunds
from portal.shop.provider import Event
from portal.shop.queries import orders as queries
from portal.shop.rules.cash import balances
from portal.shop.rules.quotes import Share
from portal.shop.rules.states import OrderState
from portal.shop.till import till
from tests.chaos.test_steps import FINANCE, live_on, place
from tests.factories import shop
from tests.factories.chaos import Bank

S = OrderState
FACTS = ("completed", "async failed", "refund", "expired", "dispute")
# What the customer sees in the end; the two ends of the grams are behind the second.
SEES = {
    S.PAID: "has the credits", S.RETIRED: "has the credits", S.FULFILLED: "has the credits",
    S.REFUNDED: "money back", S.REFUNDED_VOID: "money back",
    S.EXPIRED: "nothing charged", S.CANCELLED: "nothing charged",
}  # fmt: skip


class Books(NamedTuple):
    """One order at the provider: money that came, went back, or was taken by the bank."""

    captured: int
    refunded: int
    dispute: str

    @property
    def kept(self) -> int:
        return 0 if self.dispute == "lost" else self.captured - self.refunded


class End(NamedTuple):
    """How one order ended here."""

    sees: str
    cash: int  # minor units that the parties hold
    attention: str


class Story:
    """One order, to which the facts happen at the provider one after the other."""

    def __init__(self, bank: Bank, *, consent: bool, ours: bool, outcome: str) -> None:
        self.bank, self.ours, self.outcome = bank, ours, outcome
        self.id = new_id("ord")
        self.events: list[Event] = []
        self.payment: str | None = None
        self.disputed = ""
        self.does: dict[str, Callable[[], None]] = {
            "completed": self.complete, "async failed": self.fail, "refund": self.refund,
            "expired": self.expire, "dispute": self.dispute,
        }  # fmt: skip
        place(self.id, consent=consent)
        till().open_payment(self.id, shop.WAY, clock.now())

    def session(self) -> str:
        """The session in which the buyer would pay now: another one when the last came to nothing."""
        with suppress(PortalError):
            till().open_payment(self.id, shop.WAY, clock.now())
        return str(shop.seen(self.id).session_id)

    def complete(self) -> None:
        session = self.session()
        if self.bank.pay(session):
            self.payment = till().provider.session(session).payment_id
            self.tell("checkout.session.completed", session)

    def fail(self) -> None:
        session = self.session()
        if self.bank.pay(session, "pending"):
            self.bank.pull(f"sessions/{session}/settle", outcome="failed")
            self.tell("checkout.session.async_payment_failed", session)

    def expire(self) -> None:
        session = str(shop.seen(self.id).session_id)
        till().provider.expire(session)
        self.tell("checkout.session.expired", session)

    def refund(self) -> None:
        if payment := self.payment:
            if self.ours:
                with suppress(PortalError):
                    refunds.request_refund(FINANCE, self.id, "goodwill", clock.now())
            else:
                with suppress(HTTPError):  # disputed: the provider refuses
                    self.bank.pull(f"payments/{payment}/refund")
            self.tell("charge.refunded", None, payment)

    def dispute(self) -> None:
        if payment := self.payment:
            self.disputed = str(self.bank.pull(f"payments/{payment}/dispute")["id"])
            self.tell("charge.dispute.created", None, payment)

    def decide(self) -> None:
        """The buyer's bank decides, long after all the rest."""
        if self.disputed:
            self.bank.pull(f"disputes/{self.disputed}/close", outcome=self.outcome)
            self.tell("charge.dispute.closed", None, self.payment)

    def tell(self, kind: str, session: str | None, payment: str | None = None) -> None:
        self.events.append(Event(new_id("evt"), kind, "obj", session, payment, None, None, True, clock.now()))

    def hear(self) -> None:
        """All that was told so far."""
        while self.events:
            till().hear(self.events.pop(0), clock.now())

    def books(self) -> Books:
        if not self.payment:
            return Books(0, 0, "")
        told = till().provider.payment(self.payment)
        return Books(told.captured.minor, told.refunded.minor, str(told.dispute or ""))

    def end(self) -> End:
        order = shop.seen(self.id)
        held = balances(Share(line.party, line.amount) for line in queries.cash_lines(self.id))
        live = [paper for paper in papers.for_order(self.id) if paper.state.is_live]
        assert bool(live) == (order.state in (S.RETIRED, S.FULFILLED)), "a certificate goes with the credits"
        return End(SEES[order.state], sum(part.minor for part in held.values()), order.attention)


def come_to_rest(stories: list[Story], bank: Bank) -> None:
    """Everybody's time to pay passes, the bank decides, the cooling-off days pass."""
    live_on(bank, 45)
    for story in stories:
        story.decide()
        story.hear()
    for minutes in (15, 8 * 24 * 60, 15):
        live_on(bank, minutes)
        shop_jobs.watch()
        shop_jobs.watch()


SETTINGS = [
    pytest.param(consent, ours, outcome, id=f"{when}, refund {by}, dispute {outcome}")
    for consent, when in ((True, "retired at once"), (False, "cooling off"))
    for ours, by, outcome in ((True, "of ours", "lost"), (False, "of theirs", "won"))
]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("consent", "ours", "outcome"), SETTINGS)
def test_the_same_facts_end_the_same_in_all_120_orders(
    portal: Flask, bank: Bank, consent: bool, ours: bool, outcome: str
) -> None:
    ends: dict[Books, set[End]] = defaultdict(set)
    stories = []
    for order in permutations(FACTS):
        story = Story(bank, consent=consent, ours=ours, outcome=outcome)
        for fact in order:
            story.does[fact]()
            story.hear()
        stories.append(story)
    come_to_rest(stories, bank)
    for story in stories:
        ends[story.books()].add(story.end())
    assert len(stories) == 120
    for books, ended in ends.items():
        assert len(ended) == 1, f"{books}: {ended}"
        (end,) = ended
        assert end.cash == books.kept, f"{books}: {end}"
        is_served = end.sees == "has the credits"
        assert is_served == bool(books.kept), f"{books}: {end}"
    assert {books.captured > 0 for books in ends} == {True, False}
    assert [str(fault) for fault in faults()] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("consent", [True, False], ids=["retired at once", "cooling off"])
def test_the_events_of_one_story_end_the_same_in_all_120_orders(
    portal: Flask, bank: Bank, tmp_path: Path, consent: bool
) -> None:
    """A slow payment fails, the next session expires, the third is paid, refunded in part and disputed."""
    ends: set[tuple[End, Books]] = set()
    stories = []
    for order in permutations(range(len(FACTS))):
        story = Story(bank, consent=consent, ours=False, outcome="lost")
        story.fail()
        till().look(story.id, clock.now())
        story.complete()
        story.tell("checkout.session.expired", story.events[0].session_id)
        bank.pull(f"payments/{story.payment}/refund", amount=100)
        story.tell("charge.refunded", None, story.payment)
        story.dispute()
        told, story.events = story.events, []
        assert len(told) == len(FACTS)
        story.events = [told[place] for place in order]
        story.hear()
        stories.append(story)
    come_to_rest(stories, bank)
    for story in stories:
        ends.add((story.end(), story.books()))
    assert len(ends) == 1, ends
    ((end, books),) = ends
    assert (end.sees, end.cash, books.kept) == ("money back", 0, 0)
    assert [str(fault) for fault in faults()] == []
