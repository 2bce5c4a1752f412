"""Language of the page, and how values are written in it."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_currency, format_decimal
from babel.support import LazyProxy
from flask import Flask, Response, current_app, g, has_request_context, request, url_for
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.routing import BaseConverter, BuildError

from portal.config import LANGS
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY
from portal.kernel.errors import PortalError
from portal.kernel.mass import Mass
from portal.kernel.money import PLACES, Money
from portal.web import catalogues

__all__ = ["LANGS", "_", "lang", "lazy_gettext", "ngettext", "twin_url"]

_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_DAY = {"zh": "long", "en": "d MMMM y"}  # 27 November 2026, as our own English texts have it
LANGUAGE_COOKIE = "lang"
_YEAR = 365 * 24 * 3600


# --- which language


class LangConverter(BaseConverter):
    regex = "zh|en"


def lang() -> str:
    """``zh`` or ``en``: of the page, of the letter being written, else what the browser asks for."""
    try:
        return str(g.lang)
    except AttributeError:
        g.lang = preferred_lang() if has_request_context() else _default()
        return str(g.lang)


def speak(language: str) -> None:
    """Use this language from here on, for a letter or a job."""
    g.lang = language


def preferred_lang() -> str:
    """The language in the address, even of a page that does not exist; else what this browser prefers."""
    beginning = request.path.split("/", 2)[1]
    return beginning if beginning in LANGS else _of_browser()


def _of_browser() -> str:
    """What was read last, or the first language asked for that we speak."""
    # Not negotiated by Babel, which gives "en" to a browser that asks for zh-CN.
    kept = request.cookies.get(LANGUAGE_COOKIE)
    return kept if kept in LANGS else _asked_for(request.headers.get("Accept-Language", "")) or _default()


@lru_cache(maxsize=1000)
def _asked_for(header: str) -> str | None:
    """The first language of ours in an Accept-Language header; browsers send few different ones."""
    asked = (tag.lower().split("-")[0] for tag, _weight in parse_accept_header(header, LanguageAccept))
    return next((name for name in asked if name in LANGS), None)


def _default() -> str:
    return str(current_app.config["PORTAL"].default_lang)


def twin_url(language: str) -> str:
    """This very page, with its path and query, in that language; of a page without one, the home page."""
    rule = request.url_rule
    if rule is None or request.endpoint is None or "lang" not in rule.arguments:
        return url_for("site.home", lang=language)
    path = url_for(request.endpoint, **{**(request.view_args or {}), "lang": language})
    query = request.query_string.decode("utf-8", "replace")
    return f"{path}?{query}" if query else path


def link_to(endpoint: str, **values: Any) -> str:
    """URL of a page, or an empty text where this installation has no such room."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


# --- texts


def gettext(text: str, /, **places: object) -> str:
    """The text in the reader's language, its places filled."""
    translated = catalogues.texts(lang()).gettext(text)
    return translated % places if places else translated


def ngettext(singular: str, plural: str, num: int, /, **places: object) -> str:
    """As ``gettext``, in the form that goes with ``num``, which also fills the place of that name."""
    return catalogues.texts(lang()).ngettext(singular, plural, num) % {"num": num, **places}


def lazy_gettext(text: str, **places: object) -> LazyProxy:
    """A text that is translated when it is shown: for the labels of forms, made before anybody asks."""
    return LazyProxy(gettext, text, enable_cache=False, **places)


_ = gettext


@pass_eval_context
def _in_template(scope: EvalContext, text: str, /, **places: object) -> str:
    """``_`` of templates: a text of ours is markup, what fills its places is escaped."""
    translated = _translated(catalogues.texts(lang()), text, scope.autoescape)
    return translated % places if places or "%" in translated else translated


@cache
def _translated(texts: NullTranslations, text: str, is_markup: bool) -> str:
    """A text of ours before its places are filled; there are as many as in the catalogue."""
    translated = texts.gettext(text)
    return Markup(translated) if is_markup else translated  # noqa: S704


@pass_eval_context
def _in_template_by_number(
    scope: EvalContext, singular: str, plural: str, num: int, /, **places: object
) -> str:
    translated = catalogues.texts(lang()).ngettext(singular, plural, num)
    filled: dict[str, object] = {"num": num, **places}
    return (Markup(translated) if scope.autoescape else translated) % filled  # noqa: S704


# --- values


@cache
def locale_of(language: str) -> Locale:
    """Kept, because parsing a locale on each call costs more than formatting with it."""
    return Locale.parse({"zh": "zh_Hans_CN"}.get(language, "en"))


@lru_cache(maxsize=4096)
def _decimal(value: Decimal, language: str, pattern: str | None = None) -> str:
    """Kept, because a page writes the same few numbers many times; what they look like never changes."""
    return format_decimal(value, pattern, locale=locale_of(language))


def number(value: int | Decimal | str | float) -> str:
    return _decimal(Decimal(str(value)), lang())


def percent(value: int | Decimal | str | float) -> str:
    """So many per cent, the sign on the number's line; a text is taken as it is written."""
    return (value if isinstance(value, str) else number(value)) + catalogues.PERCENT[lang()]


def mass(value: Mass) -> str:
    """Kilograms, rounded down: never more than there is."""
    return f"{number(value.kg_down)} kg CO₂e"


def mass_exact(value: Mass) -> str:
    """Kilograms to the gram."""
    return f"{number(Decimal(value.grams) / 1000)} kg CO₂e"


def tonnes(value: Mass) -> str:
    """Tonnes with at most two decimals, rounded down."""
    hundredths = value.grams // 10_000
    return f"{number(Decimal(hundredths) / 100)} t CO₂e"


def money(value: Money) -> str:
    amount = Decimal(value.minor).scaleb(-PLACES[value.currency])
    # Babel writes CN¥ in English; a reader of a Chinese portal expects ¥ and the code beside it.
    if value.currency == "CNY":
        return ("-" if amount < 0 else "") + "¥" + _decimal(abs(amount), "en", "#,##0.00")
    return str(format_currency(amount, value.currency, locale=locale_of(lang())))


def day(value: Any) -> str:
    """Civil day in the city, of an instant or of a date."""
    if isinstance(value, datetime):
        value = value.astimezone(CITY).date()
    return str(format_date(value, _DAY[lang()], locale=locale_of(lang())))


def instant(value: datetime, zone: ZoneInfo | None = None) -> str:
    """Date and time with the zone said: this one, else the one that the instant carries, else the city's."""
    zone = zone or (value.tzinfo if isinstance(value.tzinfo, ZoneInfo) else CITY)
    here = value.astimezone(zone)
    time = f"{here:%Y-%m-%d %H:%M}"
    if zone == CITY:
        return _("%(time)s (Beijing time)", time=time)
    return _("%(time)s (%(zone)s, %(offset)s)", time=time, zone=zone_name(zone.key), offset=_offset(here))


def _offset(here: datetime) -> str:
    """UTC+8, UTC-3:30."""
    sign, hours, minutes = f"{here:%z}"[0], *divmod(int(f"{here:%z}"[1:5]), 100)
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def zone_name(zone: str) -> str:
    """What the clock of an IANA zone is called here: Beijing time, Berlin time."""
    return _("Beijing time") if zone == CITY.key else _("%(city)s time", city=city_of(zone, lang()))


@lru_cache(maxsize=2048)
def city_of(zone: str, language: str) -> str:
    """The place that a time zone is named after."""
    return str(get_timezone_location(zone, locale=locale_of(language), return_city=True))


def country(name: str) -> str:
    """A country that a registry names in English, in the reader's language; a name we do not know stays."""
    code = _codes_of_countries().get(name)
    return locale_of(lang()).territories[code] if code else name


# Names of ISO 3166 as registries print them, where everyday English has another.
_AS_REGISTRIES_WRITE = {
    "Bolivia, Plurinational State of": "BO",
    "Congo": "CG",
    "Congo, The Democratic Republic of The": "CD",
    "Cote d'Ivoire": "CI",
    "Korea, Republic of": "KR",
    "Lao People's Democratic Republic": "LA",
    "Myanmar": "MM",
    "Russian Federation": "RU",
    "Tanzania, United Republic of": "TZ",
    "Turkey": "TR",
    "Viet Nam": "VN",
}


@cache
def _codes_of_countries() -> dict[str, str]:
    usual = {name: code for code, name in locale_of("en").territories.items() if code.isalpha()}
    return usual | _AS_REGISTRIES_WRITE


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
        case date():
            return day(value)
        case Bilingual():
            return value.in_(lang())
        case bool():
            return value
        case int():
            return number(value)
        case _:
            return value


def both(value: Bilingual) -> str | Markup:
    """The text in the page's language; where that side is empty, the other one, said to be so."""
    text = value.in_(lang())
    if text:
        return text
    other = "zh" if lang() == "en" else "en"
    said = _("(not yet available in English)") if lang() == "en" else _("(no Chinese text yet)")
    return Markup('<span lang="{}">{}</span> <span class="missing">{}</span>').format(
        _HTML_LANG[other], value.in_(other), said
    )


FILTERS = {
    "country": country,
    "number": number,
    "percent": percent,
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
    app.url_map.converters["lang"] = LangConverter
    templates = app.jinja_env
    templates.add_extension("jinja2.ext.i18n")
    templates.newstyle_gettext = True  # type: ignore[attr-defined]
    templates.filters.update(FILTERS)
    templates.globals.update(
        _=_in_template,
        gettext=_in_template,
        zone_name=zone_name,
        ngettext=_in_template_by_number,
        lang=lang,
        html_lang=lambda: _HTML_LANG[lang()],
        twin_url=twin_url,
        link_to=link_to,
        LANGS=LANGS,
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

    @app.after_request
    def remember_lang(response: Response) -> Response:
        """For the next visit by ``/``: only a choice that differs from the browser's needs a cookie."""
        rule = request.url_rule
        is_page = rule is not None and "lang" in rule.arguments and response.status_code == 200
        if is_page and not response.cache_control.public and lang() != _of_browser():
            secure = app.config["PORTAL"].is_secure
            response.set_cookie(
                LANGUAGE_COOKIE, lang(), max_age=_YEAR, secure=secure, httponly=True, samesite="Lax"
            )
        return response
