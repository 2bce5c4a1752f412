"""Which pages this reader may open: what is not theirs is not offered to them."""

from flask import current_app

from portal.web.guard import actor


def may_open(endpoint: str) -> bool:
    """Whether there is such a page and one of the reader's roles opens it, or everybody may."""
    view = current_app.view_functions.get(endpoint)
    if view is None:
        return False
    return getattr(view, "__guard__", "") == "open_to_all" or actor().has(*getattr(view, "__roles__", ()))
