"""What leaves for research: answers in groups, never of a person, never of a group that is too small."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from portal.kernel.errors import N_, Refused

SMALLEST_GROUP: Final = 10
HEAD: Final = ("course", "version", "item", "objective", "lang", "quarter", "n", "mean_credit", "full_marks")


class TooFewForStatements(Refused):
    message = N_("Statements leave a class once %(n)s learners have handed in the final quiz.")


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """One answer of a first attempt: of which item, in which language and quarter, and what it earned."""

    item: str
    objective: str
    lang: str
    quarter: str
    credit: Fraction


def grouped(course: str, version: str, facts: Iterable[AnswerFact]) -> Iterator[tuple[str | int, ...]]:
    """Rows under ``HEAD``: answers by item, language and quarter, where there are ten or more of them."""
    sums: dict[tuple[str, str, str, str], Fraction] = {}
    counts: Counter[tuple[str, str, str, str]] = Counter()
    full: Counter[tuple[str, str, str, str]] = Counter()
    for fact in facts:
        key = (fact.item, fact.objective, fact.lang, fact.quarter)
        sums[key] = sums.get(key, Fraction(0)) + fact.credit
        counts[key] += 1
        full[key] += fact.credit == 1
    for key in sorted(counts):
        if (n := counts[key]) >= SMALLEST_GROUP:
            item, objective, lang, quarter = key
            mean = f"{Decimal(round(sums[key] / n * 1000)) / 1000:.3f}"
            yield course, version, item, objective, lang, quarter, n, mean, full[key]
