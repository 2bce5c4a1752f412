"""The payment stand-in as a process of its own, and the comparison of its books with ours."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from sqlalchemy import func, select, true, update

from portal.certificates.models import Certificate
from portal.certificates.rules.states import LIVE
from portal.db import db, transaction
from portal.jobs import Outbox
from portal.kernel import clock
from portal.registry.models import Retirement, RetirementVoid
from portal.shop.models.orders import CashLine, Order, OrderLine, PaymentRow
from portal.shop.rules.states import LAPSED, UNPAID, OrderState
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "whsec_chaos"  # signs the stand-in's events
KEY = "sk_test_chaos"
Thing = dict[str, Any]


def end_leases() -> None:
    """As if the leases of what killed workers had in hand were over: nobody waits two minutes for that."""
    with transaction() as session:
        session.execute(update(Outbox).where(Outbox.state == "waiting").values(due_at=clock.now()))
    db.session.rollback()


class Bank:
    """``python -m standin`` on a free port. ``chaos`` and ``seed`` are its options of these names."""

    def __init__(self, webhook: str | None = None, chaos: str = "", seed: int | None = None) -> None:
        command = [sys.executable, "-m", "standin", "--port", "0", "--secret", SECRET, "--chaos", chaos]
        command += ["--webhook", webhook] if webhook else []
        command += ["--seed", str(seed)] if seed is not None else []
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        said = self._process.stdout.readline().split()
        self.url, self.seed = said[1], int(said[3])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        assert self._process.stdout
        self._process.stdout.close()

    @property
    def environment(self) -> dict[str, str]:
        """What makes a portal use it."""
        return {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": self.url}

    def pull(self, string: str, method: str = "POST", **given: Any) -> Thing:
        """One of the strings of standin/routes.py. Raises urllib.error.HTTPError when it refuses."""
        url, kind = f"{self.url}/_control/{string}", {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(given).encode(), kind, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            told: Thing = json.load(answer)
            return told

    def books(self) -> Thing:
        """Everything it knows."""
        with urllib.request.urlopen(f"{self.url}/_control/", timeout=120) as answer:
            told: Thing = json.load(answer)
            return told

    def pay(self, session_id: str, outcome: str = "paid") -> bool:
        """What the buyer does on the pay page; False when the session is over."""
        try:
            self.pull(f"sessions/{session_id}/pay", outcome=outcome)
        except urllib.error.HTTPError as refused:
            if refused.code != 400:
                raise
            return False
        return True


# -- its books and ours --------------------------------------------------------------------------


def complaints(books: Thing, mail: Path | None = None, only: str = "") -> Iterator[str]:
    """What does not agree between the provider's books, the orders, the paper and the letters.

    Everything has to be at rest: events heard, jobs done, orders reconciled. ``only``: look at this order
    and at what concerns all. Grams are the business of ``ledger verify``.
    """
    db.session.rollback()
    yield from _payments(books)
    captured, back = _money(books)
    wanted = select(Order.__table__).where((Order.id == only) if only else true())
    for order in db.session.execute(wanted).all():
        kept = captured[order.id] - back[order.id]
        for complaint in (
            *_state(order, captured[order.id], kept),
            *_cash(order, kept),
            *_paper(order),
        ):
            yield f"{order.id} ({order.state}): {complaint}"
    yield from _letters(mail)


def _payments(books: Thing) -> Iterator[str]:
    """Each charge is on record once, in its amount, and nothing else is."""
    there = Counter((c["payment_intent"], c["amount"], c["currency"].upper()) for c in books["charges"])
    facts = (PaymentRow.provider_payment_id, PaymentRow.amount_minor, PaymentRow.currency)
    here = Counter(tuple(row) for row in db.session.execute(select(*facts)))
    for payment in there - here:
        yield f"{payment} was paid and is not on record"
    for payment in here - there:
        yield f"{payment} is on record and was not paid"


def _money(books: Thing) -> tuple[dict[str, int], dict[str, int]]:
    """Per order, what was captured and what went back, as the provider counts it."""
    captured: dict[str, int] = defaultdict(int)
    back: dict[str, int] = defaultdict(int)
    for charge in books["charges"]:
        captured[charge["metadata"]["order_id"]] += charge["amount"]
        back[charge["metadata"]["order_id"]] += charge["amount_refunded"]
    lost = {each["charge"] for each in books["disputes"] if each["status"] == "lost"}
    for charge in books["charges"]:
        if charge["id"] in lost:  # the buyer's bank has taken what was left
            back[charge["metadata"]["order_id"]] += charge["amount"] - charge["amount_refunded"]
    return captured, back


def _state(order: Any, captured: int, kept: int) -> Iterator[str]:
    state = OrderState(order.state)
    if not captured:
        lawful = UNPAID | LAPSED
    elif kept:
        lawful = {OrderState.FULFILLED} | (set() if order.consent else {OrderState.PAID})
        if kept != order.amount_minor:
            yield f"the provider keeps {kept} of {order.amount_minor}"
    else:
        lawful = {OrderState.REFUNDED, OrderState.REFUNDED_VOID}
    if state not in lawful:
        yield f"{captured} paid, {captured - kept} given back"
    if order.attention:
        yield f"wants attention: {order.attention}"


def _cash(order: Any, kept: int) -> Iterator[str]:
    added = select(func.coalesce(func.sum(CashLine.amount_minor), 0)).where(CashLine.order_id == order.id)
    booked = int(db.session.scalar(added) or 0)
    if booked != kept:
        yield f"cash lines of {booked}, the provider keeps {kept}"


def _paper(order: Any) -> Iterator[str]:
    """As many grams retired as were sold, once; one live certificate of each retirement, none of a void."""
    sold = select(OrderLine.id, OrderLine.mass).where(OrderLine.order_id == order.id)
    lines = {row.id: row.mass for row in db.session.execute(sold)}
    facts = select(Retirement.id, Retirement.line_id, Retirement.mass_g)
    retired = db.session.execute(facts.where(Retirement.line_id.in_(lines))).all()
    is_wanted = order.state in (OrderState.FULFILLED, OrderState.RETIRED, OrderState.REFUNDED_VOID)
    if sorted(row.line_id for row in retired) != (sorted(lines) if is_wanted else []):
        yield f"{len(retired)} retirements of {len(lines)} lines"
    for row in retired:
        if row.mass_g != lines[row.line_id].grams:
            yield f"{row.mass_g} g retired of {lines[row.line_id]}"
        papers = select(func.count()).where(Certificate.subject_id == row.id, Certificate.state.in_(LIVE))
        live = int(db.session.scalar(papers) or 0)
        is_void = db.session.get(RetirementVoid, row.id) is not None
        if is_void != (order.state == OrderState.REFUNDED_VOID):
            yield f"retirement {row.id} is {'' if is_void else 'not '}void"
        if live != (not is_void):
            yield f"{live} live certificates of a retirement that is {'' if is_void else 'not '}void"


def _letters(mail: Path | None) -> Iterator[str]:
    """One letter with its certificate for each order that has one; each letter delivered once."""
    waiting = db.session.scalars(select(Outbox.key).where(Outbox.state != "done")).all()
    for key in waiting:
        yield f"still to be done: {key}"
    rows = db.session.scalars(select(Outbox.payload).where(Outbox.kind == "letter")).all()
    ids = Counter(row["id"] for row in rows)
    told = Counter(row["facts"]["order_id"] for row in rows if row["template"] == "shop/letter_certificate")
    for order_id, times in told.items():
        if times != 1:
            yield f"{order_id}: {times} letters with its certificate"
    for order_id in db.session.scalars(select(Order.id).where(Order.state == OrderState.FULFILLED)):
        if not told[order_id]:
            yield f"{order_id}: no letter with its certificate"
    if mail is not None:
        sent = {file.stem for file in mail.glob("*.eml")}
        for letter in sent.symmetric_difference(ids):
            yield f"letter {letter} was {'sent, not recorded' if letter in sent else 'recorded, not sent'}"
