"""Blueprints: pages live under a language, everything else does not."""

from flask import Blueprint


def page_blueprint(room: str, import_name: str) -> Blueprint:
    """Pages under ``/zh`` and ``/en``. The language is in ``g.lang``, not among the view's arguments."""
    return Blueprint(room, import_name, url_prefix="/<lang:lang>")


def plain_blueprint(name: str, import_name: str, url_prefix: str | None = None) -> Blueprint:
    """Addresses without a language: files, hooks, short links, health."""
    return Blueprint(name, import_name, url_prefix=url_prefix)
