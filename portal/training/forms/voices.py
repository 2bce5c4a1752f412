"""Forms of feedback and of the trainer's ladder."""

from typing import Any

from wtforms import DateField, HiddenField
from wtforms.fields.choices import SelectChoice

from portal.training.forms.cohorts import said_in_words
from portal.training.rules.classes import REASON_MAX
from portal.training.rules.feedback import QUESTION_MAX
from portal.web.forms import (
    EmailField,
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    TextField,
    clean_line,
)
from portal.web.i18n import gettext
from portal.web.i18n import lazy_gettext as _


class FeedbackForm(PortalForm):
    """Questions to a class: the usual five, or one's own."""

    form = HiddenField()
    title = LineField(_("Title"), max=80, validators=[Required()])
    which = RadioField(
        _("Questions"), default="usual", validators=[Required()],
        choices=[
            SelectChoice("usual", _("The usual five, in both languages")),
            SelectChoice("own", _("My own, below")),
        ],
    )  # fmt: skip
    own = TextField(
        _("My own questions"), max=QUESTION_MAX * 12, validators=[Optional()], render_kw={"rows": 5},
        description=_("One a line; they are answered in words."),
    )  # fmt: skip
    closes = DateField(_("Open until"), validators=[Required()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        said_in_words(self.closes, gettext("Write the day as 2026-12-31."))

    @property
    def lines(self) -> list[str]:
        return [line for line in (clean_line(each) for each in (self.own.data or "").splitlines()) if line]


class StepForm(PortalForm):
    email = EmailField(_("E-mail address of the trainer"), validators=[Required()])
    level = RadioField(
        _("Step"), validators=[Required()],
        choices=[
            SelectChoice("facilitator", _("Facilitator")), SelectChoice("trainer", _("Trainer")),
            SelectChoice("lead", _("Lead trainer")),
        ],
    )  # fmt: skip
    reason = LineField(
        _("What it rests on"), max=REASON_MAX, validators=[Required()],
        description=_("Such as a lesson that was watched. It stays on record."),
    )  # fmt: skip
