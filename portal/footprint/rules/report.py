"""What a new version of a model does to its golden cases, line by line, for a reviewer to sign."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256

import tomli

from portal.footprint.rules import library
from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.migration import fitting
from portal.footprint.rules.model import Case, Model
from portal.footprint.rules.versions import migrate

# A line that moves by more than this part of what it was needs somebody's eyes.
LIMIT = 0.05
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Moved:
    """A line of a golden case before and after; 0 where a version has none. ``rule`` may be ``total``."""

    case: str
    rule: str
    before_g: int
    after_g: int

    @property
    def is_large(self) -> bool:
        return abs(self.after_g - self.before_g) > LIMIT * self.before_g

    @property
    def percent(self) -> float | None:
        """By how much it moved; None from nothing."""
        return (self.after_g / self.before_g - 1) * 100 if self.before_g else None


@dataclass(frozen=True, slots=True)
class Report:
    """The lines that moved by more than 5 %; ``digest`` covers them and both files."""

    model: str
    old: str
    new: str
    old_digest: str
    new_digest: str
    moved: tuple[Moved, ...]

    @property
    def digest(self) -> str:
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()


def change_report(old: Model, new: Model) -> Report:
    """Every golden case of the old version with its answers taken over. Raises NotComparable."""
    moved = (line for case in old.cases.values() for line in _lines(case, old, new) if line.is_large)
    return Report(old.id, old.version, new.version, old.digest, new.digest, tuple(moved))


def _lines(case: Case, old: Model, new: Model) -> Iterator[Moved]:
    if case.audience:
        old = library.model(old.id, old.version, case.audience)
        new = library.model(new.id, new.version, case.audience if case.audience in new.audiences else "")
    given, _ = fitting(old, case.answers)
    before = _grams(old, case, given)
    after = _grams(new, case, migrate(old, new, given).given)
    for rule in dict.fromkeys((*before, *after)):
        yield Moved(case.key, rule, before.get(rule, 0), after.get(rule, 0))
    yield Moved(case.key, TOTAL, sum(before.values()), sum(after.values()))


def _grams(model: Model, case: Case, given: Given) -> dict[str, int]:
    year = case.year if case.year in model.known_years() else ""
    own = {name: text for name, text in case.own.items() if name in model.factors}
    return dict(
        zip(
            model.rules,
            compile_model(model, case.region, year, own).evaluate(numbers(model, given)),
            strict=True,
        )
    )


def review_faults(new: Model) -> list[str]:
    """What is missing for this version to be used: a review of just these changes, where lines moved far."""
    migration = library.migration(new.id, new.version)
    if migration is None:
        return []
    report = change_report(library.model(new.id, migration.of), new)
    if not report.moved:
        return []
    text = library.review(new.id, new.version)
    if text is None:
        return [
            f"{len(report.moved)} lines moved by more than 5 %, and nobody has reviewed it: {report.digest}"
        ]
    return signature_faults(text, report)


def signature_faults(text: str, report: Report) -> list[str]:
    """``reviewer`` (a role), ``date`` and ``report`` (its SHA-256) of a review file."""
    try:
        signed = tomli.loads(text)
        date.fromisoformat(signed["date"])
        named, digest = str(signed["reviewer"]).strip(), signed["report"]
    except (tomli.TOMLDecodeError, KeyError, TypeError, ValueError) as fault:
        return [f"the review cannot be read: {fault}"]
    faults = [] if named else ["the review does not say whose it is"]
    if digest != report.digest:
        faults.append(f"the review is of another report: {digest} instead of {report.digest}")
    return faults
