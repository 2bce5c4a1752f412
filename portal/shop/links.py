"""Addresses of orders and plantings that work outside a page: in letters and at the payment provider."""

from flask import current_app

from portal.web.links import key_for


def giving_url(giving_id: str, lang: str) -> str:
    """The monthly support's own address with its key."""
    base = current_app.config["PORTAL"].base_url
    return f"{base}/{lang}/monthly/{giving_id}?k={key_for(giving_id)}"


def order_url(order_id: str, lang: str, path: str = "") -> str:
    """The order's own address with its key, from the configured base URL and never from the Host header."""
    base = current_app.config["PORTAL"].base_url
    return f"{base}/{lang}/orders/{order_id}{path}?k={key_for(order_id)}"


def planting_url(code: str, lang: str) -> str:
    """The public page of a planting."""
    return f"{current_app.config['PORTAL'].base_url}/{lang}/planting/{code}"


def gift_url(gift_id: str, lang: str) -> str:
    """The giver's own address of a gift, with its key."""
    return f"{current_app.config['PORTAL'].base_url}/{lang}/gifts/{gift_id}?k={key_for(gift_id)}"


def claim_url(code: str, lang: str) -> str:
    """Where the QR code of a card leads."""
    return f"{current_app.config['PORTAL'].base_url}/{lang}/gifts/claim/{code}"
