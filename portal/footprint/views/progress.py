"""How far one is, which parts there are, and in which forms a calculator can be gone through."""

from dataclasses import dataclass
from functools import lru_cache

from flask import url_for

from portal.footprint.forms import Sheet, Step
from portal.footprint.rules.model import Model
from portal.footprint.views.addresses import NEXT, first_open, url_of, urls_of
from portal.web.i18n import _, lang

# So many questions a person answers in a minute, read aloud and thought about.
PER_MINUTE = 5


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the questionnaire and how far one is. ``straight``: where its quantities are entered."""

    title: str
    href: str
    seen: int
    steps: int
    is_current: bool
    straight: str

    @property
    def is_done(self) -> bool:
        return self.seen == self.steps


def sections_of(sheet: Sheet, current: Step) -> list[Section]:
    """The sections of this form in order; none for a model that has no sections."""
    by_section: dict[str, list[Step]] = {}
    for step in sheet.steps:
        by_section.setdefault(step[0].section, []).append(step)
    if len(by_section) < 2:
        return []
    url = urls_of(sheet)
    return [
        Section(
            section_title(sheet, name),
            url(steps[0][0].key, NEXT),
            sum(sheet.is_seen(step) for step in steps),
            len(steps),
            bool(current) and current[0].section == name,
            next((url(step[0].key, NEXT) for step in steps if step[0].expert), ""),
        )
        for name, steps in by_section.items()
    ]


def section_title(sheet: Sheet, name: str) -> str:
    title = sheet.model.categories.get(name, sheet.model.title)
    return title.in_(lang())


def progress(sheet: Sheet, step: Step) -> dict[str, object]:
    """Which page of how many this is, in words that name its section."""
    steps = sheet.steps
    place = next((i for i, each in enumerate(steps, 1) if each[0].key == step[0].key), 1)
    text = _(
        "%(section)s: question %(step)s of %(steps)s",
        section=section_title(sheet, step[0].section),
        step=place,
        steps=len(steps),
    )
    return {"at": place, "of": len(steps), "text": text}


def minutes_for(steps: list[Step]) -> int:
    """How long these take: a page with several fields takes as long as several questions."""
    return -(-sum(len(step) for step in steps) // PER_MINUTE)


@dataclass(frozen=True, slots=True)
class OtherForm:
    """Another way to go through the same questions."""

    form: str
    href: str
    steps: int
    minutes: int


def other_forms(sheet: Sheet, step: Step) -> list[OtherForm]:
    """The other forms from where one stands; what was answered stays."""
    at = step[0].key if step and not step[0].expert else ""
    found = []
    for form in forms_of(sheet.model):
        other = sheet.but(form=form)
        if form != sheet.form:
            href = url_of(other, at or first_open(other))
            found.append(OtherForm(form, href, len(other.steps), minutes_for(other.steps)))
    return found


def forms_of(model: Model) -> list[str]:
    """Forms that differ: a model without express questions has no short one."""
    has_short = any(question.express for question in model.ordinary)
    return [*(["short"] if has_short else []), "full", "expert"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A calculator as one may begin with it."""

    model: Model
    forms: list[OtherForm]
    audiences: list[tuple[str, str]]


@lru_cache(maxsize=32)
def _lengths(model: Model) -> dict[str, tuple[int, int]]:
    """Steps and minutes of each form for somebody of whom nothing is known."""
    steps = {form: model.steps_of(form, {}) for form in forms_of(model)}
    return {form: (len(pages), minutes_for(pages)) for form, pages in steps.items()}


def offer_of(model: Model) -> Offer:
    forms = []
    for form, (count, minutes) in _lengths(model).items():
        href = url_for("footprint.ask", model_id=model.id, form=form)
        forms.append(OtherForm(form, href, count, minutes))
    audiences = [
        (audience.title.in_(lang()), url_for("footprint.ask", model_id=model.id, audience=key))
        for key, audience in model.audiences.items()
    ]
    return Offer(model, forms, audiences)


def year_title(model: Model, year: str) -> str:
    """How a year's factors are called; where only single places have them, the year itself."""
    known = model.years.get(year)
    return known.title.in_(lang()) if known else year
