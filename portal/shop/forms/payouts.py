"""Forms of paying out; they yield kernel values."""

from collections.abc import Mapping
from typing import Self

from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.money import PLACES, Money
from portal.shop.rules.origins import Origin
from portal.shop.rules.payouts import HOLDER_MAX, LAST_DIGITS, REFERENCE_MAX, Account, HolderKind
from portal.shop.rules.quotes import Party
from portal.web.forms import LineField, MoneyField, PortalForm, RadioField, Required
from portal.web.i18n import lazy_gettext

_PARTIES = {
    Party.PORTAL: lazy_gettext("This portal"),
    Party.REGISTRY: lazy_gettext("Register and transparency log"),
    Party.PAYMENT: lazy_gettext("Payment provider"),
}


class PayoutForm(PortalForm):
    """A bank transfer to a project, a planting or a party that staff have sent."""

    to = SelectField(lazy_gettext("To whom"))
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

    proof = FileField(
        lazy_gettext("The bank’s paper about the transfer"),
        description=lazy_gettext("PDF, picture or plain text, at most 10 MB"),
        render_kw={"accept": ".pdf,.png,.jpg,.jpeg,.txt"},
    )
    kept = HiddenField()  # the paper of an earlier try, so that it need not be chosen again

    def offer(self, names: Mapping[Origin, str]) -> Self:
        """Itself, with these projects and plantings to choose from beside the other parties."""
        owners = [SelectChoice(str(origin), name) for origin, name in names.items()]
        self.to.choices = owners + [SelectChoice(each.value, name) for each, name in _PARTIES.items()]
        return self

    @property
    def payee(self) -> tuple[Party, Origin | None]:
        """Who was chosen, once the form is valid."""
        if self.to.data in list(Party):
            return Party(self.to.data), None
        return Party.FOREST_OWNER, Origin.parse(self.to.data)

    @property
    def money(self) -> Money:
        """What was typed, in the currency that was chosen, once the form is valid."""
        return Money(self.amount.value.minor, self.currency.data)


class AccountForm(PortalForm):
    """Whose bank account a project's money goes to."""

    origin = SelectField(lazy_gettext("Project or planting"))
    kind = RadioField(
        lazy_gettext("Account holder is"),
        choices=[
            SelectChoice(HolderKind.ORGANISATION.value, lazy_gettext("A company or organisation")),
            SelectChoice(HolderKind.PERSON.value, lazy_gettext("A person")),
        ],
        default=HolderKind.ORGANISATION.value,
    )
    holder = LineField(lazy_gettext("Account holder"), validators=[Required()], max=HOLDER_MAX)
    bank = LineField(lazy_gettext("Bank"), validators=[Required()], max=HOLDER_MAX)
    last_digits = LineField(
        lazy_gettext("Last four characters of the account"),
        description=lazy_gettext("The whole number stays in the contract, not here"),
        validators=[Required()],
        max=LAST_DIGITS,
        render_kw={"autocomplete": "off"},
    )
    reason = LineField(
        lazy_gettext("Reason"),
        description=lazy_gettext("For example the number of the contract"),
        validators=[Required()],
        max=300,
    )

    def offer(self, names: Mapping[Origin, str]) -> Self:
        """Itself, with these projects and plantings to choose from."""
        self.origin.choices = [SelectChoice(str(origin), name) for origin, name in names.items()]
        return self

    @property
    def account(self) -> Account:
        kind = HolderKind(self.kind.data)
        return Account(kind, self.holder.data or "", self.bank.data or "", self.last_digits.data or "")


class VerdictForm(PortalForm):
    """Yes or no to what a colleague has proposed or recorded."""

    note = LineField(lazy_gettext("Remark (optional)"), max=200)
