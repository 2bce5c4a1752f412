"""Language of the page, and how values are written in it."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import Babel, gettext, lazy_gettext, ngettext
from markupsafe import Markup, escape
from werkzeug.routing import BaseConverter, BuildError

from portal.config import LANGS
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY
from portal.kernel.errors import PortalError
from portal.kernel.mass import Mass
from portal.kernel.money import PLACES, Money

_ = gettext
__all__ = ["LANGS", "_", "lang", "lazy_gettext", "ngettext", "twin_url"]

# Babel negotiates "en" for a browser that asks for zh-CN unless its locale is spelt out.
_LOCALE_NAMES = {"zh": "zh_Hans_CN", "en": "en"}
_HTML_LANG = {"zh": "zh-CN", "en": "en"}


@cache
def locale_of(language: str) -> Locale:
    """Kept, because parsing a locale on each call costs more than formatting with it."""
    return Locale.parse(_LOCALE_NAMES.get(language, "en"))


class LangConverter(BaseConverter):
    regex = "zh|en"


def lang() -> str:
    """``zh`` or ``en``: of the page, of the letter being written, else what the browser asks for."""
    if "lang" not in g:
        g.lang = preferred_lang() if has_request_context() else current_app.config["PORTAL"].default_lang
    return str(g.lang)


def speak(language: str) -> None:
    """Use this language from here on, for a letter or a job."""
    g.lang = language
    for kept in ("_flask_babel",):
        g.pop(kept, None)


def preferred_lang() -> str:
    chosen = request.cookies.get("lang")
    if chosen in LANGS:
        return chosen
    for tag, _weight in request.accept_languages:
        if (head := tag.lower().split("-")[0]) in LANGS:
            return head
    return str(current_app.config["PORTAL"].default_lang)


def twin_url(language: str) -> str:
    """This very page, with its path and query, in that language."""
    if (
        request.endpoint
        and request.view_args is not None
        and "lang" in (request.url_rule.arguments if request.url_rule else ())
    ):
        path = url_for(request.endpoint, **{**request.view_args, "lang": language})
    else:
        path = url_for("site.home", lang=language)
        return path
    query = request.query_string.decode("utf-8", "replace")
    return f"{path}?{query}" if query else path


def link_to(endpoint: str, **values: Any) -> str:
    """URL of a page, or an empty text where this installation has no such room."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


def number(value: int | Decimal | str | float) -> str:
    return format_decimal(Decimal(str(value)), locale=locale_of(lang()))


def mass(value: Mass) -> str:
    """Kilograms, rounded down: never more than there is."""
    return f"{number(value.kg_down)} kg CO₂e"


def mass_exact(value: Mass) -> str:
    """Kilograms to the gram."""
    return f"{number(Decimal(value.grams) / 1000)} kg CO₂e"


def tonnes(value: Mass) -> str:
    """Tonnes with two decimals, rounded down."""
    hundredths = value.grams // 10_000
    return f"{number(Decimal(hundredths) / 100)} t CO₂e"


def money(value: Money) -> str:
    amount = Decimal(value.minor).scaleb(-PLACES[value.currency])
    # Babel writes CN¥ in English; a reader of a Chinese portal expects ¥ and the code beside it.
    if value.currency == "CNY":
        return (
            ("-" if amount < 0 else "")
            + "¥"
            + format_decimal(abs(amount), "#,##0.00", locale=locale_of("en"))
        )
    return str(format_currency(amount, value.currency, locale=locale_of(lang())))


def day(value: Any) -> str:
    """Civil day in the city, of an instant or of a date."""
    if isinstance(value, datetime):
        value = value.astimezone(CITY).date()
    return str(format_date(value, "long", locale=locale_of(lang())))


def instant(value: datetime) -> str:
    """Date and time in the city, with the zone said."""
    shown = format_datetime(value.astimezone(CITY), "yyyy-MM-dd HH:mm", locale=locale_of(lang()))
    return f"{shown} ({_('Beijing time')})"


def message(error: PortalError) -> str:
    return gettext(error.message, **{k: word(v) for k, v in error.params.items()})


def word(value: object) -> object:
    """A value as it stands inside a sentence of the current language."""
    match value:
        case Mass():
            return mass(value)
        case Money():
            return money(value)
        case datetime():
            return instant(value)
        case Bilingual():
            return value.in_(lang())
        case bool():
            return value
        case int():
            return number(value)
        case _:
            return value


def both(value: Bilingual) -> str | Markup:
    """The text in the page's language; where that side is empty, it says so."""
    text = value.in_(lang())
    if text:
        return text
    return Markup('<span class="missing" lang="{}">{}</span>').format(
        _HTML_LANG[lang()],
        escape(_("(not yet available in English)") if lang() == "en" else _("(no Chinese text yet)")),
    )


FILTERS = {
    "number": number,
    "mass": mass,
    "mass_exact": mass_exact,
    "tonnes": tonnes,
    "money": money,
    "day": day,
    "instant": instant,
    "message": message,
    "bi": both,
}


def install(app: Flask) -> None:
    app.config.update(
        BABEL_TRANSLATION_DIRECTORIES=str(app.config["TRANSLATIONS"]),
        BABEL_DEFAULT_LOCALE="en",
        BABEL_DOMAIN="portal",
    )
    app.url_map.converters["lang"] = LangConverter
    Babel(app, locale_selector=lambda: _LOCALE_NAMES[lang()], timezone_selector=lambda: "Asia/Shanghai")
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(
        lang=lang, html_lang=lambda: _HTML_LANG[lang()], twin_url=twin_url, link_to=link_to, LANGS=LANGS
    )

    @app.url_value_preprocessor
    def take_lang(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and "lang" in values:
            g.lang = values.pop("lang")

    @app.url_defaults
    def give_lang(endpoint: str, values: dict[str, Any]) -> None:
        if (
            endpoint in app.view_functions
            and "lang" not in values
            and app.url_map.is_endpoint_expecting(endpoint, "lang")
        ):
            values["lang"] = lang()
