"""One step at a time: choose a calculator, answer, check the answers, keep the result."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from portal.footprint.commands import save_footprint
from portal.footprint.forms import CHECK, PREFIX, KeepForm, Sheet, step_form, step_of
from portal.footprint.rules import library
from portal.footprint.rules.answers import shown
from portal.footprint.rules.compiler import compile_model, option_number
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.method import answer_words
from portal.footprint.rules.model import Model, Question
from portal.footprint.rules.results import estimate
from portal.footprint.views.groups import after_keeping
from portal.footprint.views.pages import blueprint, region_asked, scripts
from portal.footprint.views.words import titles_of
from portal.kernel import clock
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang


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
    return redirect(after_keeping(new), 303)


@scripts.get("/calculator/<model_id>/<version>/<region>.js")
@open_to_all
def script(model_id: str, version: str, region: str) -> Response:
    """The generated model for the preview; the server computes whatever is kept."""
    text = compile_model(library.model(model_id, version), region).javascript
    answer = current_app.response_class(text, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


# ---- one step at a time


def _sheet(model: Model, sent: Iterable[tuple[str, str]], forgotten: int = 0) -> Sheet:
    """What has been answered so far; "I don't know" forgets what stands in its own step."""
    own = {PREFIX + question.key for question in model.steps[forgotten - 1]} if forgotten else set()
    return Sheet.read(model, [(name, text) for name, text in sent if name not in own], region_asked())


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
        **place_facts(sheet),
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


def place_facts(sheet: Sheet) -> dict[str, object]:
    place = sheet.model.place(sheet.region)
    return {"place": place, "fallen_back": titles_of(sheet.model, place.fallen_back)}


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
class Row:
    """One answer as the check page and the result page list it."""

    title: str
    text: str
    is_default: bool
    href: str


def rows_of(sheet: Sheet) -> list[Row]:
    rows = []
    for key, question in sheet.model.questions.items():
        said = key in sheet.given
        text = (
            answer_words(question, shown(question, sheet.given[key]), lang()) if said else _("I don’t know")
        )
        rows.append(Row(question.title.in_(lang()), text, not said, _url(sheet, step_of(sheet.model, key))))
    return rows


def _check_page(sheet: Sheet) -> str:
    return render_template(
        "footprint/check.html",
        model=sheet.model,
        sheet=sheet,
        form=KeepForm(),
        rows=rows_of(sheet),
        everything=sheet.query(),
        so_far=estimate(sheet.model, sheet.region, sheet.given),
        **place_facts(sheet),
        back=_url(sheet, len(sheet.model.steps)),
    )
