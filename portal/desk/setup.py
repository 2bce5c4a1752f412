"""What the desk gives to its layout: which pages this reader may open."""

from flask import Flask, current_app

from portal.web.guard import actor, reads_all


def install(app: Flask) -> None:
    app.jinja_env.globals["may_open"] = may_open


def may_open(endpoint: str) -> bool:
    """Whether there is such a page and one of the reader's roles opens it; an auditor reads all."""
    view = current_app.view_functions.get(endpoint)
    return view is not None and (actor().has(*getattr(view, "__roles__", ())) or reads_all())
