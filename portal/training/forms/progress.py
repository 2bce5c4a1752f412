"""Forms about a learner's progress: a trainer's word, and a few words to learners."""

from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice

from portal.training.rules.classes import REASON_MAX
from portal.training.rules.nudging import TEXT_MAX
from portal.web.forms import LineField, PortalForm, RadioField, Required, SelectField, TextField
from portal.web.i18n import lazy_gettext as _


class OverrideForm(PortalForm):
    requirement = SelectField(_("Requirement"), validators=[Required()])
    is_met = RadioField(
        _("Your decision"), choices=[
            SelectChoice("yes", _("It counts as met")), SelectChoice("no", _("It counts as not met")),
        ],
        validators=[Required()],
    )  # fmt: skip
    reason = LineField(
        _("Reason"), max=REASON_MAX, validators=[Required()],
        description=_("The learner and the auditors read it; it stays on record."),
    )  # fmt: skip


class NudgeForm(PortalForm):
    """A few words to the learners that are ticked."""

    chosen = SelectMultipleField(_("Learners"), validate_choice=False)
    text = TextField(_("What you want to say"), max=TEXT_MAX, validators=[Required()], render_kw={"rows": 4})
