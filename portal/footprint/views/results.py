"""A stored result, as its holder sees it, and the results of a signed-in person."""

from dataclasses import dataclass
from threading import Lock

from flask import current_app, render_template
from markupsafe import Markup

from portal.footprint import queries
from portal.footprint.forms import Sheet
from portal.footprint.rules import library
from portal.footprint.rules.model import Model
from portal.footprint.rules.results import (
    Line,
    beside,
    changes,
    city_grams,
    estimate,
    lowest,
    own_measures,
)
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.asking import Row, rows_of
from portal.footprint.views.pages import blueprint
from portal.footprint.views.words import titles_of
from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import lang
from portal.web.links import key_for


@blueprint.get("/footprints/<footprint_id>")
@open_to_all
def result(footprint_id: str) -> str:
    footprint = queries.footprint(actor(), footprint_id)
    model = library.model(footprint.model_id, footprint.version)
    body = _kept_body(footprint, model, may_resume=footprint.is_resumable(clock.now()))
    return render_template("footprint/result.html", model=model, body=body)


@blueprint.get("/account/footprints")
@signed_in
def mine() -> str:
    """What a signed-in person worked out, newest first."""
    saved = [(each, library.model(each.model_id, each.version)) for each in queries.footprints_of(actor())]
    return render_template("footprint/mine.html", saved=saved)


@dataclass(frozen=True, slots=True)
class _ResultFacts:
    """What the result page says beside the stored lines."""

    by_size: list[Line]
    rows: list[Row]
    measures: dict[str, Mass]
    references: list[dict[str, object]]
    missing: list[object]
    narrowing: list[Row]
    changes: list[tuple[str, Mass]]
    joint: Mass
    lowest: Mass | None
    city: Mass
    place: object
    fallen_back: str


# Rendered results by footprint, language and whether its answers can still be taken up. A stored footprint
# never changes, and is mostly read more than once: after paying, from a letter, beside a pledge.
_MOST_KEPT = 512
_keeping = Lock()


def _kept_body(footprint: Footprint, model: Model, *, may_resume: bool) -> Markup:
    kept: dict[tuple[str, str, bool], Markup] = current_app.extensions.setdefault("portal.footprints", {})
    name = (footprint.id, lang(), may_resume)
    body = kept.get(name)
    if body is None:
        text = render_template(
            "footprint/_result.html",
            footprint=footprint,
            model=model,
            key=key_for(footprint.id),
            seen=_result_facts(footprint, model),
            may_resume=may_resume,
        )
        body = Markup(text)  # noqa: S704 our own template
        with _keeping:
            while len(kept) >= _MOST_KEPT:
                del kept[next(iter(kept))]
            kept[name] = body
    return body


def _result_facts(footprint: Footprint, model: Model) -> _ResultFacts:
    given = dict(footprint.answers)
    sheet = Sheet(model, footprint.region, {}, given, None)
    fresh = estimate(model, footprint.region, given)
    rows = rows_of(sheet)
    by_key = dict(zip(model.questions, rows, strict=True))
    useful, joint = changes(model, footprint.region, given)
    references = beside(model)
    has_lowest = any(question.lowest for question in model.questions.values())
    return _ResultFacts(
        by_size=sorted((line for line in footprint.lines if line.grams), key=lambda line: -line.grams),
        rows=rows,
        measures={key: Mass(grams) for key, grams in own_measures(model, footprint.region, given).items()},
        references=[
            _reference_row(item.grams, item.reference) for item in references if item.grams is not None
        ],
        missing=[item.reference for item in references if item.grams is None],
        narrowing=[by_key[key] for key in fresh.narrowing[:3]],
        changes=[(model.actions[change.action].title.in_(lang()), Mass(change.saves_g)) for change in useful],
        joint=Mass(joint),
        lowest=Mass(lowest(model, footprint.region, given)) if has_lowest else None,
        city=Mass(city_grams(model, footprint.lines)),
        place=model.place(footprint.region),
        fallen_back=titles_of(model, fresh.fallen_back),
    )


def _reference_row(grams: int, reference: object) -> dict[str, object]:
    return {"reference": reference, "mass": Mass(grams)}
