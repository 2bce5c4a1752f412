"""Addresses of the room that work outside a page: in a letter, and to be kept."""

from flask import current_app

from portal.web.links import key_for


def draft_url(draft_id: str, lang: str) -> str:
    """With its key, from the configured base URL and never from the Host header."""
    base = current_app.config["PORTAL"].base_url
    return f"{base}/{lang}/calculator/drafts/{draft_id}?k={key_for(draft_id)}"
