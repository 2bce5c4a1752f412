"""Saving a footprint: kept whole with its audit line, or not at all; seen by whom it belongs to."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.footprint import queries
from portal.footprint.commands import save_footprint
from portal.footprint.models import FootprintRecord
from portal.footprint.rules import errors, library
from portal.footprint.rules.results import digest
from portal.kernel.actor import Actor
from tests.factories.footprint import COUPLE, SAVED_AT, a_footprint
from tests.factories.guards import without_guards

MEI = Actor("usr_mei")


def test_a_saved_footprint_is_what_the_model_says(any_app):
    footprint_id = a_footprint()
    kept = queries.footprint(Actor.guest(footprint_id), footprint_id)
    golden = library.model("household-cn").cases["couple_in_a_flat"]
    assert {line.rule: line.grams for line in kept.lines} == golden.lines
    assert kept.total.grams == sum(golden.lines.values())
    assert kept.low <= kept.total <= kept.high
    assert kept.answers == COUPLE
    assert kept.expires_at - kept.created_at == timedelta(days=90)


def test_the_digest_can_be_recomputed_from_what_is_kept(app):
    footprint_id = a_footprint()
    kept = queries.footprint(Actor.guest(footprint_id), footprint_id)
    model = library.model(kept.model_id, kept.version)
    grams = {line.rule: line.grams for line in kept.lines}
    assert kept.digest == digest(model.digest, kept.region, kept.answers, grams)


def test_own_factors_and_what_stands_beside_a_result_are_kept(any_app):
    first = a_footprint()
    beside = {"form": "full", "stage": "actual", "previous_id": first, "label": "为妈妈"}
    saved = save_footprint(
        Actor.guest(),
        "household-cn",
        "1.0.0",
        "230700",
        COUPLE,
        SAVED_AT,
        "zh",
        own={"grid": "0.5"},
        **beside,
    )
    kept = queries.footprint(Actor.guest(saved), saved)
    assert {name: getattr(kept, name) for name in beside} == beside
    assert (kept.year, kept.audience, kept.own) == ("", "", {"grid": "0.5"})
    model = library.model("household-cn", "1.0.0")
    grams = {line.rule: line.grams for line in kept.lines}
    assert kept.digest == digest(model.digest, kept.region, kept.answers, grams, own=kept.own)
    assert kept.digest != digest(model.digest, kept.region, kept.answers, grams)


@pytest.mark.parametrize(
    ("beside", "error"),
    [
        ({"own": {"grid": "99"}}, errors.FactorOutOfBand),
        ({"year": "1999"}, errors.UnknownYear),
        ({"audience": "elephants"}, errors.UnknownAudience),
        ({"label": "x" * 81}, errors.LabelTooLong),
    ],
)
def test_nothing_is_kept_of_what_stands_wrongly_beside_it(app, beside, error):
    with pytest.raises(error):
        save_footprint(Actor.guest(), "household-cn", None, "230700", {}, SAVED_AT, "zh", **beside)
    assert db.session.scalar(select(func.count()).select_from(FootprintRecord)) == 0


@pytest.mark.parametrize("beside", [{"form": "long"}, {"stage": "guess"}])
def test_the_database_knows_the_forms_and_stages(any_app, beside):
    with pytest.raises(IntegrityError):
        save_footprint(Actor.guest(), "household-cn", None, "230700", {}, SAVED_AT, "zh", **beside)


def test_only_the_holder_of_the_link_and_the_owner_see_it(app):
    footprint_id = a_footprint(MEI)
    assert queries.footprint(MEI, footprint_id).owner_id == "usr_mei"
    assert queries.footprint(Actor.guest(footprint_id), footprint_id)
    for stranger in (Actor.guest(), Actor("usr_other"), Actor.guest("fpr_other")):
        with pytest.raises(errors.UnknownFootprint):
            queries.footprint(stranger, footprint_id)
    with pytest.raises(errors.UnknownFootprint):
        queries.footprint(MEI, "fpr_00000000000000000000000000")


def test_a_person_finds_their_own_newest_first(app):
    first, second = a_footprint(MEI), a_footprint(MEI, people="3")
    a_footprint(Actor.guest())
    assert {f.id for f in queries.footprints_of(MEI)} == {first, second}
    assert queries.footprints_of(Actor.guest()) == []


@pytest.mark.parametrize(
    ("model_id", "region", "answers", "error"),
    [
        ("household", "230700", {}, errors.UnknownModel),
        ("household-cn", "000000", {}, errors.UnknownRegion),
        ("household-cn", "230700", {"home_area": "1e9"}, errors.NotAPlainNumber),
        ("household-cn", "230700", {"home_area": "1000000000"}, errors.OutOfRange),
        ("household-cn", "230700", {"rent": "5"}, errors.UnknownAnswer),
    ],
)
def test_nothing_is_kept_of_what_is_refused(app, model_id, region, answers, error):
    with pytest.raises(error):
        save_footprint(Actor.guest(), model_id, None, region, answers, SAVED_AT, "zh")
    assert db.session.scalar(select(func.count()).select_from(FootprintRecord)) == 0
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_saving_is_written_down_without_the_answers(app):
    footprint_id = a_footprint()
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.verb, entry.subject_id, entry.actor_id) == ("footprint.saved", footprint_id, "guest")
    assert set(entry.facts) == {"model", "version", "total_g"}


def test_the_database_refuses_a_total_outside_its_range(any_app):
    footprint_id = a_footprint()
    with transaction() as session:
        without_guards(session, "footprint")  # the constraint alone
    with pytest.raises(IntegrityError, match="footprint_lies_in_its_range"), transaction() as session:
        session.execute(text("UPDATE footprint SET low_g = high_g + 1 WHERE id = :id"), {"id": footprint_id})


REWRITTEN = [
    "total_g = total_g + 1, high_g = high_g + 1",
    "lines = '[]'",
    "answers = '{}'",
    'own = \'{"grid": "0.1"}\'',
    "version = '1.0.0'",
    "region = '110000'",
    "digest = 'x'",
    "stage = 'actual'",
    "created_at = expires_at",
]


@pytest.mark.parametrize("change", REWRITTEN)
def test_what_a_footprint_says_is_never_rewritten(any_app, change):
    a_footprint()
    with (
        pytest.raises(IntegrityError, match="what a footprint says is never rewritten"),
        transaction() as session,
    ):
        session.execute(text(f"UPDATE footprint SET {change}"))
    with transaction() as session:  # the control: only the guard stood in the way
        without_guards(session, "footprint")
        session.execute(text(f"UPDATE footprint SET {change}"))


def test_a_footprint_may_change_hands_and_its_name(any_app):
    footprint_id = a_footprint()
    with transaction() as session:
        session.execute(text("UPDATE footprint SET owner_id = 'usr_mei', label = '2026'"))
    assert queries.footprint(MEI, footprint_id).label == "2026"
