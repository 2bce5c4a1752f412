"""Forms of paying out; they yield kernel values."""

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.money import PLACES, Money
from portal.shop.rules.payouts import PAID_OUT, REFERENCE_MAX
from portal.shop.rules.quotes import Party
from portal.web.forms import LineField, MoneyField, PortalForm, Required
from portal.web.i18n import lazy_gettext

_PARTIES = {
    Party.FOREST_OWNER: lazy_gettext("Forest owner"),
    Party.PORTAL: lazy_gettext("This portal"),
    Party.REGISTRY: lazy_gettext("Register and transparency log"),
    Party.PAYMENT: lazy_gettext("Payment provider"),
}


class PayoutForm(PortalForm):
    """A bank transfer to a party that staff have sent."""

    party = SelectField(
        lazy_gettext("To whom"), choices=[SelectChoice(each.value, _PARTIES[each]) for each in PAID_OUT]
    )
    currency = SelectField(lazy_gettext("Currency"), choices=[SelectChoice(each, each) for each in PLACES])
    period = LineField(
        lazy_gettext("For the month"),
        validators=[Required()],
        max=7,
        description=lazy_gettext("For example %(month)s", month="2026-11"),
    )
    amount = MoneyField(
        lazy_gettext("Amount paid out"), validators=[Required()], render_kw={"inputmode": "decimal"}
    )
    reference = LineField(
        lazy_gettext("The bank's number of the transfer"), validators=[Required()], max=REFERENCE_MAX
    )

    @property
    def money(self) -> Money:
        """What was typed, in the currency that was chosen, once the form is valid."""
        return Money(self.amount.value.minor, self.currency.data)


class VerdictForm(PortalForm):
    """Yes or no to what a colleague has proposed or recorded."""

    note = LineField(lazy_gettext("Remark (optional)"), max=200)
