"""Forms of organisations: gifts for many, and purchases that wait for an approval."""

from collections.abc import Iterable
from typing import Any

from flask_wtf.file import FileField
from wtforms import DateField, HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice

from portal import consents
from portal.kernel.mass import Mass
from portal.registry.queries.register import LotView
from portal.shop.rules.batches import MOST
from portal.shop.rules.gifts import DEDICATION_MAX, MESSAGE_MAX
from portal.shop.rules.orders import NAME_MAX
from portal.shop.rules.requests import NOTE_MAX
from portal.shop.rules.terms import PaymentKind
from portal.web.forms import (
    BooleanField,
    LineField,
    MassField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    TextField,
)
from portal.web.i18n import lang
from portal.web.i18n import lazy_gettext as _

FILE, CODES = "file", "codes"


def lot_choices(lots: Iterable[LotView]) -> list[SelectChoice]:
    """Open lots by the name of their project, in the reader's language."""
    return [
        SelectChoice(lot.code, f"{lot.project.name.in_(lang()) or lot.project.name.en} ({lot.code})")
        for lot in lots
    ]


class BatchForm(PortalForm):
    """What all gifts have in common, and for whom: a file, or so many codes."""

    batch = HiddenField()
    organisation = SelectField(_("Buyer"))
    lot = SelectField(_("Credits from"))
    kg = MassField(_("Kilograms for each"), validators=[Required()], render_kw={"inputmode": "decimal"})
    source = RadioField(
        _("Who gets them?"),
        choices=[
            SelectChoice(FILE, _("Recipients from a file")),
            SelectChoice(CODES, _("Codes to hand out")),
        ],
        default=FILE,
    )
    file = FileField(
        _("File with recipients"),
        description=_(
            "CSV or XLSX with the columns name, e-mail and, if you like, language. Nothing is kept before "
            "you have seen every row."
        ),
    )
    count = IntegerField(
        _("How many codes"),
        validators=[Optional()],
        render_kw={"inputmode": "numeric", "max": MOST, "min": 1},
    )
    is_named = BooleanField(
        _("Put the certificates in the recipients’ names at once"),
        description=_("Otherwise each gets a code and claims the certificate; until then it is yours."),
    )
    giver = LineField(_("Giver"), validators=[Required()], max=NAME_MAX)
    dedication = LineField(_("Dedication"), max=DEDICATION_MAX, validators=[Optional()])
    message = TextField(_("Your message"), max=MESSAGE_MAX, validators=[Optional()], render_kw={"rows": 4})
    language = RadioField(
        _("Language of the card"), choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")]
    )
    deliver_on = DateField(
        _("Send it on"),
        validators=[Optional()],
        description=_("At eight in the morning, Beijing time. Left empty: as soon as it is ready."),
    )
    token = HiddenField()  # the file that was looked at, by its digest
    readable = BooleanField(_("The Chinese text in the preview is readable (the file is GB18030)."))

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        # The parsers' own messages are English only.
        if self.deliver_on.process_errors:
            self.deliver_on.process_errors = [str(_("Write the day as 2026-12-31."))]
        if self.count.process_errors:
            self.count.process_errors = [str(_("Write a whole number from 1 to %(most)s.", most=MOST))]

    @property
    def each(self) -> Mass:
        return self.kg.value or Mass(0)


class BatchBuyForm(PortalForm):
    """Who pays for a batch, and how."""

    order_id = HiddenField()
    quote_hash = HiddenField()
    name = LineField(
        _("Name of the giver on the certificates"),
        validators=[Required()],
        max=NAME_MAX,
        description=_("It stands on every certificate that is not claimed, or not in a recipient’s name."),
    )
    payment = RadioField(
        _("How do you want to pay?"),
        choices=[
            SelectChoice(PaymentKind.CARD.value, _("Card, Alipay or WeChat Pay")),
            SelectChoice(
                PaymentKind.TRANSFER.value,
                _("Bank transfer (no payment fee, held for you for 7 days)"),
            ),
        ],
        default=PaymentKind.CARD.value,
    )
    note = TextField(_("Note to the approver"), max=NOTE_MAX, validators=[Optional()], render_kw={"rows": 3})


class RequestForm(PortalForm):
    """A member asks for a purchase of the organisation."""

    request = HiddenField()
    basket = HiddenField()  # what was chosen elsewhere; else one lot is chosen here
    organisation = SelectField(_("Organisation"))
    lot = SelectField(_("Credits from"))
    kg = MassField(_("Kilograms"), validators=[Required()], render_kw={"inputmode": "decimal"})
    currency = SelectField(_("Currency"))
    name = LineField(_("Name on the certificate"), validators=[Required()], max=NAME_MAX)
    is_public = BooleanField(_(consents.NAME_ON_CERTIFICATE.words))
    payment = BatchBuyForm.payment
    note = TextField(_("Note to the approver"), max=NOTE_MAX, validators=[Optional()], render_kw={"rows": 3})


class DecisionForm(PortalForm):
    """What an approver answers."""

    quote_hash = HiddenField()
    reason = LineField(_("Reason, if you decline"), max=200, validators=[Optional()])
