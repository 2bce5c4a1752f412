"""Answers out and in: as a file, from a stored footprint, and into the newest version of the model."""

from dataclasses import dataclass

from flask import Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from portal.footprint import queries
from portal.footprint.forms import CHECK, Sheet
from portal.footprint.rules import answers_file, library
from portal.footprint.rules.answers import shown
from portal.footprint.rules.answers_file import Words
from portal.footprint.rules.drafts import Journey
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.method import answer_words
from portal.footprint.rules.model import Model
from portal.footprint.rules.versions import migrate
from portal.footprint.views.addresses import review_url, sheet_of
from portal.footprint.views.pages import blueprint
from portal.footprint.views.progress import year_title
from portal.footprint.views.rows import parts_of, rows_of
from portal.kernel import clock
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang
from portal.web.links import key_for


@blueprint.get("/calculator/<model_id>/answers.<any(json, csv):kind>")
@open_to_all
def answers(model_id: str, kind: str) -> Response:
    """The answers in the address as a file."""
    sheet = sheet_of(model_id, request.args.items())
    if fault := sheet.fault or sheet.own_fault:
        raise fault
    return _file(sheet.journey, sheet.model, kind)


@blueprint.get("/footprints/<footprint_id>/answers.<any(json, csv):kind>")
@open_to_all
def answers_of(footprint_id: str, kind: str) -> Response:
    """The answers of a stored footprint as a file."""
    footprint = queries.footprint(actor(), footprint_id)
    model = library.model(footprint.model_id, footprint.version, footprint.audience)
    return _file(Journey.of(footprint), model, kind)


@blueprint.get("/footprints/<footprint_id>/again")
@open_to_all
def again(footprint_id: str) -> Answer:
    """Start from a stored footprint: another year, somebody else, or just once more."""
    footprint = queries.footprint(actor(), footprint_id)
    model = library.model(footprint.model_id, footprint.version, footprint.audience)
    key = key_for(footprint.id) if actor().holds(footprint.id) else ""
    return redirect(review_url(Sheet.of(Journey.of(footprint), model, (footprint.id, key))), 303)


@blueprint.get("/calculator/<model_id>/review")
@open_to_all
def review(model_id: str) -> str:
    """Answers of a file, a draft or an older version before they are used: what is kept and what is not."""
    old = sheet_of(model_id, request.args.items())
    if fault := old.fault or old.own_fault:
        raise fault
    new, dropped = _newest(old)
    years = new.model.known_years()
    return render_template(
        "footprint/review.html",
        model=new.model,
        old=old,
        sheet=new,
        dropped=dropped,
        parts=parts_of(new, [row for row in rows_of(new) if not row.is_default]),
        years=[(year, year_title(new.model, year)) for year in years],
        travelling={name: text for name, text in new.everything().items() if name != "year"},
        at=CHECK,
    )


# ---- out


def _file(journey: Journey, model: Model, kind: str) -> Response:
    now = clock.now()
    if kind == "json":
        text, mimetype = answers_file.as_json(journey, model.digest, now), "application/json"
    else:
        text, mimetype = answers_file.as_csv(journey, model.digest, now, _words(model)), "text/csv"
    answer = current_app.response_class(text, mimetype=mimetype)
    name = f"{model.id}-{clock.today().isoformat()}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _words(model: Model) -> Words:
    headings = {
        "format": _("Format of this file"),
        "model": _("Calculator"),
        "version": _("Version"),
        "digest": _("Fingerprint of the model (SHA-256)"),
        "region": _("Place (administrative code)"),
        "year": _("Factors of the year"),
        "audience": _("Audience"),
        "form": _("Form"),
        "saved_at": _("Saved at (UTC)"),
    }

    def title(key: str) -> str:
        thing = model.questions.get(key) or model.factors[key]
        return thing.title.in_(lang())

    def answer(key: str, text: str) -> str:
        question = model.questions[key]
        return answer_words(question, shown(question, text), lang())

    return Words(headings.__getitem__, title, answer)


# ---- into the newest version


@dataclass(frozen=True, slots=True)
class Dropped:
    """An answer that the newest version does not take, and why."""

    title: str
    why: str


def _newest(old: Sheet) -> tuple[Sheet, list[Dropped]]:
    """The same sheet in the newest version of its model, and what could not come along."""
    newest = library.versions(old.model.id)[0]
    if old.model.version == newest:
        return old, []
    plain = library.model(old.model.id, newest)
    is_known = old.model.audience in plain.audiences
    model = library.model(old.model.id, newest, old.model.audience if is_known else "")
    moved = migrate(old.model, model, old.given)
    dropped = [Dropped(each.title.in_(lang()), each.why.in_(lang())) for each in moved.dropped]
    new = old.but(
        model=model, given=dict(moved.given), texts={}, own={}, unsure=old.unsure & model.questions.keys()
    )
    if new.year not in model.known_years():
        new = new.but(year="")
    return _with_own(new, old, dropped), dropped


def _with_own(new: Sheet, old: Sheet, dropped: list[Dropped]) -> Sheet:
    """Own factors that still lie in their band; the others are said to be left behind."""
    held = {}
    for name, text in old.own.items():
        try:
            new.model.place(new.region, new.year, {name: text})
            held[name] = text
        except BadAnswer:
            why = _("This factor is not used any more, or your value lies outside its range.")
            dropped.append(Dropped(old.model.factors[name].title.in_(lang()), why))
    return new.but(own=held)
