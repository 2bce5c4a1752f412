"""Forms of accounts."""

from typing import Any

from wtforms import BooleanField, FileField, PasswordField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.accounts.bodies import LINE_MAX, MOST_DAYS, MOST_USES, REASON_MAX, Billing, Kind
from portal.accounts.notices import minute_of
from portal.accounts.rules import (
    NAME_MAX,
    ORGANISATION_NAME_MAX,
    PASSKEY_NAME_MAX,
    PASSWORD_MAX,
    PASSWORD_MIN,
    Part,
)
from portal.kernel.errors import InvalidInput
from portal.web.forms import (
    EmailField,
    InputRequired,
    LineField,
    PortalForm,
    RadioField,
    Required,
    TextField,
    TooLong,
    WholeField,
)
from portal.web.i18n import _, lazy_gettext, message


class SecretField(PasswordField):
    """A password: never shown again, never cleaned, refused when it is absurdly long."""

    def __init__(self, *args: Any, autocomplete: str, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"autocomplete": autocomplete, "maxlength": PASSWORD_MAX, "spellcheck": "false"}
        super().__init__(*args, validators=[Required()], **kwargs)

    def pre_validate(self, form: Any) -> None:
        if len(self.data or "") > PASSWORD_MAX:
            raise TooLong(PASSWORD_MAX)


def _present(**kwargs: Any) -> SecretField:
    return SecretField(lazy_gettext("Password"), autocomplete="current-password", **kwargs)


def _new(label: Any) -> SecretField:
    hint = lazy_gettext("At least %(min)s characters. Four words in a row are good.", min=PASSWORD_MIN)
    return SecretField(label, autocomplete="new-password", description=hint)


def _email() -> EmailField:
    keyboard = {"type": "email", "autocomplete": "username", "inputmode": "email", "spellcheck": "false"}
    return EmailField(lazy_gettext("E-mail address"), validators=[Required()], render_kw=keyboard)


class SignInForm(PortalForm):
    email = _email()
    password = _present()


class SignUpForm(PortalForm):
    name = LineField(
        lazy_gettext("Your name"),
        max=NAME_MAX,
        validators=[Required()],
        description=lazy_gettext("As you want to be addressed in e-mails."),
        render_kw={"autocomplete": "name"},
    )
    email = _email()
    password = _new(lazy_gettext("Password"))


class ConfirmForm(PortalForm):
    password = _present(description=lazy_gettext("The one you chose when you signed up."))


class ResetRequestForm(PortalForm):
    email = _email()


class NewPasswordForm(PortalForm):
    password = _new(lazy_gettext("New password"))


class ChangePasswordForm(PortalForm):
    present = SecretField(lazy_gettext("Current password"), autocomplete="current-password")
    password = _new(lazy_gettext("New password"))


class CodeForm(PortalForm):
    code = LineField(
        lazy_gettext("Code from your app"),
        max=40,
        validators=[Required()],
        description=lazy_gettext("Six digits that change every 30 seconds."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"},
    )


class RecoveryForm(PortalForm):
    code = LineField(
        lazy_gettext("Recovery code"),
        max=40,
        validators=[Required()],
        description=lazy_gettext("One of those you kept when you set up the second factor. Each works once."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class ProofForm(PortalForm):
    """Its fields are named apart from those of the form it interrupts, which travel along."""

    proof_password = _present()
    proof_code = LineField(
        lazy_gettext("Code from your app, or a recovery code"),
        max=40,
        validators=[Required()],
        render_kw={"autocomplete": "one-time-code", "spellcheck": "false"},
    )


class PasskeyForm(PortalForm):
    name = LineField(
        lazy_gettext("Name of the device"),
        max=PASSKEY_NAME_MAX,
        validators=[Required()],
        description=lazy_gettext("So that you know it again, for example “My phone”."),
        render_kw={"autocomplete": "off"},
    )


class ProfileForm(PortalForm):
    name = LineField(
        lazy_gettext("Your name"), max=NAME_MAX, validators=[Required()], render_kw={"autocomplete": "name"}
    )
    language = RadioField(
        lazy_gettext("Language of e-mails"),
        choices=[SelectChoice("zh", "中文"), SelectChoice("en", "English")],
        validators=[Required()],
    )


class HourField(LineField):
    """A time of day as typed, such as 21:00; ``value`` is minutes after midnight."""

    value = 0

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        try:
            self.value = minute_of(self.data or "")
        except InvalidInput as error:
            raise ValidationError(message(error)) from None


class NewsChoicesForm(PortalForm):
    """The quiet hours; how each kind comes in stands beside them, one choice per kind."""

    begins = HourField(
        lazy_gettext("No e-mails from"),
        validators=[Required()],
        description=lazy_gettext("Beijing time, for example 21:00."),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    ends = HourField(
        lazy_gettext("No e-mails until"),
        validators=[Required()],
        description=lazy_gettext("For example 08:00. The same time twice: e-mails come at any hour."),
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )


class OrganisationForm(PortalForm):
    name_zh = LineField(
        lazy_gettext("Name in Chinese"),
        max=ORGANISATION_NAME_MAX,
        description=lazy_gettext("As on the business licence. One of the two names is enough."),
        render_kw={"autocomplete": "organization", "lang": "zh-CN"},
    )
    name_en = LineField(lazy_gettext("Name in English"), max=ORGANISATION_NAME_MAX, render_kw={"lang": "en"})
    credit_code = LineField(
        lazy_gettext("Unified social credit code"),
        max=40,
        validators=[Required()],
        description=lazy_gettext("18 digits and letters, on the business licence."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


def parts() -> list[tuple[str, str]]:
    """What a member may be, in the reader's language."""
    return [
        (Part.MEMBER, _("Member: prepares orders and pledges")),
        (Part.APPROVER, _("Approver: also pays and signs")),
        (Part.OWNER, _("Owner: also manages members")),
    ]


def _part_choices() -> list[SelectChoice]:
    return [SelectChoice(part, words) for part, words in parts()]


class InvitationForm(PortalForm):
    email = EmailField(
        lazy_gettext("E-mail address"),
        validators=[Required()],
        description=lazy_gettext("We send an e-mail. The invitation can be accepted for 14 days."),
        render_kw={"type": "email", "autocomplete": "off", "inputmode": "email"},
    )
    part = RadioField(
        lazy_gettext("Role in the organisation"),
        choices=_part_choices,
        default=Part.MEMBER,
        validators=[Required()],
    )


class AddressForm(PortalForm):
    email = EmailField(
        lazy_gettext("New e-mail address"),
        validators=[Required()],
        render_kw={"type": "email", "autocomplete": "email", "inputmode": "email", "spellcheck": "false"},
    )


class InvitedForm(PortalForm):
    """Opening an account from an invitation: the address is known."""

    name = LineField(
        lazy_gettext("Your name"), max=NAME_MAX, validators=[Required()], render_kw={"autocomplete": "name"}
    )
    password = _new(lazy_gettext("Password"))


class JoinForm(PortalForm):
    code = LineField(
        lazy_gettext("Join code"),
        max=40,
        validators=[Required()],
        description=lazy_gettext("Ten letters and digits, from whoever invites you."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class JoinCodeForm(PortalForm):
    uses = WholeField(
        lazy_gettext("How many people may join with it"),
        low=1,
        high=MOST_USES,
        default=20,
        validators=[Required()],
    )
    days = WholeField(
        lazy_gettext("For how many days"), low=1, high=MOST_DAYS, default=7, validators=[Required()]
    )
    is_answered = BooleanField(lazy_gettext("An owner or approver says yes to each of them"), default=True)


class BillingForm(PortalForm):
    title = LineField(
        lazy_gettext("Title of the invoice"),
        max=LINE_MAX,
        validators=[Required()],
        description=lazy_gettext("The full registered name, as on the business licence."),
        render_kw={"autocomplete": "organization"},
    )
    tax_number = LineField(
        lazy_gettext("Tax number"),
        max=40,
        validators=[Required()],
        description=lazy_gettext("The unified social credit code: 18 digits and letters."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    address = LineField(
        lazy_gettext("Registered address"), max=LINE_MAX, render_kw={"autocomplete": "street-address"}
    )
    phone = LineField(
        lazy_gettext("Telephone"),
        max=40,
        render_kw={"type": "tel", "autocomplete": "tel", "inputmode": "tel"},
    )
    bank = LineField(lazy_gettext("Bank"), max=LINE_MAX, render_kw={"autocomplete": "off"})
    bank_account = LineField(
        lazy_gettext("Bank account"), max=40, render_kw={"autocomplete": "off", "inputmode": "numeric"}
    )

    @property
    def billing(self) -> Billing:
        return Billing(**{name: getattr(self, name).data or "" for name in Billing.__dataclass_fields__})


def kind_names() -> dict[str, str]:
    """Kinds of organisations in the reader's language."""
    return {
        Kind.COMPANY: _("Company"),
        Kind.SCHOOL: _("School or kindergarten"),
        Kind.PUBLIC: _("Public body or institution"),
        Kind.ASSOCIATION: _("Association or foundation"),
        Kind.OTHER: _("Something else"),
    }


def _kinds() -> list[SelectChoice]:
    return [SelectChoice(kind, name) for kind, name in kind_names().items()]


class KindForm(PortalForm):
    """What kind of organisation its papers show."""

    kind = RadioField(
        lazy_gettext("What the papers show it to be"), validators=[InputRequired()],
        description=lazy_gettext("Accounts for pupils are opened by schools only."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = _kinds()


class CheckForm(PortalForm):
    kind = RadioField(
        lazy_gettext("What kind of organisation is it?"), validators=[InputRequired()],
        description=lazy_gettext("Staff compare it with the documents."),
    )  # fmt: skip
    licence = FileField(
        lazy_gettext("Business licence or registration certificate"),
        description=lazy_gettext("A scan or photo: PDF, PNG or JPEG of at most 8 MB."),
        render_kw={"accept": ".pdf,.png,.jpg,.jpeg"},
    )
    other = FileField(
        lazy_gettext("Another document"),
        description=lazy_gettext("For example an authorisation with the company seal."),
        render_kw={"accept": ".pdf,.png,.jpg,.jpeg"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = _kinds()


class RefusalForm(PortalForm):
    reason = TextField(
        lazy_gettext("Why not"),
        max=REASON_MAX,
        validators=[Required()],
        description=lazy_gettext("The organisation reads this. Say what is missing and what would do."),
    )


class DissolveForm(PortalForm):
    name = LineField(
        lazy_gettext("Name of the organisation"),
        max=ORGANISATION_NAME_MAX,
        validators=[Required()],
        description=lazy_gettext("Type it as it stands above, so that nothing ends by mistake."),
        render_kw={"autocomplete": "off"},
    )
