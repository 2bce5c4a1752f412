"""Forms about papers: whom an invoice is made out to, the fapiao asked for, and what staff enter."""

from datetime import date

from flask_wtf.file import FileField
from wtforms import DateField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.shop.rules.billing import TITLE_MAX, BillTo, FapiaoWish, TitleKind
from portal.web.forms import EmailField, LineField, Optional, PortalForm, RadioField, Required
from portal.web.i18n import lazy_gettext


class InvoiceForm(PortalForm):
    """Whom the invoice is made out to. Only staff can correct it afterwards, so it is asked."""

    title = LineField(lazy_gettext("Made out to"), validators=[Required()], max=TITLE_MAX)
    address = LineField(
        lazy_gettext("Postal address"),
        validators=[Optional()],
        max=200,
        render_kw={"autocomplete": "street-address"},
    )
    tax_number = LineField(
        lazy_gettext("Tax number on the invoice"),
        validators=[Optional()],
        max=40,
        render_kw={"autocomplete": "off"},
    )

    @property
    def bill_to(self) -> BillTo:
        return BillTo(self.title.data or "", self.address.data or "", self.tax_number.data or "")


class FapiaoForm(PortalForm):
    """The fapiao that a buyer asks for."""

    kind = RadioField(
        lazy_gettext("Who is the fapiao for?"),
        choices=[
            SelectChoice(TitleKind.ORGANISATION.value, lazy_gettext("A company or organisation")),
            SelectChoice(TitleKind.PERSON.value, lazy_gettext("A person")),
        ],
        default=TitleKind.ORGANISATION.value,
    )
    fapiao_title = LineField(lazy_gettext("Title of the fapiao"), validators=[Required()], max=TITLE_MAX)
    fapiao_tax_number = LineField(
        lazy_gettext("Tax number"),
        description=lazy_gettext("The unified social credit code, 18 characters. A person leaves it empty."),
        max=40,
        render_kw={"autocomplete": "off"},
    )
    email = EmailField(lazy_gettext("E-mail address for the fapiao"), validators=[Required()])

    @property
    def wish(self) -> FapiaoWish:
        kind = TitleKind.PERSON if self.kind.data == TitleKind.PERSON else TitleKind.ORGANISATION
        return FapiaoWish(
            kind, self.fapiao_title.data or "", self.fapiao_tax_number.data or "", self.email.data or ""
        )


class IssueForm(PortalForm):
    """What the tax office's system says of an issued fapiao."""

    number = LineField(lazy_gettext("Fapiao number"), validators=[Required()], max=60)
    day = DateField(lazy_gettext("Date on the fapiao"), validators=[InputRequired()])

    @property
    def on(self) -> date:
        return self.day.data


class RedForm(PortalForm):
    """The number of the red-letter fapiao."""

    red_number = LineField(lazy_gettext("Number of the red-letter fapiao"), validators=[Required()], max=60)


class FileForm(PortalForm):
    """The file as the tax office's system made it."""

    file = FileField(
        lazy_gettext("File of the fapiao"),
        validators=[Required()],
        description=lazy_gettext(
            "PDF, OFD or XML of at most 2 MB. The buyer gets a letter and downloads it."
        ),
        render_kw={"accept": ".pdf,.ofd,.xml"},
    )


class RejectForm(PortalForm):
    """Why it cannot be issued; the buyer reads it."""

    reason = LineField(
        lazy_gettext("Reason"),
        validators=[Required()],
        description=lazy_gettext("The buyer reads this in the letter and on the page."),
        max=200,
    )
