"""Which pages this reader may open: what is not theirs is not offered to them."""

from flask import current_app

from portal.web.guard import actor, reads_all


def may_open(endpoint: str) -> bool:
    """Whether there is such a page and one of the reader's roles opens it, or all may; auditors read all."""
    view = current_app.view_functions.get(endpoint)
    if view is None:
        return False
    is_for_all = getattr(view, "__guard__", "") == "open_to_all"
    return is_for_all or reads_all() or actor().has(*getattr(view, "__roles__", ()))
