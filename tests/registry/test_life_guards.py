"""What the database refuses about a project's life: each sentence attacked, with its guard and without."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.db import Base
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.registry import guards
from portal.registry.commands import projects
from portal.registry.queries import projects as read
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import Decision, DocumentKind, ProjectState
from tests.factories import projects as make
from tests.factories.guards import without_guards
from tests.factories.projects import CHECKER, square
from tests.factories.registry import make_lot
from tests.registry.test_guards import Attack, appended, attack, forged, undone

S = ProjectState
LATER = "'2999-01-01T00:00:00.000000Z'"
EARLY = "'2001-01-01T00:00:00.000000Z'"


@pytest.fixture(scope="module")
def world(shared_app: Flask) -> Flask:
    _set_the_scene()
    return shared_app


def _set_the_scene() -> None:
    """Projects by their numbers, each with a waiting step unless said otherwise.

    1 registered · 2 on notice, a comment unread · 3 proposed · 4 in validation, its land withdrawn ·
    6 avoided deforestation, registered, no step · 7 forest management, registered, like 8, no step ·
    9 and 10 cleared, no step · 11 with a refused step
    """
    make.registered("一号")
    make.propose_step("HLYC-0001", S.SUSPENDED)
    _on_notice(make.propose(name="二号"))
    make.propose_step(make.propose(name="三号"), S.DESIGN_NOTICE)
    _without_land(make.propose(name="四号"))
    make.propose(name="五号")
    _like_another()
    code = make.propose(ProjectType.REDD, name="六号")
    make.enter_land(code, square(west=129.4))
    make.assess(code)
    make.take_step(code, S.RECORDED)
    make.take_step(code, S.REGISTERED)
    code = make.propose(ProjectType.IFM, name="七号")
    make.enter_land(code, square(west=129.5))
    make.assess(code)
    make.take_step(code, S.REGISTERED)
    make.propose(name="七号")
    make.propose(name="八号")
    code = make.propose(name="八号")
    projects.clear_likeness(make.MAKER, read.likenesses(read.life(code).id)[0].id, "two", clock.now())
    code = make.propose(name="九号")
    projects.decide_step(CHECKER, make.propose_step(code, S.WITHDRAWN), Decision.REFUSED, "no", clock.now())
    make.file("HLYC-0011", DocumentKind.MAP)
    make.file("HLYC-0011", DocumentKind.DESIGN)
    make_lot(10, "LOT-A", "9001")


def _on_notice(code: str) -> None:
    make.enter_land(code, square(west=129.1))
    make.assess(code)
    make.take_step(code, S.DESIGN_NOTICE)
    (notice,) = read.notices_of(read.life(code).id)
    projects.comment(Actor.guest(), notice.id, "水", "zh", clock.now())
    answered = projects.comment(Actor.guest(), notice.id, "火", "zh", clock.now())
    projects.answer_comment(make.MAKER, answered, "谢谢", True, clock.now())
    make.propose_step(code, S.VALIDATION)


def _without_land(code: str) -> None:
    make.enter_land(code, square(west=129.2))
    make.assess(code)
    make.take_step(code, S.DESIGN_NOTICE, clock.now() - timedelta(days=90))
    make.take_step(code, S.VALIDATION)
    (parcel,) = read.parcels_of(read.life(code).id)
    projects.withdraw_parcel(make.MAKER, parcel.id, "wrong hill", clock.now())
    make.propose_step(code, S.REGISTERED)


def _like_another() -> None:
    code = make.propose(ProjectType.IFM, name="五号", registry="verra", number="5000")
    make.enter_land(code, square(west=129.3))
    make.assess(code)
    make.propose_step(code, S.REGISTERED)


def of(code: str) -> str:
    return f"(SELECT id FROM project WHERE code = '{code}')"


def step(code: str, extra: str = "decided_at IS NULL") -> str:
    return f"project_id = {of(code)} AND {extra}"


def approve(code: str, by: str = "usr_checker", at: str = LATER) -> str:
    return (
        f"UPDATE project_step SET decided_by = '{by}', decided_at = {at}, decision = 'approved', "
        f"event_id = 'pev_forged' WHERE {step(code)}"
    )


def proposed(code: str, **changes: str) -> str:
    """A step made by hand for a project that has none waiting, like the refused one of HLYC-0011."""
    fields = {"id": "'stp_forged'", "decided_by": "NULL", "decided_at": "NULL", "decision": "NULL",
              "project_id": of(code)}  # fmt: skip
    return forged("project_step", "decision = 'refused'", **(fields | changes))


def paper(code: str, kind: str) -> str:
    return f"(SELECT max(id) FROM project_document WHERE project_id = {of(code)} AND kind = '{kind}')"


PARCEL = f"project_id = {of('HLYC-0001')}"


def verified(code: str) -> tuple[str, str]:
    """A verification of the project that a second person approved."""
    return (
        forged(
            "verification", "TRUE", id="'ver_forged'", project_id=of(code), verified_g="9000000",
            buffer_g="0", kind="'verification'",
        ),
        forged("verification_check", "TRUE", verification_id="'ver_forged'", decision="'approved'"),
    )  # fmt: skip


def issued(code: str, demo: str = "FALSE") -> str:
    return forged(
        "issuance", "NOT for_buffer", id="'iss_forged'", source_serial="'FORGED'", project_id=of(code),
        serial_group="'HLYC-FORGED-1'", verification_id="'ver_forged'", is_demo=demo,
        start_g="(SELECT max(end_g) FROM issuance)", end_g="(SELECT max(end_g) FROM issuance) + 1000000",
    )  # fmt: skip


def lot(code: str, demo: str = "FALSE") -> str:
    return forged(
        "pool_lot", "TRUE", id="'lot_forged'", code="'FORGED'", project_id=of(code),
        account_id="'acc_forged'", retirement_reference="'RET-9'", is_demo=demo, free_g="0",
        attributed_g="0",
    )  # fmt: skip


ACCOUNT = "INSERT INTO account (id, kind, party_id) VALUES ('acc_forged', 'pool', 'lot_forged')"
PROJECT = "code = 'HLYC-0003'"

ATTACKS = [
    *(each for table in ("assessment", "assessment_finding", "public_notice") for each in appended(table)),
    # projects
    attack("project keeps id, code, type, source_registry, source_id", "UPDATE project SET type = 'ARR'"),
    attack("project rows are never deleted", "DELETE FROM project WHERE code = 'HLYC-0006'"),
    attack(
        "a project of this register begins proposed",
        forged("project", PROJECT, id="'prj_forged'", code="'FORGED'", state="'registered'"),
    ),
    attack(
        "a project moves by the step that two people took",
        f"UPDATE project SET state = 'design_notice' WHERE {PROJECT}",
    ),
    attack(  # a step that was refused is none
        "a project moves by the step that two people took",
        "UPDATE project SET state = 'withdrawn' WHERE code = 'HLYC-0011'",
    ),
    attack(  # nor one that was taken long ago
        "a project moves by the step that two people took",
        "UPDATE project SET state = 'design_notice' WHERE code = 'HLYC-0001'",
    ),
    attack(
        "a crediting period ends after it begins",
        f"UPDATE project SET crediting_end = '2001-01-01' WHERE {PROJECT}",
    ),
    attack(
        "a crediting period ends after it begins",
        forged("project", PROJECT, id="'prj_forged'", code="'FORGED'", crediting_end="NULL"),
    ),
    attack(
        "an event is a step that two people took",
        forged("project_event", "from_state IS NOT NULL", id="'pev_forged'"),
    ),
    # documents
    attack(
        "project_document keeps id, project_id, kind, title_zh, title_en, file_name, sha256, media_type, "
        "bytes, actor_id, at",
        "UPDATE project_document SET sha256 = 'x'",
    ),
    attack("project_document rows are never deleted", "DELETE FROM project_document WHERE kind = 'map'"),
    # land
    attack(
        "parcel keeps id, project_id, code, county_code, village, geojson, outline_sha256, "
        "west, south, east, north, area_m2, tenure, document_id, valid_from, valid_to, is_demo, actor_id, at",
        f"UPDATE parcel SET area_m2 = area_m2 + 1 WHERE {PARCEL}",
    ),
    attack("parcel rows are never deleted", f"DELETE FROM parcel WHERE {PARCEL}"),
    attack(
        "a parcel enters before it is withdrawn",
        forged("parcel", "withdrawn_at IS NOT NULL", id="'pcl_forged'", code="'FORGED'"),
    ),
    attack(
        "a withdrawn parcel stays withdrawn",
        "UPDATE parcel SET withdrawn_at = NULL, withdrawn_because = NULL WHERE withdrawn_at IS NOT NULL",
    ),
    attack(
        "an outline counts once at a time",
        forged("parcel", PARCEL, id="'pcl_forged'", code="'FORGED'", project_id=of("HLYC-0003")),
    ),
    # steps
    attack(
        "project_step keeps id, project_id, from_state, to_state, document_id, note, "
        "proposed_by, proposed_at",
        f"UPDATE project_step SET proposed_by = 'usr_other' WHERE {step('HLYC-0003')}",
    ),
    attack("project_step rows are never deleted", f"DELETE FROM project_step WHERE {step('HLYC-0003')}"),
    attack(
        "a step is decided once",
        "UPDATE project_step SET decision = 'approved', event_id = 'pev_x' WHERE decision = 'refused'",
    ),
    attack(
        "a step begins undecided",
        forged("project_step", "decision = 'refused'", id="'stp_forged'"),
    ),
    attack(
        "a step is one that its type of project takes",
        proposed("HLYC-0011", to_state="'recorded'", document_id=paper("HLYC-0011", "design")),
    ),
    attack("a step starts where its project stands", proposed("HLYC-0011", from_state="'registered'")),
    attack(
        "a step rests on the public document it requires",
        proposed("HLYC-0011", document_id=paper("HLYC-0011", "map")),
    ),
    attack(
        "a step rests on the public document it requires",
        "UPDATE project_document SET is_public = FALSE",
        proposed("HLYC-0011"),
    ),
    attack(
        "a notice runs its time",
        "UPDATE notice_comment SET state = 'hidden', answer = 'x', answered_by = 'usr_maker', "
        f"answered_at = {EARLY} WHERE state = 'waiting'",
        approve("HLYC-0002", at=EARLY),
    ),
    attack("every comment is answered first", approve("HLYC-0002")),
    attack("what is not eligible goes no further", approve("HLYC-0003")),
    attack("no project is registered while it may be another", approve("VCS-5000")),
    attack("a project is registered with its land", approve("HLYC-0004")),
    # two people
    attack("maker_and_checker_are_two_people", approve("HLYC-0001", by="usr_maker")),
    attack("a_step_is_decided_by_a_person", approve("HLYC-0001", by="system:job")),
    attack("a_step_is_proposed_by_a_person", proposed("HLYC-0011", proposed_by="'system:job'")),
    # notices
    attack(
        "a notice belongs to the step that opened it",
        forged("public_notice", "TRUE", id="'ntc_forged'", step_id="(SELECT id FROM project_step WHERE "
               f"{step('HLYC-0003')})"),
    ),
    attack("notice_comment keeps id, notice_id, body, lang, at", "UPDATE notice_comment SET body = 'x'"),
    attack("notice_comment rows are never deleted", "DELETE FROM notice_comment"),
    attack(
        "a comment begins unread",
        forged("notice_comment", "state = 'shown'", id="'cmt_forged'"),
    ),
    attack("a comment is answered once", "UPDATE notice_comment SET answer = 'x' WHERE state = 'shown'"),
    attack(
        "a comment comes while its notice is open",
        forged("notice_comment", "state = 'waiting'", id="'cmt_forged'", at=LATER),
    ),
    # likenesses
    attack(
        "likeness keeps id, project_id, other_id, kind, found_at",
        f"UPDATE likeness SET found_at = {LATER} WHERE cleared_at IS NULL",
    ),
    attack("likeness rows are never deleted", "DELETE FROM likeness"),
    attack(
        "a likeness begins open",
        forged("likeness", "cleared_at IS NOT NULL", id="'lik_forged'", kind="'parcel'"),
    ),
    attack(
        "a likeness is cleared once",
        "UPDATE likeness SET because = 'other' WHERE cleared_at IS NOT NULL",
    ),
    # what may be issued and sold
    attack("only afforestation is issued by this register", *verified("HLYC-0007"), issued("HLYC-0007")),
    attack("units are issued to a project in good standing", *verified("HLYC-0003"), issued("HLYC-0003")),
    attack("a lot opens for a project in good standing", ACCOUNT, lot("HLYC-0003")),
    attack(
        "avoided deforestation is sold under an external standard only",
        ACCOUNT,
        lot("HLYC-0006"),
    ),
    attack("no lot opens while its project may be another", ACCOUNT, lot("HLYC-0007")),
]  # fmt: skip

# Held by a constraint of the table, which no trigger's absence lifts.
CONSTRAINTS = {
    "maker_and_checker_are_two_people", "a_step_is_decided_by_a_person", "a_step_is_proposed_by_a_person",
}  # fmt: skip


def carry_out(attack: Attack, *, guarded: bool) -> None:
    """Raises IntegrityError where the database refuses the last statement."""
    with undone() as session:
        if not guarded:
            without_guards(session)
        *scene, last = attack.statements
        for statement in scene:
            session.execute(text(statement))
        assert session.execute(text(last)).rowcount > 0, "the attack touches nothing"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_database_refuses(attack: Attack):
    with pytest.raises(IntegrityError, match=re.escape(attack.sentence)):
        carry_out(attack, guarded=True)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.sentence not in CONSTRAINTS], ids=str)
def test_without_its_guards_the_attack_succeeds(attack: Attack):
    carry_out(attack, guarded=False)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("by", ["usr_checker"])
def test_what_two_people_do_is_not_in_the_way_of_any_guard(by: str):
    """The control of the constraints: the same statement by another person goes through."""
    with undone() as session:
        assert session.execute(text(approve("HLYC-0001", by=by))).rowcount == 1


def test_every_sentence_is_attacked():
    said = set(re.findall(r"RAISE\(ABORT, '([^']+)'\)", "\n".join(guards.lifecycle_ddl("sqlite"))))
    assert said == {each.sentence for each in ATTACKS} - CONSTRAINTS


def test_both_databases_hold_the_same_sentences():
    said = {
        dialect: set(re.findall(pattern, "\n".join(guards.lifecycle_ddl(dialect))))
        for dialect, pattern in (
            ("sqlite", r"RAISE\(ABORT, '([^']+)'\)"),
            ("postgresql", r"RAISE EXCEPTION '([^']+)'"),
        )
    }
    assert said["sqlite"] == said["postgresql"]


def test_the_constraints_stand_in_the_tables():
    named = {str(each.name) for each in Base.metadata.tables["project_step"].constraints}
    assert named >= CONSTRAINTS


def test_the_frozen_guards_are_those_of_the_room():
    for dialect in ("sqlite", "postgresql"):
        file = Path(guards.__file__).parents[3] / "migrations" / "guards" / f"0007.{dialect}.sql"
        frozen = [part.strip().removesuffix(";") for part in file.read_text().split("\n--\n")]
        assert frozen == [each.strip() for each in guards.lifecycle_ddl(dialect)]
