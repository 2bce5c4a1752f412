"""Forms of what comes after a promise: plan, report, decision of staff."""

from wtforms import HiddenField

from portal.pledges.forms.papers import PaperFields
from portal.pledges.forms.promise import TonnesField
from portal.pledges.rules import course, evidence, plans
from portal.pledges.rules.promise import LAST_YEAR
from portal.web.forms import (
    LineField,
    Optional,
    PortalForm,
    Required,
    SelectField,
    TextField,
    WholeField,
)
from portal.web.i18n import lazy_gettext


class OwnActionForm(PortalForm):
    """An action in one's own words; ``draft`` is its id, so that a double click adds one."""

    draft = HiddenField()
    title = LineField(lazy_gettext("What will you do?"), validators=[Required()], max=plans.TITLE_MAX)
    year = WholeField(lazy_gettext("By which year?"), validators=[Optional()], low=1, high=LAST_YEAR)


class ReportForm(PortalForm):
    """A year by a footprint of one's own: from the list, or by its link."""

    draft = HiddenField()
    year = WholeField(lazy_gettext("Year"), validators=[Required()], low=1, high=LAST_YEAR)
    footprint = SelectField(lazy_gettext("One of your footprints"), validators=[Optional()], default="")
    link = LineField(
        lazy_gettext("Link to the footprint"),
        validators=[Optional()],
        description=lazy_gettext("The whole address of its page, as you were given it."),
        max=400,
    )
    note = TextField(
        lazy_gettext("What has changed, and why"),
        validators=[Optional()],
        max=course.NOTE_MAX,
        render_kw={"rows": 3, "maxlength": course.NOTE_MAX},
    )


class PaperReportForm(PaperFields):
    """A year by a number of one's own and its document."""

    draft = HiddenField()
    year = WholeField(lazy_gettext("Year"), validators=[Required()], low=1, high=LAST_YEAR)
    emissions = TonnesField(
        lazy_gettext("Emissions of that year"),
        validators=[Required()],
        description=lazy_gettext("In tonnes of CO₂e, for the same boundary as the baseline."),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    note = TextField(
        lazy_gettext("What has changed, and why"),
        validators=[Optional()],
        max=course.NOTE_MAX,
        render_kw={"rows": 3, "maxlength": course.NOTE_MAX},
    )


class VerdictForm(PortalForm):
    """What staff make of a document; the button says which."""

    reason = TextField(
        lazy_gettext("Reason, if it is refused"),
        validators=[Optional()],
        description=lazy_gettext("Its owner reads it: what is missing, and how to put it right."),
        max=evidence.NOTE_MAX,
        render_kw={"rows": 3, "maxlength": evidence.NOTE_MAX},
    )
