"""A stored result, as its holder sees it, and the results of a signed-in person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from portal.footprint import queries
from portal.footprint.rules import library
from portal.footprint.rules.answers import shown
from portal.footprint.rules.method import answer_words, unit_words
from portal.footprint.rules.model import Factor, Measure, Model, Place, Reference
from portal.footprint.rules.outlook import (
    PER_PERSON,
    Basis,
    Joint,
    Part,
    Step,
    joint,
    measure_of,
    narrowings,
    offered,
    parts_of,
    target_path,
)
from portal.footprint.rules.results import Change, beside, city_grams, lowest
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.pages import blueprint
from portal.footprint.views.ways import Questions, copy_url
from portal.footprint.views.words import about, exact, grade_words, spread_words, titles_of
from portal.kernel import clock
from portal.kernel.clock import CITY
from portal.kernel.mass import Mass
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang
from portal.web.links import key_for


@blueprint.get("/footprints/<footprint_id>")
@open_to_all
def result(footprint_id: str) -> str:
    footprint = queries.footprint(actor(), footprint_id)
    model = model_of(footprint)
    chosen = request.args.getlist("do")
    may_resume = footprint.is_resumable(clock.now())
    body = (
        _body(footprint, model, chosen, may_resume=may_resume)
        if chosen
        else _kept_body(footprint, model, may_resume=may_resume)
    )
    return render_template("footprint/result.html", model=model, body=body)


@blueprint.get("/account/footprints")
@signed_in
def mine() -> str:
    """What a signed-in person worked out, newest first."""
    saved = [(each, model_of(each)) for each in queries.footprints_of(actor())]
    how_many = Counter(model.id for _each, model in saved)
    return render_template(
        "footprint/mine.html",
        saved=saved,
        copy_url=copy_url,
        form_words=form_words(),
        comparable={model.id: model.title for _each, model in saved if how_many[model.id] > 1},
    )


@blueprint.get("/account/footprints/compare")
@signed_in
def compare() -> Answer:
    """From the two that were chosen on the list to why the number changed between them."""
    first, second = request.args.get("first", ""), request.args.get("second", "")
    if not first or not second or first == second:
        flash(_("Choose two different footprints of one kind."), "warning")
        return redirect(url_for("footprint.mine"), 303)
    query: dict[str, Any] = {"from": first}
    return redirect(url_for("footprint.changed", footprint_id=second, **query), 303)


def model_of(footprint: Footprint) -> Model:
    return library.model(footprint.model_id, footprint.version, footprint.audience)


def basis_of(footprint: Footprint, model: Model) -> Basis:
    return Basis(model, footprint.region, dict(footprint.answers), footprint.year, footprint.own)


def form_words() -> dict[str, str]:
    return {"short": _("short form"), "full": _("full form"), "expert": _("expert form")}


def wording(footprint: Footprint, model: Model) -> dict[str, object]:
    """How pages and paper put a result into words."""
    return {
        "marks": marks_of(footprint, model),
        "grades": grade_words(),
        "form_words": form_words(),
        "is_yearly": model.unit_text == "kgCO2e/year",
        "about": about,
        "exact": exact,
        "in_words": lambda unit: unit_words(unit, lang()),
        "as_mass": Mass,
    }


def marks_of(footprint: Footprint, model: Model) -> dict[str, list[str]]:
    """What must be said beside a line, by rule."""
    own, compiled = set(footprint.own), basis_of(footprint, model).compiled
    straight = [key for key in footprint.answers if model.questions[key].expert]
    return {
        line.rule: [
            *([_("provisional factor")] if line.provisional else []),
            *([_("own factor")] if own & compiled.uses(line.rule, straight) else []),
        ]
        for line in footprint.lines
    }


# ---- what the page says


@dataclass(frozen=True, slots=True)
class Said:
    """One answer; ``href`` leads to its question while the answers can be taken up again."""

    title: str
    text: str
    href: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Surer:
    """An answer that would narrow the range: to what, and by how much of its width."""

    title: str
    href: str
    low: Mass
    high: Mass
    percent: int


@dataclass(frozen=True, slots=True)
class Target:
    reference: Reference
    mass: Mass


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a result says beside its stored lines. Pages and paper show the same."""

    parts: list[Part]
    answers: list[Said]
    unasked: int
    spread: str
    per_person: Mass | None
    apart: list[tuple[Measure, Mass]]
    own: list[Factor]
    surer: list[Surer]
    averages: list[Target]
    targets: list[Target]
    missing: list[Reference]
    path: list[Step]
    useful: list[Change]
    together: Joint
    lowest: Mass | None
    lowest_each: Mass | None
    city: Mass
    place: Place
    fallen_back: str
    newer: str


def outlook(footprint: Footprint, model: Model, chosen: Iterable[str] = ()) -> Outlook:
    basis = basis_of(footprint, model)
    fresh, place, questions = basis.estimate(), basis.compiled.place, Questions(footprint, model)
    measures = {key: Mass(grams) for key, grams in basis.measures().items()}
    each = measures.get(PER_PERSON)
    useful = offered(basis)
    known = [Target(item.reference, Mass(item.grams)) for item in beside(model) if item.grams is not None]
    targets = [item for item in known if item.reference.kind == "target"]
    least = _lowest(footprint, model)
    least_each = measure_of(basis, PER_PERSON, least.grams) if least is not None else None
    newest = library.versions(model.id)[0]
    return Outlook(
        parts=parts_of(footprint.lines),
        answers=said(footprint, model, questions),
        unasked=sum(key not in footprint.answers for key in _unasked(footprint, model)),
        spread=spread_words(footprint.total, footprint.low, footprint.high),
        per_person=each,
        apart=[(m, measures[key]) for key, m in model.measures.items() if m.shown == "apart"],
        own=[factor for factor in place.factors.values() if factor.is_own],
        surer=[
            Surer(
                _asked(model, item.keys),
                questions.url(item.key),
                item.low,
                item.high,
                item.percent,
            )
            for item in narrowings(basis, fresh)
        ],
        averages=[item for item in known if item.reference.kind == "average"],
        targets=targets,
        missing=[item.reference for item in beside(model) if item.grams is None],
        path=_path(footprint, targets, each),
        useful=useful,
        together=joint(basis, useful, chosen),
        lowest=least,
        lowest_each=Mass(least_each) if least_each is not None else None,
        city=Mass(city_grams(model, footprint.lines)),
        place=place,
        fallen_back=titles_of(model, fresh.fallen_back),
        newer=newest if newest != model.version else "",
    )


def said(footprint: Footprint, model: Model, questions: Questions) -> list[Said]:
    """The answers of the form that was filled in, in its order; then what was answered besides."""
    asked = [q for page in model.steps_of(footprint.form, footprint.answers) for q in page]
    besides = [q for key, q in model.questions.items() if key in footprint.answers and q not in asked]
    rows = []
    for question in [*(q for q in asked if not q.expert or q.key in footprint.answers), *besides]:
        text = footprint.answers.get(question.key)
        words = _("I don’t know") if text is None else answer_words(question, shown(question, text), lang())
        href = questions.url(question.key)
        rows.append(Said(question.title.in_(lang()), words, href, text is not None))
    return rows


def _unasked(footprint: Footprint, model: Model) -> set[str]:
    """Questions of the full form that this form did not put."""
    asked = {q.key for page in model.steps_of(footprint.form, footprint.answers) for q in page}
    return {q.key for page in model.steps_of("full", footprint.answers) for q in page} - asked


def _asked(model: Model, keys: tuple[str, ...]) -> str:
    question = model.questions[keys[0]]
    return (model.groups[question.group].ask if len(keys) > 1 else question.title).in_(lang())


def _lowest(footprint: Footprint, model: Model) -> Mass | None:
    if not any(question.lowest for question in model.questions.values()):
        return None
    return Mass(lowest(model, footprint.region, dict(footprint.answers), footprint.year, footprint.own))


def _path(footprint: Footprint, targets: list[Target], each: Mass | None) -> list[Step]:
    dated = {int(item.reference.year): item.mass.grams for item in targets if item.reference.year.isdigit()}
    if each is None or not dated:
        return []
    return target_path(footprint.created_at.astimezone(CITY).year, each.grams, dated)


# Rendered results by footprint, language and whether its answers can still be taken up. A stored footprint
# never changes, and is mostly read more than once: after paying, from a letter, beside a pledge.
_MOST_KEPT = 512
_keeping = Lock()


def _kept_body(footprint: Footprint, model: Model, *, may_resume: bool) -> Markup:
    kept: dict[tuple[str, str, bool], Markup] = current_app.extensions.setdefault("portal.footprints", {})
    name = (footprint.id, lang(), may_resume)
    body = kept.get(name)
    if body is None:
        body = _body(footprint, model, (), may_resume=may_resume)
        with _keeping:
            while len(kept) >= _MOST_KEPT:
                del kept[next(iter(kept))]
            kept[name] = body
    return body


def _body(footprint: Footprint, model: Model, chosen: Iterable[str], *, may_resume: bool) -> Markup:
    seen = outlook(footprint, model, chosen)
    text = render_template(
        "footprint/_result.html",
        footprint=footprint,
        model=model,
        key=key_for(footprint.id),
        seen=seen,
        may_resume=may_resume,
        pledge=_pledge_query(footprint, model, seen),
        copy=copy_url(footprint),
        **wording(footprint, model),
    )
    return Markup(text)  # noqa: S704 our own template


def _pledge_year(seen: Outlook) -> dict[str, object]:
    """The first dated target, if the model has one."""
    dated = [step.year for step in seen.path[1:] if not step.is_interpolated]
    return {"year": dated[0]} if dated else {}


def _pledge_query(footprint: Footprint, model: Model, seen: Outlook) -> Mapping[str, object]:
    """What the pledge's form is handed: the footprint, and what the chosen actions save, if there are any."""
    query: dict[str, object] = {"footprint": footprint.id, "k": key_for(footprint.id)}
    kilograms = Mass(seen.together.saves_g).kg_down
    if kilograms:
        titles = [model.actions[action].title.in_(lang()) for action in seen.together.chosen]
        query |= {"kg": kilograms, "motive": "\n".join(titles), **_pledge_year(seen)}
    return query
