"""The terms of sale in force."""

from datetime import datetime

from portal.settings import queries as settings
from portal.settings.rules.sheets import SALE
from portal.settings.rules.versions import Book
from portal.shop.rules.fees import decided
from portal.shop.rules.terms import TERMS, Terms


def terms_at(now: datetime) -> Terms:
    """What a new quote is made under; placed orders keep their own."""
    return terms_in(settings.book(), now)


def terms_in(book: Book, now: datetime) -> Terms:
    """As ``terms_at``, for whoever has the book at hand."""
    found = book.at(SALE.key, now)
    return decided(TERMS, found.values, found.number) if found else TERMS


def terms_of(version: str) -> Terms:
    """The terms that a placed order keeps; those of the code where nothing was decided under this name."""
    known = (decided(TERMS, each.values, each.number) for each in settings.book().sheets.get(SALE.key, ()))
    return next((each for each in known if each.version == version), TERMS)
