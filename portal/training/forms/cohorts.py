"""Forms of the classroom: a class, its list of learners, and who runs it."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import DateField, HiddenField, SelectMultipleField
from wtforms.fields.choices import SelectChoice

from portal.kernel.clock import CITY
from portal.training.rules.classes import MOST_SESSIONS, NAME_MAX, PLACE_MAX, REASON_MAX, CohortDraft
from portal.training.rules.zones import OFTEN, known_zones
from portal.web.forms import (
    BooleanField,
    EmailField,
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    SelectField,
    TextField,
    WholeField,
)
from portal.web.i18n import city_of, gettext, lang, zone_name
from portal.web.i18n import lazy_gettext as _

_LANGUAGES = [SelectChoice("zh", "中文"), SelectChoice("en", "English")]


def said_in_words(field: Any, text: str) -> None:
    """The parser's own message, which is English only, in ours."""
    if field.process_errors:
        field.process_errors = [text]


def _placed(zone: str) -> str:
    """By part of the world, as the list is ordered, with the place in the reader's language."""
    place = city_of(zone, lang())
    return zone if place.replace(" ", "_") in zone else f"{zone} · {place}"


class CohortForm(PortalForm):
    name = LineField(
        _("Name of the class"), max=NAME_MAX, validators=[Required()],
        description=_("As it will stand on certificates, such as “Wuying, December 2026”."),
    )  # fmt: skip
    place = LineField(_("Place of the class"), max=PLACE_MAX, validators=[Optional()])
    first_day = DateField(_("First day"), validators=[Required()])
    last_day = DateField(_("Last day"), validators=[Required()])
    time_zone = SelectField(
        _("Time zone of the class"), default=CITY.key, validators=[Required()],
        description=_("By whose clock it meets. Sessions that are planned already keep their moment."),
    )  # fmt: skip
    lang = RadioField(
        _("Language of the class"), choices=_LANGUAGES, default="zh", validators=[Required()],
        description=_("Lists and sheets begin with it; each learner may choose another."),
    )  # fmt: skip
    sessions_required = WholeField(
        _("How many sessions must be attended"), low=0, high=MOST_SESSIONS, default=0,
        validators=[Optional()],
        description=_("0 if being there is not asked for. Learners see this rule from the first day."),
    )  # fmt: skip

    def process(self, *args: Any, **kwargs: Any) -> None:
        self.time_zone.choices = {
            gettext("Often used"): [SelectChoice(each, zone_name(each)) for each in OFTEN],
            gettext("All others"): [
                SelectChoice(each, _placed(each)) for each in known_zones() if each not in OFTEN
            ],
        }
        super().process(*args, **kwargs)
        for field in (self.first_day, self.last_day):
            said_in_words(field, gettext("Write the day as 2026-12-31."))

    @property
    def draft(self) -> CohortDraft:
        return CohortDraft(
            name=self.name.data or "",
            place=self.place.data or "",
            first_day=self.first_day.data,
            last_day=self.last_day.data,
            sessions_required=self.sessions_required.value or 0,
            lang=self.lang.data,
            time_zone=self.time_zone.data or CITY.key,
        )


class NewCohortForm(CohortForm):
    cohort = HiddenField()
    version = SelectField(_("Course"), validators=[Required()])


class RosterForm(PortalForm):
    """A list from a file, or typed; ``token`` is the file that was looked at, by its digest."""

    roster = HiddenField()
    token = HiddenField()
    file_name = HiddenField()
    file = FileField(
        _("File"),
        description=_("XLSX or CSV, at most 500 people. Titles, empty lines and other columns do no harm."),
    )
    typed = TextField(
        _("Or type the names"), max=20_000, validators=[Optional()], render_kw={"rows": 6},
        description=_("One person a line; an e-mail address may follow after a comma."),
    )  # fmt: skip
    lang = RadioField(
        _("Language of those for whom the list says none"), choices=_LANGUAGES, validators=[Required()]
    )
    without = BooleanField(_("Leave out the rows that cannot be used"))
    writes = BooleanField(
        _("Write a letter to everybody who has an e-mail address"),
        description=_("With the name of the class and how to join; never between 21:00 and 08:00."),
    )


class CorrectionForm(PortalForm):
    """A sheet typed in again; its answers are read by the page."""

    sheet_lang = SelectField(_("Language of the sheet"), choices=_LANGUAGES, validators=[Required()])
    reason = LineField(
        _("Why it is corrected"), max=REASON_MAX, validators=[Required()],
        description=_("The learner and the auditors read it, such as: question 4 was misread."),
    )  # fmt: skip


class TrainerForm(PortalForm):
    email = EmailField(_("E-mail address of another trainer"), validators=[Required()])


class ChosenForm(PortalForm):
    """Learners that were ticked."""

    chosen = SelectMultipleField(_("Learners"), validate_choice=False)


class PressForm(PortalForm):
    """One button."""
