"""Forms of choosing and of the basket; they yield kernel values."""

from collections.abc import Iterable

from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.mass import Mass
from portal.shop.forms.orders import AmountForm
from portal.shop.rules.seedlings import MOST_SEEDLINGS
from portal.web.forms import MassField, PortalForm, Required, WholeField
from portal.web.i18n import lazy_gettext


class FilterForm(PortalForm):
    """Which credits to look at. A GET form: its address can be kept and shared."""

    class Meta:
        csrf = False

    type = SelectField(
        lazy_gettext("Type of project"),
        choices=[
            SelectChoice("", lazy_gettext("Any type")),
            SelectChoice("ARR", lazy_gettext("Afforestation and reforestation")),
            SelectChoice("IFM", lazy_gettext("Forest management")),
            SelectChoice("REDD", lazy_gettext("Avoided deforestation and degradation")),
        ],
        default="",
    )
    project = SelectField(lazy_gettext("Project"), default="")
    vintage = SelectField(lazy_gettext("Vintage"), default="")
    currency = SelectField(lazy_gettext("Prices in"), default="")

    def offer(
        self, projects: Iterable[tuple[str, str]], years: Iterable[int], currencies: Iterable[str]
    ) -> None:
        """What there is to choose from: projects as (code, name)."""
        self.project.choices = [SelectChoice("", lazy_gettext("Any project"))]
        self.project.choices += [SelectChoice(code, name) for code, name in projects]
        self.vintage.choices = [SelectChoice("", lazy_gettext("Any year"))]
        self.vintage.choices += [SelectChoice(str(year), str(year)) for year in years]
        self.currency.choices = [SelectChoice(each, each) for each in currencies]


class AddForm(AmountForm):
    """So much of a lot into the basket."""

    class Meta:
        csrf = True

    lot = HiddenField()
    purpose = HiddenField()
    currency = HiddenField()


class LinesForm(PortalForm):
    """What every line of a basket is to have: ``kg_0``, ``kg_1`` …, ``seedlings_0`` … in its order."""

    @classmethod
    def of(cls, names: Iterable[str], plantings: Iterable[str] = ()) -> type["LinesForm"]:
        """With a field per line; ``names`` are what the lots are called, ``plantings`` the parcels."""
        fields: dict[str, MassField | WholeField] = {
            f"kg_{number}": _kilograms(name) for number, name in enumerate(names)
        }
        fields |= {f"seedlings_{number}": _seedlings(name) for number, name in enumerate(plantings)}
        return type("LinesForm", (cls,), fields)

    def numbers(self) -> list[int]:
        """Seedlings as typed, once the form is valid."""
        return [field.value for field in self if isinstance(field, WholeField)]

    def masses(self) -> list[Mass]:
        """As typed, once the form is valid."""
        return [field.value for field in self if isinstance(field, MassField)]


class AddSeedlingsForm(PortalForm):
    """So many seedlings of a planting into the basket."""

    campaign = HiddenField()
    seedlings = WholeField(lazy_gettext("Seedlings"), low=1, high=MOST_SEEDLINGS, validators=[Required()])


def _seedlings(name: str) -> WholeField:
    label = lazy_gettext("Seedlings at %(name)s", name=name)
    return WholeField(label, low=1, high=MOST_SEEDLINGS, validators=[Required()])


def _kilograms(name: str) -> MassField:
    label = lazy_gettext("Kilograms of %(name)s", name=name)
    render = {"inputmode": "decimal", "autocomplete": "off"}
    return MassField(label, validators=[Required()], render_kw=render)
