"""The terms of sale that this request's quotes are made under."""

from portal.shop.queries.terms import terms_in
from portal.shop.rules.terms import Terms
from portal.web.city import city


def conditions() -> Terms:
    """Those in force now, from what the request has read already."""
    known = city()
    return terms_in(known.book, known.now)
