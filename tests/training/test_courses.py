"""The courses that ship are sound by the same lint that authors use, and as large as was promised."""

import re
from pathlib import Path

import pytest
from flask import Flask

from portal.training.rules.packs.lint import lint
from tests.factories.training import files_of

COURSES = Path(__file__).parents[2] / "courses"
TRACKS = ("everyone", "managers", "media", "technicians")


def test_each_track_has_its_course():
    assert tuple(sorted(folder.name for folder in COURSES.iterdir())) == TRACKS


@pytest.mark.parametrize("track", TRACKS)
def test_a_course_that_ships_is_sound(app: Flask, track: str):
    done = app.test_cli_runner().invoke(args=["training", "lint", str(COURSES / track)])
    assert done.exit_code == 0, done.output
    lessons, items = map(int, re.findall(r"(\d+) lessons, (\d+) items", done.output)[0])
    assert lessons >= 20  # ten, in two languages
    assert items >= 30


@pytest.mark.parametrize("track", TRACKS)
def test_every_lesson_that_ships_names_its_sources_in_both_languages(track: str):
    lessons = sorted((COURSES / track / "lessons").glob("*.md"))
    assert lessons
    without = [each.name for each in lessons if "<!-- #sources" not in each.read_text("utf-8")]
    assert without == []


def test_lessons_of_other_courses_are_there_and_are_shared_not_copied():
    packs = {pack.course.id: pack for track in TRACKS if (pack := lint(files_of(track))[0]).course}
    named = [place for pack in packs.values() for module in pack.course.modules for place in module.also]
    assert len(named) >= 6
    for course, lesson in named:
        assert lesson in {each.id for each in packs[course].lessons.values()}
