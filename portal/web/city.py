"""What the city has decided, as a page of this moment shows it: names, contact, texts, notices, switches."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g, has_request_context
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from portal.db import db
from portal.kernel import clock, site
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, Refused
from portal.settings import queries
from portal.settings.rules.checks import filled
from portal.settings.rules.versions import Book
from portal.web.i18n import lang
from portal.web.prose import prose


class SwitchedOff(Refused):
    message = N_("This part of the portal is closed at the moment. What was begun before can be finished.")


@dataclass(frozen=True, slots=True)
class Trial:
    """A sheet as it would be, for a preview; nothing is in force."""

    sheet: str
    values: Mapping[str, Any]
    change_id: str


@dataclass(frozen=True, slots=True)
class City:
    """``given_name``: what the site was installed as."""

    book: Book
    now: datetime
    given_name: Bilingual
    trial: Trial | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What is made of the settings is kept under this."""
        return (*self.book.numbers(self.now), self.trial.change_id if self.trial else "")

    def values(self, sheet: str) -> Mapping[str, Any]:
        """What is in force; empty while nothing was ever set."""
        if self.trial and self.trial.sheet == sheet:
            return self.trial.values
        version = self.book.at(sheet, self.now)
        return version.values if version else {}

    @property
    def name(self) -> Bilingual:
        return self.both("names", "site") or self.given_name

    def both(self, sheet: str, key: str) -> Bilingual | None:
        """A text in two languages, None while it is empty."""
        text = Bilingual(**(self.values(sheet).get(key) or {"zh": "", "en": ""}))
        return text if text.is_complete else None

    def line(self, sheet: str, key: str) -> str:
        """A text on one line in the reader's language, or ``""``."""
        value = self.values(sheet).get(key) or ""
        return str(value if isinstance(value, str) else value.get(lang(), ""))

    def text(self, sheet: str, key: str = "text") -> Markup:
        """A longer text in the reader's language, its places filled; empty while it is not set."""
        written = self.line(sheet, key)
        return prose(filled(written, self._places())) if written else Markup()

    def _places(self) -> dict[str, str]:
        contact = {key: self.line("contact", key) for key in ("operator", "address", "email", "phone")}
        return contact | {"site": self.name.in_(lang())}

    @property
    def notice(self) -> str:
        """The line above every page, on its days."""
        known = self.values("holiday")
        first, last = known.get("first"), known.get("last")
        if not first or not last:
            return ""
        today = clock.day_of(self.now)
        is_on = self.trial is not None or date.fromisoformat(first) <= today <= date.fromisoformat(last)
        return self.line("holiday", "notice") if is_on else ""

    def is_open(self, switch: str) -> bool:
        """Whether a part of the portal takes new visitors; it does unless it was switched off."""
        return bool(self.values("switches").get(switch, True))


def city() -> City:
    """As it stands now; read once in a request, because a page asks often."""
    if not has_request_context():
        return _look()
    if "city" not in g:
        g.city = _look()
    known: City = g.city
    return known


def _look() -> City:
    return City(_book(), clock.now(), current_app.config["PORTAL"].site_name)


def _book() -> Book:
    """While the database cannot be asked, what was seen last: the page that says so asks as well."""
    try:
        return queries.book()
    except SQLAlchemyError:
        if db.session().info.get("promise"):
            raise
        db.session.remove()
        return queries.last_known()


@contextmanager
def trying(trial: Trial) -> Iterator[None]:
    """Render pages of this request as they would be."""
    known = city()
    g.city = replace(known, trial=trial)
    try:
        yield
    finally:
        g.city = known


def check_open(switch: str) -> None:
    """Raises SwitchedOff."""
    if not city().is_open(switch):
        raise SwitchedOff()


def install(app: Flask) -> None:
    site.call(lambda: city().name)
    app.jinja_env.globals["city"] = city
