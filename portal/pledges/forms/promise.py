"""The forms of a promise; they yield kernel values."""

from typing import Any

from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice

from portal import consents
from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.pledges.forms.papers import PaperFields
from portal.pledges.rules.makers import BOUNDARY_MAX, EARLIEST_BASELINE, HOUSEHOLD, SECTORS, Maker, Profile
from portal.pledges.rules.promise import (
    LAST_YEAR,
    MOTIVE_MAX,
    NAME_MAX,
    PercentOutOfRange,
    WithdrawalReason,
    YearOutOfRange,
    years,
)
from portal.pledges.words import REASONS
from portal.registry.rules.counties import CITY, COUNTIES, county_name
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
    SelectField,
    TextField,
    WholeField,
)
from portal.web.i18n import _, lang, lazy_gettext

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


class TonnesField(MassField):
    """Tonnes as typed; ``value`` is a Mass greater than zero."""

    def parse(self, text: str) -> Mass:
        return Mass.t(text).quantity()


class PledgeForm(PortalForm):
    """Starting from a footprint. Who signs for no organisation is not asked in whose name."""

    draft = HiddenField()  # id and key of the pledge to be: see views
    maker = SelectField(
        lazy_gettext("In whose name?"), choices=[SelectChoice("", lazy_gettext("My own"))], default=""
    )
    kind = RadioField(
        lazy_gettext("What is the organisation?"),
        choices=[
            SelectChoice(Maker.COMPANY.value, lazy_gettext("A company or public body")),
            SelectChoice(Maker.SCHOOL.value, lazy_gettext("A school")),
        ],
        default=Maker.COMPANY.value,
    )
    sector = SelectField(lazy_gettext("Sector"), default="")
    county = SelectField(lazy_gettext("County or district"), default="")
    baseline_year = WholeField(
        lazy_gettext("Year of the baseline"),
        validators=[Optional()],
        description=lazy_gettext("The year whose emissions the number is about."),
        low=EARLIEST_BASELINE,
        high=LAST_YEAR,
    )
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
    shows_name = BooleanField(
        lazy_gettext(consents.NAME_ON_WALL.words),
        description=lazy_gettext(
            "Without the tick the wall says “Somebody”, and nobody finds it by the name."
        ),
    )
    name = LineField(
        lazy_gettext("Name"),
        validators=[Optional()],
        description=lazy_gettext(
            "A person, a family or an event. An organisation pledges under its own name."
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
        description=lazy_gettext(
            "We send you the link to your pledge once, and letters only if you want them."
        ),
    )
    wants_letters = BooleanField(
        lazy_gettext(consents.LETTERS.words),
        description=lazy_gettext("How the pledge stands and what is due. One click ends it."),
    )

    def offer(self, organisations: list[tuple[str, str]]) -> None:
        """The organisations one signs for, as id and name; and lists in the reader's language."""
        sectors = [(code, name.in_(lang())) for code, name in SECTORS.items() if code != HOUSEHOLD]
        self.sector.choices = [("", _("Please choose")), *sectors]
        self.county.choices = [
            ("", _("Rather not say")),
            *((code, county_name(code).in_(lang())) for code in (CITY, *COUNTIES)),
        ]
        if organisations:
            self.maker.choices = [("", _("My own")), *organisations]
        else:
            for name in ("maker", "kind", "sector"):
                del self[name]

    @property
    def organisation_id(self) -> str:
        return (self.maker.data or "") if "maker" in self else ""

    @property
    def profile(self) -> Profile:
        is_organisation = bool(self.organisation_id)
        return Profile(
            maker=Maker(self.kind.data) if is_organisation else Maker.PERSON,
            organisation_id=self.organisation_id,
            sector=self.sector.data if is_organisation else HOUSEHOLD,
            county=self.county.data or "",
            baseline_year=self.baseline_year.value,
            boundary=self.boundary_text,
            shows_name=bool(self.shows_name.data) or is_organisation,
        )

    boundary_text = ""

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: the number that belongs to the choice must be there; the other one does not matter."""
        unused = self.kg if self.by.data == PERCENT else self.percent
        unused.data = None  # what was typed there is still shown again
        if not super().validate(extra_validators):
            return False
        if self.wants_letters.data and "email" in self and not self.email.data:
            self.email.errors = [*self.email.errors, _("Please fill this in.")]
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


class PaperPledgeForm(PaperFields, PledgeForm):
    """Starting from a number of one's own, with the document it is taken from."""

    emissions = TonnesField(
        lazy_gettext("Emissions of that year"),
        validators=[Required()],
        description=lazy_gettext("In tonnes of CO₂e, as the document has it."),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    boundary = TextField(
        lazy_gettext("What the number covers"),
        validators=[Required()],
        description=lazy_gettext("Sites, fuels, electricity, travel: what is in, and what is left out."),
        max=BOUNDARY_MAX,
        render_kw={"rows": 3, "maxlength": BOUNDARY_MAX},
    )

    @property
    def boundary_text(self) -> str:  # type: ignore[override]
        return (self.boundary.data or "").strip()


class WithdrawalForm(PortalForm):
    reason = RadioField(
        lazy_gettext("Why do you withdraw it?"),
        choices=[SelectChoice(reason.value, words) for reason, words in REASONS.items()],
        validators=[Required()],
        validate_choice=True,
    )
    words = TextField(
        lazy_gettext("In your own words"),
        validators=[Optional()],
        description=lazy_gettext("They stand on the page of the pledge. At most 500 characters."),
        max=MOTIVE_MAX,
        render_kw={"rows": 3, "maxlength": MOTIVE_MAX},
    )

    @property
    def chosen(self) -> WithdrawalReason:
        return WithdrawalReason(self.reason.data)


class CertificateForm(PortalForm):
    name = LineField(lazy_gettext("Name on the certificate"), validators=[Required()], max=NAME_MAX)
    is_public = BooleanField(
        lazy_gettext(consents.NAME_TO_CHECKERS.words),
        description=lazy_gettext("Without the tick only who has the certificate’s own link sees it."),
    )


class ActionForm(PortalForm):
    """One button that does something to a pledge."""
