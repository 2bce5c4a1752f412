"""The signed-in browser behind a request: its cookie carries one secret, all else is in the database."""

from datetime import datetime

from flask import current_app, g, request, session

from portal.accounts import queries, rules
from portal.accounts.keys import Keys
from portal.accounts.rules import Visit, Visitor
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.web.errors import is_api

_COOKIE_KEY = "sid"


def current() -> Visit | None:
    """Who has passed the password in this browser: one query, and none for those without a cookie.

    The API never looks at the cookie: its writes are not protected against cross-site requests.
    """
    if "visit" not in g:
        sid = None if is_api() else session.get(_COOKIE_KEY)
        found = queries.visit(rules.session_id(sid)) if isinstance(sid, str) else None
        g.visit = found if found and found.is_alive(clock.now()) else None
    return g.visit  # type: ignore[no-any-return]


def person() -> Actor | None:
    """The signed-in person, who has also passed the second factor if there is one."""
    visit = current()
    return visit.actor if visit and not visit.awaits_code else None


def is_fresh(now: datetime) -> bool:
    """Whether the person behind this browser proved who they are recently enough for a sensitive change."""
    visit = current()
    return visit is not None and visit.is_fresh(now)


def begin(sid: str) -> None:
    """Give this browser a new session; nothing of the old cookie is taken along."""
    session.clear()
    session[_COOKIE_KEY] = sid
    session.permanent = True
    _forget_who_asked()


def renew(sid: str) -> None:
    """The same person goes on under a new secret: the forms they have open stay good."""
    session[_COOKIE_KEY] = sid
    _forget_who_asked()


def leave() -> None:
    """Empty the cookie. Ending the session in the database is the command's work."""
    session.clear()
    _forget_who_asked()


def visitor() -> Visitor:
    return Visitor.of(request.remote_addr, request.user_agent.string)


def keys() -> Keys:
    return Keys(current_app.config["PORTAL"].secret_keys)


def _forget_who_asked() -> None:
    g.pop("visit", None)
    g.pop("actor", None)
