"""What a test process keeps from one test's portal to the next: dear to make, and always the same.

Templates as bytecode, statements as SQL, routes parsed. All are found again by what they are made of (a
template by its source, a statement by its structure and its dialect, a route by its words), so that no test
sees what another one changed.
"""

from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from portal.db import Sqlite, db
from portal.outage import Postgresql
from portal.web.routes import Route


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
_PARSED = ("_parts", "_trace", "_converters", "_build", "_build_unknown", "arguments")
STATEMENTS: LRUCache[Any, Any] = LRUCache(5000)


def lend(app: Flask) -> None:
    """Let the app, whose context is open, find what others of this process have made."""
    app.jinja_env.bytecode_cache = TEMPLATES
    db.engine.update_execution_options(compiled_cache=STATEMENTS)


def share_routes() -> None:
    """Let a route take over what another one of the same words has parsed and compiled."""
    compile_afresh = Route.compile
    parsed: dict[str, dict[str, Any]] = {}

    def compile_once(route: Route) -> None:
        words = repr((route.rule, route.defaults, route.merge_slashes))
        if words not in parsed:
            compile_afresh(route)
            parsed[words] = {name: getattr(route, name) for name in _PARSED}
        vars(route).update(parsed[words])

    Route.compile = compile_once  # type: ignore[method-assign]


def share_dialects() -> None:
    """Let two engines of one dialect find each other's statements: these are kept by their dialect.

    All engines of a test process speak to one server and one SQLite, so that its dialects differ in nothing.
    """
    for dialect in (Sqlite, Postgresql):
        dialect.__eq__ = _is_the_same  # type: ignore[method-assign, assignment]
        dialect.__hash__ = _hash_of_the_kind  # type: ignore[method-assign, assignment]


def _is_the_same(this: Dialect, other: object) -> bool:
    return type(this) is type(other)


def _hash_of_the_kind(this: Dialect) -> int:
    return hash(type(this))
