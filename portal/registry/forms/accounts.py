"""Forms about units in accounts: of their holders, and of registry staff."""

from collections.abc import Iterable, Sequence

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from portal.kernel.mass import Mass
from portal.registry.rules.accounts import (
    HOLDERS_REASONS,
    STAFFS_REASONS,
    CancelReason,
    Cause,
    FreezeKind,
    VerificationKind,
)
from portal.web.forms import BooleanField, LineField, MassField, PortalForm, Required, TextField, WholeField
from portal.web.i18n import gettext
from portal.web.i18n import lazy_gettext as _

MOST_TONNES = 1_000_000_000


class TonnesField(MassField):
    """Tonnes as typed, down to the gram; ``value`` is a Mass, zero where that is allowed."""

    def __init__(self, *args: object, may_be_zero: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.may_be_zero = may_be_zero

    def parse(self, text: str) -> Mass:
        mass = Mass.t(text)
        return mass if self.may_be_zero and not mass else mass.quantity()


def _tonnes() -> WholeField:
    return WholeField(_("Tonnes"), low=1, high=MOST_TONNES, validators=[Required()])


def _report(label: object) -> FileField:
    return FileField(
        label,
        validators=[FileRequired(_("Choose a file."))],
        description=_("PDF, image or text, at most 10 MB. Its fingerprint is kept for good."),
    )


class SerialChoice(PortalForm):
    """Which of the serials in an account, or the oldest first."""

    serial = SelectField(_("Of which serial"), validators=[Optional()])

    def offer_serials(self, serials: Iterable[str]) -> None:
        self.serial.choices = [
            SelectChoice("", gettext("The oldest vintage first")),
            *(SelectChoice(serial, serial) for serial in serials),
        ]


class OfferForm(SerialChoice):
    to = LineField(
        _("Account of the receiver"),
        validators=[Required()],
        max=40,
        description=_("Its public code, for example A-7K3M9QXD"),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    tonnes = _tonnes()
    days = WholeField(_("Days the offer stands"), low=1, high=90, validators=[Required()], default="14")
    note = LineField(_("Note to the receiver"), validators=[Optional()], max=200)


class CancelForm(SerialChoice):
    tonnes = _tonnes()
    reason = SelectField(_("Reason"))
    explanation = LineField(
        _("Why"),
        validators=[Required()],
        max=300,
        description=_("Published with the cancellation. Write no names of people."),
    )
    confirmed = BooleanField(_("I know that cancelled units never come back."), validators=[Required()])

    def offer_reasons(self, words: dict[CancelReason, str], is_staff: bool) -> None:
        allowed = STAFFS_REASONS if is_staff else HOLDERS_REASONS
        self.reason.choices = [
            SelectChoice(each.value, words[each]) for each in CancelReason if each in allowed
        ]


class OpenAccountForm(PortalForm):
    organisation = SelectField(_("Organisation"))

    def offer_organisations(self, choices: Sequence[tuple[str, str]]) -> None:
        self.organisation.choices = [SelectChoice(*choice) for choice in choices]


class VerificationForm(PortalForm):
    project = SelectField(_("Project"))
    kind = SelectField(
        _("What was confirmed"),
        choices=[
            SelectChoice(VerificationKind.VERIFICATION.value, _("Growth that has happened (verification)")),
            SelectChoice(VerificationKind.VALIDATION.value, _("Growth that is expected (validation)")),
        ],
    )
    monitoring = SelectField(
        _("Monitoring report"), description=_("The report of the project that the verifier confirmed.")
    )
    period_start = DateField(_("Period begins"), validators=[Required()])
    period_end = DateField(_("Period ends"), validators=[Required()])
    verifier = LineField(
        _("Validation and verification body"),
        validators=[Required()],
        max=120,
        description=_("The body, not a person."),
    )
    verified = TonnesField(_("Confirmed amount"), validators=[Required()])
    buffer = TonnesField(
        _("Of which for the buffer"),
        may_be_zero=True,
        validators=[Required()],
        description=_("0 for what is only expected."),
    )
    opinion = LineField(_("Opinion"), validators=[Required()], max=200)
    report = _report(_("Report"))


class CheckForm(PortalForm):
    note = LineField(_("Remark"), validators=[Optional()], max=300)


class IssueForm(PortalForm):
    vintage = WholeField(_("Vintage"), low=1990, high=2200, validators=[Required()])
    tonnes = _tonnes()


class FreezeForm(PortalForm):
    kind = SelectField(
        _("What to freeze"),
        choices=[
            SelectChoice(FreezeKind.ACCOUNT.value, _("An account")),
            SelectChoice(FreezeKind.PROJECT.value, _("A project")),
            SelectChoice(FreezeKind.BLOCK.value, _("A run of units")),
        ],
    )
    target = LineField(
        _("Its code"),
        validators=[Required()],
        max=300,
        description=_("The code of the account or project, or our part of a serial."),
    )
    reason = LineField(_("Reason"), validators=[Required()], max=300)


class ThawForm(PortalForm):
    because = LineField(_("Why it may move again"), validators=[Required()], max=300)


class ReversalForm(PortalForm):
    project = SelectField(_("Project"))
    cause = SelectField(_("Cause"))
    happened_on = DateField(_("When it happened"), validators=[Required()])
    story = TextField(
        _("What happened"),
        validators=[Required()],
        max=2000,
        description=_("Published. Write no names of people."),
    )
    report = _report(_("First report"))

    def offer_causes(self, words: dict[Cause, str]) -> None:
        self.cause.choices = [SelectChoice(each.value, words[each]) for each in Cause]


class SizeForm(PortalForm):
    size = TonnesField(
        _("Carbon lost"),
        may_be_zero=True,
        validators=[Required()],
        description=_("Rounded up to whole tonnes. 0 when nothing was lost after all."),
    )
    basis = LineField(_("How it was found"), validators=[Required()], max=300)


class CompensateForm(PortalForm):
    tonnes = _tonnes()
    reason = LineField(_("Reason"), validators=[Required()], max=300)
