"""Forms of registry staff."""

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp, ValidationError

from portal.kernel import clock
from portal.registry.rules.imports import READERS
from portal.registry.rules.records import CODE, REFERENCE
from portal.web.forms import (
    BooleanField,
    LineField,
    MoneyField,
    PortalForm,
    Required,
    TextField,
    WholeField,
    clean_line,
)
from portal.web.i18n import lazy_gettext as _

KNOWN_REGISTRIES = {"verra": "Verra"}


class ImportForm(PortalForm):
    registry = SelectField(
        _("Source registry"),
        choices=[SelectChoice(name, KNOWN_REGISTRIES.get(name, name)) for name in READERS],
    )
    file = FileField(
        _("Export file"),
        validators=[FileRequired(_("Choose a file."))],
        description=_(
            "CSV as the registry gives it. Nothing is written before you have seen what would happen."
        ),
    )


class ApplyForm(PortalForm):
    """Confirms a dry run: the file is the one that was looked at, by its digest."""

    token = HiddenField()
    name = HiddenField(filters=[lambda text: clean_line(text or "")[:120]])
    confirmed = BooleanField(_("The Chinese text in the preview is readable (the file is GB18030)."))


class LotForm(PortalForm):
    code = LineField(
        _("Lot code"),
        validators=[
            Required(),
            Regexp(f"({CODE})$", message=_("Use letters, digits, dots and hyphens only.")),
        ],
        max=60,
        description=_("For example VCS-4268-2024-A"),
    )
    serials = TextField(
        _("Serials"),
        validators=[Required()],
        max=4000,
        description=_("One source serial a line, exactly as in the register."),
    )
    tonnes = WholeField(
        _("Tonnes retired for this lot"),
        low=1,
        high=10_000_000,
        validators=[Required()],
        description=_("Whole tonnes."),
    )
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
    proof = FileField(
        _("Retirement record"),
        description=_("PDF, image or text, at most 10 MB. It is published beside the lot."),
    )
    proof_url = LineField(_("Or its address at the source registry"), max=300)
    price = MoneyField(_("Price per tonne"), validators=[Required()])
    rank = WholeField(
        _("Place in the list"), low=1, high=9_999, validators=[Required()], description=_("1 comes first.")
    )

    def validate_retired_on(self, field: DateField) -> None:
        """The tonnes are gone at their source before anybody can have a part of them."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day has not come yet."))


class KeptHeadForm(PortalForm):
    """A signed head of the log that somebody kept. It is only compared, so it needs no token."""

    class Meta:
        csrf = False

    kept = TextField(
        _("The head that you kept"),
        validators=[Required()],
        max=20_000,
        description=_("All of it, from the log’s name to the signature."),
        render_kw={"rows": 6, "spellcheck": "false", "autocomplete": "off"},
    )


class WitnessForm(PortalForm):
    key = LineField(
        _("Public key of the witness"),
        validators=[Required()],
        max=400,
        description=_("As the witness publishes it: name, id and key, joined by plus signs."),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )
    about_zh = LineField(_("Who it is, in Chinese"), max=120)
    about_en = LineField(_("Who it is, in English"), max=120)


class CosignedForm(PortalForm):
    note = TextField(
        _("Checkpoint with the witnesses’ lines"),
        validators=[Required()],
        max=20_000,
        render_kw={"rows": 8, "spellcheck": "false", "autocomplete": "off"},
    )
