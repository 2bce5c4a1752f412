"""The parts of a page's frame that are the same for everybody: rendered once per language, then kept."""

from flask import render_template
from flask.sansio.app import App
from markupsafe import Markup

from portal.web.i18n import lang


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
