"""The parts of a page's frame that are the same for everybody: rendered once per language, then kept."""

from collections.abc import MutableMapping
from typing import Any

from flask import render_template
from flask.sansio.app import App
from flask.templating import Environment
from markupsafe import Markup

from portal.web.i18n import lang


class Templates(Environment):
    """Jinja whose templates share one plain dictionary of globals, because none has any of its own.

    Jinja would lay an empty dictionary of its own over it for each template, and look through both of them
    for every name each time a component is imported.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def install(app: App) -> None:
    """Give templates ``kept("layouts/_footer.html")``.

    What is kept may depend on the installation, the language and the route's rule, which are few, and on
    nothing else: never on the person, the query or the time.
    """
    fragments: dict[tuple[str, str, str], Markup] = {}

    def kept(template: str, rule: str = "") -> Markup:
        key = (template, lang(), rule)
        if key not in fragments or app.debug:
            fragments[key] = Markup(render_template(template, rule=rule))  # noqa: S704  our own template
        return fragments[key]

    app.jinja_env.globals["kept"] = kept
