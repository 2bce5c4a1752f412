"""A course pack as a whole: its files stay as they are, byte for byte, and are read beside that."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.training.rules.formats.packages import unpacked, zipped
from portal.training.rules.items import Item
from portal.training.rules.packs.documents import Entry, Fields, entry_of, text_of
from portal.training.rules.packs.faults import BadPlace, BadVersion, Notes
from portal.training.rules.packs.lessons import Lesson

AUDIENCES: Final = ("everyone", "managers", "technicians", "media")
LESSON: Final = re.compile(r"lessons/(\d{2}-[a-z0-9]+(?:-[a-z0-9]+)*)\.(zh|en)\.md")
_PLACE: Final = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)/([a-z0-9]+(?:-[a-z0-9]+)*)")
_VERSION: Final = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")


@dataclass(frozen=True, slots=True)
class Objective:
    id: str
    text: Bilingual
    line: int


@dataclass(frozen=True, slots=True)
class Module:
    """A part of a course: the lessons it takes, by id, in order, and the objectives that it practises.

    ``also`` are lessons of other courses, (course, lesson), that are read there: shared and never copied.
    """

    id: str
    title: Bilingual
    lessons: tuple[str, ...]
    line: int
    objectives: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    id: str
    title: Bilingual
    audience: str
    courses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """``pass_percent`` of the marks pass the quiz; after ``attempts`` there are ``wait_hours`` to wait.

    The final quiz asks ``per_objective`` questions of every objective.
    """

    id: str
    version: str
    title: Bilingual
    language: str
    hours: Decimal
    pass_percent: Decimal
    attempts: int
    wait_hours: int
    objectives: tuple[Objective, ...]
    modules: tuple[Module, ...]
    per_objective: int = 2


@dataclass(frozen=True, slots=True)
class Pack:
    """What was read of a pack. Lessons are by file name and language, items with their file and line."""

    files: Mapping[str, bytes]
    track: Track | None
    course: Course | None
    lessons: Mapping[tuple[str, str], Lesson]
    items: tuple[tuple[Item, str, int], ...]


def files_of_zip(data: bytes) -> dict[str, bytes]:
    """The files of a pack in a ZIP file. Raises what ``unpacked`` raises."""
    return unpacked(data)


def zip_of_files(files: Mapping[str, bytes]) -> bytes:
    """The pack as a ZIP file, always the same for the same files."""
    return zipped(files)


def read_track(data: bytes, notes: Notes) -> Track | None:
    fields = _document(data, notes)
    if fields is None:
        return None
    track = Track(
        id=fields.id(),
        title=fields.bilingual("title", required=True),
        audience=fields.word("audience", AUDIENCES),
        courses=fields.texts("courses"),
    )
    fields.finish()
    return track


def read_course(data: bytes, notes: Notes) -> Course | None:
    fields = _document(data, notes)
    if fields is None:
        return None
    version = fields.text("version", required=True)
    if version and not _VERSION.fullmatch(version):
        notes.add(fields.line_of("version"), BadVersion(version=version[:20]))
    course = Course(
        id=fields.id(),
        version=version,
        title=fields.bilingual("title", required=True),
        language=fields.word("language", ("zh", "en")),
        hours=fields.number("hours", 0, 1000),
        pass_percent=fields.number("pass_percent", 0, 100, default="80"),
        attempts=int(fields.number("attempts", 1, 99, default="2")),
        wait_hours=int(fields.number("wait_hours", 0, 999, default="24")),
        objectives=tuple(_objective(group) for group in fields.groups("objectives", required=True)),
        modules=tuple(_module(group) for group in fields.groups("modules", required=True)),
        per_objective=_per_objective(fields),
    )
    fields.finish()
    return course


def _document(data: bytes, notes: Notes) -> Fields | None:
    text = text_of(data, notes)
    entry = entry_of(text, notes) if text is not None else None
    return Fields(entry, notes) if entry else None


def _objective(fields: Fields) -> Objective:
    objective = Objective(fields.id(), fields.bilingual("text", required=True), fields.line)
    fields.finish()
    return objective


def _per_objective(fields: Fields) -> int:
    if not fields.has("quiz"):
        return 2
    quiz = Fields(Entry(fields.mapping("quiz"), fields.line_of("quiz")), fields.notes)
    count = int(quiz.number("per_objective", 1, 20, default="2"))
    quiz.finish()
    return count


def _module(fields: Fields) -> Module:
    module = Module(
        id=fields.id(),
        title=fields.bilingual("title", required=True),
        lessons=fields.texts("lessons"),
        line=fields.line,
        objectives=fields.texts("objectives"),
        also=tuple(_elsewhere(fields)),
    )
    fields.finish()
    return module


def _elsewhere(fields: Fields) -> Iterator[tuple[str, str]]:
    for name in fields.texts("also"):
        found = _PLACE.fullmatch(name)
        if found is None:
            fields.notes.add(fields.line_of("also"), BadPlace(name=name[:80]))
        else:
            yield found[1], found[2]
