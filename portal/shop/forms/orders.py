"""Forms of the shop; they yield kernel values."""

from typing import Self

from wtforms import HiddenField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from portal import consents
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.shop.rules.orders import NAME_MAX
from portal.shop.rules.terms import PaymentKind
from portal.web.forms import (
    BooleanField,
    EmailField,
    LineField,
    MassField,
    MoneyField,
    PortalForm,
    RadioField,
    Required,
    SelectField,
)
from portal.web.i18n import _, lazy_gettext


class AmountForm(PortalForm):
    """How much, by kilograms or by budget. A GET form: its address can be kept and shared."""

    class Meta:
        csrf = False

    kg = MassField(lazy_gettext("Kilograms"), render_kw={"inputmode": "decimal", "autocomplete": "off"})
    budget = MoneyField(
        lazy_gettext("Budget in yuan"), render_kw={"inputmode": "decimal", "autocomplete": "off"}
    )

    def in_currency(self, currency: str) -> Self:
        """Itself, with its budget in this currency."""
        self.budget.currency = currency
        if currency != "CNY":
            self.budget.label.text = _("Budget in %(currency)s", currency=currency)
        return self

    @property
    def mass(self) -> Mass | None:
        return self.kg.value

    @property
    def money(self) -> Money | None:
        return self.budget.value


class BuyForm(PortalForm):
    """Who it is for, where letters go, how it is paid, and when the credits may be retired."""

    order_id = HiddenField()
    quote_hash = HiddenField()
    organisation = SelectField(
        lazy_gettext("Who buys?"),
        choices=[SelectChoice("", lazy_gettext("I, for myself"))],
        default="",
        description=lazy_gettext("An order of your organisation can be seen by all of its members."),
    )
    name = LineField(
        lazy_gettext("Name on the certificate"),
        validators=[Required()],
        description=lazy_gettext("A person, a family, a company or an event."),
        max=NAME_MAX,
        render_kw={"autocomplete": "name"},
    )
    is_public = BooleanField(lazy_gettext(consents.NAME_ON_CERTIFICATE.words))
    email = EmailField(
        lazy_gettext("E-mail address"),
        validators=[Required()],
        description=lazy_gettext("For the certificate and the link to your order, nothing else."),
    )
    payment = RadioField(
        lazy_gettext("How do you want to pay?"),
        choices=[
            SelectChoice(PaymentKind.CARD.value, lazy_gettext("Card, Alipay or WeChat Pay")),
            SelectChoice(
                PaymentKind.TRANSFER.value,
                lazy_gettext("Bank transfer (no payment fee, held for you for 7 days)"),
            ),
        ],
        default=PaymentKind.CARD.value,
    )
    consent = BooleanField(
        lazy_gettext("Retire the credits at once, so that I get the certificate right after paying"),
        description=lazy_gettext(
            "Then the purchase cannot be withdrawn. Without the tick, the credits are retired after 7 days, "
            "and until then you can get your money back."
        ),
    )


class ActionForm(PortalForm):
    """One button that does something to an order."""


class SandboxForm(PortalForm):
    """The three things a buyer can do at the sandbox provider."""

    outcome = RadioField(
        choices=[SelectChoice(outcome, "") for outcome in ("paid", "failed", "cancelled")],
        validators=[DataRequired()],
    )


class TransferForm(PortalForm):
    """A bank transfer that staff saw arrive."""

    reference = LineField(lazy_gettext("The bank's number of the transfer"), validators=[Required()], max=80)
    received = MoneyField(
        lazy_gettext("Amount received"), validators=[Required()], render_kw={"inputmode": "decimal"}
    )


class ReferenceForm(PortalForm):
    """The bank's own number of a transfer that staff sent."""

    reference = LineField(lazy_gettext("The bank's number of the transfer"), validators=[Required()], max=80)


class ReasonForm(PortalForm):
    """Why staff do what they do; kept in the history."""

    reason = LineField(lazy_gettext("Reason"), validators=[Required()], max=200)
