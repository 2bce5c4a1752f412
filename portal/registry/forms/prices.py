"""Forms of setting prices."""

from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.money import PLACES, Money
from portal.registry.rules.prices import REASON_MAX
from portal.web.forms import LineField, MoneyField, PortalForm, Required
from portal.web.i18n import lazy_gettext as _


class PriceForm(PortalForm):
    """A price per tonne of a lot in one currency, from a day on."""

    lot = SelectField(_("Lot"), validators=[Required()])
    currency = SelectField(_("Currency"), choices=[SelectChoice(each, each) for each in PLACES])
    price = MoneyField(_("Price per tonne"), validators=[Required()], render_kw={"inputmode": "decimal"})
    from_day = DateField(_("From the day"), validators=[Required()])
    reason = LineField(
        _("Reason"), validators=[Required()], max=REASON_MAX, description=_("Everybody can read it.")
    )

    @property
    def money(self) -> Money:
        """What was typed, in the currency that was chosen, once the form is valid."""
        return Money(self.price.value.minor, self.currency.data)


class DecisionForm(PortalForm):
    """Yes or no to a price that a colleague proposes."""
