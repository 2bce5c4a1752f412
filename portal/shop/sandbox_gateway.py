"""The payment provider of a portal without a Stripe key: test money, no network, a page of our own to pay on.

It keeps its facts in its own table, apart from the shop's, and keeps a provider's manners: it refuses
to be called inside a transaction, remembers idempotency keys, and never refunds more than was paid.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import assert_no_transaction, db, transaction
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.shop.models.sandbox import SandboxSession
from portal.shop.provider import (
    KeyReused,
    Payment,
    PaymentNotFound,
    PaymentState,
    ProviderRefund,
    RefundState,
    RefundTooLarge,
    Session,
    SessionClosed,
    SessionState,
)

Outcome = Literal["paid", "failed", "cancelled"]

_sessions: Table = SandboxSession.__table__  # type: ignore[assignment]
# Built once, on the table: putting a statement together costs more than having it done.
_ADD = {
    "postgresql": postgresql.insert(_sessions).on_conflict_do_nothing().returning(_sessions),
    "sqlite": sqlite.insert(_sessions).on_conflict_do_nothing().returning(_sessions),
}
_BY_KEY = select(_sessions).where(_sessions.c.idempotency_key == bindparam("key"))
_BY_ID = select(_sessions).where(_sessions.c.id == bindparam("session_id"))
_BY_ID_LOCKED = _BY_ID.with_for_update()
_CHANGE = update(_sessions).where(_sessions.c.id == bindparam("session_id")).returning(_sessions)
_CHANGE_WHILE_OPEN = _CHANGE.where(_sessions.c.state == SessionState.OPEN.value)
_CHANGE_IN_TIME = _CHANGE_WHILE_OPEN.where(_sessions.c.expires_at > bindparam("now"))


@dataclass(frozen=True, slots=True)
class PayPage:
    """What the page shows that plays the provider's part, and where it leads afterwards."""

    session: Session
    description: str
    lang: str
    outcome: str | None  # what the buyer did last here
    success_url: str
    cancel_url: str


class SandboxGateway:
    """``pay_url(session_id, lang)`` gives the address of the page where the buyer pays."""

    name = "sandbox"
    test = True

    def __init__(self, pay_url: Callable[[str, str], str]) -> None:
        self._pay_url = pay_url

    def minimum(self, currency: str) -> Money:
        return Money(1, currency)

    def open_session(
        self,
        *,
        order_id: str,
        quote_hash: str,
        amount: Money,
        description: str,
        email: str | None,
        lang: str,
        success_url: str,
        cancel_url: str,
        expires_at: datetime,
        idempotency_key: str,
    ) -> Session:
        assert_no_transaction()
        asked = {
            "order_id": order_id,
            "quote_hash": quote_hash,
            "amount_minor": amount.minor,
            "currency": amount.currency,
            "description": description,
            "lang": lang,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": expires_at,
        }
        with transaction() as session:
            fresh = {
                "id": new_id("sbs"),
                "idempotency_key": idempotency_key,
                "state": SessionState.OPEN.value,
            }
            values = {**fresh, **asked, "refunded_minor": 0, "refunds": [], "created_at": clock.now()}
            # of two calls with the same key, whichever comes second finds the first one's row
            books = session.connection()
            row = books.execute(_ADD[books.dialect.name], values).one_or_none()
            row = row or books.execute(_BY_KEY, {"key": idempotency_key}).one()
            if any(getattr(row, name) != value for name, value in asked.items()):
                raise KeyReused(code="idempotency_error")
            return self._session(row)

    def session(self, session_id: str) -> Session:
        assert_no_transaction()
        return self._session(_row(db.session.connection(), session_id))

    def expire(self, session_id: str) -> Session:
        assert_no_transaction()
        with transaction() as s:
            books = s.connection()
            expired = {"session_id": session_id, "state": SessionState.EXPIRED.value}
            row = books.execute(_CHANGE_WHILE_OPEN, expired).one_or_none()
            return self._session(row or _row(books, session_id))

    def find_sessions(self, order_id: str, since: datetime, until: datetime) -> tuple[Session, ...]:
        assert_no_transaction()
        of_order = select(_sessions).where(
            _sessions.c.order_id == order_id, _sessions.c.created_at.between(since, until)
        )
        return tuple(self._session(row) for row in db.session.execute(of_order))

    def session_of(self, payment_id: str) -> Session | None:
        assert_no_transaction()
        try:
            return self._session(_row(db.session.connection(), _session_id(payment_id)))
        except PaymentNotFound:
            return None

    def payment(self, payment_id: str) -> Payment:
        assert_no_transaction()
        row = _row(db.session.connection(), _session_id(payment_id))
        captured = row.amount_minor if row.state == SessionState.COMPLETE else 0
        return Payment(
            id=payment_id,
            captured=Money(captured, row.currency),
            refunded=Money(row.refunded_minor, row.currency),
            dispute=None,
            order_id=row.order_id,
            quote_hash=row.quote_hash,
            test=True,
        )

    def refund(
        self, *, payment_id: str, amount: Money, refund_id: str, idempotency_key: str
    ) -> ProviderRefund:
        assert_no_transaction()
        made: dict[str, str | int] = {
            "id": f"sbr_{refund_id.partition('_')[2]}",
            "refund_id": refund_id,
            "amount_minor": amount.minor,
            "key": idempotency_key,
        }
        with transaction() as s:
            books = s.connection()
            row = _row(books, _session_id(payment_id), lock=True)
            earlier = next((each for each in row.refunds if each["key"] == idempotency_key), None)
            if earlier is not None and earlier != made:
                raise KeyReused(code="idempotency_error")
            if earlier is None:
                if amount.currency != row.currency or not 0 < amount.minor <= _left(row):
                    raise RefundTooLarge(code="amount")
                given_back = {
                    "refunded_minor": row.refunded_minor + amount.minor,
                    "refunds": [*row.refunds, made],
                }
                books.execute(_CHANGE, {"session_id": row.id, **given_back})
            return _refund(row, made)

    def refunds(self, payment_id: str) -> tuple[ProviderRefund, ...]:
        assert_no_transaction()
        row = _row(db.session.connection(), _session_id(payment_id))
        return tuple(_refund(row, made) for made in row.refunds)

    # The page that plays the provider's part

    def page(self, session_id: str) -> PayPage:
        """What to show on the pay page. Raises PaymentNotFound."""
        assert_no_transaction()
        row = _row(db.session.connection(), session_id)
        success_url = row.success_url.replace("{CHECKOUT_SESSION_ID}", row.id)
        return PayPage(
            self._session(row), row.description, row.lang, row.outcome, success_url, row.cancel_url
        )

    def play(self, session_id: str, outcome: Outcome) -> Session:
        """What the buyer does on the pay page: ``paid`` completes the session, the others leave it open.

        Paying twice is paying once. Raises SessionClosed after the time to pay, PaymentNotFound.
        """
        assert_no_transaction()
        done = {"state": SessionState.COMPLETE.value} if outcome == "paid" else {}
        with transaction() as s:
            books = s.connection()
            played = {"session_id": session_id, "now": clock.now(), "outcome": outcome, **done}
            row = books.execute(_CHANGE_IN_TIME, played).one_or_none()
            session = self._session(row or _row(books, session_id))
            if session.state is SessionState.EXPIRED:
                raise SessionClosed()
            return session

    def _session(self, row: Any) -> Session:
        state = SessionState(row.state)
        if state is SessionState.OPEN and row.expires_at <= clock.now():
            state = SessionState.EXPIRED  # `play` refuses from the same instant on
        tried = state is SessionState.COMPLETE or row.outcome == "failed"
        return Session(
            id=row.id,
            url=self._pay_url(row.id, row.lang) if state is SessionState.OPEN else None,
            state=state,
            payment_state=PaymentState.PAID if state is SessionState.COMPLETE else PaymentState.UNPAID,
            amount=Money(row.amount_minor, row.currency),
            payment_id=f"sbp_{row.id.removeprefix('sbs_')}" if tried else None,
            order_id=row.order_id,
            quote_hash=row.quote_hash,
            expires_at=row.expires_at,
            test=True,
        )


def _session_id(payment_id: str) -> str:
    return f"sbs_{payment_id.removeprefix('sbp_')}"


def _row(books: Connection, session_id: str, *, lock: bool = False) -> Any:
    row = books.execute(_BY_ID_LOCKED if lock else _BY_ID, {"session_id": session_id}).one_or_none()
    if row is None:
        raise PaymentNotFound()
    return row


def _left(row: Any) -> int:
    return row.amount_minor - row.refunded_minor if row.state == SessionState.COMPLETE else 0


def _refund(row: Any, made: dict[str, str | int]) -> ProviderRefund:
    return ProviderRefund(
        id=str(made["id"]),
        state=RefundState.SUCCEEDED,
        amount=Money(int(made["amount_minor"]), row.currency),
        payment_id=f"sbp_{row.id.removeprefix('sbs_')}",
        refund_id=str(made["refund_id"]),
        test=True,
    )
