"""Parts of pages that say the same to everybody: rendered once per language, then kept."""

from collections.abc import Callable, Hashable, MutableMapping
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from flask import render_template
from flask.sansio.app import App
from flask.templating import Environment
from markupsafe import Markup

from portal.web.city import city
from portal.web.i18n import lang

KEPT: Final = 2_000  # fragments, of a few kilobytes each at most


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

    shown: dict[tuple[Hashable, ...], Markup] = {}
    one_at_a_time = Lock()

    def kept_for(facts: Hashable | None, caller: Callable[[], str]) -> Markup:
        """``{% call kept_for(facts) %}…{% endcall %}``: what stands between says these facts and no others.

        They are read anew for each reader; only putting them into words is spared when they are the same as
        somebody else's. None: not kept.
        """
        key = (lang(), city().key, facts)
        words = shown.get(key) if facts is not None else None
        if words is None:
            words = Markup(caller())  # noqa: S704  markup already
            with one_at_a_time:
                if len(shown) >= KEPT:
                    del shown[next(iter(shown))]
                if facts is not None:
                    shown[key] = words
        return words

    app.jinja_env.globals.update(kept=kept, kept_for=kept_for)
