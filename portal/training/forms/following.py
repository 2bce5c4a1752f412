"""The form that asks what became of it."""

from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from portal.kernel.mass import Mass
from portal.training.rules.following import Kept, Told, check_footprint
from portal.web.forms import MassField, PortalForm, RadioField, Required
from portal.web.i18n import lazy_gettext as _


class FootprintField(MassField):
    def parse(self, text: str) -> Mass:
        mass = super().parse(text)
        check_footprint(mass)
        return mass


class FollowUpForm(PortalForm):
    pledge = RadioField(
        _("What you promised at the end of the course: did you keep it?"),
        validators=[Required()],
        choices=[
            SelectChoice(Kept.KEPT, _("Yes, all of it")),
            SelectChoice(Kept.PARTLY, _("In part")),
            SelectChoice(Kept.NOT_KEPT, _("Not kept")),
            SelectChoice(Kept.NONE, _("I promised nothing")),
        ],
    )
    before = FootprintField(
        _("Your footprint at the time of the course, in kg a year"),
        validators=[Optional()],
        description=_("As the calculator gave it, for one person. Leave it empty where you do not know it."),
        render_kw={"inputmode": "decimal"},
    )
    now = FootprintField(
        _("Your footprint now, in kg a year"),
        validators=[Optional()],
        description=_("Worked out again in the same way, or left empty."),
        render_kw={"inputmode": "decimal"},
    )

    @property
    def told(self) -> Told:
        return Told(Kept(self.pledge.data), self.before.value, self.now.value)
