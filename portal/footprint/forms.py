"""The calculator's forms: one step at a time, with all earlier answers travelling along."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice

from portal.footprint.rules.answers import Given, from_form, shown
from portal.footprint.rules.errors import BadAnswer, NothingGiven, UnknownAnswer
from portal.footprint.rules.model import Model, Question
from portal.web.forms import EmailField, PortalForm, Required
from portal.web.i18n import lang, message
from portal.web.i18n import lazy_gettext as _l

PREFIX = "q-"
CHECK = "check"


class KeepForm(PortalForm):
    """Nothing to fill in: it only proves that the page is ours."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a visitor has said so far, as it came with the request.

    ``given`` are the answers that hold, ``fault`` the first that does not.
    """

    model: Model
    region: str
    texts: Mapping[str, str]
    given: Given
    fault: BadAnswer | None

    @classmethod
    def read(cls, model: Model, sent: Iterable[tuple[str, str]], region: str) -> Self:
        """From the fields of a request. Raises UnknownAnswer: what is not asked is never dropped."""
        texts = {name.removeprefix(PREFIX): text for name, text in sent if name.startswith(PREFIX)}
        kept, fault = dict(texts), None
        while True:
            try:
                return cls(model, region, texts, from_form(model, kept), fault)
            except UnknownAnswer:
                raise
            except BadAnswer as wrong:
                fault = fault or wrong
                for question in model.steps[step_of(model, str(wrong.params["key"])) - 1]:
                    kept.pop(question.key, None)

    def query(self, without: Iterable[str] = ()) -> dict[str, str]:
        """The answers as fields of an address or of hidden inputs."""
        left = {key: text for key, text in self.given.items() if key not in without}
        return {PREFIX + key: shown(self.model.questions[key], text) for key, text in left.items()}

    def is_answered(self, step: int) -> bool:
        return any(question.key in self.given for question in self.model.steps[step - 1])

    def nothing_given(self, step: int) -> NothingGiven:
        questions = self.model.steps[step - 1]
        group = self.model.groups.get(questions[0].group)
        return NothingGiven(key=questions[0].key, question=group.ask if group else questions[0].title)


def step_of(model: Model, key: str) -> int:
    """The number of the step, from 1, that asks this question."""
    return next(i for i, step in enumerate(model.steps, 1) if key in (question.key for question in step))


def step_form(sheet: Sheet, step: int, fault: BadAnswer | None) -> PortalForm:
    """The form of one step with what was typed, and the fault beside its field."""
    typed = {key: shown(sheet.model.questions[key], text) for key, text in sheet.given.items()}
    return question_form(sheet.model.steps[step - 1], typed | dict(sheet.texts), PREFIX, fault)


def question_form(
    questions: Iterable[Question], typed: Mapping[str, str], prefix: str, fault: BadAnswer | None
) -> PortalForm:
    """A form of these questions with what was typed, and the fault beside its field."""

    class QuestionForm(PortalForm):
        class Meta:
            csrf = False  # it changes nothing: answers travel in the address

    for question in questions:
        setattr(QuestionForm, question.key, _field(question))
    form = QuestionForm(formdata=None, data=dict(typed), prefix=prefix)
    if fault is not None and str(fault.params["key"]) in form:
        field = form[str(fault.params["key"])]
        field.errors = [message(fault)]
    return form


def _field(question: Question) -> RadioField | StringField:
    spoken = lang()
    title = question.title if question.group else question.ask
    if question.is_choice:
        choices = [SelectChoice(option.key, option.title.in_(spoken)) for option in question.options]
        return RadioField(title.in_(spoken), choices=choices, description=question.hint.in_(spoken))
    return StringField(
        title.in_(spoken),
        description=question.hint.in_(spoken),
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20},
    )


class SendForm(PortalForm):
    email = EmailField(
        _l("E-mail address"),
        validators=[Required()],
        description=_l("We write one letter with the link and the PDF’s address, and then forget yours."),
    )
