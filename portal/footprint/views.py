"""Pages for everybody: choose a calculator, answer, see the result, read the method."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock

from babel.lists import format_list
from babel.numbers import format_decimal
from flask import Response, abort, current_app, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from portal.footprint import queries
from portal.footprint.commands import save_footprint
from portal.footprint.forms import CHECK, PREFIX, KeepForm, Sheet, step_form, step_of
from portal.footprint.rules import library
from portal.footprint.rules.answers import shown
from portal.footprint.rules.compiler import compile_model, option_number
from portal.footprint.rules.errors import BadAnswer, UnknownFootprint
from portal.footprint.rules.method import Tongue, answer_words, explain, unit_words, used_by
from portal.footprint.rules.model import Model, Question
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
from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang, locale_of
from portal.web.links import key_for
from portal.web.page import page_blueprint, plain_blueprint

blueprint = page_blueprint("footprint", __name__)
scripts = plain_blueprint("footprint_scripts", __name__)
blueprints = (blueprint, scripts)


@blueprint.get("/calculator")
@open_to_all
def choose() -> str:
    return render_template("footprint/choose.html", models=library.models())


@blueprint.get("/calculator/<model_id>")
@open_to_all
def ask(model_id: str) -> str | Answer | tuple[str, int]:
    model, do = library.model(model_id), request.args.get("do")
    step = _step(model, allow_check=do is None)
    sheet = _sheet(model, request.args.items(), forgotten=step if do == "unsure" else 0)
    if sheet.fault:
        return _fault_page(sheet, sheet.fault)
    if do == "next" and not sheet.is_answered(step):
        return _fault_page(sheet, sheet.nothing_given(step))
    if do is not None:
        return redirect(_url(sheet, step + 1), 303)
    return _question_page(sheet, step) if step <= len(model.steps) else _check_page(sheet)


@blueprint.post("/calculator/<model_id>")
@open_to_all
def keep(model_id: str) -> Answer | tuple[str, int]:
    sheet = _sheet(library.model(model_id), request.form.items())
    if sheet.fault:
        return _fault_page(sheet, sheet.fault)
    version = sheet.model.version
    new = save_footprint(actor(), model_id, version, sheet.region, sheet.given, clock.now(), lang())
    return redirect(url_for("footprint.result", footprint_id=new, k=key_for(new)), 303)


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


@blueprint.get("/calculator/<model_id>/method")
@open_to_all
def method(model_id: str) -> str:
    footprint = _named_footprint(model_id)
    model = library.model(model_id, footprint.version if footprint else request.args.get("version"))
    region = footprint.region if footprint else _region()
    place = model.place(region)
    tongue = Tongue(lang(), lambda value: exact(f"{value:.6g}"), _choice)
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
        fallen_back=_titles_of(model, place.fallen_back),
        confidence_words=confidence_words(),
        exact=exact,
    )


@scripts.get("/calculator/<model_id>/<version>/<region>.js")
@open_to_all
def script(model_id: str, version: str, region: str) -> Response:
    """The generated model for the preview; the server computes whatever is kept."""
    text = compile_model(library.model(model_id, version), region).javascript
    answer = current_app.response_class(text, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


# ---- one step at a time


def _region() -> str:
    return request.values.get("region") or current_app.config["PORTAL"].city_code


def _sheet(model: Model, sent: Iterable[tuple[str, str]], forgotten: int = 0) -> Sheet:
    """What has been answered so far; "I don't know" forgets what stands in its own step."""
    own = {PREFIX + question.key for question in model.steps[forgotten - 1]} if forgotten else set()
    return Sheet.read(model, [(name, text) for name, text in sent if name not in own], _region())


def _step(model: Model, *, allow_check: bool) -> int:
    """The step that was asked for; one past the last is the check of all answers."""
    text = request.args.get("at", "1")
    if text == CHECK and allow_check:
        return len(model.steps) + 1
    if text not in (str(step) for step in range(1, len(model.steps) + 1)):
        abort(404)
    return int(text)


def _url(sheet: Sheet, step: int) -> str:
    at = step if step <= len(sheet.model.steps) else CHECK
    return url_for("footprint.ask", model_id=sheet.model.id, at=at, region=sheet.region, **sheet.query())  # type: ignore[arg-type]


def _fault_page(sheet: Sheet, fault: BadAnswer) -> tuple[str, int]:
    """The step whose answer cannot be taken, with what was typed and why."""
    return _question_page(sheet, step_of(sheet.model, str(fault.params["key"])), fault), 422


def _question_page(sheet: Sheet, step: int, fault: BadAnswer | None = None) -> str:
    model, questions = sheet.model, sheet.model.steps[step - 1]
    own = [question.key for question in questions]
    return render_template(
        "footprint/ask.html",
        model=model,
        sheet=sheet,
        step=step,
        progress_label=_progress(model, questions),
        asked=list(model.questions).index(own[-1]) + 1,
        questions=questions,
        group=model.groups.get(questions[0].group),
        form=step_form(sheet, step, fault),
        unsure=(model.groups[questions[0].group] if questions[0].group else questions[0]).unsure,
        travelling=sheet.query(without=own),
        everything=sheet.query(),
        so_far=estimate(model, sheet.region, sheet.given),
        **_place(sheet),
        back=_url(sheet, step - 1) if step > 1 else url_for("footprint.choose"),
        preview=_preview(sheet, questions),
    )


def _progress(model: Model, questions: tuple[Question, ...]) -> str:
    """Which questions of how many these are; shares are several on one page."""
    keys = list(model.questions)
    first, last, most = keys.index(questions[0].key) + 1, keys.index(questions[-1].key) + 1, len(keys)
    title = model.title.in_(lang())
    if first == last:
        return _("%(title)s: question %(step)s of %(steps)s", title=title, step=first, steps=most)
    return _(
        "%(title)s: questions %(first)s to %(last)s of %(steps)s",
        title=title,
        first=first,
        last=last,
        steps=most,
    )


def _place(sheet: Sheet) -> dict[str, object]:
    place = sheet.model.place(sheet.region)
    return {"place": place, "fallen_back": _titles_of(sheet.model, place.fallen_back)}


def _preview(sheet: Sheet, questions: tuple[Question, ...]) -> dict[str, object]:
    """What the browser needs to show the total while one types. It is only shown, never kept."""
    model, keys = sheet.model, list(sheet.model.questions)
    fields = {
        f"q-{question.key}": {
            "place": keys.index(question.key),
            "options": {option.key: option_number(question, option.key) for option in question.options},
            "low": float(question.low),
            "high": float(question.high),
            "share": question.kind == "share",
        }
        for question in questions
    }
    given = [
        None
        if key not in sheet.given
        else option_number(question, sheet.given[key])
        if question.is_choice
        else float(sheet.given[key])
        for key, question in model.questions.items()
    ]
    url = url_for("footprint_scripts.script", model_id=model.id, version=model.version, region=sheet.region)
    return {"url": url, "answers": given, "fields": fields}


@dataclass(frozen=True, slots=True)
class _Row:
    """One answer as the check page and the result page list it."""

    title: str
    text: str
    is_default: bool
    href: str


def _rows(sheet: Sheet) -> list[_Row]:
    rows = []
    for key, question in sheet.model.questions.items():
        said = key in sheet.given
        text = (
            answer_words(question, shown(question, sheet.given[key]), lang()) if said else _("I don’t know")
        )
        rows.append(_Row(question.title.in_(lang()), text, not said, _url(sheet, step_of(sheet.model, key))))
    return rows


def _check_page(sheet: Sheet) -> str:
    return render_template(
        "footprint/check.html",
        model=sheet.model,
        sheet=sheet,
        form=KeepForm(),
        rows=_rows(sheet),
        everything=sheet.query(),
        so_far=estimate(sheet.model, sheet.region, sheet.given),
        **_place(sheet),
        back=_url(sheet, len(sheet.model.steps)),
    )


# ---- the result


@dataclass(frozen=True, slots=True)
class _ResultFacts:
    """What the result page says beside the stored lines."""

    by_size: list[Line]
    rows: list[_Row]
    measures: dict[str, Mass]
    references: list[dict[str, object]]
    missing: list[object]
    narrowing: list[_Row]
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
    rows = _rows(sheet)
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
        fallen_back=_titles_of(model, fresh.fallen_back),
    )


def _reference_row(grams: int, reference: object) -> dict[str, object]:
    return {"reference": reference, "mass": Mass(grams)}


def _titles_of(model: Model, names: tuple[str, ...]) -> str:
    """What these factors are about, as one phrase; empty when there are none."""
    titles = [model.factors[name].title.in_(lang()) for name in names]
    return str(format_list(titles, locale=locale_of(lang())))


def exact(value: Decimal | str) -> str:
    """A number with all its decimals: a factor is shown as it was published."""
    return str(format_decimal(Decimal(value), locale=locale_of(lang()), decimal_quantization=False))


def _choice(then: str, test: str, other: str) -> str:
    return _("%(then)s if %(test)s, otherwise %(other)s", then=then, test=test, other=other)


def confidence_words() -> dict[str, str]:
    return {
        "official": _("official"),
        "published": _("published"),
        "secondary": _("second-hand"),
        "provisional": _("provisional"),
    }


def _named_footprint(model_id: str) -> Footprint | None:
    footprint_id = request.args.get("footprint")
    if not footprint_id:
        return None
    footprint = queries.footprint(actor(), footprint_id)
    if footprint.model_id != model_id:
        raise UnknownFootprint()
    return footprint
