"""Addresses that work outside a page: of a pledge, its letters, its badge; never from the Host header."""

from flask import current_app

from portal.web.links import key_for


def pledge_url(pledge_id: str, lang: str) -> str:
    """With its key: whoever has it can do what the owner can."""
    return f"{_base()}/{lang}/pledges/{pledge_id}?k={key_for(pledge_id)}"


def public_url(pledge_id: str, lang: str) -> str:
    return f"{_base()}/{lang}/pledges/{pledge_id}"


def letters_url(letters_id: str, lang: str) -> str:
    """Where letters are confirmed or ended; its key opens nothing else."""
    return f"{_base()}/{lang}/pledge-letters/{letters_id}?k={key_for(letters_id)}"


def badge_url(pledge_id: str, lang: str) -> str:
    return f"{_base()}/pledges/{pledge_id}.svg?lang={lang}"


def _base() -> str:
    return str(current_app.config["PORTAL"].base_url)
