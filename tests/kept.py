"""What a test process keeps from one test's portal to the next: dear to make, and always the same.

Templates as bytecode, statements as SQL. Both are found again by what they are made of (a template by its
source, a statement by its structure and its dialect), so that no test sees what another one changed.
"""

from types import CodeType
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from portal.db import Sqlite


class KeptTemplates(BytecodeCache):
    """Compiled templates by their key and the checksum of their source."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._codes[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = KeptTemplates()
STATEMENTS: LRUCache[Any, Any] = LRUCache(5000)


def share_dialects() -> None:
    """Let two engines of one dialect find each other's statements: these are kept by their dialect.

    All engines of a test process speak to one server and one SQLite, so that its dialects differ in nothing.
    """
    for dialect in (Sqlite, PGDialect_psycopg):
        dialect.__eq__ = _is_the_same  # type: ignore[method-assign, assignment]
        dialect.__hash__ = _hash_of_the_kind  # type: ignore[method-assign, assignment]


def _is_the_same(this: Dialect, other: object) -> bool:
    return type(this) is type(other)


def _hash_of_the_kind(this: Dialect) -> int:
    return hash(type(this))
