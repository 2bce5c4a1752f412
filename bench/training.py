"""Training: pages of a class of five hundred, in process, CPU of one thread.

The aim is absolute, 200 ms at the 95th percentile; the baseline, a bare page of equal size, says how busy the
machine was and how much of it is the class.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session as OrmSession

from bench.measure import Figure, side_by_side
from bench.pages import bare_page
from bench.site import fresh_portal, get
from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.classes import Attendance, Session
from portal.training.models.learners import Enrolment, Learner, Reading
from portal.training.queries.courses import content
from portal.training.rules.papers import seed_of
from portal.training.rules.quizzes import FINAL, drawn
from tests.factories.training import NOW, TRAINER, a_cohort, a_version

LEARNERS = 500


def run() -> list[Figure]:
    """The state of the class, its list, the grid of its progress, how the questions did, the sheets that are
    recorded, and what became of it (aim: p95 of 200 ms each)."""
    with fresh_portal() as portal:
        with portal.app_context():
            cohort_id = a_class()
        portal.extensions["portal.person"] = lambda: Actor(TRAINER.id, frozenset({Role.TRAINER}))
        pages = {
            "today": "", "learners": "/learners", "matrix": "/progress", "questions": "/questions",
            "sheets": "/paper/A/sheets", "follow_up": "/follow-up",
        }  # fmt: skip
        return [
            _figure(f"training.{name}", portal, f"/zh/teach/{cohort_id}{path}")
            for name, path in pages.items()
        ]


def _figure(name: str, portal: object, path: str) -> Figure:
    ours, size = get(portal, path)  # type: ignore[arg-type]
    baseline, _ = get(bare_page(size, None), "/page")
    return side_by_side(name, ours, baseline, rounds=20, calls=1)


def a_class() -> str:
    """Five hundred learners who have read half of the course, been at one of two sessions, and sat the final
    quiz once; every fifth of them on paper."""
    version_id = a_version()
    with transaction() as session:
        cohort_id = a_cohort(session, version_id, sessions_required=1)
        session.flush()
        learners = [new_id("lrn") for _ in range(LEARNERS)]
        session.execute(
            insert(Learner),
            [{"id": each, "name": f"学员{n:03}", "email": "", "lang": "zh", "made_at": NOW}
             for n, each in enumerate(learners)],
        )  # fmt: skip
        enrolments = [new_id("enr") for _ in learners]
        session.execute(
            insert(Enrolment),
            [{"id": enrolment, "learner_id": learner, "version_id": version_id, "cohort_id": cohort_id,
              "standing": "learner", "lang": "zh", "enrolled_at": NOW, "seen_at": NOW}
             for enrolment, learner in zip(enrolments, learners, strict=True)],
        )  # fmt: skip
        lessons = sorted({lesson for lesson, _ in content(version_id).lessons})
        session.execute(
            insert(Reading),
            [{"enrolment_id": each, "lesson": lesson, "opened_at": NOW, "done_at": NOW}
             for each in enrolments for lesson in lessons[: len(lessons) // 2]],
        )  # fmt: skip
        held = [new_id("ses") for _ in range(2)]
        for number, session_id in enumerate(held, start=1):
            starts = NOW - timedelta(days=number)
            session.add(
                Session(
                    id=session_id, cohort_id=cohort_id, number=number, title="", place="", starts_at=starts,
                    ends_at=starts + timedelta(hours=2), secret=b"s" * 20,
                )
            )  # fmt: skip
        session.flush()
        session.execute(
            insert(Attendance),
            [{"session_id": held[0], "enrolment_id": each, "is_present": True, "way": "scan",
              "actor_id": TRAINER.id, "at": NOW} for each in enrolments],
        )  # fmt: skip
        _attempts(session, version_id, cohort_id, enrolments)
    return cohort_id


def _attempts(session: OrmSession, version_id: str, cohort_id: str, enrolments: list[str]) -> None:
    """One of twenty quizzes each, with two answers of three right; sheets are those of paper A."""
    found = content(version_id)
    seeds = [seed_of(cohort_id, "A"), *range(1, 20)]
    quizzes = {
        seed: [item.id for item in drawn(found.course, found.items.values(), FINAL, seed)] for seed in seeds
    }  # fmt: skip
    sat = [_sat(each, number, seeds, quizzes) for number, each in enumerate(enrolments)]
    session.execute(insert(Attempt), sat)
    session.execute(
        insert(Answer),
        [
            _answer(each, item, number + at)
            for number, each in enumerate(sat)
            for at, item in enumerate(each["items"])
        ],
    )  # fmt: skip
    session.execute(
        update(Attempt).where(Attempt.quiz == FINAL).values(submitted_at=NOW, earned="12", passed=False)
    )  # fmt: skip


def _sat(enrolment_id: str, number: int, seeds: list[int], quizzes: dict[int, list[str]]) -> dict[str, Any]:
    is_paper = number % 5 == 0
    seed = seeds[0] if is_paper else seeds[number % len(seeds)]
    return {
        "id": new_id("att"), "enrolment_id": enrolment_id, "quiz": FINAL, "number": 1,
        "lang": "zh" if number % 3 else "en", "seed": seed, "policy": {}, "items": quizzes[seed],
        "possible": len(quizzes[seed]), "way": "paper" if is_paper else "screen",
        "actor_id": TRAINER.id, "started_at": NOW,
    }  # fmt: skip


def _answer(attempt: dict[str, Any], item: str, number: int) -> dict[str, Any]:
    return {
        "attempt_id": attempt["id"], "item": item, "response": {"options": [number % 3]}, "edition": 1,
        "saved_at": NOW, "credit": "1" if number % 3 else "0",
    }  # fmt: skip
