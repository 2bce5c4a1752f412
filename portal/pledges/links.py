"""The address of a pledge that works outside a page: in its letter, and to be kept."""

from flask import current_app

from portal.web.links import key_for


def pledge_url(pledge_id: str, lang: str) -> str:
    """With its key, from the configured base URL and never from the Host header."""
    base = current_app.config["PORTAL"].base_url
    return f"{base}/{lang}/pledges/{pledge_id}?k={key_for(pledge_id)}"
