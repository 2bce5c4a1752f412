"""A completed course is certified once, for learners alone, with what was taught quoted and not claimed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.certificates import queries as certificates
from portal.certificates.commands import revoke
from portal.certificates.models import Certificate
from portal.certificates.rules.states import Reason
from portal.db import db, transaction
from portal.kernel.actor import Actor
from portal.training.commands import completing
from portal.training.commands.completing import complete_if_met
from portal.training.commands.linking import erase, link
from portal.training.models.learners import Enrolment, JoinedLearner, Learner
from portal.training.models.outcomes import Completion
from portal.training.queries.learners import enrolments_of
from portal.training.queries.matrix import matrix
from tests.factories import accounts
from tests.factories.training import COURSES, NOW, a_cohort, a_version, an_enrolment


@dataclass(frozen=True)
class Met:
    is_complete: bool = True


@pytest.fixture
def rule_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completing, "progress_of", lambda _enrolment_id: Met())


def enrolled(track: str = "everyone", *, alone: bool = False, name: str = "一班", **changes: object) -> str:
    version_id = a_version(track)
    with transaction() as session:
        cohort_id = None if alone else a_cohort(session, version_id, name=name)
        return an_enrolment(session, version_id, cohort_id, **changes)


def count(table: type) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(table)) or 0)


def test_a_completed_course_is_certified_once(any_app: Flask, rule_met: None):
    enrolment_id = enrolled()
    number = complete_if_met(enrolment_id, NOW)
    assert number
    assert complete_if_met(enrolment_id, NOW + timedelta(days=1)) == number
    assert (count(Completion), count(Certificate)) == (1, 1)
    certificate = certificates.by_number(number)
    assert certificate.type == "C5"
    assert (certificate.holder_name, certificate.trainer) == ("测试学员", "测试讲师")
    content = certificate.content
    assert content["course_version"] == "1.2.0"
    assert content["hours"] == 3
    assert content["cohort"] == {"zh": "一班", "en": "一班"}
    assert content["language"] == "zh"
    assert content["issuer"]["zh"] == "伊春森林碳汇平台"
    assert len(content["objectives"]) == 10


def test_nothing_is_certified_before_the_rule_is_met(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(completing, "progress_of", lambda _enrolment_id: Met(is_complete=False))
    assert complete_if_met(enrolled(), NOW) is None
    assert (count(Completion), count(Certificate)) == (0, 0)


@pytest.mark.parametrize("changes", [{"standing": "tester"}, {"standing": "staff"}, {"left_at": NOW}])
def test_who_does_not_count_as_a_learner_has_no_certificate(app: Flask, rule_met: None, changes: dict):
    assert complete_if_met(enrolled(**changes), NOW) is None
    assert count(Certificate) == 0


def test_who_was_erased_has_no_certificate(app: Flask, rule_met: None):
    enrolment_id = enrolled()
    with transaction() as session:
        learner = session.get_one(Learner, session.get_one(Enrolment, enrolment_id).learner_id)
        learner.name, learner.erased_at = "", NOW
    assert complete_if_met(enrolment_id, NOW) is None


def test_a_certificate_of_who_is_forgotten_names_nobody(app: Flask, rule_met: None):
    enrolment_id = enrolled()
    number = complete_if_met(enrolment_id, NOW)
    assert number
    with transaction() as session:
        learner_id = session.get_one(Enrolment, enrolment_id).learner_id
    erase(Actor.guest(learner_id), NOW)
    found = certificates.by_number(number)
    assert (found.holder_name, found.state.is_live) == (None, True)


def test_a_second_enrolment_in_the_same_version_earns_no_second_certificate(app: Flask, rule_met: None):
    first = enrolled()
    with transaction() as session:
        row = session.get_one(Enrolment, first)
        other = Enrolment(
            id="enr_alone", learner_id=row.learner_id, version_id=row.version_id, standing="learner",
            lang="en", enrolled_at=NOW, seen_at=NOW,
        )  # fmt: skip
        session.add(other)
    assert complete_if_met(first, NOW) == complete_if_met("enr_alone", NOW)
    assert count(Certificate) == 1


def test_who_learned_alone_is_certified_without_cohort_and_trainer(app: Flask, rule_met: None):
    number = complete_if_met(enrolled(alone=True, lang="en"), NOW)
    assert number
    certificate = certificates.by_number(number)
    assert certificate.content["cohort"] == {"zh": "", "en": ""}
    assert certificate.trainer == ""
    assert certificate.lang == certificate.content["language"] == "en"


def test_a_cohort_whose_name_is_a_claim_is_named_by_its_days(app: Flask, rule_met: None):
    number = complete_if_met(enrolled(name="本公司产品碳中和"), NOW)
    assert number
    assert certificates.by_number(number).content["cohort"]["zh"] == "2026-11-01 – 2026-12-31"


@pytest.mark.parametrize("track", sorted(folder.name for folder in COURSES.iterdir() if folder.is_dir()))
def test_every_course_that_ships_can_be_certified_with_its_title(app: Flask, rule_met: None, track: str):
    """Titles such as 人人懂碳汇与碳中和 name what is taught; a certificate quotes them."""
    number = complete_if_met(enrolled(track), NOW)
    assert number
    certificate = certificates.by_number(number)
    title = certificate.content["course"]
    assert f"“{title['zh']}”" in certificate.says.zh
    assert f"“{title['en']}”" in certificate.says.en


def test_half_hours_are_stated_exactly(app: Flask, rule_met: None, monkeypatch: pytest.MonkeyPatch):
    read = completing.content
    monkeypatch.setattr(
        completing,
        "content",
        lambda version_id: replace(
            read(version_id), course=replace(read(version_id).course, hours=Decimal("2.50"))
        ),
    )
    number = complete_if_met(enrolled(), NOW)
    assert number
    assert certificates.by_number(number).content["hours"] == "2.5"


def test_the_database_completes_a_course_once(any_app: Flask, rule_met: None):
    number = complete_if_met(enrolled(), NOW)
    again = (
        "INSERT INTO training_completion SELECT 'cmp_2', enrolment_id, learner_id, version_id, award, "
        "'OTHER', completed_at FROM training_completion"
    )
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(again))
    with transaction() as session:  # the control: another award is another completion
        session.execute(text(again.replace("award,", "'distinction',")))
    for change in ("UPDATE training_completion SET certificate = 'X'", "DELETE FROM training_completion"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(change))
    assert (
        db.session.scalar(text("SELECT certificate FROM training_completion WHERE award='completion'"))
        == number
    )


def test_one_person_on_two_lists_gets_one_certificate_and_a_letter(
    any_app: Flask, rule_met: None, sent_letters: Callable[[], list[EmailMessage]]
):
    version_id = a_version()
    with transaction() as session:
        cohorts = [a_cohort(session, version_id, name=name) for name in ("一班", "二班")]
        first, second = (an_enrolment(session, version_id, cohort, lang="en") for cohort in cohorts)
        ids = [session.get_one(Enrolment, each).learner_id for each in (first, second)]
        session.get_one(Learner, ids[0]).email = "wang@example.cn"
        session.add(JoinedLearner(learner_id=ids[1], into_id=ids[0], joined_at=NOW))
    number = complete_if_met(second, NOW)
    assert number
    assert complete_if_met(first, NOW) == number
    assert (count(Completion), count(Certificate)) == (1, 1)
    actor = Actor.guest(*ids)
    assert {each.certificate for each in enrolments_of(actor)} == {number}
    assert matrix(cohorts[0])[0].certificate == number
    (letter,) = sent_letters()  # though the second list has no address
    assert letter["To"] == "wang@example.cn"


def test_the_letter_goes_out_once_in_the_learners_language(
    app: Flask, rule_met: None, sent_letters: Callable[[], list[EmailMessage]]
):
    enrolment_id = enrolled(lang="en")
    with transaction() as session:
        learner = session.get_one(Learner, session.get_one(Enrolment, enrolment_id).learner_id)
        learner.email = "wang@example.cn"
    number = complete_if_met(enrolment_id, NOW)
    complete_if_met(enrolment_id, NOW)
    (letter,) = sent_letters()
    assert letter["To"] == "wang@example.cn"
    assert "Carbon sinks and carbon neutrality for everyone" in letter["Subject"]
    assert f"/en/certificates/{number}" in letter.get_content()


@pytest.mark.parametrize("older_stands", [True, False])
def test_who_was_certified_under_two_names_keeps_the_earlier_certificate(
    any_app: Flask, rule_met: None, older_stands: bool
):
    version_id, wang = a_version(), accounts.person("wang@example.cn").actor
    with transaction() as session:
        cohorts = [a_cohort(session, version_id, name=name) for name in ("一班", "二班")]
        first, second = (an_enrolment(session, version_id, cohort) for cohort in cohorts)
        ids = [session.get_one(Enrolment, each).learner_id for each in (first, second)]
        session.get_one(Learner, ids[1]).person_id = wang.id
    older, later = complete_if_met(first, NOW), complete_if_met(second, NOW + timedelta(days=1))
    assert older
    assert later
    assert older != later
    if not older_stands:
        revoke(Actor.system("test"), older, "error", NOW + timedelta(days=1))
    link(replace(wang, keys=frozenset({ids[0]})), ids[0], NOW + timedelta(days=2))
    live = [number for number in (older, later) if certificates.by_number(number).state.is_live]
    assert live == [older if older_stands else later]
    reasons = {certificates.by_number(number).reason for number in (older, later)}
    assert reasons == ({None, Reason.ISSUED_TWICE} if older_stands else {None, Reason.ERROR})
    assert {matrix(cohort)[0].certificate for cohort in cohorts} == {older}, "one for each page of theirs"
