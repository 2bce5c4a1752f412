"""Known weaknesses of what ships are found from OSV's data, and told to be overdue when they are."""

import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tools import advisories
from tools.sbom import LOCK, Component, locked

FLASK = next(each for each in locked(LOCK.read_text()) if each.name == "flask")
PUBLISHED = date(2026, 3, 1)


def told(version: str = FLASK.version, severity: str = "CRITICAL", **changes: Any) -> dict[str, Any]:
    """An advisory about one version of Flask, in OSV's words."""
    affected = {"package": {"ecosystem": "PyPI", "name": "Flask"}, "versions": [version]}
    return {
        "id": "GHSA-test-0000-0001", "published": f"{PUBLISHED}T08:00:00Z", "affected": [affected],
        "database_specific": {"severity": severity},
    } | changes  # fmt: skip


def asked(place: Path, today: date, *given: dict[str, Any]) -> int:
    with zipfile.ZipFile(place / "all.zip", "w") as archive:
        for number, each in enumerate(given):
            archive.writestr(f"{number}.json", json.dumps(each))
    return advisories.main([str(place / "all.zip")], today)


@pytest.mark.parametrize(("severity", "days"), [("CRITICAL", 2), ("HIGH", 7), ("LOW", 31), ("", 7)])
def test_what_is_overdue_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], severity: str, days: int
) -> None:
    last = PUBLISHED + timedelta(days=days)
    assert asked(tmp_path, last, told(severity=severity)) == 0
    assert f"flask {FLASK.version}: GHSA-test-0000-0001" in capsys.readouterr().out
    assert asked(tmp_path, last + timedelta(days=1), told(severity=severity)) == 1
    assert "OVERDUE flask" in capsys.readouterr().out


def test_other_versions_other_worlds_and_what_was_withdrawn_do_not_count(tmp_path: Path) -> None:
    elsewhere = told()
    elsewhere["affected"][0]["package"]["ecosystem"] = "npm"
    harmless = (told("0.0.1"), told(withdrawn="2026-03-02T00:00:00Z"), elsewhere)
    assert asked(tmp_path, date(2030, 1, 1), *harmless) == 0


@pytest.mark.parametrize(
    ("version", "events", "is_affected"),
    [
        ("1.0", [{"introduced": "0"}, {"fixed": "1.2"}], True),
        ("1.2", [{"introduced": "0"}, {"fixed": "1.2"}], False),
        ("1.10", [{"introduced": "0"}, {"fixed": "1.2"}], False),
        ("1.2", [{"introduced": "0"}, {"last_affected": "1.2"}], True),
        ("1.3", [{"introduced": "0"}, {"last_affected": "1.2"}], False),
        ("9.9", [{"introduced": "1.0"}], True),
        ("2.5", [{"introduced": "1.0"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"fixed": "2.6"}], True),
        ("1.5", [{"introduced": "1.0"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"fixed": "2.6"}], False),
    ],
)
def test_a_range_is_read_as_osv_has_it(version: str, events: list[dict[str, str]], is_affected: bool) -> None:
    package = {"ecosystem": "PyPI", "name": "A_Package"}
    advisory = told(affected=[{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}])
    found = advisories.weaknesses([Component("a-package", version, "MIT", ())], [advisory])
    assert bool(found) is is_affected


def test_nothing_read_is_no_pass(tmp_path: Path) -> None:
    assert advisories.main([], PUBLISHED) == 2
    assert advisories.main([str(tmp_path / "none.json")], PUBLISHED) == 2
    (tmp_path / "broken.json").write_text("{")
    assert advisories.main([str(tmp_path / "broken.json")], PUBLISHED) == 2
