"""Layouts: which column of an export means what, for registries that are known and for saved mappings.

The headings of the known registries are those of their public exports (transactions, retirements
and issuances of 2026); an account's own list of holdings writes the same ones. What no role takes
is kept verbatim beside the rest.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from portal.kernel.errors import PortalError
from portal.registry.rules.imports.errors import (
    BadLayoutName,
    ColumnUsedTwice,
    HalfARange,
    LayoutNameTaken,
    NoQuantityMapped,
    NoSerialMapped,
    NoStateMapped,
    NoStateWords,
    RoleUnmapped,
    WordInTwoStates,
)
from portal.registry.rules.serials import GRAMMARS


class Role(StrEnum):
    """What a column can be for."""

    SERIAL = "serial"
    FIRST = "first"
    LAST = "last"
    QUANTITY = "quantity"
    PROJECT = "project"
    PROJECT_NAME = "project_name"
    METHODOLOGY = "methodology"
    ACTIVITIES = "activities"
    LABELS = "labels"
    COUNTRY = "country"
    VINTAGE = "vintage"  # a year or a period
    VINTAGE_START = "vintage_start"
    VINTAGE_END = "vintage_end"
    VINTAGE_TOTAL = "vintage_total"
    ISSUED_ON = "issued_on"
    STATUS = "status"
    STATUS_DAY = "status_day"  # since when the state holds, whichever it is
    RETIRED_ON = "retired_on"  # a day, only when the units are retired
    BENEFICIARY = "beneficiary"
    REASON = "reason"
    DETAILS = "details"


class SourceState(StrEnum):
    """Where units stand at their source. Only active ones may ever stand behind a lot."""

    ACTIVE = "active"
    RETIRED = "retired"
    CANCELLED = "cancelled"


class Days(StrEnum):
    """How days are written where it is not 2026-04-03, 2026年4月3日 or, packed, 03042026."""

    ISO = "iso"
    MONTH_FIRST = "month_first"  # 4/3/2026, as registries in the United States write
    DAY_FIRST = "day_first"  # 3/4/2026


COLUMNS: Final = "columns"  # the grammar of a layout whose units stand in columns

# What registries write, folded to small letters; a saved mapping adds its own.
STATE_WORDS: Final[Mapping[str, SourceState]] = {
    **dict.fromkeys(
        ["active", "issued", "available", "held", "有效", "已签发", "已登记", "持有", "可用"],
        SourceState.ACTIVE,
    ),
    **dict.fromkeys(["retired", "retirement", "已注销", "注销", "已使用", "已抵消"], SourceState.RETIRED),
    **dict.fromkeys(
        [
            "cancelled",
            "canceled",
            "cancellation",
            "voluntarily cancelled",
            "已取消",
            "取消",
            "作废",
            "已作废",
        ],
        SourceState.CANCELLED,
    ),
}


# What may not be empty where its column is there; an empty methodology makes a project of type ``other``.
ALWAYS_FILLED: Final = frozenset({
    Role.SERIAL, Role.FIRST, Role.LAST, Role.QUANTITY, Role.PROJECT, Role.PROJECT_NAME, Role.COUNTRY,
    Role.VINTAGE, Role.VINTAGE_START, Role.VINTAGE_END, Role.STATUS,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """An export's columns. ``columns`` names for each role the headings that may stand for it, first
    come first served; ``fixed`` gives a role one value for all rows."""

    name: str
    registry: str  # whose serials they are: ``issuance.source_registry``
    grammar: str  # of ``serials.GRAMMARS``, or COLUMNS
    code: str  # what project codes begin with
    columns: Mapping[Role, tuple[str, ...]]
    required: frozenset[Role]
    filled: frozenset[Role] = ALWAYS_FILLED
    fixed: Mapping[Role, str] = field(default_factory=dict)
    states: Mapping[str, SourceState] = field(default_factory=lambda: STATE_WORDS)
    days: Days = Days.ISO
    blank_day_is_active: bool = False  # no day of retirement means not retired; else it means not known
    prefix: str = ""  # stands before bare numbers, so that two registers' numbers are told apart

    def state_of(self, word: str) -> SourceState | None:
        return self.states.get(fold(word))


def fold(text: str) -> str:
    """A heading or word as it is compared: without case, and with single spaces."""
    return " ".join(text.split()).casefold()


def _columns(**headings: str | tuple[str, ...]) -> dict[Role, tuple[str, ...]]:
    return {Role(role): (names,) if isinstance(names, str) else names for role, names in headings.items()}


_VERRA: Final = Layout(
    "verra", "verra", "verra", "VCS",
    _columns(
        serial="Serial Number", quantity="Quantity Issued", project="ID", project_name="Name",
        methodology="Methodology", labels="Additional Certifications", country="Country/Area",
        vintage_start="Vintage Start", vintage_end="Vintage End", vintage_total="Total Vintage Quantity",
        issued_on="Issuance Date", retired_on="Retirement/Cancellation Date",
        beneficiary="Retirement Beneficiary", reason="Retirement Reason", details="Retirement Details",
        activities="AFOLU Activities",  # only in the projects export; used when it is there
    ),
    frozenset(Role) - {
        Role.FIRST, Role.LAST, Role.ACTIVITIES, Role.VINTAGE, Role.STATUS, Role.STATUS_DAY,
    },
    filled=ALWAYS_FILLED | {Role.METHODOLOGY, Role.ISSUED_ON, Role.VINTAGE_TOTAL},
    blank_day_is_active=True,
)  # fmt: skip

_GOLD_STANDARD: Final = Layout(
    "gold-standard", "gold-standard", "gold-standard", "GS",
    _columns(
        serial="Serial Number", quantity="Quantity", project="GSID", project_name="Project Name",
        methodology="Methodology", labels="Label", country="Country", vintage="Vintage",
        issued_on="Issuance Date", status="Credit Status", retired_on="Retirement Date",
        beneficiary="Using Entity", reason="Use Case", details="Note",
    ),
    frozenset({
        Role.SERIAL, Role.QUANTITY, Role.PROJECT, Role.PROJECT_NAME, Role.METHODOLOGY, Role.COUNTRY,
        Role.VINTAGE, Role.STATUS,
    }),
)  # fmt: skip

# ACR, the Reserve and ART run on one registry software and export alike. Their lists of retirements
# and cancellations have no column of states, only the day since when; lists of holdings have one.
_APX_REQUIRED: Final = frozenset({
    Role.SERIAL, Role.QUANTITY, Role.PROJECT, Role.PROJECT_NAME, Role.METHODOLOGY, Role.COUNTRY, Role.VINTAGE,
})  # fmt: skip

_ACR: Final = Layout(
    "acr", "acr", "acr", "ACR",
    _columns(
        serial="Credit Serial Numbers", quantity="Quantity of Credits", project="Project ID",
        project_name="Project Name", methodology="Project Methodology/Protocol",
        country="Project Site Country", vintage="Vintage", issued_on=("Date Issued (GMT)", "Date Issued"),
        status=("Credit Status", "Status"), status_day=("Status Effective (GMT)", "Status Effective"),
        beneficiary="Retired on Behalf of", reason=("Retirement Reason", "Cancellation Type"),
        details=("Purpose of Retirement", "Notes"),
    ),
    _APX_REQUIRED, days=Days.MONTH_FIRST,
)  # fmt: skip

_CAR: Final = Layout(
    "car", "car", "car", "CAR",
    _columns(
        serial="Offset Credit Serial Numbers", quantity="Quantity of Offset Credits", project="Project ID",
        project_name="Project Name", methodology="Protocol and Version", activities="Activity Area Type",
        labels="Reduction/Removal", country="Project Site Country", vintage="Vintage",
        issued_on="Date Issued", status=("Credit Status", "Status"), status_day="Status Effective",
        beneficiary="Retired on Behalf of", reason=("Retirement Reason", "Cancellation Type"),
        details=("Retirement Reason Details", "Notes"),
    ),
    _APX_REQUIRED, days=Days.MONTH_FIRST,
)  # fmt: skip

_ART: Final = Layout(
    "art", "art", "art", "ART",
    _columns(
        serial="Credit Serial Numbers", quantity="Quantity of Credits", project="Program ID",
        project_name="Program Name", methodology="Crediting Program and Standard",
        country="Program Country", vintage="Vintage", issued_on="Date Approved",
        status=("Credit Status", "Status"), status_day="Status Effective",
        beneficiary="Retired on Behalf of", reason="Retirement Reason", details="Purpose of Retirement",
    ),
    _APX_REQUIRED, days=Days.MONTH_FIRST,
)  # fmt: skip

_CER: Final = Layout(
    "cer", "cer", "cer", "CDM",
    _columns(
        serial=("Serial Number", "Serial Numbers", "Serial Number Range"),
        quantity=("Quantity", "Number of Units"), project=("Project Number", "Project Reference"),
        project_name=("Project Title", "Project Name"), methodology=("Methodology", "Methodologies"),
        country=("Host Party", "Host Country"), vintage_start=("Monitoring Period Start", "Vintage Start"),
        vintage_end=("Monitoring Period End", "Vintage End"), issued_on=("Issuance Date", "Date of Issuance"),
        status=("Status", "Unit Status"), retired_on=("Cancellation Date", "Date of Cancellation"),
        beneficiary=("Beneficiary", "On Behalf of"), reason=("Reason", "Purpose"), details="Notes",
    ),
    frozenset({
        Role.SERIAL, Role.QUANTITY, Role.PROJECT, Role.PROJECT_NAME, Role.METHODOLOGY, Role.COUNTRY,
        Role.STATUS,
    }),
)  # fmt: skip

_CERCARBONO: Final = Layout(
    "cercarbono", "cercarbono", COLUMNS, "CDC",
    _columns(
        serial="serial", first="from", last="to", quantity=("quantity", "issued_quantity"),
        project="project_id", project_name="project_name", methodology="methodology", country="country",
        vintage=("vintage_of_credits", "vintage", "year"), issued_on="issuance_date", status="status",
        retired_on="date", beneficiary="end_user", reason="certificate_destination",
        details="passive_subject",
    ),
    frozenset({Role.SERIAL, Role.QUANTITY, Role.PROJECT, Role.PROJECT_NAME, Role.VINTAGE}),
    fixed={Role.COUNTRY: "Colombia"},
)  # fmt: skip

_OWN: Final = Layout(
    "HLYC", "HLYC", "HLYC", "HLYC",
    _columns(
        serial="Serial", quantity="Tonnes", project="Project", project_name="Project name",
        methodology="Methodology", country="Country", vintage="Vintage", issued_on="Issued on",
        status="State", status_day="Since", beneficiary="Beneficiary", reason="Reason", details="Details",
    ),
    frozenset({Role.SERIAL, Role.QUANTITY, Role.PROJECT, Role.PROJECT_NAME, Role.STATUS}),
)  # fmt: skip

LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.name: layout for layout in (_VERRA, _GOLD_STANDARD, _ACR, _CAR, _ART, _CER, _CERCARBONO, _OWN)
}


# ── saved mappings ─────────────────────────────────────────────────────────────────────────────

_CODES: Final = {layout.code for layout in LAYOUTS.values()}
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
_NEEDED: Final = (Role.PROJECT, Role.PROJECT_NAME, Role.METHODOLOGY, Role.COUNTRY)


def mapped(
    name: str,
    registry: str,
    grammar: str,
    columns: Mapping[Role, str],
    *,
    fixed: Mapping[Role, str],
    states: Mapping[str, SourceState],
    days: Days,
    prefix: str = "",
) -> Layout:
    """A layout as an operator maps it: one heading a role. Check it with ``faults_of`` before use.

    Serials that are written as a known registry writes them are that registry's, whoever lists them.
    """
    taken = {role: (heading,) for role, heading in columns.items() if heading}
    registry = grammar if grammar in GRAMMARS else registry
    return Layout(
        name=name,
        registry=registry,
        grammar=grammar,
        code=LAYOUTS[registry].code if registry in LAYOUTS else registry.upper(),
        columns=taken,
        required=frozenset(taken),
        fixed={role: value for role, value in fixed.items() if value and role not in taken},
        states={fold(word): state for word, state in states.items()},
        days=days,
        blank_day_is_active=Role.STATUS not in taken,
        prefix=prefix,
    )


def faults_of(layout: Layout) -> dict[str, PortalError]:
    """What keeps a mapping from being used, by the field that it concerns; empty when nothing does."""
    return {
        **_name_faults(layout),
        **_serial_faults(layout),
        **_lacking(layout),
        **_state_faults(layout),
        **_double(layout),
    }


def _name_faults(layout: Layout) -> dict[str, PortalError]:
    faults: dict[str, PortalError] = {}
    if layout.name in LAYOUTS:
        faults["name"] = LayoutNameTaken(name=layout.name)
    elif not _NAME.fullmatch(layout.name):
        faults["name"] = BadLayoutName()
    if layout.grammar == COLUMNS:
        if layout.registry in LAYOUTS or layout.code in _CODES:
            faults["registry"] = LayoutNameTaken(name=layout.registry)
        elif not _NAME.fullmatch(layout.registry):
            faults["registry"] = BadLayoutName()
    return faults


def _serial_faults(layout: Layout) -> dict[str, PortalError]:
    has = layout.columns.keys()
    if (Role.FIRST in has) != (Role.LAST in has):
        return {Role.LAST if Role.FIRST in has else Role.FIRST: HalfARange()}
    if Role.SERIAL not in has and (layout.grammar != COLUMNS or Role.FIRST not in has):
        return {Role.SERIAL: NoSerialMapped()}
    return {}


def _lacking(layout: Layout) -> dict[str, PortalError]:
    known = layout.columns.keys() | layout.fixed.keys()
    faults: dict[str, PortalError] = {role: RoleUnmapped() for role in _NEEDED if role not in known}
    if layout.grammar == COLUMNS and not known & {Role.VINTAGE, Role.VINTAGE_START}:
        faults[Role.VINTAGE] = RoleUnmapped()
    if Role.QUANTITY not in layout.columns:
        faults[Role.QUANTITY] = NoQuantityMapped()
    return faults


def _state_faults(layout: Layout) -> dict[str, PortalError]:
    has = layout.columns.keys()
    if not has & {Role.STATUS, Role.RETIRED_ON}:
        return {Role.STATUS: NoStateMapped()}
    if Role.STATUS in has and SourceState.ACTIVE not in layout.states.values():
        return {Role.STATUS: NoStateWords()}
    return {}


def _double(layout: Layout) -> dict[str, PortalError]:
    faults: dict[str, PortalError] = {}
    seen: set[str] = set()
    for role, (heading, *_) in layout.columns.items():
        if fold(heading) in seen:
            faults[role] = ColumnUsedTwice(column=heading)
        seen.add(fold(heading))
    return faults


def states_of(
    active: Iterable[str], retired: Iterable[str], cancelled: Iterable[str]
) -> dict[str, SourceState]:
    """Words of a state column to what they mean. Raises WordInTwoStates."""
    states: dict[str, SourceState] = {}
    for state, words in zip(SourceState, (active, retired, cancelled), strict=True):
        for word in filter(None, map(fold, words)):
            if states.setdefault(word, state) is not state:
                raise WordInTwoStates(word=word[:40])
    return states


def to_json(layout: Layout) -> dict[str, Any]:
    """A saved mapping as it is stored; ``from_json`` is its inverse."""
    return {
        "registry": layout.registry,
        "grammar": layout.grammar,
        "columns": {role.value: names[0] for role, names in layout.columns.items()},
        "fixed": {role.value: text for role, text in layout.fixed.items()},
        "states": {word: state.value for word, state in layout.states.items()},
        "days": layout.days.value,
        "prefix": layout.prefix,
    }


def from_json(name: str, stored: Mapping[str, Any]) -> Layout:
    return mapped(
        name,
        stored["registry"],
        stored["grammar"],
        {Role(role): heading for role, heading in stored["columns"].items()},
        fixed={Role(role): text for role, text in stored["fixed"].items()},
        states={word: SourceState(state) for word, state in stored["states"].items()},
        days=Days(stored["days"]),
        prefix=stored["prefix"],
    )


# ── what a header suggests ─────────────────────────────────────────────────────────────────────

# Beside the headings of the known registries: what CCER lists, forest carbon tickets and brokers write.
_HINTS: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.SERIAL: ("序列号", "碳票编号", "碳票号", "票号", "编号", "serial no", "serial no.", "ticket number"),
    Role.FIRST: (
        "起始编号", "起始序列号", "首编号", "开始编号", "first serial", "start serial", "first unit",
    ),
    Role.LAST: (
        "终止编号", "截止编号", "结束编号", "终止序列号", "尾编号", "last serial", "end serial", "last unit",
    ),
    Role.QUANTITY: (
        "数量", "减排量", "核证减排量", "签发量", "碳减排量", "碳汇量", "持有量", "tonnes", "volume", "units",
    ),
    Role.PROJECT: ("项目编号", "项目备案号", "项目登记号", "project no", "project number"),
    Role.PROJECT_NAME: ("项目名称", "project title", "project"),
    Role.METHODOLOGY: ("方法学", "方法学编号", "采用方法学", "protocol"),
    Role.COUNTRY: ("国家", "国别", "country/area", "host country"),
    Role.VINTAGE: ("年份", "产生年份", "减排量产生年份", "监测期", "计入期", "产生期间", "vintage year"),
    Role.VINTAGE_START: ("监测期开始", "监测期起", "产生开始日期", "period start"),
    Role.VINTAGE_END: ("监测期结束", "监测期止", "产生结束日期", "period end"),
    Role.ISSUED_ON: ("签发日期", "登记日期", "发证日期", "制发日期", "issue date", "issued on"),
    Role.STATUS: ("状态", "当前状态", "持有状态", "state"),
    Role.RETIRED_ON: (
        "注销日期", "注销时间", "使用日期", "retired on", "retirement date", "cancellation date",
    ),
    Role.BENEFICIARY: ("受益人", "注销受益人", "使用方", "持有人", "beneficiary", "on behalf of"),
    Role.REASON: ("注销原因", "注销用途", "用途", "reason"),
    Role.DETAILS: ("备注", "说明", "notes", "remarks"),
}  # fmt: skip
_UNITS_IN_BRACKETS: Final = re.compile(r"\s*[(（\[].*?[)）\]]\s*$")


def suggested(header: Sequence[str]) -> dict[Role, str]:
    """Which column probably means what: an operator sees it, corrects it and saves it."""
    spelled = {fold(_UNITS_IN_BRACKETS.sub("", heading)): heading for heading in reversed(header)}
    spelled |= {fold(heading): heading for heading in reversed(header)}
    found: dict[Role, str] = {}
    for role in Role:
        known = [name for layout in LAYOUTS.values() for name in layout.columns.get(role, ())]
        for hint in (*_HINTS.get(role, ()), *known):
            heading = spelled.get(fold(hint))
            if heading is not None and heading not in found.values():
                found[role] = heading
                break
    return found


def layout_of_header(header: Sequence[str], saved: Sequence[Layout] = ()) -> Layout | None:
    """The layout that this header fits; the one that takes most of its columns, and none when two do."""
    spelled = {fold(heading) for heading in header}
    taken: dict[int, list[Layout]] = {}
    for layout in (*saved, *LAYOUTS.values()):
        names = [set(map(fold, headings)) & spelled for headings in layout.columns.values()]
        if all(spelled & set(map(fold, layout.columns[role])) for role in layout.required):
            taken.setdefault(sum(map(bool, names)), []).append(layout)
    best = taken[max(taken)] if taken else []
    return best[0] if len(best) == 1 else None
