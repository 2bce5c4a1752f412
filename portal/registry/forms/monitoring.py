"""Forms of technicians: an inventory, a monitoring report, a plan of plots."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from portal.kernel import clock
from portal.registry.queries.monitoring import InventoryView, ReportView
from portal.registry.queries.register import ProjectView
from portal.registry.rules.estimation.columns import InventoryKind
from portal.registry.rules.estimation.parameters import Method
from portal.registry.rules.estimation.planning import Allocation
from portal.web.forms import BooleanField, LineField, NumberField, PortalForm, Required, TextField, clean_line
from portal.web.i18n import gettext, percent
from portal.web.i18n import lazy_gettext as _

NOT_FOREST = "none"


def kind_words(kind: str) -> str:
    return {
        InventoryKind.GROWING_STOCK: gettext("Growing stock: a row for each plot and species"),
        InventoryKind.TREES: gettext("Tree list: a row for each tree"),
    }[InventoryKind(kind)]


def short_kind(kind: str) -> str:
    return {InventoryKind.GROWING_STOCK: gettext("Growing stock"), InventoryKind.TREES: gettext("Tree list")}[
        InventoryKind(kind)
    ]


FIRST_YEAR = 1950


def _likely_day(_form: PortalForm, field: DateField) -> None:
    """Not in the future, and no slip in the year."""
    if field.data and field.data > clock.today():
        raise ValidationError(gettext("This day has not come yet."))
    if field.data and field.data.year < FIRST_YEAR:
        raise ValidationError(gettext("Check the year."))


class _Inventory(PortalForm):
    project = SelectField(_("Project"), validate_choice=True)
    kind = SelectField(_("What the file holds"))
    surveyed_on = DateField(
        _("Day of the survey"),
        validators=[Required(), _likely_day],
        description=_("The last day in the field. It is the day for which the stock stands."),
    )
    equations = TextField(
        _("Volume equations"),
        validators=[Optional()],
        max=4000,
        description=_(
            "Only for a tree list without volumes: one line a species, “species; a; b; c; source”, for "
            "V = a × D^b × H^c with D in cm, H in m and V in m³. Take them from the volume table that holds "
            "in your forest; the portal has none of its own."
        ),
    )

    def offer(self, projects: Sequence[ProjectView]) -> None:
        self.project.choices = [SelectChoice(each.code, _named(each)) for each in projects]
        self.kind.choices = [SelectChoice(kind.value, kind_words(kind)) for kind in InventoryKind]


class InventoryForm(_Inventory):
    file = FileField(
        _("Field sheet"),
        validators=[FileRequired(_("Choose a file."))],
        description=_("CSV or XLSX. You see every row and the estimate before anything is kept."),
    )


class KeepInventoryForm(_Inventory):
    """Confirms a dry run: the sheet is the one that was looked at, by its digest."""

    token = HiddenField()
    name = HiddenField(filters=[lambda text: clean_line(text or "")[:120]])
    confirmed = BooleanField(_("The Chinese text in the preview is readable (the file is GB18030)."))


class ReportForm(PortalForm):
    """Every deduction is a number and the document it comes from."""

    project = HiddenField()
    first = SelectField(_("Inventory at the start"))
    start = DateField(
        _("Day of the start"),
        validators=[Optional(), _likely_day],
        description=_("Only when there was no forest at the start."),
    )
    second = SelectField(_("Inventory at the end"))
    method = SelectField(_("Methodology"))
    baseline = NumberField(
        _("Baseline removal in the period"),
        low=Decimal(0), high=Decimal(10**9), validators=[Required()],
        description=_("t CO₂ that would have been taken up without the project; 0 or more."),
    )  # fmt: skip
    baseline_evidence = LineField(_("Where this baseline comes from"), validators=[Required()], max=200)
    leakage = NumberField(
        _("Leakage in the period"),
        low=Decimal(0), high=Decimal(10**9), validators=[Required()],
        description=_("t CO₂ that the project causes to be emitted elsewhere; 0 or more."),
    )  # fmt: skip
    leakage_evidence = LineField(_("Where this leakage comes from"), validators=[Required()], max=200)
    emissions = NumberField(
        _("Emissions of the project in the period"),
        low=Decimal(0), high=Decimal(10**9), validators=[Required()],
        description=_("t CO₂e of fires, machines and fertiliser; 0 or more."),
    )  # fmt: skip
    emissions_evidence = LineField(_("Where these emissions come from"), validators=[Required()], max=200)
    buffer_pct = NumberField(
        _("Buffer"), low=Decimal(0), high=Decimal(100), validators=[Required()],
        description=_("Per cent of the net removal that is kept back against loss."),
    )  # fmt: skip
    corrects = SelectField(_("Corrects a report"))
    seen = HiddenField()

    def offer(
        self, inventories: Sequence[InventoryView], reports: Sequence[ReportView], methods: Sequence[Method]
    ) -> None:
        named = [SelectChoice(each.id, _inventory_named(each)) for each in inventories]
        self.first.choices = [*named, SelectChoice(NOT_FOREST, gettext("None: no forest at the start"))]
        self.second.choices = named
        self.method.choices = [SelectChoice(each.id, each.id) for each in methods]
        self.corrects.choices = [
            SelectChoice("", gettext("No, it is a new one")),
            *(
                SelectChoice(str(each.number), gettext("Report %(number)s", number=each.number))
                for each in reports
            ),
        ]


class PlanForm(PortalForm):
    class Meta(PortalForm.Meta):
        csrf = False  # nothing is written: the whole plan stands in the address

    strata = TextField(
        _("Strata"),
        validators=[Required()],
        max=6000,
        description=_(
            "One line a stratum: “name; area in ha; mean; standard deviation”, from a pilot survey or an "
            "earlier inventory, per hectare and all in one unit."
        ),
    )
    plot_area = NumberField(
        _("Area of a plot"), low=Decimal(10), high=Decimal(20_000), validators=[Required()]
    )
    precision = NumberField(
        _("Half width of the interval"), low=Decimal("0.5"), high=Decimal(50), validators=[Required()],
        description=_("In per cent of the mean. Most methodologies ask for 10."),
    )  # fmt: skip
    confidence = SelectField(_("Confidence level"))
    allocation = SelectField(_("How plots are shared"))

    def offer(self) -> None:
        self.confidence.choices = [
            SelectChoice(level, percent(f"{Decimal(level) * 100:.0f}")) for level in ("0.90", "0.95")
        ]
        self.allocation.choices = [
            SelectChoice(Allocation.NEYMAN.value, gettext("By area and variation (Neyman)")),
            SelectChoice(Allocation.PROPORTIONAL.value, gettext("By area alone (proportional)")),
        ]


def _named(project: ProjectView) -> str:
    return f"{project.code} · {project.name.zh or project.name.en}"


def _inventory_named(inventory: InventoryView) -> str:
    day: Any = inventory.surveyed_on.isoformat()
    return f"{day} · {short_kind(inventory.kind)} · {inventory.file_name}"
