"""The bill of materials: what the portal ships that others have written, as CycloneDX 1.6 JSON.

    python -m tools.sbom            looks whether all of it may be shipped; part of ./run check
    python -m tools.sbom FILE       writes it as well

Made of ``requirements.txt`` (names, versions, digests) and of what the installed packages say of themselves
(licences), with nothing asked of any network: two machines write the same bytes. It is not in the checkout,
where it could only be older than the locks.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;\\]+)", re.MULTILINE)
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# The GPL family would bind the portal itself; the lesser one does not, where it is a library of its own.
_BINDING = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
_LESSER = re.compile(r"\bLGPL|Lesser General Public", re.IGNORECASE)
_CLASSIFIER = "License :: OSI Approved :: "
# Files of others that lie in the checkout: what they are, where, and under which licence.
BUNDLED = (
    ("noto-sans-sc", "static/fonts", "OFL-1.1"),
    ("w3c-credentials-context", "portal/certificates/data/credentials-v2.jsonld", "W3C-20150513"),
    ("1edtech-openbadges-context", "portal/certificates/data/openbadges-3.0.3.jsonld", "1EdTech"),
)


@dataclass(frozen=True)
class Component:
    """A package that ships: ``digests`` are those of its files that the lock allows, sorted."""

    name: str
    version: str
    licence: str
    digests: tuple[str, ...]

    @property
    def binds(self) -> bool:
        """Whether its licence would bind the portal that ships it."""
        freer = re.split(r"\s+OR\s+", _LESSER.sub("", self.licence), flags=re.IGNORECASE)
        return all(_BINDING.search(choice) for choice in freer)


def locked(text: str) -> Iterator[Component]:
    """The packages of a lock file, by name."""
    starts = [*_PIN.finditer(text)]
    for pin, after in zip(starts, [*starts[1:], None], strict=True):
        block = text[pin.start() : after.start() if after else len(text)]
        yield Component(pin[1].lower(), pin[2], licence_of(pin[1]), tuple(sorted(_DIGEST.findall(block))))


def licence_of(name: str) -> str:
    """What the installed package says of its licence, in a line; empty when it says nothing."""
    try:
        return _said(distribution(name))
    except PackageNotFoundError:
        return ""


def _said(package: Distribution) -> str:
    told = package.metadata
    if expression := told.get("License-Expression"):
        return str(expression)
    classified = [
        line.removeprefix(_CLASSIFIER) for line in told.get_all("Classifier") or () if _CLASSIFIER in line
    ]
    if classified:
        return " OR ".join(sorted(classified))
    return str(told.get("License") or "").strip().partition("\n")[0][:80]


def document(components: list[Component]) -> dict[str, Any]:
    """The whole bill. It names no time and no number of its own, so that it changes with the locks only."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "forest-carbon-portal"}},
        "components": [*map(_component, components), *(_bundled(*each) for each in BUNDLED)],
    }


def _bundled(name: str, place: str, licence: str) -> dict[str, Any]:
    return {
        "type": "data",
        "name": name,
        "licenses": [{"license": {"name": licence}}],
        "properties": [{"name": "place", "value": place}],
    }


def _component(each: Component) -> dict[str, Any]:
    return {
        "type": "library",
        "name": each.name,
        "version": each.version,
        "purl": f"pkg:pypi/{each.name}@{each.version}",
        "licenses": [{"license": {"name": each.licence}}] if each.licence else [],
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in each.digests],
    }


def faults(components: list[Component]) -> Iterator[str]:
    """What is wrong with what would be shipped, one sentence each."""
    for each in components:
        if each.binds:
            yield f"{each.name} {each.version} is under {each.licence}: it may not be shipped"
        if not each.licence:
            yield f"{each.name} {each.version} says no licence"
        if not each.digests:
            yield f"{each.name} {each.version} is locked without a digest"


def written(components: list[Component]) -> str:
    return json.dumps(document(components), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    components = sorted(locked(LOCK.read_text()), key=lambda each: each.name)
    for place in arguments:
        Path(place).write_text(written(components))
    found = [*faults(components)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
