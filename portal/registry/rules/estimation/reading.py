"""Reading an inventory: every row of a field sheet is looked at, and each says what became of it.

Nothing is guessed silently: what was taken from the row above, read from full-width digits or left out as a
total is said beside its row, and a file with one refused row is not kept at all.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final

from portal.kernel.errors import PortalError
from portal.kernel.numbers import NotANumber, parse_decimal
from portal.registry.rules.estimation import columns, errors
from portal.registry.rules.estimation.columns import PER_PLOT, Found, InventoryKind
from portal.registry.rules.estimation.equations import Equation
from portal.registry.rules.estimation.parameters import Parameters
from portal.registry.rules.estimation.student import DIGITS

MAX_ROWS: Final = 20_000
MAX_CELL: Final = 200
HEADING_WITHIN: Final = 10  # rows above which titles may stand
_WIDE: Final = str.maketrans("０１２３４５６７８９．，－　", "0123456789.,- ")
_TOTAL: Final = re.compile(r"(合计|总计|小计|平均|总和|total|sum|average|mean)\s*[:：]?", re.I)
_CARRIED: Final = ("stratum", "stratum_area", "plot", "plot_area")
_RANGES: Final = {
    "stratum_area": (Decimal("0.01"), Decimal(1_000_000)),
    "plot_area": (Decimal(10), Decimal(20_000)),
    "volume per ha": (Decimal(0), Decimal(2_000)),
    "dbh": (Decimal(1), Decimal(300)),
    "height": (Decimal("1.3"), Decimal(70)),
    "tree volume": (Decimal(0), Decimal(60)),
}

Cells = Iterable[tuple[int, Sequence[str] | PortalError]]


class Verdict(StrEnum):
    USED = "used"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Tree:
    """One stem: D in cm, H in m (None when not measured), V in m³ and whether it was given or worked out."""

    species: str
    dbh: Decimal
    height: Decimal | None
    volume: Decimal
    is_given: bool


@dataclass(frozen=True, slots=True)
class RowReading:
    row: int
    verdict: Verdict
    stratum: str = ""
    plot: str = ""
    problem: PortalError | None = None
    remarks: tuple[PortalError, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """One sample plot; ``volumes``: m³/ha of growing stock by species key, none for an empty plot."""

    name: str
    volumes: tuple[tuple[str, Decimal], ...]
    trees: tuple[Tree, ...] = ()

    @property
    def volume(self) -> Decimal:
        return sum((volume for _, volume in self.volumes), Decimal(0))


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the forest that was sampled by itself: area in ha, plots of one size in m²."""

    name: str
    area_ha: Decimal
    plot_area_m2: Decimal
    plots: tuple[Plot, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    kind: InventoryKind
    rows: tuple[RowReading, ...]
    strata: tuple[Stratum, ...]
    headings: tuple[tuple[str, str], ...]  # our column, as the file calls it

    @property
    def used(self) -> int:
        return self._count(Verdict.USED)

    @property
    def left_out(self) -> int:
        return self._count(Verdict.LEFT_OUT)

    @property
    def refused(self) -> int:
        return self._count(Verdict.REFUSED)

    def _count(self, verdict: Verdict) -> int:
        return sum(row.verdict is verdict for row in self.rows)

    @property
    def plots(self) -> int:
        return sum(len(stratum.plots) for stratum in self.strata)


def read(
    kind: InventoryKind, cells: Cells, parameters: Parameters, equations: Sequence[Equation] = ()
) -> Reading:
    """Read a sheet row by row.

    Raises ColumnMissing, ColumnTwice, UnitMissing, UnitUnknown, TooManyRows, NothingMeasured for the file as
    a whole; what is wrong with a row stands beside it.
    """
    rows = [
        (number, row) for number, row in cells if isinstance(row, PortalError) or any(c.strip() for c in row)
    ]
    if len(rows) > MAX_ROWS + HEADING_WITHIN:
        raise errors.TooManyRows(rows=MAX_ROWS)
    start, found = _heading(kind, rows)
    sheet = _Sheet(kind, found, parameters, {equation.species: equation for equation in equations})
    readings = tuple(sheet.take(number, row) for number, row in rows[start + 1 :])
    if not any(reading.verdict is not Verdict.LEFT_OUT for reading in readings):
        raise errors.NothingMeasured()
    return Reading(kind, readings, sheet.strata(), tuple((key, each.heading) for key, each in found.items()))


def _heading(
    kind: InventoryKind, rows: Sequence[tuple[int, Sequence[str] | PortalError]]
) -> tuple[int, dict[str, Found]]:
    """Place of the heading and its columns; what stands above it is a title."""
    likely = [
        (columns.matches(kind, row), -at)
        for at, (_, row) in enumerate(rows[:HEADING_WITHIN])
        if not isinstance(row, PortalError)
    ]
    if not likely:
        raise errors.NothingMeasured()
    at = -max(likely)[1]
    header = rows[at][1]
    assert not isinstance(header, PortalError)  # noqa: S101  only such rows are likely
    return at, columns.find(kind, header)


@dataclass(slots=True)
class _OpenPlot:
    row: int
    volumes: dict[str, Decimal] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # species or tree → row
    trees: list[Tree] = field(default_factory=list)


@dataclass(slots=True)
class _OpenStratum:
    row: int
    area_ha: Decimal
    plot_area_m2: Decimal
    plots: dict[str, _OpenPlot] = field(default_factory=dict)


@dataclass(slots=True)
class _Sheet:
    """What is known so far, row by row."""

    kind: InventoryKind
    found: dict[str, Found]
    parameters: Parameters
    equations: dict[str, Equation]
    above: dict[str, str] = field(default_factory=dict)
    open: dict[str, _OpenStratum] = field(default_factory=dict)
    # What was read once: in a long list the same few texts come again and again.
    values: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def take(self, number: int, row: Sequence[str] | PortalError) -> RowReading:
        if isinstance(row, PortalError):
            return RowReading(number, Verdict.REFUSED, problem=row)
        remarks: list[PortalError] = []
        if any(_TOTAL.fullmatch(cell.strip()) for cell in row):
            return RowReading(number, Verdict.LEFT_OUT, remarks=(errors.LooksLikeATotal(),))
        line = _Line(self, row, remarks)
        stratum, plot = line.name("stratum"), line.name("plot")
        try:
            line.check_cells()
            self._place(number, line, stratum, plot)
        except PortalError as fault:
            return RowReading(number, Verdict.REFUSED, stratum, plot, fault, tuple(remarks))
        return RowReading(number, Verdict.USED, stratum, plot, None, tuple(remarks))

    def _place(self, number: int, line: "_Line", stratum: str, plot: str) -> None:
        """Add what a row measured to its plot. Everything is checked before anything is kept."""
        if not stratum or not plot:
            raise errors.CellEmpty(column=self.found["plot" if stratum else "stratum"].heading)
        area, plot_area = line.number("stratum_area"), line.number("plot_area")
        self._same_stratum(stratum, area, plot_area)
        measured = self._measure(number, line, stratum, plot, plot_area)
        opened = self.open.setdefault(stratum, _OpenStratum(number, area, plot_area))
        held = opened.plots.setdefault(plot, _OpenPlot(number))
        if measured is None:
            return
        key, volume, tree, label = measured
        held.volumes[key] = held.volumes.get(key, Decimal(0)) + volume
        held.rows[label] = number
        if tree:
            held.trees.append(tree)

    def _same_stratum(self, stratum: str, area: Decimal, plot_area: Decimal) -> None:
        known = self.open.get(stratum)
        if known and known.area_ha != area:
            raise errors.StratumAreaDiffers(
                stratum=stratum, area=f"{area:.4f}", first=f"{known.area_ha:.4f}", row=known.row
            )
        if known and known.plot_area_m2 != plot_area:
            raise errors.PlotAreaDiffers(
                area=f"{plot_area:.2f}", first=f"{known.plot_area_m2:.2f}", row=known.row
            )

    def _measure(
        self, number: int, line: "_Line", stratum: str, plot: str, plot_area: Decimal
    ) -> tuple[str, Decimal, Tree | None, str] | None:
        """Species, m³/ha, the tree, and what must not come twice; None for an empty plot."""
        held = self.open[stratum].plots.get(plot) if stratum in self.open else None
        name = line.text("species")
        if not name:
            if any(line.text(key).translate(_WIDE).strip("0.") for key in ("volume", "dbh", "height")):
                raise errors.EmptyPlotWithNumbers()
            return None
        species = self.parameters.named(name)
        if species is None:
            raise errors.SpeciesUnknown(name=name[:40])
        if self.kind is InventoryKind.GROWING_STOCK:
            if held and species.key in held.rows:
                raise errors.RowTwice(row=held.rows[species.key])
            return species.key, line.volume_per_ha(plot_area), None, species.key
        label = line.text("tree") or f"row {number}"
        if held and label in held.rows:
            raise errors.TreeTwice(tree=label, row=held.rows[label])
        tree = self._tree(line, species.key)
        with localcontext(prec=DIGITS):
            return species.key, tree.volume * 10_000 / plot_area, tree, label

    def _tree(self, line: "_Line", species: str) -> Tree:
        dbh = line.number("dbh")
        if dbh < 5:
            line.remarks.append(errors.SmallTree())
        height = line.number("height") if line.text("height") else None
        if line.text("volume"):
            return Tree(species, dbh, height, line.number("volume", "tree volume"), is_given=True)
        name = self.parameters.of(species).name
        equation = self.equations.get(species)
        if equation is None:
            raise errors.VolumeNotKnown(species=name)
        if equation.needs_height and height is None:
            raise errors.HeightMissing(species=name)
        return Tree(species, dbh, height, equation.volume(dbh, height), is_given=False)

    def strata(self) -> tuple[Stratum, ...]:
        """In the order in which they were met."""
        return tuple(
            Stratum(
                name,
                opened.area_ha,
                opened.plot_area_m2,
                tuple(
                    Plot(label, tuple(sorted(held.volumes.items())), tuple(held.trees))
                    for label, held in opened.plots.items()
                ),
            )
            for name, opened in self.open.items()
        )


@dataclass(slots=True)
class _Line:
    """One row, by column."""

    sheet: _Sheet
    cells: Sequence[str]
    remarks: list[PortalError]

    def text(self, key: str) -> str:
        """The cell; for the place of a plot, what stands above an empty one (so merged cells are read)."""
        found = self.sheet.found.get(key)
        if found is None:
            return ""
        raw = self.cells[found.at].strip() if found.at < len(self.cells) else ""
        if key not in _CARRIED:
            return raw
        if not raw and key in self.sheet.above:
            remark = errors.OnLineAbove(column=found.heading)
            if not any(
                isinstance(each, errors.OnLineAbove) and each.params == remark.params for each in self.remarks
            ):
                self.remarks.append(remark)
            return self.sheet.above[key]
        if raw:
            if key == "stratum" and raw != self.sheet.above.get(key):
                self.sheet.above.clear()  # nothing of one stratum is carried into the next
            self.sheet.above[key] = raw
        return raw

    def name(self, key: str) -> str:
        """A stratum's or plot's name, so that １ and 1 are one plot."""
        return " ".join(unicodedata.normalize("NFKC", self.text(key)).split())[:60]

    def check_cells(self) -> None:
        """Raises CellIsFormula, CellOutOfRange (for a text without an end)."""
        for found in self.sheet.found.values():
            cell = self.cells[found.at].strip() if found.at < len(self.cells) else ""
            if cell.startswith(("=", "＝")):
                raise errors.CellIsFormula(column=found.heading)
            if len(cell) > MAX_CELL or "\0" in cell:
                raise errors.CellNotANumber(text=cell[:20].replace("\0", ""), column=found.heading)

    def number(self, key: str, limits: str = "") -> Decimal:
        """The cell in our unit. Raises CellEmpty, CellNotANumber, CellOutOfRange."""
        found = self.sheet.found[key]
        text = self.text(key)
        if (key, text) in self.sheet.values:
            return self.sheet.values[key, text]
        with localcontext(prec=DIGITS):
            value = self._decimal(key) * found.factor
        low, high = _RANGES[limits or key]
        if not low <= value <= high:
            raise errors.CellOutOfRange(
                column=found.heading, value=f"{value:f}"[:20], low=f"{low}", high=f"{high}"
            )
        if text.isascii():  # nothing was to be remarked on
            self.sheet.values[key, text] = value
        return value

    def volume_per_ha(self, plot_area: Decimal) -> Decimal:
        found = self.sheet.found["volume"]
        with localcontext(prec=DIGITS):
            value = self._decimal("volume")
            value = value * 10_000 / plot_area if found.factor == PER_PLOT else value * found.factor
        low, high = _RANGES["volume per ha"]
        if not low <= value <= high:
            raise errors.CellOutOfRange(
                column=found.heading, value=f"{value:.2f} m³/ha", low=f"{low}", high=f"{high}"
            )
        return value

    def _decimal(self, key: str) -> Decimal:
        heading = self.sheet.found[key].heading
        text = self.text(key)
        if not text:
            raise errors.CellEmpty(column=heading)
        plain = text.translate(_WIDE).strip()
        try:
            value = parse_decimal(plain)
        except NotANumber:
            raise errors.CellNotANumber(text=text[:40], column=heading) from None
        if plain != text:
            self.remarks.append(errors.WideDigits(text=plain))
        return value
