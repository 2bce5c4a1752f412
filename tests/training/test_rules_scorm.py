"""A course as SCORM 1.2 and 2004: the manifest, the pages, and the program that marks and reports."""

import re
from datetime import UTC, datetime
from fractions import Fraction
from json import loads

import pytest

from portal.training.rules.formats import scorm, xapi
from portal.training.rules.formats.nodes import read_xml
from portal.training.rules.formats.packages import unpacked
from portal.training.rules.packs.lint import lint
from tests.factories.packs import pack_files

PACK, _ = lint(pack_files())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("edition", scorm.EDITIONS.values(), ids=str)
def test_the_manifest_names_every_page_and_file(edition: scorm.Edition, lang: str):
    files = unpacked(scorm.write(PACK, lang, edition).data)
    manifest = read_xml(files["imsmanifest.xml"])
    resources = [node for node in manifest.walk() if node.name == "resource"]
    assert [resource.attributes["href"] for resource in resources] == ["why-forests.html", "quiz.html"]
    assert {r.attributes.get("scormtype") or r.attributes.get("scormType") for r in resources} == {"sco"}
    named = {node.attributes["href"] for node in manifest.walk() if node.name == "file"}
    assert named == set(files) - {"imsmanifest.xml"}
    items = {node.attributes["identifierref"] for node in manifest.walk() if node.name == "item"}
    assert items == {resource.attributes["identifier"] for resource in resources}
    assert edition.schema_version in files["imsmanifest.xml"].decode()


def test_pages_are_whole_and_hold_no_inline_script_or_style():
    files = unpacked(scorm.write(PACK, "zh", scorm.SCORM_12).data)
    lesson = files["why-forests.html"].decode()
    assert "<strong>重要：</strong>碳汇" in lesson
    assert 'alt="一棵树的地上部分和地下部分都储存碳"' in lesson
    for page in (lesson, files["quiz.html"].decode()):
        assert page.startswith("<!doctype html>")
        assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page)
        assert 'lang="zh-CN"' in page


def test_the_same_course_gives_the_same_bytes_and_lists_what_is_left_out():
    first, again = (scorm.write(PACK, "en", scorm.SCORM_2004) for _ in range(2))
    assert first.data == again.data
    assert [left.item for left in first.left_out] == ["register", "stem-wood"]


@pytest.mark.parametrize(("edition", "api"), [(scorm.SCORM_12, "API"), (scorm.SCORM_2004, "API_1484_11")])
def test_the_quiz_is_marked_and_reported_in_a_browser(
    edition: scorm.Edition, api: str, tmp_path, chromium_page
):
    for name, data in unpacked(scorm.write(PACK, "en", edition).data).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    page = chromium_page
    page.add_init_script(
        f"window.told = {{}}; const say = (n, v) => {{ window.told[n] = v; return 'true'; }};"
        f"window.{api} = {{LMSInitialize: () => 'true', LMSSetValue: say, LMSCommit: () => 'true',"
        "LMSFinish: () => 'true', Initialize: () => 'true', SetValue: say, Commit: () => 'true',"
        "Terminate: () => 'true'};"
    )
    page.goto((tmp_path / "quiz.html").as_uri())
    answers = ["3.667", "10,200", "124.6", "498.5", "34", "300", "366667"]
    for field, answer in zip(page.locator("input[type=text]").all(), answers, strict=True):
        field.fill(answer)
    page.get_by_label("A growing forest").check()
    page.get_by_role("button", name="Hand in").click()
    assert page.locator("#result").inner_text() == "88 %"
    told = page.evaluate("window.told")
    if edition is scorm.SCORM_12:
        assert told["cmi.core.score.raw"] == "88"
        assert told["cmi.core.lesson_status"] == "passed"
    else:
        assert told["cmi.score.scaled"] == "0.88"
        assert (told["cmi.completion_status"], told["cmi.success_status"]) == ("completed", "passed")


def test_statements_of_an_attempt_are_lines_of_json_and_always_the_same():
    now = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    items = [item for item, _, _ in PACK.items][:3]
    given = tuple(xapi.Given(item, "3.667", Fraction(n, 2), now) for n, item in enumerate(items))
    record = xapi.Record(
        "att_1", "https://carbon.example", "a1b2", "sample", "1.0.0", "zh", given, Fraction(2, 3), False, now
    )
    written = list(xapi.lines([record]))
    assert written == list(xapi.lines([record]))
    assert all(line.endswith("}\n") and line.count("\n") == 1 for line in written)
    answered, *_, finished = map(loads, written)
    assert answered["verb"]["id"].endswith("/answered")
    assert answered["object"]["definition"]["interactionType"] == "numeric"
    assert [loads(line)["result"]["score"]["scaled"] for line in written] == [0, 0.5, 1, 0.666667]
    assert (finished["verb"]["display"]["en"], finished["result"]["success"]) == ("failed", False)
    assert len({loads(line)["id"] for line in written}) == 4
    assert finished["timestamp"] == "2026-03-01T08:00:00.000Z"
