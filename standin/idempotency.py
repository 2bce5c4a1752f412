"""The memory behind ``Idempotency-Key``: same key and same parameters give the same answer, once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from standin.errors import ApiError

DAY = 24 * 3600  # Stripe forgets a key after a day: the same key then means a new request


@dataclass(slots=True)
class _Entry:
    request: tuple[str, str]  # path and decoded parameters
    at: float
    answer: tuple[int, dict[str, Any]] | None = None  # None: still being worked on


class KeyStore:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def run(
        self, key: str, request: tuple[str, str], work: Callable[[], dict[str, Any]]
    ) -> tuple[int, dict[str, Any], bool]:
        """``work`` done once under this key: (status, body, whether it is a replay).

        Raises ApiError: 400 when the key was used with other parameters, 409 while the first request
        with it still runs, and whatever ``work`` raises before it began to have an effect.
        """
        if len(key) > 255:
            raise ApiError(400, "Idempotency keys have at most 255 characters.", kind="idempotency_error")
        if saved := self._claim(key, request):
            return *saved, True
        try:
            answer = 200, work()
        except ApiError as error:
            if not error.saved:
                self._forget(key)
                raise
            answer = error.status, error.body
        except BaseException:
            self._forget(key)
            raise
        with self._lock:
            self._entries[key].answer = answer
        return *answer, False

    def _claim(self, key: str, request: tuple[str, str]) -> tuple[int, dict[str, Any]] | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.at + DAY <= self._clock():
                self._entries[key] = _Entry(request, self._clock())
                return None
            if entry.request != request:
                raise ApiError(
                    400,
                    "Keys for idempotent requests can only be used with the same parameters they were first "
                    f"used with. Try a key other than '{key}' if you meant to execute a different request.",
                    kind="idempotency_error",
                )
            if entry.answer is None:
                raise ApiError(
                    409,
                    f"There is currently another in-progress request using this Idempotent Key ({key}).",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            return entry.answer

    def _forget(self, key: str) -> None:
        with self._lock:
            del self._entries[key]
