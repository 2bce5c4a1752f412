"""The lint of a course pack: everything that is wrong with it, by file and line, and what could be read."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.figures import places_of
from portal.training.rules.formats import gift
from portal.training.rules.formats.nodes import read_xml
from portal.training.rules.items import (
    Calculator,
    Item,
    Markup,
    Numeric,
    Register,
)
from portal.training.rules.packs.bank import read_bank
from portal.training.rules.packs.course import LESSON, Course, Pack, Track, read_course, read_track
from portal.training.rules.packs.documents import text_of
from portal.training.rules.packs.faults import (
    FactorChanged,
    FactorUnknown,
    FileMissing,
    FileUnknown,
    Finding,
    IdTwice,
    LessonTranslationMissing,
    LessonUnknown,
    LessonUnused,
    LessonWithoutItems,
    MediaUnreadable,
    MediaUnsafe,
    Notes,
    ObjectiveThin,
    ObjectiveUnknown,
    PlaceUnfilled,
    SourceInOneLanguage,
    SourceMissing,
    TranslationMissing,
    UnitMissing,
)
from portal.training.rules.packs.gift_banks import LANGS, path_of, side_by_side
from portal.training.rules.packs.lessons import (
    Lesson,
    compare,
    look_at_pictures,
    read_lesson,
)
from portal.training.rules.pictures import pictures, shown_texts
from portal.training.rules.quantities import unit_of
from portal.training.rules.variants import check, outdated

ITEMS_PER_OBJECTIVE: Final = 3
_SIGNS: Final = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "webp": (b"RIFF",),
    "mp3": (b"ID3", b"\xff\xfb"),
}
_OTHER: Final = {"zh": "en", "en": "zh"}
_WORD: Final = re.compile("[a-z]{3}|[\u4e00-\u9fff]")  # of one language; numbers, signs and codes are of both
Factors = Mapping[str, Decimal]
Scenarios = Callable[[Calculator | Register], Iterable[PortalError]]


def lint(
    files: Mapping[str, bytes], factors: Factors | None = None, scenarios: Scenarios = lambda _: ()
) -> tuple[Pack, list[Finding]]:
    """The pack and all findings, in order of file and line.

    ``factors`` are the published ones by key; without them, variants are not held against them.
    ``scenarios`` gives what is wrong with a scenario, which only the calculator or the register knows.
    """
    linter = _Linter(files, factors, scenarios)
    pack = linter.read()
    linter.look(pack)
    return pack, sorted(linter.findings(), key=lambda f: (f.file, f.line, type(f.reason).__name__))


class _Linter:
    def __init__(self, files: Mapping[str, bytes], factors: Factors | None, scenarios: Scenarios) -> None:
        self.files, self.factors, self.scenarios = files, factors, scenarios
        self._notes: dict[str, Notes] = {}

    def notes(self, file: str) -> Notes:
        return self._notes.setdefault(file, Notes(file))

    def findings(self) -> Iterator[Finding]:
        for notes in self._notes.values():
            yield from notes.findings

    # --- reading

    def read(self) -> Pack:
        track: Track | None = None
        course: Course | None = None
        lessons: dict[tuple[str, str], Lesson] = {}
        for name, data in self.files.items():
            notes = self.notes(name)
            if name == "track.yml":
                track = read_track(data, notes)
            elif name == "course.yml":
                course = read_course(data, notes)
            elif found := LESSON.fullmatch(name):
                if lesson := read_lesson(data, notes):
                    lessons[found[1], found[2]] = lesson
            elif name.startswith("media/"):
                _look_at_media(name, data, notes)
            elif not name.startswith("bank/"):
                notes.add(0, FileUnknown())
        for name in ("track.yml", "course.yml"):
            if name not in self.files:
                self.notes(name).add(0, FileMissing(name=name))
        return Pack(self.files, track, course, lessons, tuple(self._items()))

    def _items(self) -> Iterator[tuple[Item, str, int]]:
        for name in sorted(self.files):
            if not name.startswith("bank/"):
                continue
            if name.endswith(".yml"):
                yield from (
                    (item, name, line) for item, line in read_bank(self.files[name], self.notes(name))
                )
            elif name.endswith((".zh.gift", ".en.gift")):
                if name.endswith(".zh.gift"):
                    yield from self._gift(name.removeprefix("bank/").removesuffix(".zh.gift"))
                elif name.replace(".en.", ".zh.") not in self.files:
                    self.notes(name).add(0, LessonTranslationMissing(name=name.replace(".en.", ".zh.")))
            else:
                self.notes(name).add(0, FileUnknown())

    def _gift(self, stem: str) -> Iterator[tuple[Item, str, int]]:
        """Both languages of a GIFT bank joined by the titles of their questions."""
        texts: dict[str, str] = {}
        for lang in LANGS:
            name = path_of(stem, lang)
            if name not in self.files:
                self.notes(path_of(stem, "zh")).add(0, LessonTranslationMissing(name=name))
                continue
            texts[lang] = text_of(self.files[name], self.notes(name)) or ""
            for problem in gift.placed(texts[lang], lang)[1]:
                self.notes(name).add(problem.line, problem.reason)
        for each in side_by_side(texts):
            lang = "zh" if "zh" in each.blocks else "en"
            name, line = path_of(stem, lang), each.blocks[lang].line
            if not each.is_joined:
                self.notes(name).add(line, TranslationMissing(key=each.item.id, lang=_OTHER[lang]))
            if lang == "zh":
                yield each.item, name, line

    # --- looking

    def look(self, pack: Pack) -> None:
        self._lessons(pack)
        self._bank(pack)
        if pack.course:
            self._course(pack, pack.course)

    def _lessons(self, pack: Pack) -> None:
        original = pack.course.language if pack.course else "zh"
        for (name, lang), lesson in pack.lessons.items():
            file = f"lessons/{name}.{lang}.md"
            other = f"lessons/{name}.{_OTHER[lang]}.md"
            if other not in self.files:
                self.notes(file).add(0, LessonTranslationMissing(name=other))
            elif lang != original and (name, original) in pack.lessons:
                compare(pack.lessons[name, original], lesson, self.notes(file))
            for block in lesson.blocks:
                look_at_pictures(block.text, block.line + 1, self.files, self.notes(file))
                self._drawings(block.text, block.line + 1, set(), self.notes(file))

    def _bank(self, pack: Pack) -> None:
        seen: set[str] = set()
        for item, file, line in pack.items:
            notes = self.notes(file)
            if item.id in seen:
                notes.add(line, IdTwice(id=item.id))
            seen.add(item.id)
            if not (item.source.zh.strip() or item.source.en.strip()):
                notes.add(line, SourceMissing(item=item.id))
            elif not _reads_in_both(item.source):
                notes.add(line, SourceInOneLanguage(item=item.id))
            if isinstance(item.task, Numeric):
                _look_at_unit(item.id, item.task, line, notes)
            if isinstance(item.task, Calculator | Register):
                for reason in self.scenarios(item.task):
                    notes.add(line, reason)
            numbers = {each.name for each in item.variant.parameters} if item.variant else set[str]()
            for text in shown_texts(item):
                look_at_pictures(text, line, self.files, notes, item.markup)
                self._drawings(text, line, numbers, notes, item.markup)
                for name in sorted(places_of(text) - numbers) if item.variant else ():
                    notes.add(line, PlaceUnfilled(name=name, where=item.id))
            self._variant(item, line, notes)

    def _drawings(
        self, text: str, line: int, numbers: set[str], notes: Notes, markup: Markup = Markup.MARKDOWN
    ) -> None:
        """Notes places in drawings for which nothing is drawn where they are shown."""
        for picture in pictures(text, line, markup):
            data = self.files.get(picture.address, b"") if picture.address.endswith(".svg") else b""
            for name in sorted(places_of(data.decode("utf-8", "replace")) - numbers):
                notes.add(picture.line, PlaceUnfilled(name=name, where=picture.address[:60]))

    def _variant(self, item: Item, line: int, notes: Notes) -> None:
        if item.variant is None:
            return
        try:
            check(item.variant)
        except PortalError as reason:
            notes.add(line, reason)
        for each in outdated(item, self.factors) if self.factors is not None else ():
            if each.now is None:
                notes.add(line, FactorUnknown(key=each.key))
            else:
                notes.add(line, FactorChanged(key=each.key, now=str(each.now), then=str(each.then)))

    def _course(self, pack: Pack, course: Course) -> None:
        notes = self.notes("course.yml")
        known = {objective.id for objective in course.objectives}
        counts = Counter(item.objective for item, _, _ in pack.items)
        for item, file, line in pack.items:
            if item.objective not in known:
                self.notes(file).add(line, ObjectiveUnknown(objective=item.objective[:40]))
        for objective in course.objectives:
            if counts[objective.id] < ITEMS_PER_OBJECTIVE:
                notes.add(objective.line, ObjectiveThin(objective=objective.id, count=counts[objective.id]))
        for kind in (course.objectives, course.modules):
            first = {part.id: part.line for part in kind[::-1]}
            for name, count in Counter(part.id for part in kind).items():
                if count > 1:
                    notes.add(first[name], IdTwice(id=name))
        self._modules(pack, course, known)

    def _modules(self, pack: Pack, course: Course, objectives: set[str]) -> None:
        lessons = {lesson.id: name for (name, _), lesson in pack.lessons.items()}
        used: set[str] = set()
        for module in course.modules:
            for lesson in module.lessons:
                used.add(lesson)
                if lesson not in lessons:
                    self.notes("course.yml").add(module.line, LessonUnknown(lesson=lesson[:40]))
            for objective in set(module.objectives) - objectives:
                self.notes("course.yml").add(module.line, ObjectiveUnknown(objective=objective[:40]))
        for item, file, line in pack.items:
            if item.lesson and item.lesson not in lessons:
                self.notes(file).add(line, LessonUnknown(lesson=item.lesson[:40]))
        asked = {item.lesson for item, _, _ in pack.items}
        for (name, lang), found in pack.lessons.items():
            notes = self.notes(f"lessons/{name}.{lang}.md")
            if found.id not in used:
                notes.add(0, LessonUnused())
            if found.asks_questions and found.id not in asked:
                notes.add(0, LessonWithoutItems(lesson=found.id))


def _look_at_unit(name: str, task: Numeric, line: int, notes: Notes) -> None:
    if not task.unit:
        notes.add(line, UnitMissing(item=name))
        return
    try:
        unit_of(task.unit)
    except PortalError as reason:
        notes.add(line, reason)


def _look_at_media(name: str, data: bytes, notes: Notes) -> None:
    """Notes a file that is not what its ending says, and a drawing that does more than draw."""
    ending = name.rpartition(".")[2]
    if ending == "svg":
        try:
            root = read_xml(data)
        except PortalError as reason:
            notes.add(0, reason)
            return
        for node in root.walk():
            address = node.attributes.get("href", "")
            if (
                node.name in ("script", "style", "foreignObject")
                or any(attribute.lower().startswith("on") for attribute in node.attributes)
                or (address and not address.startswith("#"))
            ):
                notes.add(node.line, MediaUnsafe())
    elif ending not in _SIGNS:
        notes.add(0, FileUnknown())
    elif not data.startswith(_SIGNS[ending]):
        notes.add(0, MediaUnreadable())


def _reads_in_both(source: Bilingual) -> bool:
    """Whether a source is written in each language; one without words, like ``GB/T 1``, is alike in both."""
    if not (source.zh.strip() and source.en.strip()):
        return False
    return source.zh != source.en or not _WORD.search(source.zh)
