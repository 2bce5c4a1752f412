"""Forms of choosing and of the basket; they yield kernel values."""

from collections.abc import Iterable

from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.mass import Mass
from portal.shop.forms.orders import AmountForm
from portal.web.forms import MassField, PortalForm, Required
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
    """The kilograms of every line of a basket: ``kg_0``, ``kg_1`` … in the basket's order."""

    @classmethod
    def of(cls, names: Iterable[str]) -> type["LinesForm"]:
        """With a field per line; ``names`` are what the lines are called."""
        fields = {f"kg_{number}": _kilograms(name) for number, name in enumerate(names)}
        return type("LinesForm", (cls,), fields)

    def masses(self) -> list[Mass]:
        """As typed, once the form is valid."""
        return [field.value for field in self if isinstance(field, MassField)]


def _kilograms(name: str) -> MassField:
    label = lazy_gettext("Kilograms of %(name)s", name=name)
    render = {"inputmode": "decimal", "autocomplete": "off"}
    return MassField(label, validators=[Required()], render_kw=render)
