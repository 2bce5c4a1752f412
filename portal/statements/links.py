"""Addresses of statements and shares that work outside a page: in a letter, in a code on a badge."""

from flask import current_app, url_for


def statement_url(statement_id: str, lang: str) -> str:
    """From the configured base URL and never from the Host header."""
    return f"{current_app.config['PORTAL'].base_url}/{lang}/statements/{statement_id}"


def share_url(code: str) -> str:
    """Short, so that the code is coarse and a cheap camera reads it."""
    return str(current_app.config["PORTAL"].base_url) + url_for("statement_links.share_link", code=code)
