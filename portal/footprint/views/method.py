"""The method page: every formula, factor and default, with one's own numbers in them, of any version."""

from flask import render_template, request

from portal.footprint import queries
from portal.footprint.rules import library
from portal.footprint.rules.errors import UnknownFootprint
from portal.footprint.rules.method import Tongue, explain, unit_words
from portal.footprint.rules.outlook import Basis
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.pages import blueprint, region_asked
from portal.footprint.views.results import basis_of, model_of
from portal.footprint.views.words import confidence_words, exact, otherwise, titles_of
from portal.kernel import clock
from portal.web.guard import actor, open_to_all
from portal.web.i18n import lang
from portal.web.links import key_for


@blueprint.get("/calculator/<model_id>/method")
@open_to_all
def method(model_id: str) -> str:
    """``version`` names an old version, ``year`` and ``region`` the factors; a footprint brings them all."""
    footprint = _named_footprint(model_id)
    basis = _basis(model_id, footprint)
    model, place = basis.model, basis.compiled.place
    tongue = Tongue(lang(), lambda value: exact(f"{value:.6g}"), otherwise)
    given = basis.given if footprint else None
    quantities, rules = explain(model, basis.region, tongue, given, basis.year, basis.own)
    return render_template(
        "footprint/method.html",
        model=model,
        place=place,
        footprint=footprint,
        key=key_for(footprint.id) if footprint else "",
        versions=library.versions(model_id),
        quantities=quantities,
        by_category={
            key: [item for item in rules if model.rules[item.key].category == key] for key in model.categories
        },
        lines={line.rule: line for line in footprint.lines} if footprint else {},
        today=clock.today(),
        used_by=lambda name: [rule for key, rule in model.rules.items() if name in basis.compiled.uses(key)],
        in_words=lambda unit: unit_words(unit, lang()),
        gases_of=_gases_of(basis),
        fallen_back=titles_of(model, place.fallen_back),
        confidence_words=confidence_words(),
        exact=exact,
    )


def _basis(model_id: str, footprint: Footprint | None) -> Basis:
    if footprint:
        return basis_of(footprint, model_of(footprint))
    model = library.model(model_id, request.args.get("version"))
    return Basis(model, region_asked(), {}, request.args.get("year", ""))


def _gases_of(basis: Basis) -> dict[str, str]:
    """The gas basis of every line, which no answer changes."""
    return {line.rule: line.gases for line in basis.estimate().lines}


def _named_footprint(model_id: str) -> Footprint | None:
    footprint_id = request.args.get("footprint")
    if not footprint_id:
        return None
    footprint = queries.footprint(actor(), footprint_id)
    if footprint.model_id != model_id:
        raise UnknownFootprint()
    return footprint
