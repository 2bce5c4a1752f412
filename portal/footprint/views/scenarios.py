"""Scenarios side by side: a base and up to three in which some answers differ. All of it in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from portal.footprint import queries
from portal.footprint.forms import PREFIX, question_form
from portal.footprint.rules import library
from portal.footprint.rules.answers import from_form, shown
from portal.footprint.rules.errors import BadAnswer, NothingGiven, UnknownAnswer, UnknownFootprint
from portal.footprint.rules.method import answer_words
from portal.footprint.rules.model import Model, Question
from portal.footprint.rules.outlook import PER_PERSON, Basis, measure_of
from portal.footprint.rules.results import Estimate
from portal.footprint.rules.stored import Footprint
from portal.footprint.views.pages import blueprint, region_asked
from portal.footprint.views.results import basis_of, model_of
from portal.footprint.views.ways import result_url
from portal.footprint.views.words import about
from portal.kernel.mass import Mass
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang, number
from portal.web.links import key_for

MOST = 3  # beside the base: four columns are what a wide screen and a sheet of paper carry
NAMES = "ABC"


@blueprint.get("/calculator/<model_id>/scenarios")
@open_to_all
def scenarios(model_id: str) -> str | Answer | tuple[str, int]:
    sheet = _read(model_id)
    number, asked = _asked(sheet)
    if number is None or not asked:
        return _page(sheet)
    if request.args.get("set") != "1":
        return _page(sheet, number, asked)
    texts = {q.key: request.args.get(f"v-{q.key}", "").strip() for q in asked}
    try:
        if not any(texts.values()):
            raise NothingGiven(key=asked[0].key, question=asked[0].title)
        changed = sheet.with_change(number, texts)
        changed.basis_of(changed.columns[number - 1])
    except UnknownAnswer:
        raise
    except BadAnswer as fault:
        return _page(sheet, number, asked, fault), 422
    return redirect(changed.url(), 303)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the address says: the base, and for each scenario the answers that differ, as they are typed."""

    model: Model
    base: Basis
    footprint: Footprint | None
    columns: tuple[Mapping[str, str], ...]

    def basis_of(self, changed: Mapping[str, str]) -> Basis:
        """Raises BadAnswer."""
        typed = {key: shown(self.model.questions[key], text) for key, text in self.base.given.items()}
        return replace(self.base, given=from_form(self.model, {**typed, **changed}))

    def with_change(self, number: int, texts: Mapping[str, str]) -> "Columns":
        columns = [dict(column) for column in self.columns]
        if number > len(columns):
            columns.append({})
        columns[min(number, len(columns)) - 1] |= texts
        return replace(self, columns=tuple(columns))

    def without(self, number: int, keys: tuple[str, ...] = ()) -> "Columns":
        """Without these changes of a scenario; without any named, the whole scenario goes."""
        left = [
            {key: text for key, text in column.items() if key not in keys}
            if keys
            else {}
            if place == number
            else dict(column)
            for place, column in enumerate(self.columns, 1)
        ]
        return replace(self, columns=tuple(column for column in left if column))

    @property
    def state(self) -> dict[str, str]:
        """All of it as fields of an address or of hidden inputs."""
        base = (
            {"footprint": self.footprint.id, "k": key_for(self.footprint.id)}
            if self.footprint
            else {"region": self.base.region, **({"year": self.base.year} if self.base.year else {})}
            | {PREFIX + k: shown(self.model.questions[k], text) for k, text in self.base.given.items()}
        )
        changed = {
            f"s{number}-{key}": text
            for number, column in enumerate(self.columns, 1)
            for key, text in column.items()
        }
        return base | changed

    def url(self) -> str:
        return url_for("footprint.scenarios", model_id=self.model.id, **self.state)  # type: ignore[arg-type]


def _read(model_id: str) -> Columns:
    """Raises UnknownModel, UnknownFootprint, BadAnswer: an address of ours that was tampered with."""
    footprint = _footprint(model_id)
    if footprint:
        model = model_of(footprint)
        base = basis_of(footprint, model)
    else:
        model = library.model(model_id)
        typed = {n.removeprefix(PREFIX): text for n, text in request.args.items() if n.startswith(PREFIX)}
        base = Basis(model, region_asked(), from_form(model, typed), request.args.get("year", ""))
    sheet = Columns(model, base, footprint, tuple(filter(None, map(_changes_of, range(1, MOST + 1)))))
    for column in sheet.columns:
        sheet.basis_of(column)
    return sheet


def _changes_of(number: int) -> dict[str, str]:
    start = f"s{number}-"
    return {n.removeprefix(start): text for n, text in request.args.items() if n.startswith(start)}


def _footprint(model_id: str) -> Footprint | None:
    footprint_id = request.args.get("footprint")
    if not footprint_id:
        return None
    found = queries.footprint(actor(), footprint_id)
    if found.model_id != model_id:
        raise UnknownFootprint()
    return found


def _asked(sheet: Columns) -> tuple[int | None, tuple[Question, ...]]:
    """Which scenario is to change, and the question (or the shares asked together) that was chosen for it."""
    text, key = request.args.get("to", ""), request.args.get("ask", "")
    if text not in map(str, range(1, min(len(sheet.columns) + 1, MOST) + 1)) or not key:
        return None, ()
    if key not in sheet.model.questions:
        raise UnknownAnswer(key=key[:60])
    return int(text), asked_with(sheet.model, sheet.model.questions[key])


def asked_with(model: Model, question: Question) -> tuple[Question, ...]:
    """The question itself, or all the shares of its group."""
    together = (q for q in model.questions.values() if question.group and q.group == question.group)
    return tuple(together) or (question,)


# ---- the page


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. ``said``: (what was changed, to what, the address without that change)."""

    name: str
    seen: Estimate
    each: Mass | None
    grams: Mapping[str, int]
    said: list[tuple[str, str, str]]
    without: str


def _page(
    sheet: Columns, number: int = 0, asked: tuple[Question, ...] = (), fault: BadAnswer | None = None
) -> str:
    model, columns = sheet.model, [_column(sheet, _("As it is"), sheet.base)]
    for place, changed in enumerate(sheet.columns, 1):
        columns.append(_column(sheet, _scenario(place), sheet.basis_of(changed), place))
    rules = [rule for key, rule in model.rules.items() if len({column.grams[key] for column in columns}) > 1]
    return render_template(
        "footprint/scenarios.html",
        model=model,
        place=sheet.base.compiled.place,
        footprint=sheet.footprint,
        result=result_url(sheet.footprint.id) if sheet.footprint else "",
        columns=columns,
        categories=[key for key in model.categories if any(_of(model, c, key) for c in columns)],
        rules=rules,
        of_category=lambda column, key: Mass(_of(model, column, key)),
        signed=signed,
        about=about,
        as_mass=Mass,
        state=sheet.state,
        choices=_choices(sheet),
        targets=[(place, _scenario(place)) for place in range(1, min(len(sheet.columns) + 1, MOST) + 1)],
        number=number,
        scenario=_scenario(number) if number else "",
        asked=asked,
        form=_form(sheet, number, asked, fault),
        group=model.groups.get(asked[0].group) if asked else None,
    )


def _scenario(number: int) -> str:
    return _("Scenario %(letter)s", letter=NAMES[number - 1])


def _column(sheet: Columns, name: str, basis: Basis, number: int = 0) -> Column:
    seen = basis.estimate()
    each = measure_of(basis, PER_PERSON, seen.total_g)
    changed = sheet.columns[number - 1] if number else {}
    said = []
    for key in changed:
        question = sheet.model.questions[key]
        text = basis.given.get(key)
        words = answer_words(question, shown(question, text), lang()) if text is not None else ""
        keys = tuple(q.key for q in asked_with(sheet.model, question))
        said.append((question.title.in_(lang()), words, sheet.without(number, keys).url()))
    return Column(
        name,
        seen,
        None if each is None else Mass(each),
        {line.rule: line.grams for line in seen.lines},
        said,
        sheet.without(number).url() if number else "",
    )


def _of(model: Model, column: Column, category: str) -> int:
    return sum(grams for rule, grams in column.grams.items() if model.rules[rule].category == category)


def signed(now_g: int, before_g: int) -> str:
    """A difference in whole kilograms with its sign, as the two kilograms shown differ."""
    kilograms = Mass(now_g).kg_down - Mass(before_g).kg_down
    return ("+" if kilograms > 0 else "−" if kilograms else "") + number(abs(kilograms))


def _choices(sheet: Columns) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be changed, by section: pages of the full form, for the base or for any scenario."""
    model, found = sheet.model, dict[str, dict[str, str]]()
    for basis in (sheet.base, *map(sheet.basis_of, sheet.columns)):
        for page in model.steps_of("full", basis.given):
            first = page[0]
            section = model.categories[first.section].in_(lang()) if first.section in model.categories else ""
            title = model.groups[first.group].ask if first.group else first.title
            found.setdefault(section, {})[first.key] = title.in_(lang())
    return [(section, list(questions.items())) for section, questions in found.items()]


def _form(
    sheet: Columns, number: int, asked: tuple[Question, ...], fault: BadAnswer | None
) -> PortalForm | None:
    """The field of the chosen question, with what holds in that scenario now, or what was typed."""
    if not asked:
        return None
    columns = sheet.columns
    basis = sheet.basis_of(columns[number - 1]) if number <= len(columns) else sheet.base
    held = {q.key: shown(q, basis.given[q.key]) for q in asked if q.key in basis.given}
    sent: MultiDict[str, str] = request.args
    typed = {q.key: sent[f"v-{q.key}"] for q in asked if f"v-{q.key}" in sent}
    return question_form(asked, held | typed, "v-", fault)
