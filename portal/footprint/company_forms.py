"""Forms of organisers and of attendees."""

from dataclasses import dataclass

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from portal.footprint.forms import PREFIX
from portal.footprint.rules.answers import Given, from_form, shown
from portal.footprint.rules.attendees import BANDS, CABIN_TITLES, CABINS, MODE_TITLES, MOST_IN_A_CAR, Mode
from portal.footprint.rules.errors import BadAnswer, UnknownAnswer
from portal.footprint.rules.events import EXCLUSIONS_MAX, TITLE_MAX
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import Question
from portal.web.forms import BooleanField, LineField, PortalForm, Required, TextField, clean_line
from portal.web.i18n import gettext, lang, message
from portal.web.i18n import lazy_gettext as _


class EventForm(PortalForm):
    title = LineField(_("Name of the event"), validators=[Required()], max=TITLE_MAX)
    organisation = SelectField(
        _("Whose event is it?"),
        description=_("Of an organisation’s event, every member sees and keeps the file."),
    )
    region = SelectField(
        _("Province or city"), description=_("It decides which factors are used for electricity and heat.")
    )
    first_day = DateField(_("First day"), validators=[Required()])
    last_day = DateField(_("Last day"), validators=[Required()])

    def offer(self, model: Model, organisations: list[tuple[str, str]]) -> None:
        """Places that the model knows, and for whom this person may act."""
        self.region.choices = [
            SelectChoice(code, overlay.title.in_(lang())) for code, overlay in sorted(model.overlays.items())
        ]
        if organisations:
            own = SelectChoice("", gettext("Mine alone"))
            self.organisation.choices = [own, *(SelectChoice(*pair) for pair in organisations)]
        else:
            del self.organisation


class SurveyForm(PortalForm):
    first_day = DateField(_("Open from"), validators=[Required()])
    last_day = DateField(_("Open until"), validators=[Required()])


class ActivityFileForm(PortalForm):
    file = FileField(
        _("File with activity data"),
        validators=[FileRequired(_("Choose a file."))],
        description=_(
            "CSV or XLSX made from the template. Nothing is written before you have seen every row."
        ),
    )


class ActivityApplyForm(PortalForm):
    """Confirms a dry run: the file is the one that was looked at, by its digest."""

    token = HiddenField()
    name = HiddenField(filters=[lambda text: clean_line(text or "")[:120]])
    confirmed = BooleanField(_("The Chinese text in the preview is readable (the file is GB18030)."))


class TakeOverForm(PortalForm):
    reports = BooleanField(_("Journeys that attendees reported"))
    activities = BooleanField(_("Activity data from files"))


class FreezeForm(PortalForm):
    digest = HiddenField()
    exclusions = TextField(
        _("What this inventory leaves out beyond the boundary, and why"),
        max=EXCLUSIONS_MAX,
        description=_("It will stand on the event statement. Leave it empty if nothing more is left out."),
    )
    evaluator = LineField(
        _("Who has evaluated it"),
        max=TITLE_MAX,
        description=_("The organisation that checked it. Left empty, the inventory is self-declared."),
    )
    confirmed = BooleanField(_("This inventory is final. I know that freezing cannot be undone."))


class TakeBackForm(PortalForm):
    """Nothing to fill in: it only proves that the page is ours."""


# ---- all answers on one page


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """Answers typed on one page: those that hold, the form as it was typed, and what is wrong with it."""

    form: PortalForm
    given: Given
    is_sound: bool


def answers_form(model: Model, typed: dict[str, str] | None, given: Given) -> AnswerSheet:
    """The page with what was typed, or else with what is known (``given``)."""

    class AnswersForm(PortalForm):
        class Meta:
            csrf = False  # the page carries the token itself, and every POST of the site is checked for it

    for question in asked(model):
        setattr(AnswersForm, question.key, _field(question))
    known = {key: shown(model.questions[key], text) for key, text in given.items() if key in model.questions}
    if typed is None:
        return AnswerSheet(AnswersForm(formdata=None, data=known, prefix=PREFIX), given, True)
    form = AnswersForm(formdata=None, data=typed, prefix=PREFIX)
    kept, sound = dict(typed), True
    while True:
        try:
            return AnswerSheet(form, from_form(model, kept), sound)
        except UnknownAnswer:
            raise
        except BadAnswer as fault:
            sound = False
            _blame(model, form, fault, kept)


def _blame(model: Model, form: PortalForm, fault: BadAnswer, kept: dict[str, str]) -> None:
    """Lay a fault beside its field, and leave its question (or its group of shares) out of the next try."""
    key = str(fault.params["key"])
    form[key].errors = [*form[key].errors, message(fault)]
    group = model.questions[key].group
    for question in asked(model):
        if question.key == key or (group and question.group == group):
            kept.pop(question.key, None)


def asked(model: Model) -> list[Question]:
    return [question for question in model.questions.values() if not question.is_skipped]


def _field(question: Question) -> SelectField | StringField:
    spoken = lang()
    title = question.title if question.group or question.expert else question.ask
    if question.is_choice:
        unknown = SelectChoice("", question.unsure.in_(spoken))
        options = [SelectChoice(option.key, option.title.in_(spoken)) for option in question.options]
        return SelectField(
            title.in_(spoken),
            choices=[unknown, *options],
            validate_choice=False,
            description=question.hint.in_(spoken),
        )
    return StringField(
        title.in_(spoken),
        description=question.hint.in_(spoken),
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20},
    )


# ---- three questions to attendees


class JourneyStep(PortalForm):
    class Meta:
        csrf = False  # answers travel in the address until they are sent


class DistanceForm(JourneyStep):
    band = RadioField(
        _("How far did you travel to get here, one way?"),
        description=_("By the way you took; for a flight, as the crow flies."),
    )
    km = StringField(
        _("Or write the kilometres, if you know them"),
        description=_("Beyond 4,000 km please write them."),
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 8},
    )

    def offer(self) -> None:
        self.band.choices = [SelectChoice(band.key, band.title.in_(lang())) for band in BANDS.values()]


class ModeForm(JourneyStep):
    mode = RadioField(_("How did you travel most of the way?"))

    def offer(self) -> None:
        self.mode.choices = [SelectChoice(mode.value, MODE_TITLES[mode].in_(lang())) for mode in Mode]


class CabinForm(PortalForm):
    cabin = RadioField(_("In which class?"))

    def offer(self, mode: Mode) -> None:
        self.cabin.choices = [
            SelectChoice(cabin, CABIN_TITLES[mode, cabin].in_(lang())) for cabin in CABINS[mode]
        ]


class OccupantsForm(PortalForm):
    occupants = RadioField(_("How many people were in the car, with you? In a taxi, without the driver."))

    def offer(self, mode: Mode) -> None:
        self.occupants.choices = [
            SelectChoice(str(count), str(count)) for count in range(1, MOST_IN_A_CAR + 1)
        ]


class SendForm(PortalForm):
    def offer(self, mode: Mode) -> None:
        """Nothing more is asked."""
