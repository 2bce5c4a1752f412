"""Known weaknesses of what the portal ships, and whether they were mended in time (decision 0034).

    python -m tools.advisories FILE...      advisories in OSV's format, as they were fetched elsewhere

Nothing is asked of any network: whoever has one fetches OSV's archive for PyPI (all.zip) and hands it in; a
single advisory as JSON is read as well. Every known weakness of a locked version is printed with its last day
in time. Exit code 1 where that day has passed, 2 where nothing could be read.
"""

import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.sbom import LOCK, Component, locked

# Days from when it was published; what does not say how grave it is counts as high.
DAYS = {"CRITICAL": 2, "HIGH": 7, "MODERATE": 31, "MEDIUM": 31, "LOW": 31}


@dataclass(frozen=True)
class Weakness:
    """A component with a known weakness, and the last day on which it may still be there."""

    component: Component
    advisory: str
    severity: str
    until: date

    def __str__(self) -> str:
        each = self.component
        return f"{each.name} {each.version}: {self.advisory} ({self.severity.lower()}), until {self.until}"


def read(places: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Every advisory in these files. Raises OSError, ValueError or BadZipFile."""
    for place in places:
        if not zipfile.is_zipfile(place):
            yield json.loads(place.read_text())
            continue
        with zipfile.ZipFile(place) as archive:
            yield from (
                json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")
            )


def weaknesses(components: Iterable[Component], advisories: Iterable[dict[str, Any]]) -> list[Weakness]:
    """What is known of these versions, the most urgent first. What was withdrawn does not count."""
    shipped = {canonicalize_name(each.name): each for each in components}
    found = []
    for told in advisories:
        for affected in () if told.get("withdrawn") else told.get("affected", ()):
            package = affected.get("package", {})
            component = shipped.get(canonicalize_name(package.get("name", "")))
            if component and package.get("ecosystem") == "PyPI" and _is_affected(component.version, affected):
                severity = str(told.get("database_specific", {}).get("severity") or "HIGH").upper()
                published = datetime.fromisoformat(told["published"]).astimezone(UTC).date()
                until = published + timedelta(days=DAYS.get(severity, DAYS["HIGH"]))
                found.append(Weakness(component, told["id"], severity, until))
    return sorted(set(found), key=lambda each: (each.until, each.advisory))


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    """As OSV's schema has it: listed by name, or between where it came in and where it was mended."""
    if version in affected.get("versions", ()):
        return True
    at = Version(version)
    return any(
        _is_within(at, [(kind, where) for event in span["events"] for kind, where in event.items()])
        for span in affected.get("ranges", ())
        if span.get("type") == "ECOSYSTEM"
    )


def _is_within(at: Version, events: list[tuple[str, str]]) -> bool:
    for (kind, first), (end, last) in pairwise([*events, ("", "")]):
        if kind == "introduced" and at >= Version(first):
            is_past = (end == "fixed" and at >= Version(last)) or (
                end == "last_affected" and at > Version(last)
            )
            if not is_past:
                return True
    return False


def main(arguments: list[str], today: date) -> int:
    try:
        advisories = [*read(map(Path, arguments))]
    except (OSError, ValueError, zipfile.BadZipFile) as fault:
        print(f"no advisories could be read: {fault}", file=sys.stderr)
        return 2
    if not advisories:
        print("no advisories could be read: name a file of OSV's", file=sys.stderr)
        return 2
    components = [*locked(LOCK.read_text())]
    found = weaknesses(components, advisories)
    print(f"{len(components)} packages, {len(advisories)} advisories, {len(found)} known weaknesses")
    for each in found:
        print(f"{'OVERDUE ' if each.until < today else ''}{each}")
    return int(any(each.until < today for each in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(UTC).date()))
