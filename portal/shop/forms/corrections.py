"""Forms by which staff put addresses and titles right, and a buyer the address of an unpaid order."""

from portal.shop.forms.billing import FapiaoForm, InvoiceForm
from portal.shop.rules.corrections import REASON_MAX
from portal.web.forms import EmailField, LineField, PortalForm, Required
from portal.web.i18n import lazy_gettext


def _why() -> LineField:
    return LineField(
        lazy_gettext("Why it is corrected"),
        description=lazy_gettext("Kept in the history for good, so without names or addresses."),
        validators=[Required()],
        max=REASON_MAX,
    )


class OwnAddressForm(PortalForm):
    """The buyer's own: where letters about the order go."""

    email_address = EmailField(lazy_gettext("E-mail address"), validators=[Required()])


class AddressForm(PortalForm):
    """Where letters about an order go."""

    email_address = EmailField(lazy_gettext("E-mail address"), validators=[Required()])
    why_address = _why()


class InvoiceCorrectionForm(InvoiceForm):
    """Whom the invoice should have been made out to."""

    why_invoice = _why()


class FapiaoCorrectionForm(FapiaoForm):
    """What the fapiao should have been asked for with."""

    why_fapiao = _why()
