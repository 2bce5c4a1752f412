"""The HTTP side: the API under /v1, the pay page under /pay, and the strings to pull under /_control."""

import json
import random
import re
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standin import contract, form
from standin.bank import Bank, Thing
from standin.chaos import Chaos, Dice
from standin.contract import Call
from standin.errors import ApiError, invalid
from standin.idempotency import KeyStore
from standin.page import pay_page, success_url
from standin.postman import Postman

LARGEST_BODY = 1_000_000


class StandIn:
    """One payment service: its bank, its postman, its memory of keys, and what goes wrong with it."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        webhook: str | None = None,
        secret: str = "",
        chaos: Chaos | None = None,
        seed: int | None = None,
        livemode: bool = False,
        backoff: float = 0.2,
        attempts: int = 8,
    ) -> None:
        self.chaos = chaos or Chaos()
        self.dice = Dice(random.SystemRandom().randrange(2**32) if seed is None else seed)
        self.postman = Postman(self.dice, lambda: self.chaos, backoff=backoff, attempts=attempts)
        self.bank = Bank(self._tell, livemode=livemode)
        self.keys = KeyStore(lambda: self.bank.now())
        self.stopped = threading.Event()
        self._http = _Server((host, port), _Handler)
        self._http.stand_in = self
        self.url = self.bank.base_url = f"http://{host}:{self._http.server_port}"
        self.secret = secret or f"whsec_{secrets.token_hex(16)}"
        self.send_to(webhook, self.secret)

    def send_to(self, webhook: str | None, *secrets_: str) -> None:
        """Where events go from now on. Several secrets: a rotation, every letter is signed with each."""
        self.postman.url, self.postman.secrets = webhook, secrets_ or self.postman.secrets

    def serve(self) -> None:
        """Answer until ``stop`` is called."""
        self._http.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self.postman.stop()

    def _tell(self, event: Thing) -> None:
        self.postman.take(event)
        if self.postman.url is not None and self.dice.falls(self.chaos.twin):
            self.postman.take(self.bank.twin(event))

    # What the API calls do

    def create_refund(self, given: Thing) -> Thing:
        return self.bank.refund(given, pending=self.dice.falls(self.chaos.slow_refunds))

    def pay(self, session_id: str, outcome: str) -> Thing:
        """What the buyer does on the pay page: ``paid``, ``failed``, ``cancelled`` or ``pending``."""
        session = self.bank.pay(session_id, outcome)
        if outcome == "paid" and self.dice.falls(self.chaos.dispute):
            self.bank.dispute(session["payment_intent"])
        return session


@contextmanager
def running(**options: Any) -> Iterator[StandIn]:
    """A stand-in on a free loopback port for the length of a with block. Options as of StandIn."""
    stand_in = StandIn(**options)
    thread = threading.Thread(target=stand_in.serve, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.stop()
        thread.join()


Work = Callable[[StandIn, str, Thing], Thing]


def _making(make: Callable[[StandIn], Callable[[Thing], Thing]]) -> Work:
    return lambda server, _id, given: make(server)(given)


def _reading(read: Callable[[Bank, str], Thing]) -> Work:
    return lambda server, thing_id, _given: read(server.bank, thing_id)


def _listing(kind: str) -> Work:
    return lambda server, _id, given: server.bank.listed(kind, given)


_ROUTES: list[tuple[str, str, Call, Work]] = [
    ("POST", "checkout/sessions", contract.CREATE_SESSION, _making(lambda server: server.bank.open_session)),
    ("GET", "checkout/sessions", contract.LIST_SESSIONS, _listing("sessions")),
    ("GET", "checkout/sessions/ID", contract.GET_SESSION, _reading(Bank.session)),
    ("POST", "checkout/sessions/ID/expire", contract.EXPIRE_SESSION, _reading(Bank.expire)),
    ("GET", "payment_intents/ID", contract.GET_PAYMENT_INTENT, _reading(Bank.intent)),
    ("GET", "charges", contract.LIST_CHARGES, _listing("charges")),
    ("GET", "charges/ID", contract.GET_CHARGE, _reading(Bank.charge)),
    ("POST", "refunds", contract.CREATE_REFUND, _making(lambda server: server.create_refund)),
    ("GET", "refunds", contract.LIST_REFUNDS, _listing("refunds")),
    ("GET", "refunds/ID", contract.GET_REFUND, _reading(Bank.refund_by_id)),
    ("GET", "disputes", contract.LIST_DISPUTES, _listing("disputes")),
    ("GET", "disputes/ID", contract.GET_DISPUTE, _reading(Bank.dispute_by_id)),
    ("GET", "events", contract.LIST_EVENTS, _listing("events")),
    ("GET", "events/ID", contract.GET_EVENT, _reading(Bank.event)),
]
_COMPILED = [
    (method, re.compile("/v1/" + path.replace("ID", r"(?P<id>\w+)")), call, work)
    for method, path, call, work in _ROUTES
]


def control(server: StandIn, method: str, path: str, given: Thing) -> Thing:
    """Pull one of the strings a test has. Raises ApiError, ValueError and KeyError."""
    thing_id, pull = _match(STRINGS, method, path)
    return pull(server, thing_id, given)


def _route(method: str, path: str) -> tuple[str, Call, Work]:
    """The id in the path (or ""), what the call may carry, and what does it."""
    for wanted, shape, call, work in _COMPILED:
        if wanted == method and (found := shape.fullmatch(path)):
            return found.groupdict().get("id", ""), call, work
    raise ApiError(404, f"Unrecognized request URL ({method}: {path}).")


def _read(call: Call, raw: Thing) -> Thing:
    """The typed parameters. A refusal here is not kept under the key: the call did not begin."""
    try:
        return call.read(raw)
    except ApiError as error:
        error.saved = False
        raise


def _expanded(server: StandIn, thing: Thing, names: list[str]) -> Thing:
    """The thing with the ids of these fields replaced by what they name."""
    getters = {"payment_intent": server.bank.intent, "latest_charge": server.bank.charge}
    for name in names:
        if name not in getters or name not in thing:
            raise invalid(f"This property cannot be expanded ({name}).", "expand")
        if thing[name] is not None:
            thing = {**thing, name: getters[name](thing[name])}
    return thing


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stand_in: StandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what this server is for; anything else is a bug worth seeing."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "StandIn"
    wbufsize = -1  # one packet for head and body
    disable_nagle_algorithm = True
    timeout = 120
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: tests read the state instead."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        try:
            body = self._body()
            if url.path.startswith("/v1/"):
                self._api(url.path, url.query if self.command == "GET" else body)
            elif url.path.startswith("/pay/"):
                self._pay(url.path.removeprefix("/pay/"), url.query, body)
            elif url.path.startswith("/_control/"):
                given = json.loads(body or "{}")
                self._json(
                    200, self.server.stand_in.control(self.command, url.path[len("/_control/") :], given)
                )
            else:
                raise ApiError(404, f"Unrecognized request URL ({self.command}: {url.path}).")
        except ApiError as error:
            self._json(error.status, error.body)
        except (ValueError, KeyError, TypeError) as error:
            self._json(400, invalid(f"{type(error).__name__}: {error}").body)

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            raise ApiError(413, "The body is too large.")
        return self.rfile.read(length).decode()

    # The API

    def _api(self, path: str, encoded: str) -> None:
        server = self.server.stand_in
        self._check_key()
        fault = server.dice.fault_of_call(server.chaos)
        if fault == "fail":
            raise ApiError(500, "An unknown error occurred (by order).", kind="api_error")
        status, answer, replayed = self._worked(path, encoded)
        if fault == "hang":
            server.stopped.wait(server.chaos.hang_seconds)
        if fault == "lose":
            self._hang_up()
            return
        self._json(status, answer, {"Idempotent-Replayed": "true"} if replayed else {})

    def _worked(self, path: str, encoded: str) -> tuple[int, Thing, bool]:
        """The call done, or its saved answer: status, body, whether it is a replay."""
        server = self.server.stand_in
        thing_id, call, work = _route(self.command, path)
        raw = form.decode(encoded)

        def done() -> Thing:
            given = _read(call, raw)
            return _expanded(server, work(server, thing_id, given), given.get("expand", []))

        key = self.headers.get("Idempotency-Key")
        if self.command == "POST" and key:
            return server.keys.run(key, (path, json.dumps(raw, sort_keys=True)), done)
        return 200, done(), False

    def _check_key(self) -> None:
        scheme, _, key = self.headers.get("Authorization", "").partition(" ")
        wanted = "sk_live_" if self.server.stand_in.bank.livemode else "sk_test_"
        if scheme != "Bearer" or not key.startswith(wanted):
            raise ApiError(401, f"Invalid API Key provided: a key here begins with {wanted}")

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _json(self, status: int, body: Thing, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body, ensure_ascii=False).encode(), "application/json", headers)

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    # The pay page

    def _pay(self, session_id: str, query: str, body: str) -> None:
        server = self.server.stand_in
        session = server.bank.session(session_id)
        if self.command != "POST" or session["status"] != "open":
            page = pay_page(session, server.bank.items(session_id), query)
            self._send(200, page.encode(), "text/html", {"Cache-Control": "no-store"})
            return
        outcome = parse_qs(body).get("outcome", [""])[0]
        session = server.pay(session_id, outcome)
        if outcome == "failed":
            self._go(f"/pay/{session_id}?declined")
        elif outcome == "cancelled":
            self._go(session["cancel_url"] or f"/pay/{session_id}?cancel")
        else:
            self._go(success_url(session))

    def _go(self, url: str) -> None:
        self._send(303, b"", "text/html", {"Location": url})
