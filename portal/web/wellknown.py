"""What machines ask of any site: robots.txt, sitemap.xml, and where to report a weakness (RFC 9116)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from flask import Response, current_app, render_template, url_for

from portal.config import LANGS, Config
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.web.guard import open_to_all
from portal.web.page import plain_blueprint

blueprint = plain_blueprint("wellknown", __name__)

# Areas that belong to one person or to staff, and steps of a form that begin elsewhere.
CLOSED: Final = (
    "account", "attend", "author", "basket", "desk", "feedback", "footprints", "learn", "orders", "teach",
)  # fmt: skip
STEPS: Final = {"shop.quote", "shop.named_quote", "footprint.resume", "registry_log.recovery"}
# The RFC advises less than a year; whoever reads a copy that is older asks again.
VALID: Final = timedelta(days=180)


@blueprint.get("/robots.txt")
@open_to_all
def robots() -> Response:
    """Everything public may be read; what belongs to one person is not worth a visit."""
    closed = [f"Disallow: /{lang}/{area}" for lang in LANGS for area in CLOSED]
    lines = ["User-agent: *", *closed, "Disallow: /c/", f"Sitemap: {_base()}/sitemap.xml"]
    return _text("\n".join(lines) + "\n")


@blueprint.get("/sitemap.xml")
@open_to_all
def sitemap() -> Response:
    """Every open page without a thing in its address, with its twin in the other language."""
    pages = [{lang: _base() + url_for(endpoint, lang=lang) for lang in LANGS} for endpoint in open_pages()]
    return Response(render_template("web/sitemap.xml", pages=pages), content_type="application/xml")


@blueprint.get("/.well-known/security.txt")
@open_to_all
def security() -> Response:
    """Whom to tell of a weakness. Without a contact there is no such file."""
    contact = _config().security_contact
    if not contact:
        raise NotFound()
    day = (clock.now() + VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    return _text(
        f"Contact: {contact}\n"
        f"Expires: {day.isoformat().replace('+00:00', 'Z')}\n"
        "Preferred-Languages: zh, en\n"
        f"Canonical: {_base()}/.well-known/security.txt\n"
    )


def open_pages() -> Iterator[str]:
    """Endpoints of pages that anybody may open and search engines may show."""
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        if rule.arguments != {"lang"} or "GET" not in (rule.methods or ()):
            continue
        area = rule.rule.removeprefix("/<lang:lang>/").split("/")[0]
        is_open = getattr(view, "__guard__", "") == "open_to_all"
        if is_open and area not in CLOSED and rule.endpoint not in STEPS:
            yield rule.endpoint


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


def _base() -> str:
    return _config().base_url


def _text(content: str) -> Response:
    return Response(content, content_type="text/plain; charset=utf-8")
