"""A demonstration of training: the four courses that ship, one class in the middle of its days, of which two
learners have completed the course, one of eight months ago that has told what became of it, and a draft that
an author has begun.

Its learners are no people: each name says so. Making it again changes nothing.
"""

from datetime import datetime, time, timedelta
from pathlib import Path

from portal.accounts.queries import person_at
from portal.config import ROOT
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.clock import CITY
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.training.commands import cohorts, drafting, following, rosters, sessions
from portal.training.commands.overriding import override
from portal.training.commands.papers import Sheet, record_sheets
from portal.training.commands.publishing import publish
from portal.training.commands.reading import finish_lesson
from portal.training.queries import courses
from portal.training.queries.cohorts import cohorts_of, members
from portal.training.queries.following import due
from portal.training.queries.papers import items_of
from portal.training.rules.attendance import SessionDraft
from portal.training.rules.classes import CohortDraft
from portal.training.rules.following import Kept, Told, stages_of
from portal.training.rules.papers import PAPERS
from portal.training.rules.rosters import Entry
from portal.training.rules.solutions import right_response

_TRACKS = ("everyone", "managers", "technicians", "media")
_COURSE = "everyone"
_LEARNERS = [
    *(Entry(f"演示学员{number:02}", "", "zh") for number in range(1, 10)),
    *(Entry(f"Demonstration learner {number}", "", "en") for number in range(10, 13)),
]
_TOLD = [
    (Kept.KEPT, 6_200, 5_300), (Kept.KEPT, 4_800, 4_500), (Kept.PARTLY, 7_100, 6_900),
    (Kept.KEPT, 5_600, 5_000), (Kept.NOT_KEPT, 8_000, 8_100), (Kept.PARTLY, 5_900, 5_600),
]  # fmt: skip


def seed(now: datetime) -> None:
    """The courses of the shelf, and a class of the demonstration's trainer."""
    for track in _TRACKS:
        publish(Actor.system("demo"), _files(ROOT / "courses" / track), now)
    trainer = Actor(person_at(f"{Role.TRAINER}@demo.example").id, frozenset({Role.TRAINER}))
    if cohorts_of(trainer):
        return
    version = next(each for each in courses.catalogue() if each.track == _COURSE)
    _class(trainer, version.id, now)
    _former_class(trainer, version.id, now)
    _draft(version.id, now)


def _class(trainer: Actor, version_id: str, now: datetime) -> None:
    today = clock.day_of(now)
    draft = CohortDraft(
        "演示班 · Demonstration class", "演示教室", today - timedelta(days=12), today + timedelta(days=5), 1
    )
    cohort_id = cohorts.open_cohort(trainer, new_id("coh"), version_id, draft, now)
    begun = now - timedelta(days=11)
    file = rosters.RosterFile("演示名单.xlsx", "0" * 64)
    rosters.take_roster(trainer, cohort_id, new_id("ros"), file, _LEARNERS, begun)
    held = _session(trainer, cohort_id, "森林与碳 · Forests and carbon", -10, now)
    _session(trainer, cohort_id, "我的碳足迹 · My footprint", 1, now)
    people = members(cohort_id)
    there = {each.enrolment_id: number % 4 != 0 for number, each in enumerate(people)}
    sessions.tick(trainer, held, there, now, way="sheet")
    sessions.count_heads(trainer, held, 10, now)
    items = items_of(version_id, cohort_id, PAPERS[0])
    right = tuple(right_response(item, "zh") for item in items)
    weak = tuple(answer if number % 3 else None for number, answer in enumerate(right))
    sheets = [
        Sheet(each.enrolment_id, each.name, right if number % 2 else weak)
        for number, each in enumerate(people[:8])
    ]
    record_sheets(trainer, cohort_id, PAPERS[0], "zh", sheets, now)
    for each in people[1:6:4]:
        for lesson in courses.content(version_id).titles:
            finish_lesson(Actor.guest(each.learner_id), each.enrolment_id, lesson, now)
    reason = "演示：已在课堂口头完成。Demonstration: done aloud in class."
    override(trainer, cohort_id, people[0].enrolment_id, "sessions", True, reason, now)


def _former_class(trainer: Actor, version_id: str, now: datetime) -> None:
    """Its questions of six months are closed, so what it told is shown."""
    last, then = clock.day_of(now) - timedelta(days=240), now - timedelta(days=240)
    draft = CohortDraft(
        "演示班（往期）· Former demonstration class", "演示教室", last - timedelta(days=7), last
    )
    cohort_id = cohorts.open_cohort(trainer, new_id("coh"), version_id, draft, then)
    file = rosters.RosterFile("演示往期名单.xlsx", "1" * 64)
    learners = [Entry(f"演示往期学员{number}", "", "zh") for number in range(1, len(_TOLD) + 3)]
    rosters.take_roster(trainer, cohort_id, new_id("ros"), file, learners, then)
    people = members(cohort_id)
    for each in people:
        following.agree(Actor.guest(each.learner_id), each.enrolment_id, then)
    stage = stages_of(last)[0]
    asked = datetime.combine(stage.opens, time(9), CITY)
    for turn in due(asked):
        following.ask(Actor.system("demo"), turn.enrolment_id, turn.months, asked)
    for each, (pledge, before, since) in zip(people, _TOLD, strict=False):
        told = Told(pledge, Mass.kg(before), Mass.kg(since))
        following.answer(Actor.guest(each.learner_id), each.enrolment_id, stage.months, told, asked)


def _draft(version_id: str, now: datetime) -> None:
    """The next version of the course, with one sentence changed in one language."""
    author = Actor(person_at(f"{Role.AUTHOR}@demo.example").id, frozenset({Role.AUTHOR}))
    files = dict(courses.content(version_id).pack.files)
    draft_id = drafting.begin(author, _COURSE, files, now, version_id)
    path = next(name for name in sorted(files) if name.endswith(".zh.md"))
    changed = files[path].rstrip() + "\n\n演示：这一句还没有译成英文。\n".encode()
    drafting.save(author, draft_id, {path: changed}, {path: 1}, now)


def _session(trainer: Actor, cohort_id: str, title: str, days: int, now: datetime) -> str:
    day = clock.day_of(now) + timedelta(days=days)
    starts = datetime.combine(day, time(9), CITY)
    draft = SessionDraft(title, "演示教室", starts, starts + timedelta(hours=2))
    return sessions.add_session(trainer, cohort_id, new_id("ses"), draft, now)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
