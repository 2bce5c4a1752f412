"""The short form inside other people's pages: no session, no cookie set or read, links open the portal."""

from flask import Response, current_app, make_response, render_template, request, url_for

from portal.footprint.forms import CHECK, Sheet, question_form
from portal.footprint.rules import library
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.model import Model
from portal.footprint.rules.outlook import PER_PERSON, Basis, measure_of, parts_of
from portal.footprint.views.addresses import url_of
from portal.footprint.views.pages import blueprint, region_asked
from portal.footprint.views.words import about
from portal.kernel.mass import Mass
from portal.web.guard import open_to_all
from portal.web.headers import open_to_frames
from portal.web.i18n import lang


@blueprint.get("/embed/calculator/<model_id>")
@open_to_all
def embedded(model_id: str) -> Response:
    """All questions of the short form on one page, and the result above them once something was sent."""
    model = library.model(model_id)
    sheet = Sheet.read(model, request.args.items(), region_asked())
    page = make_response(_page(model, sheet, sheet.fault), 422 if sheet.fault else 200)
    return open_to_frames(page, current_app.config["PORTAL"])


@blueprint.get("/calculator/<model_id>/embed")
@open_to_all
def embed(model_id: str) -> str:
    """What to copy into a page of one's own."""
    base = current_app.config["PORTAL"].base_url
    return render_template(
        "footprint/embed.html",
        model=library.model(model_id),
        address=f"{base}{url_for('footprint.embedded', model_id=model_id)}",
        lang_code=lang(),
    )


def _page(model: Model, sheet: Sheet, fault: BadAnswer | None) -> str:
    basis = Basis(model, sheet.region, sheet.given)
    seen = basis.estimate()
    each = measure_of(basis, PER_PERSON, seen.total_g)
    questions = [question for step in sheet.steps for question in step]
    typed = {key.removeprefix("q-"): text for key, text in sheet.query().items()} | dict(sheet.texts)
    return render_template(
        "footprint/embedded.html",
        model=model,
        place=basis.compiled.place,
        steps=sheet.steps,
        form=question_form(questions, typed, "q-", fault),
        seen=seen,
        parts=parts_of(seen.lines),
        each=None if each is None else Mass(each),
        is_asked=bool(request.args) and fault is None,
        onwards=url_of(sheet, CHECK) if fault is None else "",
        about=about,
    )
