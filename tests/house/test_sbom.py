"""What ships is locked by digest, under a licence that allows it, and in the bill of materials."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tools import sbom

LOCKS = ("requirements.txt", "requirements-dev.txt")


def test_all_that_ships_is_in_the_bill_and_may_be_shipped(tmp_path: Path):
    assert sbom.main([str(tmp_path / "sbom.json")]) == 0
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {(each["name"], each["version"]) for each in bill["components"] if each["type"] == "library"}
    pinned = re.findall(r"^([\w.-]+)(?:\[.*\])?==([^\s;\\]+)", sbom.LOCK.read_text(), re.MULTILINE)
    assert listed == {(name.lower(), version) for name, version in pinned}
    assert all(each["licenses"] for each in bill["components"])
    assert all((sbom.ROOT / place).exists() for _, place, _ in sbom.BUNDLED)


def test_it_is_the_same_twice():
    components = [*sbom.locked(sbom.LOCK.read_text())]
    assert sbom.written(components) == sbom.written(components)


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_pins_one_version_by_its_digests(name: str):
    """Nothing can be put in place of what was looked at, from wherever it is installed."""
    text = (sbom.ROOT / name).read_text()
    pins = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pins) > 20
    assert [pin.split("\n")[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert not re.search(r"^(-e|--(extra-)?index-url|--find-links)|@ (git|http)", text, re.MULTILINE)


SOUND = sbom.Component("sound", "1.0", "MIT", ("0" * 64,))


@pytest.mark.parametrize(
    ("licence", "binds"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0-or-later", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-3.0-only", False),
        ("GNU Lesser General Public License v2 or later (LGPLv2+)", False),
        ("GNU General Public License v2 or later (GPLv2+) OR Mozilla Public License 1.1 (MPL 1.1)", False),
        ("MIT", False),
    ],
)
def test_a_licence_that_would_bind_the_portal_is_found(licence: str, binds: bool):
    assert replace(SOUND, licence=licence).binds is binds
    assert bool([*sbom.faults([replace(SOUND, licence=licence)])]) is binds


def test_what_says_no_licence_or_has_no_digest_is_found():
    assert [*sbom.faults([SOUND])] == []
    assert [*sbom.faults([replace(SOUND, licence="")])] == ["sound 1.0 says no licence"]
    assert "without a digest" in next(sbom.faults([replace(SOUND, digests=())]))
