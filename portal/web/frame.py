"""Pages, and parts of them, that say the same to everybody: rendered once per language, then kept."""

from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from flask import current_app, render_template, request, session
from flask.sansio.app import App
from flask.templating import Environment
from markupsafe import Markup

from portal.web.city import city
from portal.web.guard import actor
from portal.web.i18n import LANGUAGE_COOKIE, lang

KEPT: Final = 2_000  # fragments, of a few kilobytes each at most
KEPT_PAGES: Final = 500


class Templates(Environment):
    """Jinja whose templates share one plain dictionary of globals, because none has any of its own.

    Jinja would lay an empty dictionary of its own over it for each template, and look through both of them
    for every name each time a component is imported.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def install(app: App) -> None:
    """Give templates ``kept("layouts/_footer.html")`` and ``kept("…/_lot.html", lot=…)``.

    What is kept depends on the installation, what the city has set, the language and the frozen values it is
    given, and on nothing else: never on the person or the query. All that is its key, so it cannot be out of
    date.
    """

    @lru_cache(maxsize=0 if app.debug else KEPT)
    def fragment(template: str, _language: str, _city: Hashable, **values: Any) -> Markup:
        return Markup(render_template(template, **values))  # noqa: S704  our own template

    def kept(template: str, **values: Any) -> Markup:
        return fragment(template, lang(), city().key, **values)

    words = Shelf(KEPT)

    def kept_for(facts: Hashable | None, caller: Callable[[], str]) -> Markup:
        """``{% call kept_for(facts) %}…{% endcall %}``: what stands between says these facts and no others.

        They are read anew for each reader; only putting them into words is spared when they are the same as
        somebody else's. None: not kept.
        """
        if facts is None:
            return Markup(caller())  # noqa: S704  markup already
        return Markup(words.get((lang(), city().key, facts), caller))  # noqa: S704

    app.jinja_env.globals.update(kept=kept, kept_for=kept_for)
    app.extensions["portal.pages"] = Shelf(0 if app.debug else KEPT_PAGES)


class Shelf:
    """Texts by what they say, the oldest given up for a new one."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._texts: dict[Hashable, str] = {}
        self._one_at_a_time = Lock()

    def get(self, key: Hashable, write: Callable[[], str]) -> str:
        """The text under this key, written when it is not there."""
        text = self._texts.get(key)
        if text is None:
            text = write()
            if self._places:
                with self._one_at_a_time:
                    if len(self._texts) >= self._places:
                        del self._texts[next(iter(self._texts))]
                    self._texts[key] = text
        return text


def page_for(facts: Hashable | None, write: Callable[[], str], own: Sequence[str] = ()) -> str:
    """A whole page that says these facts, for a stranger kept with all that its layout says around them.

    Nothing that a stranger's browser has sent makes it another page: no cookie but the language and the
    token of forms. Who follows a code on paper is one, and who comes to buy. The facts are read anew for each
    reader, as for ``kept_for``. None: not kept.

    ``own`` are texts on the page that are for this reader alone and could be nothing else: the token of a
    form, a new id. Each reader gets their own in these places.
    """
    if facts is None or not _is_stranger():
        return write()
    town, site = city(), current_app.jinja_env.globals["site"]
    around = (town.key, town.notice, site.is_stopped, site.is_read_only)  # type: ignore[attr-defined]
    shelf: Shelf = current_app.extensions["portal.pages"]
    places = {f"\0{n}\0": text for n, text in enumerate(own)}  # no page has a NUL of its own
    page = shelf.get((request.full_path, lang(), around, facts), lambda: _emptied(write(), places))
    for place, text in places.items():
        page = page.replace(place, text)
    return page


def _is_stranger() -> bool:
    if request.authorization or actor().is_person or actor().keys:
        return False
    if not request.cookies:
        return True
    known = {LANGUAGE_COOKIE, current_app.config["SESSION_COOKIE_NAME"]}
    return request.cookies.keys() <= known and session.keys() <= {"csrf_token"}


def _emptied(page: str, places: Mapping[str, str]) -> str:
    for place, text in places.items():
        page = page.replace(text, place)
    return page
