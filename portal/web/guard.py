"""Who may open a route: exactly one of three marks on every view, and the actor behind the request."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, flash, g, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from portal import audit
from portal.kernel import clock
from portal.kernel.actor import STAFF, Actor, Role
from portal.kernel.errors import NotAllowed
from portal.web.i18n import _, lang
from portal.web.links import opens

View = TypeVar("View", bound=Callable[..., Any])

# Things whose id in the address can be opened by the ``k`` of a signed link.
_OPENABLE = ("order_id", "footprint_id", "pledge_id", "gift_id", "thing_id")


def actor() -> Actor:
    """Who is asking: the signed-in person or a guest, with the things their links have opened."""
    if "actor" not in g:
        load = current_app.extensions.get("portal.person")
        person = load() if load else None
        g.actor = replace(person or Actor.guest(), keys=_opened())
    return g.actor


def opened_now(thing_id: str) -> None:
    """Add a thing to the keys of this request: a bearer token, or something made a moment ago."""
    known = actor()
    g.actor = replace(known, keys=known.keys | {thing_id})


def _opened() -> frozenset[str]:
    given: MultiDict[str, str] = request.args
    with suppress(RequestEntityTooLarge):  # the page that says so asks once more who is there
        given = request.values
    key = given.get("k", "")
    if not key:
        return frozenset()
    named = [str((request.view_args or {}).get(name, "")) for name in _OPENABLE]
    named += [given.get(name, "") for name in ("footprint", "order", "pledge", "purpose")]
    return frozenset(thing for thing in named if thing and opens(key, thing))


def open_to_all(view: View) -> View:
    """Anybody may open this route; the command behind it still asks its policy."""
    view.__guard__ = "open_to_all"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """A person must be signed in; a guest is asked to, and comes back here afterwards."""

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        if not actor().is_person:
            return _ask_to_sign_in()
        return view(*args, **kwargs)

    asked.__guard__ = "signed_in"  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def staff(*roles: Role) -> Callable[[View], View]:
    """One of these roles must be live, which for staff means after the second factor.

    An auditor reads every page that staff have, and changes nothing: what one tries is recorded.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> Any:
            if not actor().is_person:
                return _ask_to_sign_in()
            if not (reads_all() or (actor().has(*roles) and not only_reads())):
                _note_refusal()
                return _lead_to_missing_step(roles)
            return view(*args, **kwargs)

        asked.__guard__ = "staff"  # type: ignore[attr-defined]
        asked.__roles__ = roles  # type: ignore[attr-defined]
        return asked  # type: ignore[return-value]

    return guard


def _lead_to_missing_step(roles: tuple[Role, ...]) -> Any:
    """Whose role sleeps until a second factor is set up is led there, and back. Raises NotAllowed."""
    ask = current_app.extensions.get("portal.asleep")
    step = ask(roles) if ask and request.method == "GET" else ""
    if not step:
        raise NotAllowed()
    return redirect(step)


def fresh(view: View) -> View:
    """Below one of the three marks: who they are was proved within the last minutes, else it is asked again.

    What was posted is kept and sent on after the proof; accounts say how (``portal.proof``).
    """

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        ask = current_app.extensions.get("portal.proof")
        question = ask() if ask else None
        return view(*args, **kwargs) if question is None else question

    asked.__fresh__ = "always"  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def fresh_to_change(view: View) -> View:
    """As ``fresh``, but reading the page needs no proof; only what is posted to it does."""
    proved = fresh(view)

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return (view if request.method in ("GET", "HEAD") else proved)(*args, **kwargs)

    asked.__fresh__ = "to change"  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def step_to_second_factor() -> str:
    """Where a second factor is set up, for who has none and needs one; accounts say (``portal.factor``)."""
    ask = current_app.extensions.get("portal.factor")
    return ask() if ask else ""


def reads_all() -> bool:
    """Whether this is somebody who may look at everything, looking."""
    return request.method in ("GET", "HEAD") and actor().has(Role.AUDITOR)


def only_reads() -> bool:
    """Whether the reader sees this page as an auditor, without another role that it is for."""
    view = current_app.view_functions.get(request.endpoint or "")
    others = set(getattr(view, "__roles__", ())) - {Role.AUDITOR}
    return bool(others) and actor().has(Role.AUDITOR) and not actor().has(*others)


def _note_refusal() -> None:
    """What staff tried without having the role for it."""
    if actor().has(*STAFF) and request.method not in ("GET", "HEAD"):
        audit.record(actor(), "staff.refused", str(request.endpoint), clock.now(), path=request.path[:200])


def _ask_to_sign_in() -> Any:
    flash(_("Please sign in to go on."), "info")
    target = request.full_path if request.method == "GET" else ""
    return redirect(url_for(current_app.config["SIGN_IN_ENDPOINT"], lang=lang(), next=target or None))
