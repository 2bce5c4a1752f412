"""Sentences that the database itself refuses: one declaration, a trigger on SQLite and on PostgreSQL.

A guard is the last belt behind a command's own check, so it is written in SQL that both databases
read alike. Violations reach Python as IntegrityError with the sentence as text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse ``event`` (INSERT, UPDATE, DELETE) on a row of ``table`` when ``condition`` holds.

    ``condition`` is SQL over NEW and OLD; an empty one always refuses. ``when`` is a plain comparison that is
    looked at first, so that a ``condition`` with a query in it costs nothing where it does not apply
    (PostgreSQL runs a plan for an IF with a query, and none for an IF without). ``keeps``: the columns that
    it keeps as they are, ``*`` for all, so that others can vouch for what never changes.
    """

    table: str
    event: str
    sentence: str
    condition: str = ""
    when: str = ""
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """After ``event`` on ``table``, when ``condition`` holds, run ``statement``: a balance that it keeps."""

    table: str
    event: str
    condition: str
    statement: str


def append_only(*tables: str) -> list[Guard]:
    """Rows that are never edited or deleted."""
    return [
        Guard(table, event, f"{table} rows are never {done}", keeps=("*",) if event == "UPDATE" else ())
        for table in tables
        for event, done in (("UPDATE", "edited"), ("DELETE", "deleted"))
    ]


def keeps(table: str, *columns: str) -> Guard:
    """Columns that never change after the row is made."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    return Guard(table, "UPDATE", f"{table} keeps {', '.join(columns)}", changed, keeps=columns)


def kept_columns(guards: Iterable[Guard]) -> dict[str, tuple[str, ...]]:
    """Per table whose rows are never deleted, the columns that never change (``*``: all of them)."""
    rules = list(guards)
    lasting = {rule.table for rule in rules if rule.event == "DELETE" and not rule.condition}
    kept: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        if rule.keeps and rule.table in lasting:
            both = dict.fromkeys((*kept.get(rule.table, ()), *rule.keeps))
            kept[rule.table] = ("*",) if "*" in both else tuple(both)
    return kept


def lawful(table: str, column: str, moves: Iterable[tuple[str, str]]) -> Guard:
    """A state that moves only by these steps."""
    pairs = ",".join(f"'{old}>{new}'" for old, new in sorted(moves))
    return Guard(
        table,
        "UPDATE",
        f"{table} {column} moves only by lawful steps",
        f"NEW.{column} <> OLD.{column} AND (OLD.{column} || '>' || NEW.{column}) NOT IN ({pairs})",
    )


def in_turn(dialect: str, table: str, row: str) -> str:
    """Wait for whoever else has this row.

    It belongs in a ``when``: PostgreSQL adds up in one snapshot with the rest of a condition, and a sum that
    was begun before the wait would not see what the other one added.
    """
    return f" AND (SELECT TRUE FROM {table} WHERE id = {row} FOR UPDATE)" if dialect == "postgresql" else ""  # noqa: S608  names from our own declarations


def statements(
    dialect: str, guards: Iterable[Guard], effects: Iterable[Effect] = (), *, room: str
) -> list[str]:
    """The DDL of a room's guards on ``sqlite`` or ``postgresql``, to be run in order by a migration.

    The room is part of the triggers' names: two rooms may guard one table.
    """
    build = {"sqlite": _sqlite, "postgresql": _postgresql}[dialect]
    return build(room, list(guards), list(effects))


def _sqlite(room: str, guards: list[Guard], effects: list[Effect]) -> list[str]:
    made = []
    for number, guard in enumerate(guards):
        name = f"{room}_guard_{guard.table}_{guard.event.lower()}_{number}"
        both = guard.when and guard.condition
        condition = f"({guard.when}) AND ({guard.condition})" if both else guard.when or guard.condition
        when = f"WHEN {condition} " if condition else ""
        made.append(
            f"CREATE TRIGGER {name} BEFORE {guard.event} ON {guard.table} {when}"
            f"BEGIN SELECT RAISE(ABORT, '{guard.sentence}'); END"
        )
    for number, effect in enumerate(effects):
        name = f"{room}_effect_{effect.table}_{effect.event.lower()}_{number}"
        made.append(
            f"CREATE TRIGGER {name} AFTER {effect.event} ON {effect.table} WHEN {effect.condition} "
            f"BEGIN {effect.statement}; END"
        )
    return made


def _postgresql(room: str, guards: list[Guard], effects: list[Effect]) -> list[str]:
    made = []
    ordered = sorted(guards, key=lambda guard: (guard.table, guard.event))
    for (table, event), group in groupby(ordered, key=lambda guard: (guard.table, guard.event)):
        name = f"{room}_guard_{table}_{event.lower()}"
        checks = "".join(_check(guard) for guard in group)
        made.append(_function(name, f"{checks}RETURN {'OLD' if event == 'DELETE' else 'NEW'};"))
        made.append(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for number, effect in enumerate(effects):
        name = f"{room}_effect_{effect.table}_{effect.event.lower()}_{number}"
        made.append(_function(name, f"{effect.statement}; RETURN NULL;"))
        made.append(
            f"CREATE TRIGGER {name} AFTER {effect.event} ON {effect.table} FOR EACH ROW "
            f"WHEN ({effect.condition}) EXECUTE FUNCTION {name}()"
        )
    return made


def _check(guard: Guard) -> str:
    check = (
        f"IF {guard.condition or 'TRUE'} THEN RAISE EXCEPTION '{guard.sentence}' "
        "USING ERRCODE = 'check_violation'; END IF; "
    )
    return f"IF {guard.when} THEN {check}END IF; " if guard.when else check


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def without_overlap(
    dialect: str, table: str, first: str, end: str, sentence: str, where: str = ""
) -> list[str]:
    """Half-open integer ranges of a table that never overlap, among the rows where ``where`` holds.

    PostgreSQL: an exclusion constraint (no contrib extension). SQLite: a trigger that looks at the one
    neighbour below, which is enough because the others already keep apart.
    """
    name = f"{table}_ranges_never_overlap"
    if dialect == "postgresql":
        only = f" WHERE ({where})" if where else ""
        return [
            f"ALTER TABLE {table} ADD CONSTRAINT {name} "
            f"EXCLUDE USING gist (int8range({first}, {end}) WITH &&){only}"
        ]
    only = f" AND {where}" if where else ""
    new_only = f"NEW.{where} AND " if where else ""
    below = f"{first} < NEW.{end}{only} ORDER BY {first} DESC LIMIT 1"
    neighbour = f"SELECT {end} FROM {table} WHERE {below}"  # noqa: S608  names from our own declarations
    return [
        f"CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {new_only}"
        f"coalesce(({neighbour}), -1) > NEW.{first} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
    ]
