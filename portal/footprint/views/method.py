"""The method page: every formula, factor and default, with one's own numbers in them."""

from flask import render_template, request

from portal.footprint import queries
from portal.footprint.rules import library
from portal.footprint.rules.errors import UnknownFootprint
from portal.footprint.rules.method import Tongue, explain, unit_words, used_by
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.pages import blueprint, region_asked
from portal.footprint.views.words import confidence_words, exact, otherwise, titles_of
from portal.kernel import clock
from portal.web.guard import actor, open_to_all
from portal.web.i18n import lang
from portal.web.links import key_for


@blueprint.get("/calculator/<model_id>/method")
@open_to_all
def method(model_id: str) -> str:
    footprint = _named_footprint(model_id)
    model = library.model(model_id, footprint.version if footprint else request.args.get("version"))
    region = footprint.region if footprint else region_asked()
    place = model.place(region)
    tongue = Tongue(lang(), lambda value: exact(f"{value:.6g}"), otherwise)
    quantities, rules = explain(model, region, tongue, dict(footprint.answers) if footprint else None)
    grams = {line.rule: line for line in footprint.lines} if footprint else {}
    return render_template(
        "footprint/method.html",
        model=model,
        place=place,
        footprint=footprint,
        key=key_for(footprint.id) if footprint else "",
        quantities=quantities,
        rules=rules,
        lines=grams,
        today=clock.today(),
        used_by=lambda name: used_by(model, name),
        in_words=lambda unit: unit_words(unit, lang()),
        fallen_back=titles_of(model, place.fallen_back),
        confidence_words=confidence_words(),
        exact=exact,
    )


def _named_footprint(model_id: str) -> Footprint | None:
    footprint_id = request.args.get("footprint")
    if not footprint_id:
        return None
    footprint = queries.footprint(actor(), footprint_id)
    if footprint.model_id != model_id:
        raise UnknownFootprint()
    return footprint
