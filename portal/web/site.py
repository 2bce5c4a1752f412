"""The pages that say what this is: home, about, privacy, accessibility, and what a certificate may say."""

from dataclasses import dataclass

from flask import current_app, render_template

from portal.kernel.bilingual import Bilingual
from portal.web import frame, wellknown
from portal.web.guard import open_to_all
from portal.web.page import page_blueprint

blueprint = page_blueprint("site", __name__)
blueprint.record_once(lambda setup: frame.install(setup.app))
blueprints = (blueprint, wellknown.blueprint)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number about a city's forest that may be shown, with the caveat it may not be shown without."""

    name: Bilingual
    value: Bilingual
    unit: Bilingual
    note: Bilingual


# Yichun (230700). Source: the city's article on forest carbon sinks, which quotes the Chinese Academy of
# Forestry's assessment of 2010; each figure was checked and is given rounded. Left out on purpose: the
# 1.23 billion tonnes (its unit is ambiguous), the values in yuan (no cash) and 1.62 t of oxygen (wrong).
CITY_FIGURES = {
    "230700": (
        Figure(
            Bilingual("森林每年吸收的二氧化碳", "Carbon dioxide the forest takes up"),
            Bilingual("约 1476 万", "about 14.8 million"),
            Bilingual("吨／年（2010 年）", "tonnes a year (2010)"),
            Bilingual(
                "媒体报道的同一次评估结果，属估算值。这是整片森林的自然吸收，不是碳信用，也不出售。",
                "An estimate, from a press report of the assessment. It is the natural uptake of the whole "
                "forest: not a credit, and not for sale.",
            ),
        ),
        Figure(
            Bilingual("森林经营面积（施业区）", "Forest under management"),
            Bilingual("约 400 万", "about 4 million"),
            Bilingual("公顷（2010 年）", "hectares (2010)"),
            Bilingual(
                "各林业局施业区面积之和，大于行政区面积，不能当作全市面积。",
                "The working area of the forestry bureaus. It is larger than the city’s administrative area, "
                "so it is not the size of the city.",
            ),
        ),
        Figure(
            Bilingual("林木每生长一立方米吸收的二氧化碳", "Carbon dioxide per cubic metre of growth"),
            Bilingual("约 1.83", "about 1.83"),
            Bilingual("吨", "tonnes"),
            Bilingual(
                "针阔混交林的经验值；按国家参数，不同树种在 1.04 至 2.17 吨之间。",
                "A fair rule of thumb for mixed forest. National parameters give 1.04 to 2.17 tonnes, "
                "depending on the species.",
            ),
        ),
    ),
}


@blueprint.get("/")
@open_to_all
def home() -> str:
    return render_template("web/home.html")


@blueprint.app_template_global()
def city_figures() -> tuple[Figure, ...]:
    """What may be said in numbers about this installation's forest."""
    return CITY_FIGURES.get(current_app.config["PORTAL"].city_code, ())


@blueprint.get("/about")
@open_to_all
def about() -> str:
    return render_template("web/about.html")


@blueprint.get("/privacy")
@open_to_all
def privacy() -> str:
    return render_template("web/privacy.html")


@blueprint.get("/accessibility")
@open_to_all
def accessibility() -> str:
    return render_template("web/accessibility.html")


@blueprint.get("/claims")
@open_to_all
def claims() -> str:
    return render_template("web/claims.html")
