"""How the pages of the room write numbers, factors and confidence."""

from decimal import Decimal

from babel.lists import format_list
from babel.numbers import format_decimal

from portal.footprint.rules.model import Model
from portal.footprint.rules.outlook import two_figures
from portal.footprint.views.pages import blueprint
from portal.kernel.errors import N_
from portal.kernel.mass import Mass
from portal.web.i18n import _, lang, locale_of, number


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


def about(value: Mass) -> str:
    """Two significant figures, in tonnes from one tonne on."""
    grams = two_figures(value.grams)
    if grams >= 1_000_000:
        return f"{number(Decimal(grams) / 1_000_000)} t CO₂e"
    return f"{number(Decimal(grams) / 1_000)} kg CO₂e"


def spread_words(total: Mass, low: Mass, high: Mass) -> str:
    """How sure a number is, in a sentence."""
    if not total:
        return ""
    down, up = (round(100 * abs(end.grams - total.grams) / total.grams) for end in (low, high))
    if max(down, up) <= 15:
        sure = N_("This is a fairly sure number: it may be up to %(down)s %% too high or %(up)s %% too low.")
    elif max(down, up) <= 40:
        sure = N_("This is a good estimate: it may be up to %(down)s %% too high or %(up)s %% too low.")
    else:
        sure = N_("This is a rough estimate: it may be up to %(down)s %% too high or %(up)s %% too low.")
    return _(sure, down=down, up=up)


def grade_words() -> dict[str, str]:
    return {
        "A": _("metered, with the national factor of the year"),
        "B": _("a bill, an area or your own account, with a national factor"),
        "C": _("spending, or a foreign factor"),
        "D": _("a default"),
    }


# As the factors say it, in the words of a model file.
GASES = {
    "mixed": N_("mixed gases"),
    "CO2 only": N_("CO₂ only"),
    "CO2 only, no RF": N_("CO₂ only, without radiative forcing"),
    "CO2e": "CO₂e",
    "CO2+CH4+N2O (AR5 GWP100)": N_("CO₂, CH₄ and N₂O (AR5, GWP100)"),
    "CO2e, AR4 or AR5 mixed (Cornell CHSB 2021 medians)": N_("CO₂e, AR4 and AR5 mixed"),
    "life cycle CO2e": N_("CO₂e over the life cycle"),
    "AR6": N_("CO₂e (AR6)"),
    "CH4 AR6": N_("CH₄ (AR6)"),
    "activity data": N_("activity data"),
}


@blueprint.app_template_filter("gases")
def gases_words(gases: str) -> str:
    """Which gases a factor counts; as it is written where a model has words of its own."""
    return _(GASES[gases]) if gases in GASES else gases
