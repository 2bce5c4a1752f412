"""Forms of groups and challenges."""

from wtforms import HiddenField
from wtforms.fields import DateField
from wtforms.fields.choices import SelectChoice

from portal.pledges.rules.together import ABOUT_MAX, MOST_GOAL, NAME_MAX, Goal, GroupKind
from portal.pledges.words import GOALS, GROUP_KINDS
from portal.registry.rules.counties import CITY, COUNTIES, county_name
from portal.web.forms import (
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    SelectField,
    TextField,
    WholeField,
)
from portal.web.i18n import _, lang, lazy_gettext


class GroupForm(PortalForm):
    draft = HiddenField()
    name = LineField(lazy_gettext("Name of the group"), validators=[Required()], max=NAME_MAX)
    kind = RadioField(
        lazy_gettext("What kind of group?"),
        choices=[SelectChoice(kind.value, words) for kind, words in GROUP_KINDS.items()],
        default=GroupKind.CLASS.value,
    )
    organisation = SelectField(lazy_gettext("In whose name?"), choices=[], default="")
    county = SelectField(lazy_gettext("County or district"), default="")
    about = TextField(
        lazy_gettext("What you want to do together"),
        validators=[Optional()],
        max=ABOUT_MAX,
        render_kw={"rows": 3, "maxlength": ABOUT_MAX},
    )

    def offer(self, organisations: list[tuple[str, str]]) -> None:
        self.county.choices = [
            ("", _("Rather not say")),
            *((code, county_name(code).in_(lang())) for code in (CITY, *COUNTIES)),
        ]
        if organisations:
            self.organisation.choices = [("", _("My own")), *organisations]
        else:
            del self.organisation


class ChallengeForm(PortalForm):
    draft = HiddenField()
    name = LineField(lazy_gettext("Name of the challenge"), validators=[Required()], max=NAME_MAX)
    about = TextField(
        lazy_gettext("What it is about"),
        validators=[Optional()],
        max=ABOUT_MAX,
        render_kw={"rows": 3, "maxlength": ABOUT_MAX},
    )
    first_day = DateField(lazy_gettext("First day"), validators=[Required()])
    last_day = DateField(lazy_gettext("Last day"), validators=[Required()])
    goal = RadioField(
        lazy_gettext("What counts?"),
        choices=[SelectChoice(goal.value, words) for goal, words in GOALS.items()],
        default=Goal.ACTIONS.value,
    )
    aim = WholeField(
        lazy_gettext("Goal, by all groups together"), validators=[Required()], low=1, high=MOST_GOAL
    )


class JoinForm(PortalForm):
    code = LineField(lazy_gettext("Code of the group"), validators=[Required()], max=40)


class EnterForm(PortalForm):
    group = SelectField(lazy_gettext("One of your groups"), validators=[Required()])
