"""Forms of accounts."""

from typing import Any

from wtforms import PasswordField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.accounts.rules import (
    NAME_MAX,
    ORGANISATION_NAME_MAX,
    PASSKEY_NAME_MAX,
    PASSWORD_MAX,
    PASSWORD_MIN,
    Part,
)
from portal.web.forms import EmailField, LineField, PortalForm, RadioField, Required
from portal.web.i18n import _, lazy_gettext


class SecretField(PasswordField):
    """A password: never shown again, never cleaned, refused when it is absurdly long."""

    def __init__(self, *args: Any, autocomplete: str, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"autocomplete": autocomplete, "maxlength": PASSWORD_MAX, "spellcheck": "false"}
        super().__init__(*args, validators=[Required()], **kwargs)

    def pre_validate(self, form: Any) -> None:
        if len(self.data or "") > PASSWORD_MAX:
            raise ValidationError(_("Use at most %(max)s characters.", max=PASSWORD_MAX))


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
