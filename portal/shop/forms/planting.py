"""Forms of plantings, of named retirements and of other credits; they yield kernel values."""

import re
from datetime import date

from flask_wtf.file import FileField
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp, ValidationError

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.rules.records import REFERENCE
from portal.shop.rules.seedlings import (
    MOST_PLACES,
    MOST_SEEDLINGS,
    TEXT_MAX,
    CampaignDraft,
    ReportKind,
)
from portal.web.forms import (
    LineField,
    MassField,
    MoneyField,
    PortalForm,
    RadioField,
    Required,
    TextField,
    WholeField,
)
from portal.web.i18n import lazy_gettext as _

PHOTOS = (1, 2, 3)


class SeedlingsForm(PortalForm):
    """How many seedlings, and credits beside them if wanted. Its address can be kept and shared."""

    class Meta:
        csrf = False

    seedlings = WholeField(_("Seedlings"), low=1, high=MOST_SEEDLINGS, validators=[Required()])
    kg = MassField(
        _("Verified credits in the same order, in kilograms"),
        description=_(
            "Leave empty for seedlings alone. Credits are a thing of their own, with serial numbers."
        ),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )


class CampaignForm(PortalForm):
    """A planting, in both languages."""

    code = LineField(
        _("Code"),
        validators=[
            Required(),
            Regexp(r"[A-Z0-9][A-Z0-9-]{1,39}$", message=_("Use capital letters, digits and hyphens.")),
        ],
        max=40,
        description=_("For example ZL-2027-SPRING. It stands in the address and does not change."),
    )
    parcel_code = LineField(_("Parcel code"), validators=[Required()], max=60)
    parcel_zh = LineField(_("Parcel in Chinese"), validators=[Required()], max=120)
    parcel_en = LineField(_("Parcel in English"), validators=[Required()], max=120)
    species_zh = LineField(_("Species in Chinese"), validators=[Required()], max=80)
    species_en = LineField(_("Species in English"), validators=[Required()], max=80)
    latin = LineField(_("Botanical name"), validators=[Required()], max=80)
    season_zh = LineField(_("Season in Chinese"), validators=[Required()], max=80)
    season_en = LineField(_("Season in English"), validators=[Required()], max=80)
    planter_zh = LineField(_("Who plants, in Chinese"), validators=[Required()], max=120)
    planter_en = LineField(_("Who plants, in English"), validators=[Required()], max=120)
    about_zh = TextField(_("Description in Chinese"), validators=[Required()], max=TEXT_MAX)
    about_en = TextField(_("Description in English"), validators=[Required()], max=TEXT_MAX)
    each = MoneyField(_("Price of a seedling"), validators=[Required()], render_kw={"inputmode": "decimal"})
    places = WholeField(_("Places for seedlings"), low=1, high=MOST_PLACES, validators=[Required()])
    sales_until = DateField(_("Contributions until"), validators=[Required()])
    planting_from = DateField(_("Planting begins"), validators=[Required()])
    planting_until = DateField(_("Planting ends"), validators=[Required()])

    def draft(self, *, is_demo: bool) -> CampaignDraft:
        def text(name: str) -> Bilingual:
            return Bilingual(self[f"{name}_zh"].data, self[f"{name}_en"].data)

        return CampaignDraft(
            code=self.code.data,
            parcel_code=self.parcel_code.data,
            parcel_name=text("parcel"),
            species=text("species"),
            latin=self.latin.data,
            season=text("season"),
            planter=text("planter"),
            about=text("about"),
            each=self.each.value,
            places=self.places.value,
            sales_until=_day(self.sales_until),
            planting_from=_day(self.planting_from),
            planting_until=_day(self.planting_until),
            is_demo=is_demo,
        )


def _day(field: DateField) -> date:
    day = field.data
    if day is None:
        raise ValueError("asked before the form was validated")
    return day


class PlacesForm(PortalForm):
    places = WholeField(_("Places for seedlings"), low=1, high=MOST_PLACES, validators=[Required()])


def _photo(number: int) -> FileField:
    return FileField(
        _("Photo %(number)s", number=number),
        description=_("JPEG, PNG or WebP, at most 8 MB. Place, time and camera are removed from the file."),
        render_kw={"accept": "image/jpeg,image/png,image/webp"},
    )


class ReportForm(PortalForm):
    """What was counted on a visit, with photos. Somebody who cannot see them reads their description."""

    kind = RadioField(
        _("What is reported?"),
        choices=[
            SelectChoice(ReportKind.PLANTED.value, _("How many were planted")),
            SelectChoice(ReportKind.SURVIVAL.value, _("How many are alive")),
        ],
        validators=[Required()],
    )
    visited_on = DateField(_("Day of the visit"), validators=[Required()], default=clock.today)
    count = WholeField(_("Seedlings counted"), low=0, high=MOST_PLACES, validators=[Required()])
    note_zh = TextField(_("What was found, in Chinese"), validators=[Required()], max=TEXT_MAX)
    note_en = TextField(_("What was found, in English"), validators=[Required()], max=TEXT_MAX)
    photo_1 = _photo(1)
    alt_zh_1 = LineField(_("What photo 1 shows, in Chinese"), max=200)
    alt_en_1 = LineField(_("What photo 1 shows, in English"), max=200)
    photo_2 = _photo(2)
    alt_zh_2 = LineField(_("What photo 2 shows, in Chinese"), max=200)
    alt_en_2 = LineField(_("What photo 2 shows, in English"), max=200)
    photo_3 = _photo(3)
    alt_zh_3 = LineField(_("What photo 3 shows, in Chinese"), max=200)
    alt_en_3 = LineField(_("What photo 3 shows, in English"), max=200)

    @property
    def note(self) -> Bilingual:
        return Bilingual(self.note_zh.data or "", self.note_en.data or "")

    def alt(self, number: int) -> Bilingual:
        return Bilingual(self[f"alt_zh_{number}"].data or "", self[f"alt_en_{number}"].data or "")

    def validate(self, extra_validators: object = None) -> bool:
        """A photo without its description in both languages is not taken."""
        is_valid = super().validate()
        for number in PHOTOS:
            for field in (self[f"alt_zh_{number}"], self[f"alt_en_{number}"]):
                if self[f"photo_{number}"].data and not field.data:
                    field.errors = [*field.errors, _("Say what the photo shows.")]
                    is_valid = False
        return is_valid


class NamedForm(PortalForm):
    """Whole tonnes of one lot, to be retired in the buyer's name."""

    class Meta:
        csrf = False

    lot = SelectField(_("Project"), validators=[Required()], validate_choice=False)
    tonnes = WholeField(_("Tonnes"), low=1, high=1_000, validators=[Required()])


class ProofForm(PortalForm):
    """What the source registry says of tonnes that it retired in a buyer's name."""

    reference = LineField(
        _("Number of the retirement record"),
        validators=[
            Required(),
            Regexp(
                f"({REFERENCE})$", message=_("Write the number without spaces; it has at least one digit.")
            ),
        ],
        max=200,
    )
    retired_on = DateField(_("Retired on"), validators=[Required()], default=clock.today)
    serials = TextField(
        _("Serials"),
        validators=[Required()],
        max=4000,
        description=_("One source serial a line, exactly as in the register."),
    )
    proof = FileField(
        _("Retirement record"),
        description=_("PDF, image or text, at most 10 MB. It is published beside the lot."),
    )

    def validate_retired_on(self, field: DateField) -> None:
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day has not come yet."))

    def validate_proof(self, field: FileField) -> None:
        if not field.data:
            raise ValidationError(_("Choose a file."))

    @property
    def listed(self) -> tuple[str, ...]:
        return tuple(line for line in re.split(r"\s*\n\s*", (self.serials.data or "").strip()) if line)


class OfferForm(PortalForm):
    """Other credits for an order that cannot be delivered, and why, in both languages."""

    lot = SelectField(_("Other lot"), validators=[Required()], validate_choice=False)
    reason_zh = LineField(_("Why, in Chinese"), validators=[Required()], max=300)
    reason_en = LineField(_("Why, in English"), validators=[Required()], max=300)

    @property
    def reason(self) -> Bilingual:
        return Bilingual(self.reason_zh.data or "", self.reason_en.data or "")
