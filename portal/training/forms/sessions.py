"""Forms of sessions: when and where, who was there, and signing in."""

from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, HiddenField, SelectMultipleField, TimeField, ValidationError

from portal.kernel.errors import InvalidInput
from portal.training.forms.cohorts import said_in_words
from portal.training.rules.attendance import MOST_HEADS, TITLE_MAX, SessionDraft
from portal.training.rules.classes import PLACE_MAX
from portal.training.rules.zones import moment
from portal.web.forms import BooleanField, LineField, Optional, PortalForm, Required, WholeField
from portal.web.i18n import gettext, message, zone_name
from portal.web.i18n import lazy_gettext as _


class SessionForm(PortalForm):
    session = HiddenField()
    title = LineField(_("Topic of the session"), max=TITLE_MAX, validators=[Optional()])
    day = DateField(_("Day"), validators=[Required()])
    starts = TimeField(_("From"), validators=[Required()])
    ends = TimeField(_("To"), validators=[Required()])
    place = LineField(_("Place of the session"), max=PLACE_MAX, validators=[Optional()])

    def __init__(self, zone: ZoneInfo, **kwargs: Any) -> None:
        """Times are those of the clocks in ``zone``."""
        super().__init__(**kwargs)
        self._zone = zone
        self.starts.description = gettext("%(zone)s, such as 08:30.", zone=zone_name(zone.key))

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        said_in_words(self.day, gettext("Write the day as 2026-12-31."))
        for field in (self.starts, self.ends):
            said_in_words(field, gettext("Write the time as 08:30."))

    def validate_starts(self, field: TimeField) -> None:
        """Some nights have an hour less or one twice, where clocks are put forward and back."""
        if self.day.data and not self.day.errors and field.data:
            try:
                moment(self.day.data, field.data, self._zone)
            except InvalidInput as error:
                raise ValidationError(message(error)) from None

    validate_ends = validate_starts

    @property
    def draft(self) -> SessionDraft:
        day, starts, ends = self.day.data, self.starts.data, self.ends.data
        return SessionDraft(
            title=self.title.data or "",
            place=self.place.data or "",
            starts_at=moment(day, starts, self._zone),
            ends_at=moment(day, ends, self._zone),
        )


class ChangeSessionForm(SessionForm):
    writes = BooleanField(_("Write to the learners about it"), default=True)


class TicksForm(PortalForm):
    """Who was there, ticked; and how many heads there were."""

    present = SelectMultipleField(_("Who was there"), validate_choice=False)
    heads = WholeField(
        _("Head-count"), low=0, high=MOST_HEADS, validators=[Optional()],
        description=_("How many people sat in the room, learners or not."),
    )  # fmt: skip


class SignInForm(PortalForm):
    """Empty for who is known by account or by this phone."""

    code = LineField(_("Your personal code"), max=40, validators=[Optional()])
