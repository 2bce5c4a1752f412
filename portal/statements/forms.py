"""Forms of organisers; words that no statement may hold are refused where they are typed."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField
from wtforms.validators import ValidationError

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput
from portal.statements.rules import wording
from portal.statements.rules.plans import (
    ACTION_MAX,
    EXCLUSIONS_MAX,
    MOST_ACTIONS,
    NAME_MAX,
    NOTES_MAX,
    ORGANISER_MAX,
    VENUE_MAX,
    Claim,
    Plan,
)
from portal.statements.rules.shares import LABEL_MAX, MOST_AT_ONCE
from portal.web.forms import (
    BooleanField,
    LineField,
    MassField,
    Optional,
    PortalForm,
    Required,
    TextField,
    WholeField,
    clean_line,
)
from portal.web.i18n import gettext, message
from portal.web.i18n import lazy_gettext as _


def _check_words(text: str) -> None:
    try:
        wording.check(text)
    except InvalidInput as fault:
        raise ValidationError(message(fault)) from None


class SayableLine(LineField):
    """One line that may stand in a statement."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        _check_words(self.data or "")


class SayableText(TextField):
    """Several lines that may stand in a statement; ``lines`` are those that say something, cleaned."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        _check_words(self.data or "")

    @property
    def lines(self) -> list[str]:
        return [line for line in (clean_line(each) for each in (self.data or "").splitlines()) if line]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


_BILINGUAL = _("In one language at least; what is missing is quoted from the other.")


class PlanForm(PortalForm):
    name_zh = SayableLine(_("Name of the event, in Chinese"), max=NAME_MAX, validators=[Optional()])
    name_en = SayableLine(
        _("Name of the event, in English"), max=NAME_MAX, validators=[Optional()], description=_BILINGUAL
    )
    venue_zh = SayableLine(_("Venue, in Chinese"), max=VENUE_MAX, validators=[Optional()])
    venue_en = SayableLine(_("Venue, in English"), max=VENUE_MAX, validators=[Optional()])
    organiser = SayableLine(
        _("Organiser"),
        max=ORGANISER_MAX,
        validators=[Required()],
        description=_("As it stands on the statement, for everybody to see."),
    )
    notes_zh = SayableText(
        _("What the plan says, in Chinese"), max=NOTES_MAX, validators=[Optional()], render_kw={"rows": 4}
    )
    notes_en = SayableText(
        _("What the plan says, in English"), max=NOTES_MAX, validators=[Optional()], render_kw={"rows": 4}
    )

    @property
    def plan(self) -> Plan:
        return Plan(
            Bilingual(self.name_zh.data or "", self.name_en.data or ""),
            Bilingual(self.venue_zh.data or "", self.venue_en.data or ""),
            self.organiser.data or "",
            Bilingual(self.notes_zh.text, self.notes_en.text),
        )


class NewPlanForm(PlanForm):
    actions_zh = SayableText(
        _("What will be done to emit less, in Chinese"),
        max=ACTION_MAX * MOST_ACTIONS,
        validators=[Optional()],
        description=_("One action per line, such as 参加者改乘火车."),
        render_kw={"rows": 4},
    )
    actions_en = SayableText(
        _("What will be done to emit less, in English"),
        max=ACTION_MAX * MOST_ACTIONS,
        validators=[Optional()],
        description=_("One action per line, in the same order. In one language at least."),
        render_kw={"rows": 4},
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: lines in two languages are the same actions, so there are as many of them."""
        sound = super().validate(extra_validators)
        zh, en = self.actions_zh.lines, self.actions_en.lines
        if zh and en and len(zh) != len(en):
            told = gettext("There are %(zh)s lines in Chinese and %(en)s in English.", zh=len(zh), en=len(en))
            self.actions_en.errors = [*self.actions_en.errors, told]
            return False
        return sound

    @property
    def actions(self) -> list[Bilingual]:
        zh, en = self.actions_zh.lines, self.actions_en.lines
        most = max(len(zh), len(en))
        return [Bilingual(*pair) for pair in zip(zh or [""] * most, en or [""] * most, strict=True)]


class ChangeForm(PlanForm):
    reason = SayableLine(
        _("What has changed"),
        max=200,
        validators=[Required()],
        description=_("It stands beside the new version; the old one stays to be read."),
    )


class ActionForm(PortalForm):
    text_zh = SayableLine(_("What is done, in Chinese"), max=ACTION_MAX, validators=[Optional()])
    text_en = SayableLine(
        _("What is done, in English"), max=ACTION_MAX, validators=[Optional()], description=_BILINGUAL
    )

    @property
    def text(self) -> Bilingual:
        return Bilingual(self.text_zh.data or "", self.text_en.data or "")


class EvidenceForm(PortalForm):
    done_on = DateField(_("Carried out on"), validators=[Required()])
    file = FileField(
        _("File that shows it"),
        validators=[FileRequired(_("Choose a file."))],
        description=_("PDF, PNG, JPEG or plain text, at most 10 MB. It cannot be taken back."),
    )
    is_public = BooleanField(
        _("Everybody may open this file"),
        description=_("Without the tick its fingerprint is public, the file itself is not."),
    )


class ClaimForm(PortalForm):
    exclusions_zh = SayableText(
        _("What the inventory leaves out, in Chinese"),
        max=EXCLUSIONS_MAX,
        validators=[Optional()],
        render_kw={"rows": 3},
    )
    exclusions_en = SayableText(
        _("What the inventory leaves out, in English"),
        max=EXCLUSIONS_MAX,
        validators=[Optional()],
        description=_("Leave both empty if nothing more is left out beyond the boundary."),
        render_kw={"rows": 3},
    )
    evaluator = SayableLine(
        _("Who has evaluated it"),
        max=ORGANISER_MAX,
        validators=[Optional()],
        description=_("The organisation that checked it. Left empty, the statement is self-declared."),
    )
    evaluation = FileField(
        _("What the evaluator has signed"),
        description=_("PDF, PNG, JPEG or plain text, at most 10 MB; everybody can open it."),
    )
    confirmed = BooleanField(_("All of this is true, and I declare it in the name of the organiser."))

    def claim(self, sha256: str, media_type: str) -> Claim:
        exclusions = Bilingual(self.exclusions_zh.text, self.exclusions_en.text)
        return Claim(exclusions, self.evaluator.data or "", sha256, media_type)


class CorrectForm(PlanForm, ClaimForm):
    reason = SayableLine(
        _("Why a new version is needed"),
        max=200,
        validators=[Required()],
        description=_("It stands beside the new version; the old one stays to be read."),
    )


class SharesForm(PortalForm):
    batch = HiddenField()
    count = WholeField(_("How many shares"), validators=[Required()], low=1, high=MOST_AT_ONCE)
    each = MassField(
        _("Size of one share"),
        validators=[Optional()],
        description=_("Left empty, what is not shared out yet is divided into equal parts."),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
    label = SayableLine(
        _("For whom"),
        max=LABEL_MAX,
        validators=[Optional()],
        description=_("Your own note for this list, such as “speakers”. No names of persons."),
    )


class CodeForm(PortalForm):
    class Meta:
        csrf = False

    code = LineField(_("Code of a share"), validators=[Required()], max=40)


class PressForm(PortalForm):
    """One button that does something to a statement."""
