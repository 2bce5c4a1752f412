"""Outage: how long a page waits for a database that says nothing, and who asks whether it is back.

The network tells of a machine that is gone: an attempt to connect ends by itself, and so does a statement
that never arrives (keepalives, TCP_USER_TIMEOUT). What no network tells of is a server that takes a statement
and does not answer, such as one whose disk hangs; there a page ends its wait itself. Jobs and operators'
commands wait for as long as it takes, because nobody waits for them.
"""

import select
import threading
from typing import Any, Final

import psycopg
from flask import g, has_request_context
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

ANSWER_SECONDS: Final = 20.0  # longer than the longest wait for a lock, which ends with an answer


class Connection(psycopg.Connection[Any]):
    """A connection on which no page waits for longer than ``answer_seconds``; then it is closed."""

    answer_seconds = ANSWER_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's own. Raises OperationalError when nothing came in time."""
        if timeout is None and has_request_context():
            timeout = self.answer_seconds
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # the answer may still come
                self.close()
            raise


class Postgresql(PGDialect_psycopg):
    """PostgreSQL that is asked by one at a time whether it is back, once it did not let somebody in.

    The others are told at once that it is away, so that a dead server costs a page no wait, and a page that
    needs no database finds a thread to be answered by.
    """

    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._is_away = False
        self._asking = threading.Lock()

    def connect(self, *where: Any, answer_seconds: float = ANSWER_SECONDS, **how: Any) -> Any:
        """A connection. Raises psycopg.OperationalError."""
        found_away, is_asking = _found_away(), self._is_away
        if id(self) in found_away or (is_asking and not self._asking.acquire(blocking=False)):
            raise psycopg.OperationalError("the database is away; somebody asks whether it is back")
        try:
            made = Connection.connect(*where, **how)
            self._is_away = False
        except psycopg.OperationalError:
            self._is_away = True
            found_away.add(id(self))
            raise
        finally:
            if is_asking:
                self._asking.release()
        made.answer_seconds = answer_seconds
        return made

    def do_ping(self, connection: Any) -> bool:
        """Whether the server has not hung up since the connection was used last.

        To one at rest a server says nothing but good-bye, so this asks its socket alone, without a roundtrip.
        """
        heard = select.poll()
        heard.register(connection.fileno(), select.POLLIN)
        return not heard.poll(0)


def _found_away() -> set[int]:
    """The servers that this page has asked in vain, so that it does not wait for one twice."""
    found: set[int] = g.setdefault("servers_found_away", set()) if has_request_context() else set()
    return found
