"""`flask training`: lint with file and line, items in and out, packs as ZIP files."""

from pathlib import Path
from shutil import copytree

import pytest
from click.testing import Result
from flask import Flask

from tests.factories.packs import FOLDER, planted

GIFT = "::碳::一吨碳是几吨二氧化碳？｛＝3.67 ～1｝\n\n写一篇文章。{}\n"


@pytest.fixture
def run(app: Flask):
    def call(*arguments: object) -> Result:
        return app.test_cli_runner().invoke(args=["training", *map(str, arguments)])

    return call


def test_a_sound_pack_passes_but_for_a_factor_nobody_publishes(run):
    done = run("lint", FOLDER)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "bank/checked.yml:134: “test-wood” is none of the published factors.",
        "1 findings, 2 lessons, 10 items.",
    ]


def test_findings_stand_with_file_and_line_in_the_language_asked_for(run, tmp_path: Path):
    folder = tmp_path / "pack"
    for name, data in planted("course.yml", "version: 1.0.0", "version: '1'").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    done = run("lint", folder, "--lang", "zh")
    assert "course.yml:3: “1”不是像 1.0.0 这样的版本号。" in done.output.splitlines()
    done = run("lint", folder, "--json")
    assert '"file": "course.yml", "line": 3, "code": "BadVersion"' in done.output


def test_a_pack_becomes_a_zip_and_a_folder_again(run, tmp_path: Path):
    assert run("pack", FOLDER, "--out", tmp_path / "pack.zip").exit_code == 0
    assert run("pack", tmp_path / "pack.zip", "--out", tmp_path / "again").exit_code == 0
    files = {f.relative_to(FOLDER): f.read_bytes() for f in FOLDER.rglob("*") if f.is_file()}
    again = tmp_path / "again"
    assert {f.relative_to(again): f.read_bytes() for f in again.rglob("*") if f.is_file()} == files
    assert run("lint", tmp_path / "pack.zip").exit_code == 1


def test_translations_are_stamped_and_then_found_stale(run, tmp_path: Path):
    assert run("pack", FOLDER, "--out", tmp_path / "pack.zip").exit_code == 0
    folder = tmp_path / "again"
    run("pack", tmp_path / "pack.zip", "--out", folder)
    assert run("stamp", folder).output.splitlines() == ["01-why-forests.en.md"]
    assert "1 findings" in run("lint", folder).output
    original = folder / "lessons" / "01-why-forests.zh.md"
    original.write_text(original.read_text().replace("木材", "木头"))
    assert "01-why-forests.en.md:8: The original of block “growth” has changed" in run("lint", folder).output


def test_items_are_read_dry_then_repaired_into_a_bank(run, tmp_path: Path):
    file = tmp_path / "q.gift"
    file.write_text(GIFT)
    done = run("import", "gift", file, "--lang", "zh")
    assert done.exit_code == 1
    assert done.output.splitlines()[-1].startswith("0 items")
    done = run("import", "gift", file, "--lang", "zh", "--repair", "--out", tmp_path / "bank.yml")
    assert done.exit_code == 1
    assert "essay" in done.output
    assert "zh: 一吨碳是几吨二氧化碳？" in (tmp_path / "bank.yml").read_text()


def test_items_go_out_and_what_cannot_is_listed(run, tmp_path: Path):
    done = run("export", "gift", FOLDER, "--lang", "en", "--out", tmp_path / "out.gift")
    assert done.exit_code == 1
    assert "register: This format has no questions of the kind “Register”." in done.output
    assert "stem-wood: This format has no questions of the kind “variant”." in done.output
    assert "=124.6:0.623" in (tmp_path / "out.gift").read_text()
    done = run("export", "scorm12", FOLDER, "--lang", "zh", "--out", tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes().startswith(b"PK")


def test_a_file_of_no_item_is_not_written(run, tmp_path: Path):
    pack = tmp_path / "pack"
    copytree(FOLDER, pack)
    for file in (pack / "bank").iterdir():
        file.unlink()
    done = run("export", "qti21", pack, "--lang", "en", "--out", tmp_path / "out.zip")
    assert done.exit_code == 2
    assert "there is no file" in done.output
    assert not (tmp_path / "out.zip").exists()


def test_a_file_that_cannot_be_read_is_said_so(run, tmp_path: Path):
    file = tmp_path / "bad.xml"
    file.write_text("<!DOCTYPE x><quiz/>")
    done = run("import", "moodle", file, "--lang", "en")
    assert done.exit_code == 2
    assert "Document types and entities are not read" in done.output
    file = tmp_path / "bad.zip"
    file.write_bytes(b"PK\x03\x04")
    assert run("lint", file).exit_code == 2
