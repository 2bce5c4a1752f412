"""Activity data from a spreadsheet: every row is looked at, and each says what became of it.

One row is one activity: what it is (a question of the model, by its key or its title in either language), how
much, in which unit, for which period, and where the number comes from. Nothing is written here. Only a
report without a refused row may be applied, whole; a row that is here already is passed over, so that the
same file twice changes nothing.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from hashlib import sha256
from typing import Final

from portal.footprint.rules.method import unit_words
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import Assumption, Question, plain
from portal.footprint.rules.units import NUMBER, Unit, UnknownUnit, parse_unit
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, PortalError, Refused
from portal.kernel.numbers import NotANumber, parse_decimal
from portal.registry.rules.imports import (
    CellTooLong,
    DoubleColumn,
    FileTooLarge,
    FormulaCell,
    MissingValue,
    NoRows,
    NulCharacter,
    Verdict,
    WrongCellCount,
)

MAX_ROWS: Final = 10_000
MAX_CELL: Final = 200
_PLACES: Final = Decimal("1e-9")

COLUMNS: Final = {
    "activity": Bilingual("项目", "Activity"),
    "amount": Bilingual("数量", "Amount"),
    "unit": Bilingual("单位", "Unit"),
    "note": Bilingual("时段或备注", "Period or note"),
    "source": Bilingual("数据来源", "Source of data"),
}
SOURCES: Final = {
    "meter": Bilingual("计量表", "meter"),
    "bill": Bilingual("票据", "bill"),
    "estimate": Bilingual("估算", "estimate"),
}
# How people write units beside what the models write.
_SPOKEN: Final = {
    "度": "kWh", "千瓦时": "kWh", "吉焦": "GJ", "吨": "t", "千克": "kg", "公斤": "kg", "公里": "km",
    "千米": "km", "平方米": "m2", "㎡": "m2", "m²": "m2", "人": "person", "天": "day", "日": "day",
    "晚": "night", "间夜": "room.night", "餐": "meal", "人次餐": "meal", "人公里": "person.km",
    "人·公里": "person.km", "人千米": "person.km", "吨公里": "t.km", "吨·公里": "t.km", "tkm": "t.km",
    "车公里": "vehicle.km", "车·公里": "vehicle.km", "张": "sheet", "件": "item", "小时": "h",
    "升": "L", "立方米": "m3", "people": "person", "persons": "person", "nights": "night",
    "days": "day", "meals": "meal", "sheets": "sheet", "items": "item", "room-nights": "room.night",
    "tonnes": "t", "tonne": "t", "person-km": "person.km", "vehicle-km": "vehicle.km", "t-km": "t.km",
    "hours": "h",
}  # fmt: skip
# Between these the model may name a conversion; a night is never a day, and kWh of gas never kg of gas.
_ALIKE: Final = (
    {"kWh", "GJ", "J", "MJ", "MWh"},
    {"kg", "t", "g"},
    {"s", "h", "day", "week", "month", "year"},
    {"L", "m3", "Nm3"},
)


_NO_AMOUNTS: Final = (NUMBER, parse_unit("day"), parse_unit("km"))


class MissingColumn(InvalidInput):
    message = N_("The column “%(column)s” is missing. Download the template and keep its first row.")


class UnknownActivity(InvalidInput):
    message = N_("“%(text)s” is not an activity of this calculator. The template lists them all.")


class ActivityHasTwoMeanings(InvalidInput):
    message = N_("“%(text)s” can mean %(keys)s. Write the key.")


class NegativeAmount(InvalidInput):
    message = N_("“%(text)s” is less than zero.")


class FullWidthNumber(InvalidInput):
    message = N_("“%(text)s” has full-width characters. Write %(plain)s.")


class NoUnit(InvalidInput):
    message = N_("The unit is empty; %(wanted)s is wanted.")


class UnreadableUnit(InvalidInput):
    message = N_("“%(text)s” is not a unit we know; %(wanted)s is wanted.")


class WrongUnit(InvalidInput):
    message = N_(
        "The unit is %(text)s, but %(wanted)s is wanted; this calculator names no conversion between them."
    )


class UnknownSource(InvalidInput):
    message = N_("“%(text)s” does not say where the number comes from. Write meter, bill or estimate.")


class RepeatedActivity(InvalidInput):
    message = N_("This is the same as row %(row)s. If both are meant, tell them apart in the note.")


class AmountOutOfRange(InvalidInput):
    message = N_("%(activity)s would come to %(sum)s; it must lie between %(low)s and %(high)s %(unit)s.")


class NotWholeInAll(InvalidInput):
    message = N_("%(activity)s would come to %(sum)s; a whole number is wanted.")


class ActivitiesRefused(Refused):
    message = N_("%(refused)s of %(rows)s rows are refused. Nothing was imported.")


@dataclass(frozen=True, slots=True)
class Activity:
    """One row, understood: ``amount`` in the question's unit, ``written`` and ``unit`` as they came."""

    key: str
    amount: Decimal
    written: str
    unit: str
    note: str
    source: str
    converted_by: str = ""  # the conversion of the model that was used

    @property
    def fingerprint(self) -> str:
        """The same for rows that say the same, however the number and the unit are written."""
        said = "\x1f".join((self.key, plain(self.amount), self.note, self.source))
        return sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """``row`` as a spreadsheet counts: the header is 1."""

    row: int
    verdict: Verdict
    activity: Activity | None = None
    problem: PortalError | None = None


@dataclass(frozen=True, slots=True)
class ActivityReport:
    """All rows of a file, and what is wrong with their sums (``problems``)."""

    file_sha256: str
    encoding: str
    rows: tuple[ActivityRow, ...]
    totals: Mapping[str, Decimal]
    problems: tuple[PortalError, ...]

    @property
    def needs_confirmation(self) -> bool:
        return self.encoding == "gb18030"

    @property
    def accepted(self) -> int:
        return self._count(Verdict.ACCEPTED)

    @property
    def unchanged(self) -> int:
        return self._count(Verdict.UNCHANGED)

    @property
    def refused(self) -> int:
        return self._count(Verdict.REFUSED)

    @property
    def is_applicable(self) -> bool:
        """All or nothing: one refused row keeps the whole file out."""
        return self.refused == 0 and not self.problems

    def new(self) -> Iterator[tuple[int, Activity]]:
        return (
            (row.row, row.activity) for row in self.rows if row.activity and row.verdict is Verdict.ACCEPTED
        )

    def _count(self, verdict: Verdict) -> int:
        return sum(row.verdict is verdict for row in self.rows)


def importable(model: Model) -> dict[str, Question]:
    """What a row can be about: every question that wants an amount.

    Rows are added up, so shares, choices, rates (per person, per day), days and distances are none.
    """
    return {key: question for key, question in model.questions.items() if _is_amount(question)}


def _is_amount(question: Question) -> bool:
    if question.kind != "number" or question.is_skipped or question.unit in _NO_AMOUNTS:
        return False
    return all(power > 0 for _, power in question.unit.powers)


def wanted_unit(question: Question) -> Bilingual:
    """The unit as the template writes it."""
    words = Bilingual(unit_words(question.unit_text, "zh"), unit_words(question.unit_text, "en"))
    return Bilingual(question.unit_label.zh or words.zh, question.unit_label.en or words.en)


# ---- a table of texts


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was opened: its rows as texts, numbered as a spreadsheet does, the header first."""

    sha256: str
    encoding: str
    rows: tuple[tuple[int, list[str] | PortalError], ...]


def read(
    table: Table,
    model: Model,
    *,
    known: Collection[str] = (),
    before: Mapping[str, Decimal] | None = None,
) -> ActivityReport:
    """The report on a table. ``known`` are fingerprints of rows that are here, ``before`` their sums.

    Raises MissingColumn, DoubleColumn, FileTooLarge, NoRows: faults of the file as a whole.
    """
    cells = iter(table.rows)
    places = _header(next(cells, (1, []))[1])
    names, seen, rows = _names(model), dict[str, int](), []
    for number, row in cells:
        if number > MAX_ROWS + 1:
            raise FileTooLarge(rows=MAX_ROWS)
        if isinstance(row, PortalError) or any(cell.strip() for cell in row):
            rows.append(_judge(number, row, places, model, names, seen, known))
    if not rows:
        raise NoRows()
    totals = defaultdict(Decimal, before or {})
    for found in rows:
        if found.activity and found.verdict is Verdict.ACCEPTED:
            totals[found.activity.key] += found.activity.amount
    problems = tuple(filter(None, (_sum_fault(model.questions[key], sum_) for key, sum_ in totals.items())))
    return ActivityReport(table.sha256, table.encoding, tuple(rows), dict(totals), problems)


def _header(cells: list[str] | PortalError) -> dict[str, int]:
    """Where each column stands; a heading may be the key or either language's."""
    if isinstance(cells, PortalError):
        raise MissingColumn(column=COLUMNS["activity"])
    places: dict[str, int] = {}
    said = {_folded(name): key for key, title in COLUMNS.items() for name in (key, title.zh, title.en)}
    for place, cell in enumerate(cells):
        key = said.get(_folded(cell))
        if key in places:
            raise DoubleColumn(column=cell.strip()[:100])
        if key:
            places[key] = place
    for key, title in COLUMNS.items():
        if key not in places:
            raise MissingColumn(column=title)
    return places | {"": len(cells)}


def _names(model: Model) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for key, question in importable(model).items():
        for name in dict.fromkeys((key, _folded(question.title.zh), _folded(question.title.en))):
            names[name].append(key)
    return names


def _folded(text: str) -> str:
    """Without differences that no reader sees: case, spaces at the ends, full-width forms, a BOM."""
    return unicodedata.normalize("NFKC", text).strip().strip("\ufeff").casefold()


def _judge(
    number: int,
    row: list[str] | PortalError,
    places: Mapping[str, int],
    model: Model,
    names: Mapping[str, Sequence[str]],
    seen: dict[str, int],
    known: Collection[str],
) -> ActivityRow:
    try:
        if isinstance(row, PortalError):
            raise row
        activity = _activity(_by_column(row, places), model, names)
        if (first := seen.setdefault(activity.fingerprint, number)) != number:
            raise RepeatedActivity(row=first)
    except PortalError as problem:
        return ActivityRow(number, Verdict.REFUSED, problem=problem)
    is_known = activity.fingerprint in known
    return ActivityRow(number, Verdict.UNCHANGED if is_known else Verdict.ACCEPTED, activity)


def _by_column(row: list[str], places: Mapping[str, int]) -> dict[str, str]:
    if len(row) != places[""]:
        raise WrongCellCount(cells=len(row), columns=places[""])
    cells = {key: row[place].strip() for key, place in places.items() if key}
    for key, cell in cells.items():
        title = COLUMNS[key]
        if "\0" in cell:
            raise NulCharacter()
        if len(cell) > MAX_CELL:
            raise CellTooLong(column=title)
        if cell.startswith(("=", "＝")):
            raise FormulaCell(column=title)
        if not cell and key in ("activity", "amount", "source"):
            raise MissingValue(column=title)
    return cells


def _activity(cells: Mapping[str, str], model: Model, names: Mapping[str, Sequence[str]]) -> Activity:
    text = cells["activity"]
    keys = names.get(text) or names.get(_folded(text), ())
    if not keys:
        raise UnknownActivity(text=text[:60])
    if len(keys) > 1:
        raise ActivityHasTwoMeanings(text=text[:60], keys=", ".join(keys))
    question = model.questions[keys[0]]
    amount, conversion = _in_wanted_unit(model, question, _amount(cells["amount"]), cells["unit"])
    return Activity(
        question.key,
        amount,
        cells["amount"],
        cells["unit"],
        " ".join(unicodedata.normalize("NFC", cells["note"]).split()),
        _source(cells["source"]),
        conversion,
    )


def _amount(text: str) -> Decimal:
    """Plain decimals, with or without separators of thousands.

    Raises NotANumber, FullWidthNumber, NegativeAmount.
    """
    narrow = unicodedata.normalize("NFKC", text)
    if narrow != text and re.fullmatch(r"[-+]?[0-9][0-9,.]*", narrow):
        raise FullWidthNumber(text=text[:40], plain=narrow[:40])
    try:
        amount = parse_decimal(text)
    except NotANumber:
        raise NotANumber(text=text[:40]) from None
    if amount < 0:
        raise NegativeAmount(text=text[:40])
    return amount


def _source(text: str) -> str:
    for key, title in SOURCES.items():
        if _folded(text) in (key, _folded(title.zh), _folded(title.en)):
            return key
    raise UnknownSource(text=text[:40])


# ---- units


def _in_wanted_unit(model: Model, question: Question, amount: Decimal, text: str) -> tuple[Decimal, str]:
    """The amount in the question's unit, and the conversion of the model that was needed for it, if any."""
    wanted = wanted_unit(question)
    if not text:
        raise NoUnit(wanted=wanted)
    labels = {_folded(question.unit_text), *(_folded(side) for side in (wanted.zh, wanted.en))}
    if _folded(text) in labels:
        return amount, ""
    unit = _unit(text)
    if unit is None:
        raise UnreadableUnit(text=text[:40], wanted=wanted)
    if unit == question.unit:
        return amount, ""
    for assumption in model.assumptions.values():
        converted = _converted(amount, unit, question.unit, assumption)
        if converted is not None:
            return converted, assumption.name
    raise WrongUnit(text=text[:40], wanted=wanted)


def _unit(text: str) -> Unit | None:
    written = unicodedata.normalize("NFC", text)
    written = _SPOKEN.get(written) or _SPOKEN.get(_folded(written)) or written
    try:
        return parse_unit(written)
    except UnknownUnit:
        return None


def _converted(amount: Decimal, given: Unit, wanted: Unit, by: Assumption) -> Decimal | None:
    """By an exact number of the model that leads from one unit to another of its kind, or not at all."""
    ratio = wanted / given
    bases = {name for name, _ in ratio.powers}
    if by.gsd2 != 1 or not any(bases <= alike for alike in _ALIKE):
        return None
    with localcontext() as exact:
        exact.prec = 40
        if by.unit == ratio:
            found = amount * by.value
        elif by.unit == given / wanted:
            found = amount / by.value
        else:
            return None
        return found.quantize(_PLACES)


# ---- sums


def _sum_fault(question: Question, total: Decimal) -> PortalError | None:
    said = {"activity": question.title, "sum": plain(total)}
    if not question.low <= total <= question.high:
        low, high = plain(question.low), plain(question.high)
        return AmountOutOfRange(**said, low=low, high=high, unit=question.unit_label)
    if question.whole and total != total.to_integral_value():
        return NotWholeInAll(**said)
    return None


def sums(activities: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The amounts by activity."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for key, amount in activities:
        totals[key] += amount
    return dict(totals)


def answers_of(totals: Mapping[str, Decimal]) -> dict[str, str]:
    """The sums as answers are stored."""
    return {key: plain(total) for key, total in totals.items()}
