"""Training: pages of a class of five hundred, in process, CPU of one thread.

The aim is absolute, 200 ms at the 95th percentile; the baseline, a bare page of equal size, says how busy the
machine was and how much of it is the class.
"""

from datetime import timedelta

from sqlalchemy import insert

from bench.measure import Figure, side_by_side
from bench.pages import bare_page
from bench.site import fresh_portal, get
from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.training.models.classes import Attendance, Session
from portal.training.models.learners import Enrolment, Learner, Reading
from portal.training.queries.courses import content
from tests.factories.training import NOW, TRAINER, a_cohort, a_version

LEARNERS = 500


def run() -> list[Figure]:
    """The state of the class, its list and the grid of its progress (aim: p95 of 200 ms each)."""
    with fresh_portal() as portal:
        with portal.app_context():
            cohort_id = a_class()
        portal.extensions["portal.person"] = lambda: Actor(TRAINER.id, frozenset({Role.TRAINER}))
        pages = {"today": "", "learners": "/learners", "matrix": "/progress"}
        return [
            _figure(f"training.{name}", portal, f"/zh/teach/{cohort_id}{path}")
            for name, path in pages.items()
        ]


def _figure(name: str, portal: object, path: str) -> Figure:
    ours, size = get(portal, path)  # type: ignore[arg-type]
    baseline, _ = get(bare_page(size, None), "/page")
    return side_by_side(name, ours, baseline, rounds=20, calls=1)


def a_class() -> str:
    """Five hundred learners who have read half of the course and been at one of two sessions."""
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
    return cohort_id
