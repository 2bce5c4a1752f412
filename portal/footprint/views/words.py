"""How the pages of the room write numbers, factors and confidence."""

from decimal import Decimal

from babel.lists import format_list
from babel.numbers import format_decimal

from portal.footprint.rules.model import Model
from portal.web.i18n import _, lang, locale_of


def titles_of(model: Model, names: tuple[str, ...]) -> str:
    """What these factors are about, as one phrase; empty when there are none."""
    titles = [model.factors[name].title.in_(lang()) for name in names]
    return str(format_list(titles, locale=locale_of(lang())))


def exact(value: Decimal | str) -> str:
    """A number with all its decimals: a factor is shown as it was published."""
    return str(format_decimal(Decimal(value), locale=locale_of(lang()), decimal_quantization=False))


def otherwise(then: str, test: str, other: str) -> str:
    return _("%(then)s if %(test)s, otherwise %(other)s", then=then, test=test, other=other)


def confidence_words() -> dict[str, str]:
    return {
        "official": _("official"),
        "published": _("published"),
        "secondary": _("second-hand"),
        "provisional": _("provisional"),
    }
