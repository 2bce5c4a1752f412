"""What an address says, and the address of every step: all answers travel in it (docs/decisions/0021)."""

from collections.abc import Callable, Iterable

from flask import request, url_for

from portal.footprint import queries
from portal.footprint.forms import CHECK, PREFIX, Sheet, Step, step_with
from portal.footprint.rules import library
from portal.footprint.rules.model import Model
from portal.footprint.views.pages import region_asked
from portal.web.guard import actor

# Where one is led after a step: to the next one, back to the check, or to the next without an answer.
NEXT, REST = "", "rest"


def sheet_of(model_id: str, sent: Iterable[tuple[str, str]], do: str | None = None) -> Sheet:
    """What has been answered so far.

    "I don't know" forgets what stands in its own step; a fresh total takes no empty field for an answer.
    """
    fields, asked = list(sent), request.values
    model = _model_asked(model_id, fields)
    if do == "unsure":
        own = {PREFIX + question.key for question in step_named(model)}
        fields = [(name, "" if name in own else text) for name, text in fields]
        fields += [(name, "") for name in own - {name for name, _text in fields}]
    elif do in ("update", "next"):
        own = {PREFIX + question.key for question in step_named(model)}
        fields = [(name, text) for name, text in fields if text.strip() or name not in own]
    sheet = Sheet.read(
        model, fields, region_asked(), form=asked.get("form", "short"), year=asked.get("year", "")
    )
    return sheet.but(previous=_previous())


def _model_asked(model_id: str, fields: list[tuple[str, str]]) -> Model:
    """The version in the address; without one, as in older addresses, the newest that knows the answers."""
    version, audience = request.values.get("version"), request.values.get("audience", "")
    newest = library.model(model_id, version, audience)
    keys = {name.removeprefix(PREFIX) for name, _text in fields if name.startswith(PREFIX)}
    if version or keys <= newest.questions.keys():
        return newest
    older = (library.model(model_id, each) for each in library.versions(model_id)[1:])
    return next((model for model in older if keys <= model.questions.keys()), newest)


def _previous() -> tuple[str, str]:
    """The footprint the answers were copied from. Raises UnknownFootprint where it is somebody else's."""
    footprint_id = request.values.get("footprint", "")
    if not footprint_id:
        return "", ""
    return queries.footprint(actor(), footprint_id).id, request.values.get("k", "")


def step_named(model: Model) -> Step:
    """All that is asked on the page in the address, in whatever form."""
    at = request.args.get("at", "")
    if at in model.questions:
        straight = model.questions[at].expert
        return straight_with(model, at) if straight else step_with(model, at)
    steps = model.steps
    return steps[int(at) - 1] if is_number(at, len(steps)) else ()


def straight_with(model: Model, key: str) -> Step:
    section = model.questions[key].section
    return tuple(each for each in model.questions.values() if each.expert and each.section == section)


def is_number(text: str, most: int) -> bool:
    return text in (str(number) for number in range(1, most + 1))


def url_of(sheet: Sheet, at: str, then: str = NEXT) -> str:
    """The address of a step with everything that was said."""
    return urls_of(sheet)(at, then)


def urls_of(sheet: Sheet) -> Callable[[str, str], str]:
    """Addresses of many steps: what was said is written out once."""
    said = url_for("footprint.ask", model_id=sheet.model.id, **sheet.everything())  # type: ignore[arg-type]
    return lambda at, then: f"{said}&at={at}" + (f"&then={then}" if then else "")


def first_open(sheet: Sheet) -> str:
    """Where to go on: the first step that was not seen yet, else the check."""
    return next((step[0].key for step in sheet.steps if not sheet.is_seen(step)), CHECK)


def review_url(sheet: Sheet) -> str:
    """Where answers of any version are looked at before the newest version takes them."""
    return url_for("footprint.review", model_id=sheet.model.id, **sheet.everything())  # type: ignore[arg-type]
