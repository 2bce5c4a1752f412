"""The HTTP side: the API under /v1, the pay page under /pay, and the strings to pull under /_control."""

import json
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standin import counter, form
from standin.bank import Thing
from standin.contract import Call
from standin.errors import ApiError, invalid
from standin.page import pay_page, success_url
from standin.routes import control, expanded, find_call
from standin.service import Service

LARGEST_BODY = 1_000_000


class StandIn(Service):
    """A payment service that listens on ``url``. Port 0 takes a free one; without a secret it makes one."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        webhook: str | None = None,
        secret: str = "",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.stopped = threading.Event()
        self._http = _Server((host, port), _Handler)
        self._http.stand_in = self
        self.url = self.bank.base_url = f"http://{host}:{self._http.server_port}"
        self.secret = secret or f"whsec_{secrets.token_hex(16)}"
        self.send_to(webhook, self.secret)

    def serve(self) -> None:
        """Answer until ``stop`` is called."""
        self._http.serve_forever(poll_interval=0.03)

    def stop(self) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self.postman.stop()


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


def _read(call: Call, raw: Thing) -> Thing:
    """The typed parameters. A refusal here is not kept under the key: the call did not begin."""
    try:
        return call.read(raw)
    except ApiError as error:
        error.saved = False
        raise


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
                self._json(200, control(self.server.stand_in, self.command, url.path, given))
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
        call, work, which = find_call(self.command, path)
        raw = form.decode(encoded)

        def done() -> Thing:
            given = _read(call, raw)
            return expanded(server, work(server, which, given), given.get("expand", []))

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
        deed = parse_qs(body).get("deed", [""])[0] if self.command == "POST" else ""
        if deed:
            counter.do(server.bank, session, deed)
            self._go(f"/pay/{session_id}")
            return
        if self.command != "POST" or session["status"] != "open":
            deeds = counter.deeds(server.bank, session)
            page = pay_page(session, server.bank.items(session_id), query, deeds)
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
