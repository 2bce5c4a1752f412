"""Seals: a hash of what never changes in a row, so that one edited byte is found and its row is named.

The log holds final facts only. What they rest on (who acted, when, a source row as it came, a price that
was quoted) is sealed once a day: each row's SHA-256 is kept, and the root over all new seals is put on
record. Who edits a row by hand breaks its seal; who edits the seal as well contradicts the log; who
rewrites the log contradicts its published checkpoints.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from portal.kernel.canonical import canonical_bytes
from portal.registry.rules import merkle


@dataclass(frozen=True, slots=True)
class Seal:
    """Of which row (``key``: its primary key as text), and the hash of it."""

    table: str
    key: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Balance:
    """So many grams of one account in one state."""

    account: str
    state: str
    grams: int

    @property
    def line(self) -> str:
        return canonical_bytes({"account": self.account, "state": self.state, "grams": self.grams}).decode()


def seal(table: str, key: object, row: Mapping[str, Any]) -> Seal:
    """The seal of a row, the same from either database."""
    text = json.dumps(
        {name: _plain(value) for name, value in row.items()},
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    return Seal(table, str(key), sha256(text.encode()).digest())


def seals_root(seals: Iterable[Seal]) -> bytes:
    """The root over seals in order of table and key. The order is of code points, whatever the database's."""
    ordered = sorted(seals, key=lambda each: (each.table, each.key))
    return merkle.root_of(
        merkle.leaf_hash(f"{each.table}\n{each.key}\n{each.sha256.hex()}".encode()) for each in ordered
    )


def balances_text(balances: Sequence[Balance]) -> str:
    """All balances, a canonical line each, by account and state."""
    return "\n".join(each.line for each in sorted(balances, key=lambda each: (each.account, each.state)))


def balances_root(text: str) -> bytes:
    return merkle.root_of(merkle.leaf_hash(line.encode()) for line in text.split("\n") if line)


def _plain(value: Any) -> Any:
    """As SQLite keeps it, which is how a seal reads it, so that not even a wrong spelling goes unseen."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value
