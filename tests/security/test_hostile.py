"""Whatever stands in an address, a cookie or a header is answered, and never by a fault of ours.

Some names are taken by Python, Flask and Jinja themselves: handed on as keywords, they clash with those.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Response, request, url_for
from flask.wrappers import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule

from portal.kernel.actor import Actor, Role
from portal.web.guard import open_to_all
from tests.conftest import portal_on, sqlite_copy
from tests.security.conftest import Site
from tests.security.test_uploads import insider, path_of

CITIZEN = Actor("usr_of_a_citizen", frozenset({Role.CITIZEN}))
NAMES = (
    # what url_for, macros, views and templates call theirs
    "cursor endpoint values _anchor _method _scheme _external self cls text template rule caller kind",
    # what is no name at all, or what a page might ask for
    "lang name filename number code version __class__ 0 a[] %s %(x)s {0} " + "k" * 300,
)
VALUES = (
    "%s%(x)s{0.__class__}{x}", "松" * 1_700, "9" * 30, "²", "9999-12-31", "a\r\nX-Hostile: 1", "https://[",
    b"\xed\xa0\x80\xff",
)  # fmt: skip
OF_EVERY_PAGE = {"k", "cursor"}
HEADERS = (
    {
        "Accept-Language": "zh;q=NaN", "If-None-Match": 'W/"', "Range": "bytes=-", "Referer": "https://[",
        "If-Modified-Since": "Thu, 01 Jan 99999 99:99:99 GMT", "User-Agent": "\xff%s{0}",
        "Authorization": "Basic ====", "Content-Type": 'text/html; charset="zz', "Content-Length": "zz",
    },
    {
        "Accept-Language": "\xff;;q=,,=", "If-None-Match": "\xff", "Range": "bytes=9" + "9" * 30 + "-",
        "Referer": "http://a:99999999/", "If-Range": '"', "User-Agent": "a" * 5_000,
        "Authorization": "Bearer \xff", "Content-Type": "multipart/form-data", "X-Forwarded-For": "[::",
    },
)  # fmt: skip
COOKIES = ('"a\\000\\012b"', "l=x%00:1&p=%FF&c={0}%s\xed\xa0\x80.\xff" + "9" * 3_000)
OF_OURS = ("portal", "written", "basket", "gift", "learner", "reading", "classroom", "lang")

Pages = list[tuple[Rule, str]]


@pytest.fixture(autouse=True)
def without_limits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or most of it would be answered by a 429 that has asked nothing."""
    monkeypatch.setattr(site.app.extensions["portal.limits"], "hit", lambda *_about, **_more: True)


def pages(site: Site) -> Pages:
    return [(rule, path_of(site, rule)) for rule in site.rules("GET") if rule.endpoint != "static"]


def askers(site: Site, rule: Rule) -> dict[str, Actor | None]:
    """Who is worth asking as: the others only learn that they have to sign in."""
    guard, _roles = site.guard_of(rule)
    staff = {"staff": insider(site)}
    return {
        "open_to_all": {"a guest": None, "a citizen": CITIZEN, **staff},
        "signed_in": {"a citizen": CITIZEN, **staff},
    }.get(guard, staff)  # type: ignore[return-value]


def faults(site: Site, who: Actor | None, path: str, **sent: Any) -> Iterator[str]:
    answer = site.as_(who).get(path, buffered=True, **sent)
    if answer.status_code == 500:  # not 503, by which a page says what it waits for
        yield f"{path[:200]} {sent or ''}"
    if "X-Hostile" in answer.headers or b"Traceback (most" in answer.data:
        yield f"{path[:200]} gives away or takes what it must not"


def clashes(site: Site, asked: Pages) -> list[str]:
    """Pages that stumble over a name in their query."""
    twice = ("x", "PUT")
    queries = [urlencode([(name, value) for name in names.split() for value in twice]) for names in NAMES]
    return [
        f"{name}: {fault}"
        for rule, path in asked
        for name, who in askers(site, rule).items()
        for query in queries
        for fault in faults(site, who, f"{path}?{query}")
    ]


def misreadings(site: Site, asked: Pages) -> list[str]:
    """Pages that stumble over a value of what they themselves look for in their query."""
    found = []
    for _rule, path in asked:
        names = looked_for(site, path)
        for value in VALUES if names else ():
            query = urlencode([(name, value) for name in sorted(names)])
            found += faults(site, insider(site), f"{path}?{query}")
    return found


def looked_for(site: Site, path: str) -> set[str]:
    names: set[str] = set()

    class Watched(ImmutableMultiDict[str, str]):
        def __getitem__(self, key: str) -> str:
            names.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            names.add(str(key))
            return super().__contains__(key)

        def getlist(self, key: str, *how: Any) -> list[Any]:
            names.add(key)
            return super().getlist(key, *how)

    with pytest.MonkeyPatch.context() as watch:
        watch.setattr(Request, "parameter_storage_class", Watched)
        site.as_(insider(site)).get(path, buffered=True)
    return names - OF_EVERY_PAGE


def stumblings(site: Site, asked: Pages) -> list[str]:
    """Pages that stumble over a header, or over a cookie by one of our names."""
    return [
        fault
        for _rule, path in asked
        for headers, odd in zip(HEADERS, COOKIES, strict=True)
        for fault in faults(site, insider(site), path, headers=headers | _cookies(odd))
    ]


def _cookies(value: str) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name in OF_OURS)}


def test_no_name_in_an_address_means_anything_to_the_program(site: Site):
    found = clashes(site, pages(site))
    assert not found, "\n".join(found)


def test_every_page_takes_any_value_of_what_it_asks_for(site: Site):
    found = misreadings(site, pages(site))
    assert not found, "\n".join(found)


def test_no_page_stumbles_over_cookies_and_headers(site: Site):
    found = stumblings(site, pages(site))
    assert not found, "\n".join(found)


# --- The control: pages that are as careless as ours must not be ----------------------------------------


def splatted() -> str:
    return url_for("splatted", **request.args)  # type: ignore[arg-type]


def counted() -> str:
    return str(int(request.args.get("page", "1")))


def named() -> Response:
    return Response(headers={"Content-Disposition": f"attachment; filename={request.args.get('of', '')}"})


def kept() -> str:
    return request.cookies.get("basket", "").encode("ascii").decode()


@pytest.fixture
def careless(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("careless")
    with portal_on(sqlite_copy(folder), folder) as app:
        app.config["PROPAGATE_BUGS"] = False
        for view in (splatted, counted, named, kept):
            app.get(f"/tried/{view.__name__}")(open_to_all(view))
        yield Site(app, site.estate, app.test_client(use_cookies=False))


def planted(site: Site, *names: str) -> Pages:
    return [(rule, rule.rule) for rule in site.rules("GET") if rule.endpoint in names]


def test_careless_pages_are_found(careless: Site):
    assert len(clashes(careless, planted(careless, "splatted"))) == 3, "for a guest, a citizen and staff"
    for name in ("counted", "named"):
        assert misreadings(careless, planted(careless, name)), name
    assert stumblings(careless, planted(careless, "kept"))
    assert not stumblings(careless, planted(careless, "counted"))
