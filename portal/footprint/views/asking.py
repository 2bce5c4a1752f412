"""One step at a time: answer, enter quantities and factors straight, check the answers, keep the result."""

from collections.abc import Iterable
from typing import Any

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from portal.footprint.commands import save_footprint
from portal.footprint.forms import (
    CHECK,
    FACTORS,
    OWN,
    PREFIX,
    CheckForm,
    Sheet,
    Step,
    factors_form,
    step_form,
    step_with,
)
from portal.footprint.rules import library
from portal.footprint.rules.answers import numbers
from portal.footprint.rules.compiler import compile_model, option_number
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.method import Tongue, explain, unit_words
from portal.footprint.rules.model import Factor
from portal.footprint.rules.results import Estimate, estimate
from portal.footprint.views.addresses import (
    NEXT,
    REST,
    first_open,
    is_number,
    review_url,
    sheet_of,
    straight_with,
    url_of,
)
from portal.footprint.views.pages import blueprint, scripts
from portal.footprint.views.progress import (
    minutes_for,
    offer_of,
    other_forms,
    progress,
    section_title,
    sections_of,
    year_title,
)
from portal.footprint.views.rows import Row as Row  # results.py lists them too
from portal.footprint.views.rows import parts_of
from portal.footprint.views.rows import rows_of as rows_of
from portal.footprint.views.words import exact, otherwise, titles_of
from portal.kernel import clock
from portal.web.guard import actor, open_to_all
from portal.web.i18n import lang
from portal.web.links import key_for


@blueprint.get("/calculator")
@open_to_all
def choose() -> str:
    return render_template("footprint/choose.html", offers=[offer_of(model) for model in library.models()])


@blueprint.get("/calculator/<model_id>")
@open_to_all
def ask(model_id: str) -> str | Answer | tuple[str, int]:
    """One step, or where its buttons lead: onwards, "I don't know", or the same page with a fresh total."""
    if source := request.args.get("from"):
        return redirect(url_for("footprint.again", footprint_id=source, k=request.args.get("k")), 303)
    do = request.args.get("do")
    sheet = sheet_of(model_id, request.args.items(), do)
    if do == "find":
        return _factors_page(sheet, sheet.own_fault)
    if fault := sheet.fault or sheet.own_fault:
        return _fault_page(sheet, fault)
    at = _place_in(sheet, allow_end=do is None)
    if do == "next" and isinstance(at, int) and not _may_pass(sheet, sheet.steps[at]):
        return _fault_page(sheet, sheet.nothing_given(sheet.steps[at]))
    if do is not None:
        return redirect(_onwards(sheet, at, do), 303)
    if at == CHECK:
        return _check_page(sheet, CheckForm(formdata=None))
    return _factors_page(sheet, None) if at == FACTORS else _question_page(sheet, sheet.steps[int(at)])


@blueprint.post("/calculator/<model_id>")
@open_to_all
def keep(model_id: str) -> str | Answer | tuple[str, int]:
    sheet = sheet_of(model_id, request.form.items())
    if fault := sheet.fault or sheet.own_fault:
        return _fault_page(sheet, fault)
    form = CheckForm()
    if not form.validate_on_submit():
        return _check_page(sheet, form), 422
    new = save_footprint(
        actor(), model_id, sheet.model.version, sheet.region, sheet.given, clock.now(), lang(),
        year=sheet.year, audience=sheet.model.audience, own=dict(sheet.own), form=sheet.form,
        previous_id=sheet.previous[0] or None, label=form.label.data or "",
    )  # fmt: skip
    return redirect(url_for("footprint.result", footprint_id=new, k=key_for(new)), 303)


@blueprint.get("/calculator/<model_id>/total")
@open_to_all
def total(model_id: str) -> dict[str, str] | tuple[dict[str, str], int]:
    """The server's total and range of what is typed at this moment, for the live total."""
    sheet = sheet_of(model_id, request.args.items())
    if sheet.fault or sheet.own_fault:
        return {}, 422
    text = render_template("footprint/_range.html", so_far=_estimate(sheet))
    return {"range": " ".join(text.split())}


@scripts.get("/calculator/<model_id>/<version>/<region>.js")
@open_to_all
def script(model_id: str, version: str, region: str) -> Response:
    """The generated model for the preview; the server computes whatever is kept."""
    model = library.model(model_id, version, request.args.get("audience", ""))
    own = {name.removeprefix(OWN): text for name, text in request.args.items() if name.startswith(OWN)}
    text = compile_model(model, region, request.args.get("year", ""), own).javascript
    answer = current_app.response_class(text, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _place_in(sheet: Sheet, *, allow_end: bool) -> int | str:
    """The index of the step that was asked for, or CHECK or FACTORS.

    Older addresses count the steps from 1. A question that does not concern this visitor gives way to the
    next one that does.
    """
    at, steps = request.values.get("at", "1"), sheet.steps
    if at == FACTORS or (at == CHECK and allow_end):
        return at
    if is_number(at, len(sheet.model.steps)):
        return min(int(at), len(steps)) - 1
    if at not in sheet.model.questions:
        abort(404)
    order = list(sheet.model.questions)
    for index, step in enumerate(steps):
        if at in (question.key for question in step):
            return index
    later = (i for i, step in enumerate(steps) if order.index(step[0].key) > order.index(at))
    return next(later, CHECK)


def _may_pass(sheet: Sheet, step: Step) -> bool:
    return step[0].expert or sheet.is_answered(step)


# ---- where its buttons lead


def _onwards(sheet: Sheet, at: int | str, do: str) -> str:
    then = request.args.get("then", NEXT)
    if do == "update":
        return url_of(sheet, FACTORS if at == FACTORS else sheet.steps[int(at)][0].key, then)
    if at == FACTORS or then == CHECK:
        return url_of(sheet, CHECK)
    left = sheet.steps[int(at) + 1 :]
    if then == REST:
        left = [step for step in left if not sheet.is_seen(step)]
    return url_of(sheet, left[0][0].key, then) if left else url_of(sheet, CHECK)


def _fault_page(sheet: Sheet, fault: BadAnswer) -> tuple[str, int]:
    """The step whose answer cannot be taken, with what was typed and why."""
    if fault is sheet.own_fault:
        return _factors_page(sheet, fault), 422
    key = str(fault.params["key"])
    is_straight = sheet.model.questions[key].expert
    step = straight_with(sheet.model, key) if is_straight else step_with(sheet.model, key)
    return _question_page(sheet, step, fault), 422


# ---- pages


def _question_page(sheet: Sheet, step: Step, fault: BadAnswer | None = None) -> str:
    model, own = sheet.model, [PREFIX + question.key for question in step]
    group, straight = model.groups.get(step[0].group), step[0].expert
    return render_template(
        "footprint/ask.html",
        at=step[0].key,
        then=request.values.get("then", NEXT),
        progress=progress(sheet, step),
        questions=step,
        group=group,
        straight=straight,
        section=section_title(sheet, step[0].section),
        form=step_form(sheet, step, fault, _by_formula(sheet, step) if straight else None),
        unsure=None if straight else (group or step[0]).unsure,
        travelling=_without(sheet.everything(), own),
        back=_back_from(sheet, step),
        preview=_preview(sheet, step),
        **beside(sheet, step),
    )


def _without(query: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    left_out = set(names)
    return {name: text for name, text in query.items() if name not in left_out}


def _back_from(sheet: Sheet, step: Step) -> str:
    if request.values.get("then") == CHECK:
        return url_of(sheet, CHECK)
    steps = sheet.steps
    index = next((i for i, each in enumerate(steps) if each[0].key == step[0].key), 0)
    return url_of(sheet, steps[index - 1][0].key) if index else url_for("footprint.choose")


def _factors_page(sheet: Sheet, fault: BadAnswer | None) -> str:
    """Every factor in use with its published value, beside it a field for one's own."""
    published = sheet.model.place(sheet.region, sheet.year).factors
    wanted = request.values.get("find", "").strip()
    factors = sorted(published.values(), key=lambda factor: factor.title.in_(lang()))
    if fault is not None:
        wanted = ""
    found = [factor for factor in factors if _speaks_of(factor, wanted)]
    return render_template(
        "footprint/factors.html",
        at=FACTORS,
        wanted=wanted,
        total=len(factors),
        factors=found,
        form=factors_form(sheet, found, fault),
        facts={factor.name: _factor_facts(factor) for factor in found},
        travelling=_without(sheet.everything(), [OWN + factor.name for factor in found]),
        back=url_of(sheet, CHECK),
        **beside(sheet, ()),
    )


def _speaks_of(factor: Factor, wanted: str) -> bool:
    said = (factor.title.zh, factor.title.en, factor.name, factor.source.title)
    return all(any(word in text.casefold() for text in said) for word in wanted.casefold().split())


def _factor_facts(factor: Factor) -> dict[str, str]:
    low, high = factor.sane
    return {
        "value": exact(factor.value),
        "unit": unit_words(factor.unit_text, lang()),
        "low": exact(low),
        "high": exact(high),
    }


def _check_page(sheet: Sheet, form: CheckForm) -> str:
    rows = rows_of(sheet)
    rest = next(
        (step[0].key for step in sheet.steps if not sheet.is_answered(step) and not step[0].expert), ""
    )
    longer = sheet.but(form="full")
    asked = {step[0].key for step in sheet.steps}
    more = [step for step in longer.steps if sheet.form == "short" and step[0].key not in asked]
    return render_template(
        "footprint/check.html",
        at=CHECK,
        form=form,
        parts=parts_of(sheet, rows),
        open_count=sum(row.is_open for row in rows),
        rest=url_of(_forgetful(sheet), rest, REST) if rest else "",
        more=len(more),
        minutes=minutes_for(more),
        longer=url_of(longer, first_open(longer), REST),
        files={
            kind: url_for("footprint.answers", model_id=sheet.model.id, kind=kind, **sheet.everything())  # type: ignore[arg-type]
            for kind in ("json", "csv")
        },
        travelling=sheet.everything(),
        back=url_of(sheet, sheet.steps[-1][0].key),
        **beside(sheet, ()),
    )


def _forgetful(sheet: Sheet) -> Sheet:
    """Ready to be asked again what was answered with "I don't know"."""
    return sheet.but(unsure=frozenset())


def beside(sheet: Sheet, step: Step) -> dict[str, object]:
    """What stands beside every step: the total, the sections, the place, and ways out."""
    place = sheet.model.place(sheet.region, sheet.year, sheet.own)
    newest = library.versions(sheet.model.id)[0]
    return {
        "model": sheet.model,
        "sheet": sheet,
        "place": place,
        "fallen_back": titles_of(sheet.model, place.fallen_back),
        "everything": sheet.everything(),
        "so_far": _estimate(sheet),
        "sections": sections_of(sheet, step),
        "check": url_of(sheet, CHECK),
        "factors_url": url_of(sheet.but(form="expert"), FACTORS),
        "own_titles": _own_titles(sheet),
        "forms": other_forms(sheet, step),
        "later": url_for("footprint.later", model_id=sheet.model.id, **sheet.everything()),  # type: ignore[arg-type]
        "review": "" if sheet.model.version == newest else review_url(sheet),
        "years": [(year, year_title(sheet.model, year)) for year in sheet.model.known_years()],
    }


def _estimate(sheet: Sheet) -> Estimate:
    return estimate(sheet.model, sheet.region, sheet.given, sheet.year, sheet.own)


def _own_titles(sheet: Sheet) -> str:
    return titles_of(sheet.model, tuple(sheet.own)) if sheet.own else ""


def _by_formula(sheet: Sheet, step: Step) -> dict[str, str]:
    """What each of these quantities is while nobody enters it, with its unit."""
    straight = {question.key for question in step}
    given = {key: text for key, text in sheet.given.items() if key not in straight}
    tongue = Tongue(lang(), lambda value: exact(f"{value:.4g}"), otherwise)
    quantities, _rules = explain(sheet.model, sheet.region, tongue, given, sheet.year, sheet.own)
    return {
        each.key: f"{exact(f'{each.result:.4g}')} {unit_words(each.unit_text, lang())}"
        for each in quantities
        if each.key in straight and each.result is not None
    }


# ---- preview


def _preview(sheet: Sheet, step: Step) -> dict[str, object]:
    """What the browser needs to show the total while one types. It is only shown, never kept."""
    model, keys = sheet.model, list(sheet.model.questions)
    fields = {
        PREFIX + question.key: {
            "place": keys.index(question.key),
            "options": {option.key: option_number(question, option.key) for option in question.options},
            "low": float(question.low),
            "high": float(question.high),
            "share": question.kind == "share",
        }
        for question in step
    }
    place: dict[str, Any] = {"version": model.version, "region": sheet.region, "year": sheet.year or None}
    place |= {"audience": model.audience or None} | {OWN + key: text for key, text in sheet.own.items()}
    url = url_for("footprint_scripts.script", model_id=model.id, **place)
    total_url = url_for("footprint.total", model_id=model.id)
    return {"url": url, "total": total_url, "answers": list(numbers(model, sheet.given)), "fields": fields}
