"""Where somebody goes after signing in: back to a page of this portal, never to another site."""

from urllib.parse import parse_qs, urlencode, urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.accounts import visit

# Coming back to these would go round in circles, or do something by itself.
_NO_DESTINATION = {
    "accounts.sign_in", "accounts.sign_up", "accounts.sign_out", "accounts.prove",
    "accounts.prove_with_passkey", "static",
}  # fmt: skip


def wanted() -> str:
    """The page asked for by ``next``, or an empty text. Made anew from the URL map, never echoed."""
    return local_page(request.args.get("next", ""))


def local_page(text: str) -> str:
    """Address of one of our own pages, rebuilt from its endpoint; empty for anything else."""
    return _rebuilt(text, "GET")


def local_deed(text: str) -> str:
    """As ``local_page``, for an address of ours that takes what is posted."""
    return _rebuilt(text, "POST")


def _rebuilt(text: str, method: str) -> str:
    """The address made anew from its endpoint, when we have one that takes this method.

    Browsers take ``//host``, ``/\\host`` and ``/<tab>/host`` for other sites, so only plain printable
    paths are even looked at.
    """
    if not text.startswith("/") or text.startswith("//") or "\\" in text or len(text) > 2000:
        return ""
    if any(not ("!" <= c <= "~") for c in text):
        return ""
    parts = urlsplit(text)
    try:
        endpoint, values = current_app.url_map.bind("portal.invalid").match(parts.path, method=method)
    except (HTTPException, RequestRedirect):
        return ""
    if endpoint in _NO_DESTINATION:
        return ""
    # Beside the path, not through url_for: its own words (_scheme, _external) must not come from outside.
    query = urlencode(parse_qs(parts.query), doseq=True)
    return url_for(endpoint, **values) + (f"?{query}" if query else "")


def onward() -> str:
    """The next step of this browser: what is still missing first, then the page that was asked for."""
    here = visit.current()
    asked = wanted() or None
    if here is None:
        return url_for("accounts.sign_in", next=asked)
    if here.awaits_code:
        return url_for("accounts.second_factor_check", next=asked)
    if here.password_is_temporary:
        return url_for("accounts.password", next=asked)
    if here.lacks_second_factor:
        return url_for("accounts.second_factor_setup", next=asked)
    return asked or url_for("accounts.overview")
