"""The pledge's form; it yields kernel values."""

from typing import Any

from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice

from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.pledges.rules import LAST_YEAR, MOTIVE_MAX, NAME_MAX, PercentOutOfRange, YearOutOfRange, years
from portal.web.forms import (
    BooleanField,
    EmailField,
    LineField,
    MassField,
    Optional,
    OutOfRange,
    PortalForm,
    RadioField,
    Required,
    TextField,
    WholeField,
)
from portal.web.i18n import _, lazy_gettext

PERCENT, KILOGRAMS = "percent", "kg"


class _PercentField(WholeField):
    def parse(self, text: str) -> int:
        try:
            return super().parse(text)
        except OutOfRange:
            raise PercentOutOfRange() from None


class _YearField(WholeField):
    """A year is not a quantity: it is never written with a thousands separator."""

    def parse(self, text: str) -> int:
        first, last = years(clock.today())
        try:
            year = super().parse(text)
        except OutOfRange:
            year = 0
        if not first <= year <= last:
            raise YearOutOfRange(first=str(first), last=str(last))
        return year


class PledgeForm(PortalForm):
    draft = HiddenField()  # id and key of the pledge to be: see views
    by = RadioField(
        lazy_gettext("How do you want to put it?"),
        choices=[
            SelectChoice(PERCENT, lazy_gettext("As a part of the footprint")),
            SelectChoice(KILOGRAMS, lazy_gettext("In kilograms")),
        ],
        default=PERCENT,
    )
    percent = _PercentField(
        lazy_gettext("Cut by how many per cent?"),
        description=lazy_gettext("For the first choice: a whole number from 1 to 100."),
        low=1,
        high=100,
    )
    kg = MassField(
        lazy_gettext("Cut by how many kilograms?"),
        description=lazy_gettext("For the second choice: at most the whole footprint."),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    year = _YearField(lazy_gettext("By which year?"), validators=[Required()], low=1, high=LAST_YEAR)
    is_public = BooleanField(
        lazy_gettext("Show this pledge on the public wall"),
        description=lazy_gettext("Without the tick only you, and whoever has its link, can see it."),
    )
    name = LineField(
        lazy_gettext("Name to show"),
        validators=[Optional()],
        description=lazy_gettext(
            "A person, a family, a company or an event. Without one the wall says “Somebody”."
        ),
        max=NAME_MAX,
    )
    motive = TextField(
        lazy_gettext("Why you do it, or how"),
        validators=[Optional()],
        description=lazy_gettext("At most 500 characters."),
        max=MOTIVE_MAX,
        render_kw={"rows": 3, "maxlength": MOTIVE_MAX},
    )
    email = EmailField(
        lazy_gettext("E-mail address"),
        validators=[Optional()],
        description=lazy_gettext("We send you the link to your pledge once, nothing else."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: the number that belongs to the choice must be there; the other one does not matter."""
        unused = self.kg if self.by.data == PERCENT else self.percent
        unused.data = None  # what was typed there is still shown again
        if not super().validate(extra_validators):
            return False
        if self.aim is None:
            wanted = self.percent if self.by.data == PERCENT else self.kg
            wanted.errors = [*wanted.errors, _("Please fill this in.")]
            return False
        return True

    @property
    def aim(self) -> int | Mass | None:
        """Whole per cent or kilograms, as chosen."""
        return self.percent.value if self.by.data == PERCENT else self.kg.value


class ActionForm(PortalForm):
    """One button that does something to a pledge."""
