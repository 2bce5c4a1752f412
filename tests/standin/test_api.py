"""Does the stand-in answer the SDK as Stripe does, and refuse what Stripe refuses?"""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
import stripe

from standin import contract
from standin.chaos import Chaos
from standin.server import StandIn, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running(seed=1) as server:
        yield server


@pytest.fixture
def api(stand_in: StandIn) -> Any:
    return client(stand_in)


def client(stand_in: StandIn, key: str = "sk_test_1") -> Any:
    return stripe.StripeClient(key, base_addresses={"api": stand_in.url}).v1


def wish(**changes: Any) -> dict[str, Any]:
    """Parameters of a good session, with changes; None leaves one out."""
    product = {"name": "250 kg CO₂e"}
    good = {
        "mode": "payment",
        "line_items": [
            {"quantity": 2, "price_data": {"currency": "cny", "unit_amount": 1250, "product_data": product}}
        ],
        "metadata": {"order_id": "ord_1"},
        "payment_intent_data": {"metadata": {"order_id": "ord_1"}},
        "success_url": "http://127.0.0.1/paid?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1/back",
        "locale": "en",
        "expires_at": int(time.time()) + 31 * 60,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def open_session(api: Any, **changes: Any) -> Any:
    return api.checkout.sessions.create(wish(**changes))


def control(stand_in: StandIn, method: str, path: str, **given: Any) -> Any:
    answer = requests.request(method, f"{stand_in.url}/_control/{path}", json=given, timeout=60)
    answer.raise_for_status()
    return answer.json()


def test_a_session_is_opened_paid_and_read_back(stand_in: StandIn, api: Any) -> None:
    session = open_session(api)
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2500)
    assert (session.payment_intent, session.livemode) == (None, False)

    control(stand_in, "POST", f"sessions/{session.id}/pay")

    paid = api.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent = api.payment_intents.retrieve(paid.payment_intent, {"expand": ["latest_charge"]})
    assert (intent.amount_received, intent.latest_charge.amount) == (2500, 2500)
    assert intent.metadata.to_dict() == intent.latest_charge.metadata.to_dict() == {"order_id": "ord_1"}


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"colour": "green"}, "colour", "parameter_unknown"),
        (
            {"payment_method_types": ["card"]},
            "payment_method_types",
            "parameter_unknown",
        ),  # gone from the API
        ({"line_items": [{"quantity": 1, "prize": "x"}]}, "line_items[0][prize]", "parameter_unknown"),
        ({"mode": "gift"}, "mode", "parameter_invalid"),
        ({"locale": "tlh"}, "locale", "parameter_invalid"),
        ({"expires_at": "soon"}, "expires_at", "parameter_invalid"),
        ({"expires_at": int(time.time()) + 29 * 60}, "expires_at", None),
        ({"expires_at": int(time.time()) + 25 * 3600}, "expires_at", None),
        ({"line_items": None}, "line_items", "parameter_missing"),
        ({"success_url": "javascript:alert(1)"}, "success_url", "url_invalid"),
        ({"customer_email": "nobody"}, "customer_email", "email_invalid"),
        ({"allow_promotion_codes": True}, "allow_promotion_codes", None),  # known to Stripe, not played
        ({"metadata": {"a": "x" * 501}}, "metadata", None),
    ],
)
def test_what_stripe_would_refuse_is_refused(api: Any, changes: Any, param: str, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        open_session(api, **changes)
    assert (refusal.value.http_status, refusal.value.param, refusal.value.code) == (400, param, code)


def test_every_call_can_be_checked_against_the_sdk() -> None:
    calls = [call for call in vars(contract).values() if isinstance(call, contract.Call)]
    assert len(calls) == 19
    for call in calls:
        with pytest.raises(Exception, match="unknown parameter"):
            call.read({"idempotency_key": "an option of the SDK, no parameter"})


def test_too_little_is_refused_by_its_own_code(api: Any) -> None:
    price = {"currency": "cny", "unit_amount": 399, "product_data": {"name": "x"}}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        open_session(api, line_items=[{"quantity": 1, "price_data": price}])
    assert refusal.value.code == "amount_too_small"


@pytest.mark.parametrize("key", ["", "sk_live_1", "pk_test_1"])
def test_a_wrong_key_opens_nothing(stand_in: StandIn, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client(stand_in, key or "none").checkout.sessions.list()
    assert requests.get(f"{stand_in.url}/v1/events", timeout=60).status_code == 401


def test_in_livemode_only_live_keys_open() -> None:
    with running(livemode=True) as server:
        assert open_session(client(server, "sk_live_1")).livemode is True
        with pytest.raises(stripe.AuthenticationError):
            client(server).checkout.sessions.list()


def test_an_open_session_expires_once_and_is_never_paid_after(stand_in: StandIn, api: Any) -> None:
    session = open_session(api)
    assert api.checkout.sessions.expire(session.id).status == "expired"
    for again in (
        api.checkout.sessions.expire,
        lambda which: control(stand_in, "POST", f"sessions/{which}/pay"),
    ):
        with pytest.raises((stripe.InvalidRequestError, requests.HTTPError)):
            again(session.id)
    assert api.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_a_paid_session_cannot_expire(stand_in: StandIn, api: Any) -> None:
    session = open_session(api)
    stand_in.pay(session.id, "paid")
    with pytest.raises(stripe.InvalidRequestError, match="complete"):
        api.checkout.sessions.expire(session.id)


def test_of_a_payment_and_an_expiry_at_once_exactly_one_wins(stand_in: StandIn, api: Any) -> None:
    for session in [open_session(api) for _ in range(10)]:
        outcomes: list[str] = []
        meet = threading.Barrier(2)

        def attempt(
            move: Any, session_id: str = session.id, meet: Any = meet, outcomes: Any = outcomes
        ) -> None:
            meet.wait()
            try:
                outcomes.append(move(session_id)["status"])
            except Exception:
                outcomes.append("refused")

        moves = [stand_in.bank.expire, lambda which: stand_in.bank.pay(which, "paid")]
        threads = [threading.Thread(target=attempt, args=(move,)) for move in moves]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) in (["complete", "refused"], ["expired", "refused"])


def test_a_session_expires_by_itself(stand_in: StandIn, api: Any) -> None:
    session = open_session(api)
    control(stand_in, "POST", "forward", seconds=31 * 60)
    assert api.checkout.sessions.retrieve(session.id).status == "expired"
    assert [event.type for event in api.events.list().data] == ["checkout.session.expired"]


def test_the_same_key_and_parameters_give_the_same_session(stand_in: StandIn, api: Any) -> None:
    one, two = (api.checkout.sessions.create(wish(expires_at=None), {"idempotency_key": "k"}) for _ in "12")
    assert one.id == two.id
    assert two.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(stand_in.bank.sessions) == 1


def test_the_same_key_with_other_parameters_is_refused(api: Any) -> None:
    api.checkout.sessions.create(wish(locale="en"), {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        api.checkout.sessions.create(wish(locale="zh"), {"idempotency_key": "k"})
    assert refusal.value.http_status == 400


def test_a_key_is_not_spent_on_malformed_parameters(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.checkout.sessions.create(wish(mode="gift"), {"idempotency_key": "k"})
    assert api.checkout.sessions.create(wish(), {"idempotency_key": "k"}).status == "open"


def test_a_key_is_forgotten_after_a_day(stand_in: StandIn, api: Any) -> None:
    first = api.checkout.sessions.create(wish(expires_at=None), {"idempotency_key": "k"})
    control(stand_in, "POST", "forward", seconds=24 * 3600 + 1)
    assert api.checkout.sessions.create(wish(expires_at=None), {"idempotency_key": "k"}).id != first.id


def test_while_a_request_runs_another_with_its_key_is_told_so(stand_in: StandIn) -> None:
    working, go_on = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        working.set()
        go_on.wait(5)
        return {}

    thread = threading.Thread(target=stand_in.keys.run, args=("k", ("/v1/refunds", "{}"), slow))
    thread.start()
    working.wait(5)
    answer = requests.post(
        f"{stand_in.url}/v1/refunds",
        headers={"Authorization": "Bearer sk_test_1", "Idempotency-Key": "k"},
        timeout=60,
    )
    go_on.set()
    thread.join()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert stand_in.keys.run("k", ("/v1/refunds", "{}"), slow) == (200, {}, True)


def paid_intent(stand_in: StandIn, api: Any) -> str:
    return str(stand_in.pay(open_session(api).id, "paid")["payment_intent"])


def test_refunds_add_up_to_at_most_the_payment(stand_in: StandIn, api: Any) -> None:
    intent = paid_intent(stand_in, api)
    assert api.refunds.create({"payment_intent": intent, "amount": 1000}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as over:
        api.refunds.create({"payment_intent": intent, "amount": 1501})
    assert over.value.param == "amount"
    assert api.refunds.create({"payment_intent": intent}).amount == 1500
    with pytest.raises(stripe.InvalidRequestError) as again:
        api.refunds.create({"payment_intent": intent})
    assert again.value.code == "charge_already_refunded"
    assert [refund.amount for refund in api.refunds.list({"payment_intent": intent}).data] == [1500, 1000]


def test_parallel_refunds_never_exceed_the_payment(stand_in: StandIn, api: Any) -> None:
    intent = paid_intent(stand_in, api)

    def refund() -> None:
        with suppress(stripe.InvalidRequestError):
            client(stand_in).refunds.create({"payment_intent": intent, "amount": 1000})

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(refund["amount"] for refund in stand_in.bank.refunds.values()) == 2000


def test_a_failed_refund_gives_the_money_back_to_the_merchant(stand_in: StandIn, api: Any) -> None:
    stand_in.chaos = Chaos(slow_refunds=1)
    intent = paid_intent(stand_in, api)
    refund = api.refunds.create({"payment_intent": intent, "amount": 1000})
    assert refund.status == "pending"
    control(stand_in, "POST", f"refunds/{refund.id}/finish", status="failed")
    charge = api.payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge
    assert charge.amount_refunded == 0


def test_a_disputed_charge_is_not_refunded(stand_in: StandIn, api: Any) -> None:
    intent = paid_intent(stand_in, api)
    dispute = control(stand_in, "POST", f"payments/{intent}/dispute")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.refunds.create({"payment_intent": intent})
    assert refusal.value.code == "charge_disputed"
    control(stand_in, "POST", f"disputes/{dispute['id']}/close", outcome="lost")
    assert [each.status for each in api.disputes.list({"payment_intent": intent}).data] == ["lost"]


def test_lists_are_paged_by_cursor_newest_first(stand_in: StandIn, api: Any) -> None:
    made = [open_session(api).id for _ in range(7)]
    listed = api.checkout.sessions.list({"limit": 3})
    assert (len(listed.data), listed.has_more) == (3, True)
    assert [session.id for session in listed.auto_paging_iter()] == made[::-1]
    stand_in.pay(made[3], "paid")
    intent = stand_in.bank.sessions[made[3]]["payment_intent"]
    assert [session.id for session in api.checkout.sessions.list({"payment_intent": intent})] == [made[3]]
    long_ago = {"created": {"lt": int(time.time()) - 60}}
    assert api.checkout.sessions.list(long_ago).data == []


def test_unknown_things_are_not_found(api: Any) -> None:
    for read in (api.refunds.retrieve, api.checkout.sessions.retrieve):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            read("re_none")
        assert refusal.value.http_status == 404


def test_a_decline_leaves_the_session_open(stand_in: StandIn, api: Any) -> None:
    session = open_session(api)
    control(stand_in, "POST", f"sessions/{session.id}/pay", outcome="failed")
    declined = api.checkout.sessions.retrieve(session.id)
    assert (declined.status, declined.payment_status) == ("open", "unpaid")
    intent = api.payment_intents.retrieve(declined.payment_intent)
    assert intent.last_payment_error.code == "card_declined"
    assert stand_in.pay(session.id, "paid")["payment_intent"] == intent.id


def test_a_slow_payment_is_complete_but_unpaid_until_it_settles(stand_in: StandIn, api: Any) -> None:
    session = open_session(api)
    stand_in.pay(session.id, "pending")
    waiting = api.checkout.sessions.retrieve(session.id)
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    control(stand_in, "POST", f"sessions/{session.id}/settle", outcome="paid")
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize(
    "body", [b"a[b=1", b"a=1&a=2", b"a=1&a[b]=2", b"\xff\xfe", b"&".join(b"a%d=1" % n for n in range(2000))]
)
def test_a_malformed_body_is_refused_and_never_breaks_the_server(stand_in: StandIn, body: bytes) -> None:
    headers = {"Authorization": "Bearer sk_test_1", "Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{stand_in.url}/v1/refunds", data=body, headers=headers, timeout=60)
    assert answer.status_code == 400
