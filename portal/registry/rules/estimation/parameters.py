"""Parameters of the estimation, as versioned data with their provenance.

A version is a frozen set of files in ``portal/registry/data/estimation``; ``lock.json`` there holds the
SHA-256 of each, and a report names both, so that anybody can get the very numbers it was made with.
"""

import csv
import json
import tomllib
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import StringIO
from typing import Any, Final

from portal.kernel.bilingual import Bilingual
from portal.registry.rules.estimation.errors import MethodUnknown
from portal.registry.rules.estimation.student import DIGITS
from portal.registry.rules.ledger import ProjectType

VERSION: Final = "1.0.0"
CO2_PER_C: Final = (44, 12)  # molar masses of CO2 and C, g/mol, as IPCC 2006 rounds them
_FOLDER: Final = "portal.registry.data.estimation"
_PARTS: Final = {
    "wood_density": "density",
    "bef": "expansion",
    "root_shoot": "root_shoot",
    "carbon_fraction": "carbon_fraction",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with what is known about it. ``uncertainty_pct`` as given by the source, None when not."""

    key: str
    value: Decimal
    unit: str
    uncertainty_pct: str
    source: str
    confidence: str

    @property
    def is_provisional(self) -> bool:
        return self.confidence == "provisional"


@dataclass(frozen=True, slots=True)
class Species:
    """A species or group: D in t d.m. per m³, BEF and R without unit, CF in t C per t d.m."""

    key: str
    name: Bilingual
    names: tuple[str, ...]
    density: Figure
    expansion: Figure
    root_shoot: Figure
    carbon_fraction: Figure
    measured: Figure | None  # a published carbon fraction of the region, shown for comparison

    @property
    def biomass_per_m3(self) -> Decimal:
        """t d.m. of the whole tree per m³ of stem: D × BEF × (1 + R)."""
        with localcontext(prec=DIGITS):
            return self.density.value * self.expansion.value * (1 + self.root_shoot.value)

    @property
    def carbon_per_m3(self) -> Decimal:
        """t C per m³ of stem."""
        with localcontext(prec=DIGITS):
            return self.biomass_per_m3 * self.carbon_fraction.value

    @property
    def co2_per_m3(self) -> Decimal:
        """t CO₂ per m³ of stem: D × BEF × (1 + R) × CF × 44/12 (AR-CM-001-V01; IPCC 2006, vol. 4, ch. 2)."""
        with localcontext(prec=DIGITS):
            return self.carbon_per_m3 * CO2_PER_C[0] / CO2_PER_C[1]

    @property
    def figures(self) -> tuple[Figure, Figure, Figure, Figure]:
        return self.density, self.expansion, self.root_shoot, self.carbon_fraction

    @property
    def uncertainty_pct(self) -> Decimal:
        """Relative uncertainty of ``co2_per_m3`` from those of its factors, in per cent.

        Root of the sum of squares (IPCC 2006, vol. 1, ch. 3, approach 1); of (1 + R) only R is uncertain.
        """
        with localcontext(prec=DIGITS):
            shares = [Decimal(figure.uncertainty_pct) for figure in self.figures]
            shares[2] *= self.root_shoot.value / (1 + self.root_shoot.value)
            return sum((share * share for share in shares), Decimal(0)).sqrt()


@dataclass(frozen=True, slots=True)
class Band:
    """``over`` < relative half width ≤ ``up_to``: leave out ``pct``. All in per cent."""

    over: Decimal
    up_to: Decimal
    pct: Decimal


@dataclass(frozen=True, slots=True)
class Method:
    """What a methodology asks: the confidence level, the discount for uncertainty, the buffer."""

    id: str
    types: tuple[ProjectType, ...]
    title: Bilingual
    confidence: Decimal
    discounts_half_width: bool  # of the half width; otherwise of the change itself
    bands: tuple[Band, ...]
    buffer_pct: Decimal
    baseline: Bilingual
    leakage: Bilingual
    source: Bilingual
    status: str

    @property
    def limit(self) -> Decimal:
        """Above this relative half width, in per cent, nothing can be claimed."""
        return self.bands[-1].up_to

    @property
    def is_provisional(self) -> bool:
        return self.status == "provisional"


@dataclass(frozen=True, slots=True)
class RuleOfThumb:
    """t CO₂ per m³ that the city article gives; no calculation uses it."""

    value: Decimal
    unit: str
    source: Bilingual


@dataclass(frozen=True, slots=True)
class Parameters:
    """One published version of all of them."""

    version: str
    digests: dict[str, str]
    species: tuple[Species, ...]
    methods: tuple[Method, ...]
    rule_of_thumb: RuleOfThumb

    def of(self, key: str) -> Species:
        return next(species for species in self.species if species.key == key)

    def named(self, name: str) -> Species | None:
        """The group that a field sheet means by this name."""
        folded = fold(name)
        return next((species for species in self.species if folded in species.names), None)

    def method(self, method_id: str) -> Method:
        """Raises MethodUnknown."""
        found = next((method for method in self.methods if method.id == method_id), None)
        if found is None:
            raise MethodUnknown(method=method_id)
        return found

    @property
    def range_per_m3(self) -> tuple[Species, Species]:
        """The species with the least and with the most t CO₂ per m³."""
        ordered = sorted(self.species, key=lambda species: species.co2_per_m3)
        return ordered[0], ordered[-1]


@cache
def parameters(version: str = VERSION) -> Parameters:
    """The published set of this version. Raises FileNotFoundError for one that was never published."""
    names = {part: f"{part}-{version}.{end}" for part, end in
             (("parameters", "csv"), ("species", "toml"), ("methods", "toml"))}  # fmt: skip
    data = {part: files(_FOLDER).joinpath(name).read_bytes() for part, name in names.items()}
    rows = {row["key"]: row for row in csv.DictReader(StringIO(data["parameters"].decode("utf-8")))}
    groups = tomllib.loads(data["species"].decode("utf-8"))
    methods = tomllib.loads(data["methods"].decode("utf-8"))
    thumb = methods["rule_of_thumb"]
    return Parameters(
        version=version,
        digests={names[part]: sha256(content).hexdigest() for part, content in data.items()},
        species=tuple(_species(group, rows) for group in groups["species"]),
        methods=tuple(_method(each) for each in methods["method"]),
        rule_of_thumb=RuleOfThumb(Decimal(thumb["value"]), thumb["unit"], _bilingual(thumb, "source")),
    )


def fold(name: str) -> str:
    """A name as it is looked up: wide and small letters alike, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def published() -> dict[str, str]:
    """File name and SHA-256 of everything that was ever published."""
    return dict(json.loads(files(_FOLDER).joinpath("lock.json").read_text("utf-8")))


def _species(group: dict[str, Any], rows: dict[str, dict[str, str]]) -> Species:
    measured = rows.get(f"forest_jilin_{group['measured']}_cf") if "measured" in group else None
    return Species(
        key=group["key"],
        name=Bilingual(group["zh"], group["en"]),
        names=tuple(fold(name) for name in group["names"]),
        measured=_figure(measured) if measured else None,
        **{part: _figure(rows[f"forest_{group['key']}_{name}"]) for name, part in _PARTS.items()},
    )


def _figure(row: dict[str, str]) -> Figure:
    return Figure(
        row["key"],
        Decimal(row["value"]),
        row["unit"],
        row["uncertainty_pct"],
        row["source"],
        row["confidence"],
    )


def _method(each: dict[str, Any]) -> Method:
    return Method(
        id=each["id"],
        types=tuple(ProjectType(kind) for kind in each["types"]),
        title=Bilingual(each["zh"], each["en"]),
        confidence=Decimal(each["confidence"]),
        discounts_half_width=each["discount"] == "of_half_width",
        bands=tuple(
            Band(*(Decimal(band[name]) for name in ("over", "up_to", "pct"))) for band in each["bands"]
        ),
        buffer_pct=Decimal(each["buffer_pct"]),
        baseline=_bilingual(each, "baseline"),
        leakage=_bilingual(each, "leakage"),
        source=_bilingual(each, "source"),
        status=each["status"],
    )


def _bilingual(each: dict[str, Any], name: str) -> Bilingual:
    return Bilingual(each[f"{name}_zh"], each[f"{name}_en"])
