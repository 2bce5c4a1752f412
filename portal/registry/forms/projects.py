"""Forms of a project's life: of staff, and the one comment that anybody may write."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Regexp, ValidationError

from portal.kernel.errors import InvalidInput
from portal.kernel.numbers import parse_decimal
from portal.registry.queries.projects import DocumentView
from portal.registry.rules.eligibility import Answer, Rule, Rules
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import COMMENT_LENGTH, OWN, Decision, DocumentKind, Step
from portal.registry.rules.parcels import Tenure
from portal.registry.rules.records import CODE
from portal.registry.words.projects import DECISION_WORDS, DOCUMENT_WORDS, STATE_WORDS, TENURE_WORDS
from portal.web.forms import BooleanField, LineField, PortalForm, RadioField, Required, SelectField, TextField
from portal.web.i18n import lang, message
from portal.web.i18n import lazy_gettext as _

REGISTRIES = {
    OWN: _("this register (HLYC)"), "ccer": "CCER", "verra": "Verra", "gold-standard": "Gold Standard",
    "acr": "ACR", "car": "Climate Action Reserve", "art": "ART TREES", "cer": "CDM",
    "cercarbono": "Cercarbono",
}  # fmt: skip
TYPES = {
    ProjectType.ARR: _("Afforestation and reforestation"),
    ProjectType.IFM: _("Forest management"),
    ProjectType.REDD: _("Avoided deforestation and degradation"),
    ProjectType.OTHER: _("Another kind of project"),
}


def _choices(words: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(value), said) for value, said in words.items()]


_COUNTY = Regexp(r"([0-9]{6})$", message=_("Write the six digits of the county’s code."))


class ProposalForm(PortalForm):
    type = RadioField(
        _("Type of project"), choices=_choices(TYPES),
        validators=[Required()],
    )  # fmt: skip
    registry = SelectField(
        _("Registry that issues its units"),
        choices=_choices(REGISTRIES),
        description=_("Choose this register for a project that no other registry issues."),
    )
    number = LineField(
        _("Its number there"), max=50, description=_("Leave empty for a project of this register."),
        validators=[Regexp(f"({CODE})?$", message=_("Use letters, digits, dots and hyphens only."))],
    )  # fmt: skip
    name_zh = LineField(_("Name in Chinese"), validators=[Required()], max=120)
    name_en = LineField(_("Name in English"), validators=[Required()], max=160)
    about_zh = TextField(_("About it, in Chinese"), max=1000)
    about_en = TextField(_("About it, in English"), max=1000)
    methodology = LineField(_("Methodology"), validators=[Required()], max=80)
    country = LineField(_("Country, in English"), validators=[Required()], max=60, default="China")
    county = LineField(
        _("County code"), validators=[Required(), _COUNTY], max=6,
        description=_("Six digits, for example 230700."),
    )  # fmt: skip
    begins = DateField(_("First day of the crediting period"), validators=[Required()])
    ends = DateField(_("Last day of the crediting period"), validators=[Required()])

    def validate_number(self, field: LineField) -> None:
        if self.registry.data != OWN and not field.data:
            raise ValidationError(_("Give the number that this registry gave the project."))


class DocumentForm(PortalForm):
    kind = SelectField(_("Kind of document"), choices=_choices(DOCUMENT_WORDS))
    title_zh = LineField(_("Title in Chinese"), validators=[Required()], max=120)
    title_en = LineField(_("Title in English"), validators=[Required()], max=160)
    file = FileField(
        _("File"), validators=[FileRequired(_("Choose a file."))],
        description=_("PDF, image or plain text, at most 10 MB."),
    )  # fmt: skip
    is_public = BooleanField(
        _("Show it to the public"), default=True,
        description=_("Every step of a project rests on a public document. Leave out personal data."),
    )  # fmt: skip


class ParcelsForm(PortalForm):
    file = FileField(
        _("GeoJSON file"), validators=[FileRequired(_("Choose a file."))],
        description=_(
            "Polygons in degrees (WGS 84 or CGCS2000), longitude first. A property “code” names a parcel; "
            "those without one are numbered."
        ),
    )  # fmt: skip
    county = LineField(_("County code"), validators=[Required(), _COUNTY], max=6)
    village = LineField(_("Village or forest farm"), max=80)
    tenure = RadioField(
        _("Tenure"), choices=_choices(TENURE_WORDS),
        validators=[Required()],
    )  # fmt: skip
    document = SelectField(_("Proof of tenure"), choices=[], validate_choice=True)
    begins = DateField(_("In the project from"), validators=[Required()])
    ends = DateField(_("Until"), validators=[Required()])

    def offer(self, documents: Iterable[DocumentView]) -> None:
        """Which papers may prove the tenure."""
        _offer(self.document, documents, _("none yet"))


class StepForm(PortalForm):
    target = RadioField(_("Where to"), choices=[], validators=[Required()])
    document = SelectField(_("On which document"), choices=[])
    note = TextField(_("Note for whoever decides"), max=1000)

    def offer(self, steps: Iterable[Step], documents: Iterable[DocumentView]) -> None:
        self.target.choices = [
            SelectChoice(
                step.target.value,
                _(
                    "%(state)s – on: %(document)s",
                    state=STATE_WORDS[step.target],
                    document=DOCUMENT_WORDS[step.document],
                ),
            )
            for step in steps
        ]
        _offer(self.document, documents)


class DecisionForm(PortalForm):
    decision = RadioField(
        _("Your decision"), choices=_choices(DECISION_WORDS),
        validators=[Required()],
    )  # fmt: skip
    reason = TextField(_("Reason"), max=1000, description=_("Needed when you refuse. It is public."))

    @property
    def is_approval(self) -> bool:
        return bool(self.decision.data == Decision.APPROVED)


class ReasonForm(PortalForm):
    because = TextField(_("Reason"), validators=[Required()], max=1000)


class AnswerForm(PortalForm):
    answer = TextField(
        _("Your answer"), validators=[Required()], max=COMMENT_LENGTH, description=_("It is public.")
    )
    is_shown = BooleanField(
        _("Show the comment to the public"), default=True,
        description=_("Keep back what names a person or insults; say so in the answer."),
    )  # fmt: skip


class CommentForm(PortalForm):
    body = TextField(
        _("Your comment"), validators=[Required()], max=COMMENT_LENGTH,
        description=_(
            "At most 2,000 characters. It is shown here with an answer once it was read. "
            "Write no names, telephone numbers or addresses of persons: you need not say who you are."
        ),
    )  # fmt: skip


class FigureField(LineField):
    """A number as typed, kept as text; what is none is refused beside the field."""

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        try:
            if self.data:
                parse_decimal(self.data)
        except InvalidInput as fault:
            raise ValidationError(message(fault)) from None


class AssessmentForm(PortalForm):
    """One question, evidence and document per rule; made for a set of rules by ``assessment_form``."""

    rules: Rules
    documents: list[DocumentView]

    def parts(self, rule: Rule) -> tuple[Any, Any, Any]:
        key = _key(rule)
        return self[f"{key}_value"], self[f"{key}_evidence"], self[f"{key}_document"]

    @property
    def answers(self) -> dict[str, Answer]:
        """What was filled in, by rule."""
        found = {}
        for rule in asked(self.rules):
            value, evidence, document = self.parts(rule)
            found[rule.id] = Answer((value.data or "").strip(), evidence.data or "", document.data or None)
        return found


def asked(rules: Rules) -> list[Rule]:
    """Rules that a person answers; the others are answered by the parcels."""
    return [rule for rule in rules.rules if not rule.source_of_value]


def assessment_form(rules: Rules, documents: list[DocumentView]) -> AssessmentForm:
    """The form that asks what these rules ask."""
    fields: dict[str, Any] = {"rules": rules, "documents": documents}
    for rule in asked(rules):
        key = _key(rule)
        fields[f"{key}_value"] = _question(rule)
        fields[f"{key}_evidence"] = LineField(_("Evidence"), max=300)
        fields[f"{key}_document"] = SelectField(_("Document"), choices=[])
    form: AssessmentForm = type("AssessmentForm", (AssessmentForm,), fields)()
    for rule in asked(rules):
        _offer(form.parts(rule)[2], documents, _("none"))
    return form


def _question(rule: Rule) -> Any:
    asks, why = rule.ask.in_(lang()), rule.why.in_(lang())
    if rule.is_number:
        return FigureField(asks, max=20, description=why, render_kw={"inputmode": "decimal"})
    answers = _choices({"yes": _("Yes"), "no": _("No")})
    return RadioField(asks, choices=answers, description=why, validate_choice=False)


def _key(rule: Rule) -> str:
    return rule.id.replace(".", "_")


def _offer(field: Any, documents: Iterable[DocumentView], nothing: Any = None) -> None:
    field.choices = [
        *([SelectChoice("", nothing)] if nothing is not None else []),
        *(
            SelectChoice(each.id, f"{DOCUMENT_WORDS[each.kind]}: {each.title.in_(lang())}")
            for each in documents
        ),
    ]


def documents_for_tenure(documents: Iterable[DocumentView]) -> list[DocumentView]:
    return [each for each in documents if each.kind in (DocumentKind.TENURE, DocumentKind.MAP)]


def tenure_of(form: ParcelsForm) -> Tenure:
    return Tenure(form.tenure.data)
