"""The calculator's forms: one step at a time, with all earlier answers travelling along in the address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from flask_wtf.file import FileField
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from portal.footprint.rules.answers import Given, from_form, shown
from portal.footprint.rules.drafts import Journey, UnknownForm
from portal.footprint.rules.errors import BadAnswer, NotAPlainNumber, NothingGiven, UnknownAnswer
from portal.footprint.rules.model import FORMS, Factor, Model, Question
from portal.footprint.rules.parts import plain
from portal.footprint.rules.stored import LONGEST_LABEL
from portal.kernel.numbers import NotANumber, parse_decimal
from portal.web.forms import EmailField, LineField, Optional, PortalForm, Required
from portal.web.i18n import _, lang, lazy_gettext, message

PREFIX, OWN = "q-", "own-"
CHECK, FACTORS = "check", "factors"
_TYPED = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}

Step = tuple[Question, ...]


class KeepForm(PortalForm):
    """Nothing to fill in: it only proves that the page is ours."""


class CheckForm(PortalForm):
    """The last step: whose footprint it is, if one wants to say."""

    label = LineField(
        lazy_gettext("For whom or what is this?"),
        [Optional()],
        max=LONGEST_LABEL,
        description=lazy_gettext("Only you see it. For example: 2026, or for my mother."),
    )


class SaveForm(PortalForm):
    """Going on later: where the link is sent to, if anywhere."""

    email = EmailField(
        lazy_gettext("Your e-mail address"),
        [Optional()],
        description=lazy_gettext("We send the link and the code there and do not keep the address."),
    )


class CodeForm(PortalForm):
    code = LineField(
        lazy_gettext("Your code"),
        [Required()],
        max=60,
        description=lazy_gettext("Nine letters and digits, for example 7K3M-9QTX-P."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class FileForm(PortalForm):
    file = FileField(
        lazy_gettext("Your file"),
        [Required()],
        description=lazy_gettext(
            "The JSON or CSV file that you saved here. You see what is in it before it is used."
        ),
        render_kw={"accept": ".json,.csv,application/json,text/csv"},
    )


@dataclass(frozen=True)
class Sheet:
    """All that a visitor has said so far, as it came with the request.

    ``given`` are the answers that hold, ``fault`` the first that does not; ``unsure`` the questions that were
    answered with "I don't know". ``own`` are the visitor's own factors that hold, ``own_fault`` the first
    that does not. ``previous`` is the footprint the answers were copied from, with the key that opens it.
    """

    model: Model
    region: str
    texts: Mapping[str, str]
    given: Given
    fault: BadAnswer | None
    form: str = "short"
    year: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    own_fault: BadAnswer | None = None
    unsure: frozenset[str] = frozenset()
    previous: tuple[str, str] = ("", "")

    @classmethod
    def read(
        cls,
        model: Model,
        sent: Iterable[tuple[str, str]],
        region: str,
        *,
        form: str = "short",
        year: str = "",
        previous: tuple[str, str] = ("", ""),
    ) -> Self:
        """From the fields of a request. Raises UnknownAnswer: what is not asked is never dropped."""
        if form not in FORMS:
            raise UnknownForm(form=form[:20])
        fields = list(sent)
        texts = {name.removeprefix(PREFIX): text for name, text in fields if name.startswith(PREFIX)}
        own = {name.removeprefix(OWN): text for name, text in fields if name.startswith(OWN) and text.strip()}
        held, own_fault = _own_factors(model, region, year, own)
        kept, fault = dict(texts), None
        while True:
            try:
                given = from_form(model, kept)
                break
            except UnknownAnswer:
                raise
            except BadAnswer as wrong:
                fault = fault or wrong
                for question in step_with(model, str(wrong.params["key"])):
                    kept.pop(question.key, None)
        unsure = frozenset(key for key, text in texts.items() if not text.strip())
        return cls(
            model, region, texts | {OWN + name: text for name, text in own.items()}, given, fault,
            form, year, held, own_fault, unsure, previous,
        )  # fmt: skip

    @classmethod
    def of(cls, journey: Journey, model: Model, previous: tuple[str, str] = ("", "")) -> Self:
        """From answers as they are stored."""
        return cls(
            model,
            journey.region,
            {},
            dict(journey.answers),
            None,
            form=journey.form,
            year=journey.year,
            own=journey.own,
            previous=previous,
        )

    @property
    def journey(self) -> Journey:
        return Journey(
            model_id=self.model.id,
            version=self.model.version,
            form=self.form,
            region=self.region,
            year=self.year,
            audience=self.model.audience,
            answers=self.given,
            own=self.own,
            previous_id=self.previous[0] or None,
        )

    @cached_property
    def steps(self) -> list[Step]:
        """The pages of this form that concern somebody who has answered this much."""
        return self.model.steps_of(self.form, self.given)

    def but(self, **changes: object) -> Self:
        return replace(self, **changes)  # type: ignore[arg-type]

    def query(self, without: Iterable[str] = ()) -> dict[str, str]:
        """The answers as fields of an address; an empty one is "I don't know"."""
        texts = dict.fromkeys(self.unsure, "") | {
            key: shown(self.model.questions[key], text) for key, text in self.given.items()
        }
        return {
            PREFIX + key: texts[key] for key in self.model.questions if key in texts and key not in without
        }

    def everything(self, without: Iterable[str] = ()) -> dict[str, str]:
        """Everything as fields of an address or hidden inputs, but for these questions and fields."""
        left_out = set(without)
        facts = {
            "version": self.model.version,
            "form": self.form,
            "region": self.region,
            "year": self.year,
            "audience": self.model.audience,
            "footprint": self.previous[0],
            "k": self.previous[1],
        }
        facts = {name: text for name, text in facts.items() if text and name not in left_out}
        own = {OWN + name: text for name, text in self.own.items() if OWN + name not in left_out}
        return facts | self.query(left_out) | own

    def is_answered(self, step: Step) -> bool:
        return any(question.key in self.given for question in step)

    def is_seen(self, step: Step) -> bool:
        """Whether it was answered, if only with "I don't know"; what is optional is seen anyway."""
        return step[0].expert or self.is_answered(step) or step[0].key in self.unsure

    def nothing_given(self, step: Step) -> NothingGiven:
        group = self.model.groups.get(step[0].group)
        return NothingGiven(key=step[0].key, question=group.ask if group else step[0].title)


def step_of(model: Model, key: str) -> str:
    """The page that asks this question, as an address names it."""
    return step_with(model, key)[0].key


def step_with(model: Model, key: str) -> Step:
    """The question with all that is asked on its page, in whatever form."""
    question = model.questions[key]
    if not question.group:
        return (question,)
    return tuple(each for each in model.questions.values() if each.group == question.group)


def _own_factors(
    model: Model, region: str, year: str, own: Mapping[str, str]
) -> tuple[dict[str, str], BadAnswer | None]:
    """The visitor's own factors that hold, as plain decimals, and the first that does not."""
    held: dict[str, str] = {}
    fault: BadAnswer | None = None
    if not own:
        return held, fault
    factors = model.place(region, year).factors
    for name, text in own.items():
        try:
            value = _decimal(factors.get(name), name, text)
            model.place(region, year, {name: value})
        except BadAnswer as wrong:
            if name not in factors:
                raise
            fault = fault or wrong
        else:
            held[name] = value
    return held, fault


def _decimal(factor: Factor | None, name: str, text: str) -> str:
    if factor is None:
        return text
    try:
        return plain(parse_decimal(text))
    except NotANumber:
        raise NotAPlainNumber(key=name, question=factor.title) from None


def step_form(
    sheet: Sheet, step: Step, fault: BadAnswer | None, by_formula: Mapping[str, str] | None = None
) -> PortalForm:
    """The form of one step with what was typed, and the fault beside its field.

    ``by_formula``: what stands for a quantity that can be entered straight, in words.
    """

    typed = {key: shown(sheet.model.questions[key], text) for key, text in sheet.given.items()}
    return question_form(step, typed | dict(sheet.texts), PREFIX, fault, by_formula)


def question_form(
    questions: Iterable[Question],
    typed: Mapping[str, str],
    prefix: str,
    fault: BadAnswer | None,
    by_formula: Mapping[str, str] | None = None,
) -> PortalForm:
    """A form of these questions with what was typed, and the fault beside its field."""

    class QuestionForm(PortalForm):
        class Meta:
            csrf = False  # it changes nothing: answers travel in the address

    for question in questions:
        setattr(QuestionForm, question.key, _field(question, (by_formula or {}).get(question.key, "")))
    return _blamed(QuestionForm(formdata=None, data=dict(typed), prefix=prefix), fault)


def factors_form(sheet: Sheet, factors: Iterable[Factor], fault: BadAnswer | None) -> PortalForm:
    """A field for each of these factors, empty where the published value holds."""

    class FactorsForm(PortalForm):
        class Meta:
            csrf = False

    names = []
    for factor in factors:
        setattr(FactorsForm, factor.name, StringField(factor.title.in_(lang()), render_kw=_TYPED))
        names.append(factor.name)
    typed = {name: sheet.texts.get(OWN + name, sheet.own.get(name, "")) for name in names}
    return _blamed(FactorsForm(formdata=None, data=typed, prefix=OWN), fault)


def _blamed(form: PortalForm, fault: BadAnswer | None) -> PortalForm:
    if fault is not None and str(fault.params["key"]) in form:
        field = form[str(fault.params["key"])]
        field.errors = [message(fault)]
    return form


def _field(question: Question, by_formula: str) -> RadioField | StringField:
    spoken = lang()
    title = question.title if question.group else question.ask
    hint = question.hint.in_(spoken)
    if question.is_choice:
        choices = [SelectChoice(option.key, option.title.in_(spoken)) for option in question.options]
        return RadioField(title.in_(spoken), choices=choices, description=hint)
    if by_formula:
        hint = " ".join(filter(None, [hint, _("By formula: %(value)s.", value=by_formula)]))
    validators = [Optional()] if question.expert else []
    return StringField(title.in_(spoken), validators, description=hint, render_kw=_TYPED)


class SendForm(PortalForm):
    """Where the letter with a result goes."""

    email = EmailField(
        lazy_gettext("E-mail address"),
        [Required()],
        description=lazy_gettext("We write one letter with the two links, and then forget your address."),
    )
