"""Do events arrive signed, and do things go wrong exactly as ordered?"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import stripe

from standin.chaos import Chaos, Dice
from standin.server import StandIn, running
from tests.standin.test_api import client, open_session

SECRET = "whsec_one"


class Hook:
    """A merchant's hook that notes what comes, and answers with ``statuses`` first, then 200."""

    def __init__(self) -> None:
        self.letters: list[tuple[bytes, str]] = []
        self.statuses: list[int] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.letters.append((body, self.headers["Stripe-Signature"]))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/stripe"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in self.letters]


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


@pytest.fixture
def stand_in(hook: Hook) -> Iterator[StandIn]:
    with running(seed=7, webhook=hook.url, secret=SECRET, backoff=0.01) as server:
        yield server


def sold(stand_in: StandIn) -> str:
    """A paid session's id."""
    session_id = str(open_session(client(stand_in)).id)
    stand_in.pay(session_id, "paid")
    return session_id


def test_an_event_arrives_with_a_signature_the_sdk_accepts(hook: Hook, stand_in: StandIn) -> None:
    session_id = sold(stand_in)
    assert stand_in.postman.drain(5) == 0
    body, signature = hook.letters[0]
    event = stripe.Webhook.construct_event(body, signature, SECRET)
    assert (event.type, event.data.object["id"]) == ("checkout.session.completed", session_id)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature, "whsec_other")


def test_during_a_rotation_both_secrets_verify(hook: Hook, stand_in: StandIn) -> None:
    stand_in.send_to(hook.url, "whsec_old", "whsec_new")
    sold(stand_in)
    stand_in.postman.drain(5)
    for secret in ("whsec_old", "whsec_new"):
        assert stripe.Webhook.construct_event(*hook.letters[0], secret)


def test_a_refused_event_comes_again(hook: Hook, stand_in: StandIn) -> None:
    hook.statuses = [500, 302, 400]
    sold(stand_in)
    assert stand_in.postman.drain(5) == 0
    assert len({event["id"] for event in hook.events}) == 1
    assert stand_in.postman.letters[0].answers == ["500", "302", "400", "200"]


def test_an_event_is_given_up_after_the_last_attempt(hook: Hook) -> None:
    hook.statuses = [500] * 9
    with running(webhook=hook.url, backoff=0.01, attempts=3) as server:
        sold(server)
        assert server.postman.drain(5) == 0
        assert server.postman.letters[0].state == "given_up"
    assert len(hook.letters) == 3


@pytest.mark.parametrize(
    ("chaos", "letters", "ids"),
    [(Chaos(), 1, 1), (Chaos(duplicate=1), 2, 1), (Chaos(twin=1), 2, 2), (Chaos(drop=1), 0, 0)],
)
def test_events_are_doubled_twinned_and_dropped(
    hook: Hook, stand_in: StandIn, chaos: Chaos, letters: int, ids: int
) -> None:
    stand_in.chaos = chaos
    sold(stand_in)
    assert stand_in.postman.drain(5) == 0
    assert (len(hook.events), len({event["id"] for event in hook.events})) == (letters, ids)
    listed = client(stand_in).events.list().data
    assert len(listed) == max(1, ids)  # the list knows also what was dropped


def test_events_are_reordered_and_delivered_late(hook: Hook, stand_in: StandIn) -> None:
    stand_in.postman.pause(True)
    session_id = sold(stand_in)
    stand_in.refund({"payment_intent": stand_in.bank.session(session_id)["payment_intent"]})
    time.sleep(0.05)
    assert hook.letters == []
    assert stand_in.postman.deliver("reversed") == ["200"] * 3
    kinds = [event["type"] for event in hook.events]
    assert kinds == ["refund.updated", "charge.refunded", "checkout.session.completed"]


def test_a_delay_is_kept(hook: Hook, stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(delay=(0.2, 0.3))
    start = time.monotonic()
    sold(stand_in)
    stand_in.postman.drain(5)
    assert time.monotonic() - start >= 0.2


def test_dropped_events_can_be_delivered_after_all(hook: Hook, stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(drop=1)
    sold(stand_in)
    assert stand_in.postman.deliver() == []
    assert stand_in.postman.deliver(dropped=True) == ["200"]


def test_disputes_come_by_chance_and_are_told(hook: Hook, stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(dispute=1)
    sold(stand_in)
    (dispute,) = stand_in.bank.disputes.values()
    stand_in.bank.close_dispute(dispute["id"], "won")
    stand_in.postman.drain(5)
    assert {event["type"] for event in hook.events} >= {"charge.dispute.created", "charge.dispute.closed"}


def test_a_lost_answer_has_its_effect_and_a_500_has_none(stand_in: StandIn) -> None:
    for fault, sessions in (("fail", 0), ("lose", 1)):
        stand_in.dice.plan([fault])
        with pytest.raises((stripe.APIError, stripe.APIConnectionError)):
            open_session(client(stand_in))
        assert len(stand_in.bank.sessions) == sessions


def test_a_hanging_answer_comes_late(stand_in: StandIn) -> None:
    stand_in.chaos = Chaos(hang_seconds=0.3)
    stand_in.dice.plan(["hang"])
    start = time.monotonic()
    open_session(client(stand_in))
    assert time.monotonic() - start >= 0.3


def test_the_same_seed_falls_the_same_way() -> None:
    one, two, other = (
        [Dice(seed).falls(0.5) for _ in "1"] + [dice.falls(0.5) for dice in [Dice(seed)] * 40]
        for seed in (3, 3, 4)
    )
    assert one == two != other


@pytest.mark.parametrize(
    "text", ["duplicate=2", "drop=-0.1", "delay=3-1", "thunder=1", "drop=often", "drop=nan"]
)
def test_impossible_chaos_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Chaos.read(text)


def test_chaos_is_read_from_words() -> None:
    read = Chaos.read("duplicate=0.25,drop=0.1,delay=0.5-2,hang_seconds=60")
    assert read == Chaos(duplicate=0.25, drop=0.1, delay=(0.5, 2.0), hang_seconds=60)


def test_the_command_serves_and_stops_cleanly() -> None:
    command = [sys.executable, "-m", "standin", "--port", "0", "--seed", "5", "--secret", SECRET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        assert [said[0], *said[2:]] == ["standin", "seed", "5", "secret", SECRET]
        state = requests.get(f"{said[1]}/_control/", timeout=60).json()
        assert (state["seed"], state["sessions"]) == (5, [])
        process.terminate()
        assert process.wait(5) == 0
