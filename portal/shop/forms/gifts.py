"""Forms of gifts: what the giver says, and the name of whoever claims."""

from typing import Any

from wtforms import DateField, HiddenField
from wtforms.fields.choices import SelectChoice

from portal import consents
from portal.shop.rules.gifts import DEDICATION_MAX, MESSAGE_MAX, Wishes
from portal.shop.rules.orders import NAME_MAX
from portal.web.forms import (
    BooleanField,
    EmailField,
    LineField,
    Optional,
    PortalForm,
    RadioField,
    Required,
    TextField,
    clean_line,
)
from portal.web.i18n import lazy_gettext as _

_CARD_LANGUAGES = [SelectChoice("zh", "中文"), SelectChoice("en", "English")]


class GiftForm(PortalForm):
    """What stands on the card, and when it is to arrive."""

    draft = HiddenField()
    giver = LineField(
        _("Giver"), validators=[Required()], max=NAME_MAX,
        description=_("Your name, as it stands on the card."), render_kw={"autocomplete": "name"},
    )  # fmt: skip
    recipient = LineField(_("Recipient of the gift"), validators=[Required()], max=NAME_MAX)
    dedication = LineField(
        _("Dedication"), max=DEDICATION_MAX, validators=[Optional()],
        description=_("One line, such as: For your wedding"),
    )  # fmt: skip
    message = TextField(_("Your message"), max=MESSAGE_MAX, validators=[Optional()], render_kw={"rows": 4})
    lang = RadioField(_("Language of the card"), choices=_CARD_LANGUAGES)
    email = EmailField(
        _("The recipient’s e-mail address"), validators=[Optional()],
        description=_("Only if we should send the card. Otherwise you hand it over yourself."),
        render_kw={"type": "email", "autocomplete": "off", "inputmode": "email"},
    )  # fmt: skip
    deliver_on = DateField(
        _("Send it on"), validators=[Optional()],
        description=_("At eight in the morning, Beijing time. Left empty: as soon as it is ready."),
    )  # fmt: skip

    def process(self, *args: Any, **kwargs: Any) -> None:
        super().process(*args, **kwargs)
        # The parser's own message is English only.
        if self.deliver_on.process_errors:
            self.deliver_on.process_errors = [str(_("Write the day as 2026-12-31."))]

    @property
    def wishes(self) -> Wishes:
        lines = (clean_line(line) for line in (self.message.data or "").splitlines())
        return Wishes(
            giver=self.giver.data or "",
            recipient=self.recipient.data or "",
            email=self.email.data or "",
            dedication=self.dedication.data or "",
            message="\n".join(lines).strip(),
            deliver_on=self.deliver_on.data,
            lang=self.lang.data,
        )


class CodeForm(PortalForm):
    """The code on a card. A GET form."""

    class Meta:
        csrf = False

    code = LineField(
        _("Gift code"), validators=[Required()], max=200,
        description=_("16 letters and digits from the card, or the whole address."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )  # fmt: skip


class ClaimForm(PortalForm):
    """In whose name the certificate is to be."""

    name = LineField(
        _("Name on the certificate"), validators=[Required()], max=NAME_MAX,
        render_kw={"autocomplete": "name"},
    )  # fmt: skip
    is_public = BooleanField(_(consents.NAME_ON_CERTIFICATE.words))
    email = EmailField(
        _("E-mail address"), validators=[Optional()],
        description=_("For the link to your certificate, nothing else."),
    )  # fmt: skip


class HandOnForm(ClaimForm):
    """Who holds the certificate from then on; filled in by who holds it now."""

    name = LineField(
        _("Name on the certificate"), validators=[Required()], max=NAME_MAX,
        description=_("The new holder’s."), render_kw={"autocomplete": "off"},
    )  # fmt: skip
    email = EmailField(
        _("E-mail address of the new holder"), validators=[Optional()],
        description=_(
            "The link to the new certificate goes there. Left empty, you pass the link on yourself."
        ),
        render_kw={"autocomplete": "off"},
    )  # fmt: skip


class GiftActionForm(PortalForm):
    """One button that does something to a gift."""
