"""Holdings: what a table says about a person, declared once by the room that owns it.

Three things are made of these declarations: the copy that a person takes along, the account of what goes and
what stays at an erasure, and the test that no column about people is forgotten.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, false, func, select

from portal.db import Base, db
from portal.kernel import clock
from portal.kernel.mass import Mass


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose data: a person with their confirmed addresses, or the guest who placed one order.

    ``certificates`` are numbers, ``learners`` ids; both were looked up in the rooms that issued them.
    """

    person_id: str = ""
    emails: tuple[str, ...] = ()
    order_id: str = ""
    certificates: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()


Whose = Callable[[Subject], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of one table that are a person's: all columns are given back, but those that are ``withheld``.

    ``withheld`` maps a column's name to the reason: a secret that opens something, or somebody else's name.
    """

    model: type[Base]
    whose: Whose
    withheld: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        return cast(Table, self.model.__table__)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.table.columns if column.name not in self.withheld)

    def count(self, subject: Subject) -> int:
        counted = select(func.count()).select_from(self.table).where(self.whose(subject))
        return db.session.execute(counted).scalar_one()

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """The rows as plain JSON values: masses in grams, instants and days as ISO 8601 text."""
        wanted = select(*(self.table.c[name] for name in self.columns)).where(self.whose(subject))
        for row in db.session.execute(wanted.order_by(*self.table.primary_key.columns)).mappings():
            yield {name: plain(value) for name, value in row.items()}


def plain(value: Any) -> Any:
    """A value of the database as JSON has it. Bytes are secrets or files and belong in ``withheld``."""
    if isinstance(value, datetime):
        return clock.text_of(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mass):
        return value.grams
    if isinstance(value, bytes):
        raise TypeError("bytes are not given back as a value")
    return value


def of_person(column: Any) -> Whose:
    """Rows whose column names the person by id."""
    return lambda subject: column == subject.person_id if subject.person_id else false()


def under(column: Any, owners: Callable[[Subject], Any]) -> Whose:
    """Rows that hang on others which are the person's: ``owners`` gives the select of their ids."""
    return lambda subject: column.in_(owners(subject))
