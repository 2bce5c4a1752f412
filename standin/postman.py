"""Delivers events to the merchant's hook: signed, again when refused, and as badly as the chaos demands."""

import hashlib
import heapq
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from standin.chaos import Chaos, Dice

TIMEOUT = 10.0  # seconds a hook may take


@dataclass(slots=True)
class Letter:
    """One event on its way to the hook."""

    event: dict[str, Any]
    state: str = "waiting"  # waiting · sending · delivered · dropped · given_up
    answers: list[str] = field(default_factory=list)


def signature(body: bytes, secrets: tuple[str, ...], at: int) -> str:
    """The ``Stripe-Signature`` header: one v1 for each secret, two while a secret is being rotated."""
    signed = str(at).encode() + b"." + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


class Postman:
    """Letters wait in a heap by due time; one thread takes them out, eight carry them."""

    def __init__(
        self, dice: Dice, chaos: Callable[[], Chaos], *, backoff: float = 0.2, attempts: int = 8
    ) -> None:
        self.url: str | None = None
        self.secrets: tuple[str, ...] = ()
        self.backoff, self.attempts = backoff, attempts
        self.letters: list[Letter] = []
        self._dice, self._chaos = dice, chaos
        self._due: list[tuple[float, int, Letter]] = []
        self._changed = threading.Condition()
        self._order = 0
        self._underway = 0  # letters waiting or being carried
        self._paused = False
        self._stopped = False
        self._carriers = ThreadPoolExecutor(8, "standin-post")
        self._thread = threading.Thread(target=self._run, name="standin-postman", daemon=True)
        self._thread.start()

    def take(self, event: dict[str, Any]) -> None:
        """Accept an event. Without a hook it is only kept for ``GET /v1/events``."""
        if self.url is None:
            return
        chaos, dice = self._chaos(), self._dice
        if dice.falls(chaos.drop):
            self.letters.append(Letter(event, "dropped"))
            return
        for _ in range(2 if dice.falls(chaos.duplicate) else 1):
            wait = dice.between(*chaos.delay)
            if dice.falls(chaos.reorder):
                wait += dice.between(0.3, 1.5)
            letter = Letter(event)
            self.letters.append(letter)
            with self._changed:
                self._underway += 1
            self._put(letter, wait)

    def pause(self, paused: bool) -> None:
        """While paused letters pile up, until ``deliver`` or the end of the pause."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def deliver(self, order: str = "made", *, dropped: bool = False) -> list[str]:
        """Send everything that waits, now, one after the other: as ``made``, or ``reversed``.

        ``dropped`` sends the dropped ones too. Returns the hook's answers.
        """
        with self._changed:
            self._due.clear()
            states = {"waiting", "dropped"} if dropped else {"waiting"}
            letters = [letter for letter in self.letters if letter.state in states]
            for letter in letters:
                self._underway += letter.state == "dropped"
                letter.state = "sending"
        if order == "reversed":
            letters.reverse()
        for letter in letters:
            self._carry(letter)
        return [letter.answers[-1] for letter in letters]

    def drain(self, seconds: float) -> int:
        """Wait until nothing is on its way; the number of letters still undelivered after that time."""
        with self._changed:
            self._changed.wait_for(lambda: not self._underway, timeout=seconds)
            return self._underway

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()
        self._carriers.shutdown(wait=False, cancel_futures=True)

    def _put(self, letter: Letter, wait: float) -> None:
        with self._changed:
            self._order += 1
            heapq.heappush(self._due, (time.monotonic() + wait, self._order, letter))
            self._changed.notify_all()

    def _run(self) -> None:
        while (letter := self._next()) is not None:
            self._carriers.submit(self._carry, letter)

    def _next(self) -> Letter | None:
        """The next letter when it is due; None at the end."""
        with self._changed:
            while not self._stopped:
                if self._paused or not self._due:
                    self._changed.wait()
                elif (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait)
                else:
                    letter = heapq.heappop(self._due)[2]
                    letter.state = "sending"
                    return letter
        return None

    def _carry(self, letter: Letter) -> None:
        answer = self._send(letter.event)
        letter.answers.append(answer)
        delivered = answer.startswith("2")
        again = not delivered and len(letter.answers) < self.attempts
        if delivered:
            letter.event["pending_webhooks"] = 0
        with self._changed:
            letter.state = "delivered" if delivered else "waiting" if again else "given_up"
            self._underway -= not again
            self._changed.notify_all()
        if again:
            self._put(letter, min(self.backoff * 2 ** (len(letter.answers) - 1), 5.0))

    def _send(self, event: dict[str, Any]) -> str:
        """The hook's status, or what went wrong on the way. A redirect is no delivery."""
        body = json.dumps(event, indent=2, ensure_ascii=False).encode()
        target = urlsplit(self.url or "")
        make = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = make(target.netloc, timeout=TIMEOUT)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (stand-in)",
            "Stripe-Signature": signature(body, self.secrets, int(time.time())),
        }
        try:
            connection.request("POST", target.path or "/", body, headers)
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            connection.close()
