"""Forms of the import desk: which file, and which column means what."""

import re
from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.errors import PortalError
from portal.registry.rules.imports import LAYOUTS, Days, Layout, Role, SourceState
from portal.registry.rules.imports.layouts import COLUMNS, STATE_WORDS, mapped, states_of
from portal.registry.rules.serials import OWN_REGISTRY
from portal.web.forms import BooleanField, LineField, PortalForm, Required, clean_line
from portal.web.i18n import lazy_gettext as _

REGISTRY_NAMES = {
    "verra": "Verra VCS",
    "gold-standard": "Gold Standard",
    "acr": "ACR (American Carbon Registry)",
    "car": "CAR (Climate Action Reserve)",
    "art": "ART TREES",
    "cer": "CDM (CER)",
    "cercarbono": "Cercarbono",
    OWN_REGISTRY: _("This portal's own register"),
}
BY_HEADER, NEW_MAPPING = "auto", "new"
COLUMN_NAMES = {
    Role.SERIAL: _("Serial or ticket number"),
    Role.FIRST: _("First unit"),
    Role.LAST: _("Last unit"),
    Role.QUANTITY: _("Quantity in tonnes"),
    Role.PROJECT: _("Number of the project"),
    Role.PROJECT_NAME: _("Name of the project"),
    Role.METHODOLOGY: _("Methodology"),
    Role.ACTIVITIES: _("Kind of activity"),
    Role.COUNTRY: _("Country"),
    Role.VINTAGE: _("Vintage: a year or a period"),
    Role.VINTAGE_START: _("Beginning of the vintage"),
    Role.VINTAGE_END: _("End of the vintage"),
    Role.ISSUED_ON: _("Day of issuance"),
    Role.STATUS: _("State of the units"),
    Role.RETIRED_ON: _("Day of retirement"),
    Role.BENEFICIARY: _("Beneficiary of the retirement"),
    Role.REASON: _("Reason of the retirement"),
    Role.DETAILS: _("Details of the retirement"),
}
FIXED = (Role.PROJECT, Role.PROJECT_NAME, Role.METHODOLOGY, Role.COUNTRY, Role.VINTAGE)
GROUPS = {
    "units": (Role.SERIAL, Role.FIRST, Role.LAST, Role.QUANTITY),
    "project": (Role.PROJECT, Role.PROJECT_NAME, Role.METHODOLOGY, Role.ACTIVITIES, Role.COUNTRY),
    "period": (Role.VINTAGE, Role.VINTAGE_START, Role.VINTAGE_END, Role.ISSUED_ON),
    "state": (Role.STATUS, Role.RETIRED_ON, Role.BENEFICIARY, Role.REASON, Role.DETAILS),
}


class ImportForm(PortalForm):
    file = FileField(
        _("Export file"),
        validators=[FileRequired(_("Choose a file."))],
        description=_(
            "CSV or XLSX as the registry gives it, up to 100 MB and 200,000 rows. "
            "Nothing is written before you have seen what would happen."
        ),
    )
    registry = SelectField(_("Source registry"))

    def offer(self, saved: Sequence[str]) -> None:
        """What can be chosen: known registries and saved mappings."""
        self.registry.choices = [
            SelectChoice(BY_HEADER, _("Recognise it by its columns")),
            *(SelectChoice(name, REGISTRY_NAMES[name]) for name in LAYOUTS),
            *(SelectChoice(name, _("Saved mapping: %(name)s", name=name)) for name in saved),
            SelectChoice(NEW_MAPPING, _("Another list: map its columns")),
        ]


class ConfirmForm(PortalForm):
    """Confirms a report that was looked at."""

    confirmed = BooleanField(_("The Chinese text in the preview is readable (the file is GB18030)."))


class MappingForm(PortalForm):
    """Which column means what; for each role a field ``column_<role>``, and ``fixed_<role>`` for some."""

    file = HiddenField()
    file_name = HiddenField(filters=[lambda text: clean_line(text or "")[:120]])
    name = LineField(
        _("Name of this mapping"),
        validators=[Required()],
        max=40,
        description=_("Small letters, digits and hyphens, for example ccer-2026. It is used as --registry."),
    )
    registry = LineField(
        _("Short name of the register"),
        max=40,
        description=_(
            "Whose numbers these are, for example ccer; project codes begin with it. "
            "Several mappings may belong to one register."
        ),
    )
    grammar = SelectField(_("How the serials are written"))
    prefix = LineField(
        _("Text before every number"),
        max=40,
        description=_("Only where numbers are bare, so that two registers' numbers can be told apart."),
    )
    days = SelectField(
        _("How days are written"),
        choices=[
            SelectChoice(Days.ISO.value, _("2026-04-03 or 2026年4月3日")),
            SelectChoice(Days.DAY_FIRST.value, _("3/4/2026 is the third of April")),
            SelectChoice(Days.MONTH_FIRST.value, _("4/3/2026 is the third of April")),
        ],
    )
    active = LineField(_("Words for active units"), max=300, description=_("Separated by commas."))
    retired = LineField(_("Words for retired units"), max=300)
    cancelled = LineField(_("Words for cancelled units"), max=300)

    def offer(self, header: Sequence[str]) -> None:
        """The columns of the file as choices for every role."""
        self.grammar.choices = [
            SelectChoice(COLUMNS, _("In columns: first and last unit, or one number for a quantity")),
            *(
                SelectChoice(name, _("As %(registry)s writes them", registry=REGISTRY_NAMES[name]))
                for name, layout in LAYOUTS.items()
                if layout.grammar == name and name != OWN_REGISTRY
            ),
        ]
        for role in COLUMN_NAMES:
            self.column(role).choices = [
                SelectChoice("", _("Not in this list")),
                *(SelectChoice(heading, heading) for heading in header if heading),
            ]

    def column(self, role: Role) -> Any:
        return self[f"column_{role}"]

    def fixed(self, role: Role) -> Any:
        return self[f"fixed_{role}"]

    def show(self, layout: Layout) -> None:
        """Fill in a saved mapping."""
        self.name.data, self.registry.data = layout.name, layout.registry
        self.grammar.data, self.prefix.data, self.days.data = layout.grammar, layout.prefix, layout.days
        for role in COLUMN_NAMES:
            self.column(role).data = layout.columns.get(role, ("",))[0]
        for role in FIXED:
            self.fixed(role).data = layout.fixed.get(role, "")
        self.show_words(layout.states)

    def show_words(self, states: Any = STATE_WORDS) -> None:
        """Fill in which words mean which state."""
        for state in SourceState:
            self[state.value].data = ", ".join(word for word, meant in states.items() if meant is state)

    def layout(self) -> Layout:
        """What was chosen. Raises WordInTwoStates."""
        return mapped(
            self.name.data or "",
            self.registry.data or self.name.data or "",
            self.grammar.data,
            {role: self.column(role).data or "" for role in COLUMN_NAMES},
            fixed={role: self.fixed(role).data or "" for role in FIXED},
            states=states_of(*(_words(self[state.value].data) for state in SourceState)),
            days=Days(self.days.data),
            prefix=self.prefix.data or "",
        )

    def blame_all(self, faults: dict[str, PortalError]) -> None:
        for where, fault in faults.items():
            self.blame(f"column_{where}" if where in COLUMN_NAMES else where, fault)


for _role, _label in COLUMN_NAMES.items():
    setattr(MappingForm, f"column_{_role}", SelectField(_label))
for _role in FIXED:
    setattr(
        MappingForm,
        f"fixed_{_role}",
        LineField(_("%(column)s, the same for all rows", column=COLUMN_NAMES[_role]), max=200),
    )


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in re.split("[,，、;；]", text or "") if word.strip()]
