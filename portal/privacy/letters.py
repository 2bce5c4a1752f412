"""Addresses that letters of privacy lead to, and whom they go to where there is no account."""

from flask import current_app

from portal.kernel.actor import Actor
from portal.privacy.queries.copies import CopyView
from portal.shop.queries.orders import order
from portal.web.links import key_for

_READER = Actor.system("privacy")


def copy_address(lang: str, copy: CopyView) -> str:
    """The page of the copy: a person signs in there, a guest's link carries its key."""
    if copy.person_id:
        return _address("privacy.overview", lang)
    return _address("privacy.order_copy", lang, thing_id=copy.id, k=key_for(copy.id))


def erasure_address(lang: str, erasure_id: str) -> str:
    return _address("privacy.erasure", lang, thing_id=erasure_id, k=key_for(erasure_id))


def order_address(order_id: str) -> str:
    """The buyer's e-mail address, "" once it is forgotten."""
    buyer = order(_READER, order_id).buyer
    return buyer.email if buyer else ""


def _address(endpoint: str, lang: str, **values: str) -> str:
    path = current_app.url_map.bind("portal.invalid").build(endpoint, {"lang": lang, **values})
    base: str = current_app.config["PORTAL"].base_url
    return base + path
