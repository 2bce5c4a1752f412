"""The forms of campaigns: the organiser's, and what a participant is asked besides the calculator."""

from datetime import date
from typing import Any

from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.footprint.rules import library
from portal.footprint.rules.campaigns import (
    GROUP_MAX,
    INVITATION_MAX,
    LARGEST,
    MOST_GROUPS,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    OPTION_MAX,
    QUESTION_MAX,
    TITLE_MAX,
    Draft,
    Kind,
    OwnQuestion,
)
from portal.footprint.rules.group_figures import PER_PERSON
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.web.forms import (
    BooleanField,
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    SelectField,
    TextField,
    WholeField,
    clean_line,
)
from portal.web.i18n import _, lang, lazy_gettext


class DayField(LineField):
    """A civil day; ``value`` is a date."""

    value: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, max=10, render_kw={"type": "date"}, **kwargs)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if not self.data:
            return
        try:
            self.value = date.fromisoformat(self.data)
        except ValueError:
            raise ValidationError(_("Write the day as year-month-day, for example 2026-12-31.")) from None
        if not clock.is_of_our_time(self.value):
            raise ValidationError(_("Choose a day between 1900 and 2999."))


class CampaignForm(PortalForm):
    organisation = SelectField(lazy_gettext("For whom?"))
    calculator = RadioField(lazy_gettext("Which calculator?"))
    form = RadioField(
        lazy_gettext("How many questions?"),
        choices=[
            SelectChoice("short", lazy_gettext("The short form, a few minutes")),
            SelectChoice("full", lazy_gettext("The full form, with all questions")),
        ],
        default="short",
    )
    title_zh = LineField(lazy_gettext("Title in Chinese"), [Optional()], max=TITLE_MAX)
    title_en = LineField(
        lazy_gettext("Title in English"),
        [Optional()],
        max=TITLE_MAX,
        description=lazy_gettext("One of the two titles is enough."),
    )
    invitation_zh = LineField(
        lazy_gettext("A sentence of invitation in Chinese"), [Optional()], max=INVITATION_MAX
    )
    invitation_en = LineField(
        lazy_gettext("A sentence of invitation in English"), [Optional()], max=INVITATION_MAX
    )
    opens = DayField(lazy_gettext("First day"), [Required()])
    closes = DayField(
        lazy_gettext("Last day"), [Required()], description=lazy_gettext("The whole day, Beijing time.")
    )
    groups = TextField(
        lazy_gettext("Sub-groups"),
        [Optional()],
        max=MOST_GROUPS * (GROUP_MAX + 2),
        description=lazy_gettext(
            "Such as classes or departments, one on each line, at most 50. "
            "Sub-groups of fewer than five people are never shown by themselves."
        ),
        render_kw={"rows": 5},
    )
    is_private = BooleanField(
        lazy_gettext("Show the figures to the organiser only"),
        description=lazy_gettext("Without the tick, everybody with the link can see them."),
    )

    def draft(self) -> Draft:
        """What was asked for. Raises InvalidInput's kin from rules/campaigns.py only when checked."""
        model_id, _dot, audience = (self.calculator.data or "").partition(".")
        return Draft(
            model_id=model_id,
            audience=audience,
            form=self.form.data or "short",
            title=Bilingual(self.title_zh.data or "", self.title_en.data or ""),
            invitation=Bilingual(self.invitation_zh.data or "", self.invitation_en.data or ""),
            opens=self.opens.value,
            closes=self.closes.value,
            groups=tuple(filter(None, map(clean_line, (self.groups.data or "").splitlines()))),
            questions=tuple(
                self._question(number) for number in range(1, MOST_QUESTIONS + 1) if self.asks(number)
            ),
            is_private=bool(self.is_private.data),
            organisation_id=self.organisation.data or "",
        )

    def asks(self, number: int) -> bool:
        return bool(self[f"zh{number}"].data or self[f"en{number}"].data)

    def _question(self, number: int) -> OwnQuestion:
        kind = Kind(self[f"kind{number}"].data)
        lines = (self[f"options{number}"].data or "").splitlines() if kind is Kind.CHOICE else []
        low, high = (self[f"{end}{number}"].value if kind is Kind.WHOLE else 0 for end in ("low", "high"))
        return OwnQuestion(
            Bilingual(self[f"zh{number}"].data or "", self[f"en{number}"].data or ""),
            kind,
            tuple(_option(line) for line in lines if clean_line(line)),
            low or 0,
            high or 0,
        )


def _option(line: str) -> Bilingual:
    """``中文 | English``; without the stroke the same text stands in both languages."""
    zh, stroke, en = line.replace("｜", "|").partition("|")
    return (
        Bilingual(clean_line(zh), clean_line(en)) if stroke else Bilingual(clean_line(line), clean_line(line))
    )


def _ask_for_questions() -> None:
    """The same six fields for each of the organiser's questions."""
    kinds = [
        SelectChoice(Kind.CHOICE.value, lazy_gettext("One of several choices")),
        SelectChoice(Kind.WHOLE.value, lazy_gettext("A whole number")),
        SelectChoice(Kind.YES_NO.value, lazy_gettext("Yes or no")),
    ]
    hint = lazy_gettext("For several choices: 2 to 8, one on each line; both languages as “中文 | English”.")
    longest = MOST_OPTIONS * (2 * OPTION_MAX + 5)
    for number in range(1, MOST_QUESTIONS + 1):
        fields = {
            "zh": LineField(lazy_gettext("Question in Chinese"), [Optional()], max=QUESTION_MAX),
            "en": LineField(lazy_gettext("Question in English"), [Optional()], max=QUESTION_MAX),
            "kind": SelectField(lazy_gettext("Kind of answer"), choices=kinds, default=Kind.YES_NO.value),
            "options": TextField(
                lazy_gettext("Choices"), [Optional()], max=longest, description=hint, render_kw={"rows": 3}
            ),
            "low": WholeField(lazy_gettext("Smallest number"), [Optional()], low=-LARGEST, high=LARGEST),
            "high": WholeField(lazy_gettext("Largest number"), [Optional()], low=-LARGEST, high=LARGEST),
        }
        for name, each in fields.items():
            setattr(CampaignForm, f"{name}{number}", each)


_ask_for_questions()


def calculators() -> list[SelectChoice]:
    """Every calculator that says something per person, also as put to an audience, by ``id.audience``."""
    found = []
    for model in library.models():
        if PER_PERSON not in model.measures:
            continue
        found.append(SelectChoice(f"{model.id}.", model.title.in_(lang())))
        for key, audience in model.audiences.items():
            title = _(
                "%(title)s, for: %(audience)s",
                title=model.title.in_(lang()),
                audience=audience.title.in_(lang()),
            )
            found.append(SelectChoice(f"{model.id}.{key}", title))
    return found


NEW, AGAIN = "new", "again"


class JoinForm(PortalForm):
    """``again``: whether the answers given from this browser are replaced, where there are any."""

    footprint = HiddenField()
    k = HiddenField()


def join_form(groups: tuple[str, ...], questions: tuple[OwnQuestion, ...], *, took_part: bool) -> JoinForm:
    """The form of one campaign: its sub-groups and its own questions."""

    class OneJoinForm(JoinForm):
        pass

    if took_part:
        choices = [
            SelectChoice(AGAIN, _("Replace the answers given before in this browser")),
            SelectChoice(NEW, _("I am somebody else: keep those and add mine")),
        ]
        OneJoinForm.again = RadioField(_("You have already taken part"), choices=choices, default=AGAIN)
    if groups:
        words = [SelectChoice(name, name) for name in groups]
        OneJoinForm.group = RadioField(_("Your sub-group"), choices=words, validate_choice=False)
    for number, question in enumerate(questions):
        setattr(OneJoinForm, f"x{number}", _extra(question))
    return OneJoinForm()


def _extra(question: OwnQuestion) -> Any:
    title = text_of(question.text)
    if question.kind is Kind.WHOLE:
        hint = _("A whole number from %(low)s to %(high)s.", low=question.low, high=question.high)
        return LineField(title, [Optional()], max=12, description=hint, render_kw={"inputmode": "numeric"})
    choices = [SelectChoice("", _("No answer"))]
    choices += [SelectChoice(key, cell_words(question, key)) for key in question.cells]
    return RadioField(title, choices=choices, default="", validate_choice=False)


def text_of(text: Bilingual) -> str:
    """An organiser's text in the page's language, or in the one there is."""
    return text.in_(lang()) or text.zh or text.en


def cell_words(question: OwnQuestion, cell: str) -> str:
    """What an answer's cell is called."""
    known = question.cells.get(cell)
    if isinstance(known, Bilingual):
        return text_of(known)
    if isinstance(known, tuple):
        low, high = known
        return str(low) if low == high else _("%(low)s to %(high)s", low=low, high=high)
    return {"yes": _("Yes"), "no": _("No")}.get(cell, _("No answer"))
