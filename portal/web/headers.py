"""Security headers on every answer, errors and files included."""

from hashlib import blake2b
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from portal.config import Config
from portal.kernel.actor import Actor


def content_policy(config: Config, frames: str = "'none'") -> str:
    """``frames``: which sites may show the page in a frame."""
    # form-action also governs where a form's redirect may lead: the payment page is the one exception.
    pay = "https://checkout.stripe.com"
    if config.stripe_api_base:
        parts = urlsplit(config.stripe_api_base)
        pay += f" {parts.scheme}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            f"form-action 'self' {pay}",
            "base-uri 'none'",
            f"frame-ancestors {frames}",
        )
    )


def open_to_frames(response: Response, config: Config) -> Response:
    """Let every site show this answer in a frame. It must be the same for everybody."""
    response.headers["Content-Security-Policy"] = content_policy(config, frames="*")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def install(app: Flask) -> None:
    config: Config = app.config["PORTAL"]
    fixed = {
        "Content-Security-Policy": content_policy(config),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "X-Frame-Options": "DENY",
    }
    if config.is_secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    @app.after_request
    def protect(response: Response) -> Response:
        given = {name.lower() for name, _ in response.headers}
        response.headers.extend({name: value for name, value in fixed.items() if name.lower() not in given})
        if _is_open_to_frames(response):
            del response.headers["X-Frame-Options"]
        if "k" in request.args:
            # A key in the address must not travel to another site or into an archive. To ourselves it may:
            # over HTTPS a form is only taken when it says which page it comes from.
            response.headers["Referrer-Policy"] = "same-origin"
            response.headers["X-Robots-Tag"] = "noindex"
        if "cache-control" not in given:
            _keep_or_not(response)
        if "location" in given:
            _lead_to_ourselves(response)
        return response


def _is_open_to_frames(response: Response) -> bool:
    return response.headers["Content-Security-Policy"].endswith("frame-ancestors *")


def _keep_or_not(response: Response) -> None:
    """What is public may be kept if it is asked for again each time; everything else is never stored."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or _is_private():
        response.headers.add("Cache-Control", "no-store")
        return
    response.headers.add("Cache-Control", "private, no-cache")
    if not response.is_streamed:
        response.headers.add("ETag", f'"{blake2b(response.get_data(), digest_size=12).hexdigest()}"')
        if "If-None-Match" in request.headers:
            response.make_conditional(request)


def _is_private() -> bool:
    """Whether this was answered for somebody: signed in, or led here by a key."""
    if "k" in request.args or "key" in (request.view_args or {}) or "Authorization" in request.headers:
        return True
    asking: Actor | None = g.get("actor")
    return asking is not None and (asking.is_person or bool(asking.keys))


def _lead_to_ourselves(response: Response) -> None:
    """A redirect within the site says only the path: who lies about the host is not sent there."""
    here, target = request.host_url, response.location or ""
    if target.startswith(here):
        response.location = target[len(here) - 1 :]
        response.set_data(b"")  # Werkzeug's page for those who do not follow names the host as well
