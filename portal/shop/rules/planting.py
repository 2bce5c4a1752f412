"""Trees beside the kilograms: a sourced range a person can picture, never the unit that is sold."""

from dataclasses import dataclass

from portal.kernel.mass import Mass


@dataclass(frozen=True, slots=True)
class TreeFactor:
    """What one planted tree takes up: grams of CO₂ a year, averaged over its first ``years`` years."""

    version: str
    low_g: int
    high_g: int
    years: int
    source: str


# An estimate of our own for plantations of the Lesser Khingan, a range because species, site and losses
# differ; what it implies per hectare is in docs/decisions/0050.
TREE_FACTOR = TreeFactor("2026-11", 1_500, 3_200, 40, "docs/decisions/0050-the-shop.md")


@dataclass(frozen=True, slots=True)
class Planting:
    """``trees`` growing for ``years`` take up as much as was bought; each a (low, high) pair."""

    trees: tuple[int, int]
    years: tuple[int, int]

    @property
    def is_single(self) -> bool:
        return self.trees == (1, 1)


def planting(mass: Mass, factor: TreeFactor = TREE_FACTOR) -> Planting:
    """How many seedlings over the factor's years, or for how many years a single one.

    Rounded up, since half a seedling cannot be planted: 250 kg → 2–5 seedlings × 40 years,
    25 kg → 1 seedling × 8–17 years.
    """
    tree_years = _up(mass.grams, factor.high_g), _up(mass.grams, factor.low_g)
    if tree_years[1] <= factor.years:
        return Planting((1, 1), tree_years)
    low, high = (_up(mass.grams, grams * factor.years) for grams in (factor.high_g, factor.low_g))
    return Planting((low, high), (factor.years, factor.years))


def _up(amount: int, part: int) -> int:
    return -(-amount // part)
