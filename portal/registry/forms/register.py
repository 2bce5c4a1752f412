"""Forms of registry staff."""

from babel.support import LazyProxy
from flask_wtf.file import FileField
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp, ValidationError

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.rules.counties import COUNTIES
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.records import CODE, REFERENCE
from portal.registry.rules.search import MAX_TEXT
from portal.web.forms import (
    LineField,
    MoneyField,
    PortalForm,
    Required,
    TextField,
    WholeField,
)
from portal.web.i18n import lang
from portal.web.i18n import lazy_gettext as _


def _in_either(name: Bilingual) -> LazyProxy:
    """A name of our data as a label: in the language of whoever reads the form."""
    return LazyProxy(lambda: name.in_(lang()), enable_cache=False)


class RegisterForm(PortalForm):
    """A search of the register. It looks something up only, so it needs no token."""

    class Meta:
        csrf = False

    q = LineField(
        _("Serial number, project, place or holder’s code"),
        max=MAX_TEXT,
        description=_(
            "For example %(serial)s, a number inside it, 金林 or larch", serial="HLYC-0001-ARR-2024-1-1-1200"
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    type = SelectField(
        _("Type of project"),
        choices=[
            SelectChoice("", _("Any type")),
            SelectChoice(ProjectType.ARR.value, _("Afforestation and reforestation")),
            SelectChoice(ProjectType.IFM.value, _("Forest management")),
            SelectChoice(ProjectType.REDD.value, _("Avoided deforestation and degradation")),
            SelectChoice(ProjectType.OTHER.value, _("Another kind of project")),
        ],
        default="",
    )
    county = SelectField(
        _("County"),
        choices=[
            SelectChoice("", _("Any county")),
            *(SelectChoice(code, _in_either(name)) for code, name in COUNTIES.items()),
        ],
        default="",
    )
    vintage = WholeField(_("Vintage (year)"), low=1990, high=2100)


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
