"""Forms of giving every month."""

from wtforms.fields.choices import SelectChoice

from portal import consents
from portal.kernel.mass import Mass
from portal.shop.rules.giving import FIRST_DAY, LAST_DAY, GivingWay
from portal.shop.rules.orders import NAME_MAX
from portal.web.forms import (
    BooleanField,
    EmailField,
    LineField,
    MassField,
    PortalForm,
    RadioField,
    Required,
    WholeField,
)
from portal.web.i18n import lazy_gettext


class ConsentForm(PortalForm):
    """Paying for one month."""

    consent = BooleanField(
        lazy_gettext("Retire the credits at once, so that I get the certificate right after paying"),
        description=lazy_gettext(
            "Then the purchase cannot be withdrawn. Without the tick, the credits are retired after 7 days, "
            "and until then you can get your money back."
        ),
    )


class GivingForm(ConsentForm):
    """How much every month, on which day, and who gives."""

    kg = MassField(
        lazy_gettext("Kilograms every month"),
        validators=[Required()],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    day = WholeField(
        lazy_gettext("Day of the month"),
        low=FIRST_DAY,
        high=LAST_DAY,
        validators=[Required()],
        description=lazy_gettext("From 1 to 28. On this day we send you the link."),
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
        description=lazy_gettext("For the monthly link and the certificates, nothing else."),
    )

    how = RadioField(
        lazy_gettext("How you pay"),
        choices=[
            SelectChoice(
                GivingWay.LETTER.value, lazy_gettext("By a link in a letter: card, Alipay or WeChat Pay")
            ),
            SelectChoice(GivingWay.CARD.value, lazy_gettext("By card, charged every month by itself")),
        ],
        default=GivingWay.LETTER.value,
        description=lazy_gettext(
            "By card the sum of today stays the same every month and buys whole kilograms at the price of "
            "that day. The card’s number stays with the payment provider."
        ),
    )

    @property
    def is_by_card(self) -> bool:
        return bool(self.how.data == GivingWay.CARD.value)

    @property
    def mass(self) -> Mass:
        return self.kg.value
