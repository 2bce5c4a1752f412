"""Issuing and withdrawing: one live certificate per retirement, names apart, the database behind it all."""

import json
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from portal.audit import AuditEntry
from portal.certificates import commands, queries
from portal.certificates.models import Certificate, CertificateHolder
from portal.certificates.queries import NoSuchCertificate
from portal.certificates.rules import paper
from portal.certificates.rules.claims import Effect, NothingToCertify
from portal.certificates.rules.paper import RangesDoNotAddUp
from portal.certificates.rules.states import State, UnknownReason, UnlawfulStep
from portal.db import db, transaction
from portal.jobs import Outbox
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.registry.jobs import sequence_and_sign
from portal.registry.rules.records import holder_commitment
from tests.factories.certificates import ACTOR, AVOIDING, NOW, PLANTING, facts, issued, logged
from tests.factories.guards import without_guards


def test_a_certificate_is_issued_with_its_log_record_and_its_errand(any_app: Flask):
    certificate = logged(PLANTING, AVOIDING)
    assert certificate.mass == Mass.kg("500")
    assert certificate.by_effect == {Effect.REMOVAL: Mass.kg("250"), Effect.AVOIDANCE: Mass.kg("250")}
    assert certificate.ranges == (PLANTING, AVOIDING)
    assert certificate.commitment == holder_commitment(bytes(range(32)), "李明", "")
    proof = queries.log_proof(certificate.id)
    assert proof is not None
    said = json.loads(proof.body)
    assert (said["number"], said["payload_sha256"]) == (certificate.number, certificate.payload_sha256)
    assert "李明" not in proof.body + certificate.payload
    errand = db.session.scalars(select(Outbox).where(Outbox.kind == "certificates.render")).one()
    assert errand.payload == {"id": certificate.id}


def test_it_is_issued_wholly_or_not_at_all(app: Flask):
    def sale() -> None:
        with transaction():
            commands.issue(ACTOR, facts(), NOW)
            raise RuntimeError("the sale fell through")

    with pytest.raises(RuntimeError):
        sale()
    assert db.session.scalars(select(Certificate)).all() == []
    assert db.session.scalars(select(Outbox)).all() == []


def test_asking_twice_gives_the_same_number(app: Flask):
    retirement = facts()
    assert commands.issue(ACTOR, retirement, NOW) == commands.issue(ACTOR, retirement, NOW)


def test_wrong_facts_leave_nothing_behind(app: Flask):
    with pytest.raises(RangesDoNotAddUp):
        commands.issue(ACTOR, facts(mass=Mass.kg("1")), NOW)
    assert db.session.scalars(select(CertificateHolder)).all() == []


def test_only_who_may_issues(app: Flask):
    retirement = facts()
    for stranger in (Actor.guest(), Actor("usr_1"), Actor("usr_2", roles=frozenset({Role.EDITOR}))):
        with pytest.raises(NotAllowed):
            commands.issue(stranger, retirement, NOW)
    assert commands.issue(Actor.guest(retirement.order_id), retirement, NOW)


def test_a_pledge_title_that_claims_too_much_is_left_out(app: Flask):
    modest = issued(purpose="plg_1", purpose_title=Bilingual("全家减排", "Our family"))
    boastful = issued(purpose="plg_2", purpose_title=Bilingual("碳中和之家", "Carbon neutral home"))
    assert modest.purpose_title == Bilingual("全家减排", "Our family")
    assert boastful.purpose_title is None
    assert boastful.purpose == "plg_2"


def test_a_revoked_certificate_says_since_when_and_why(any_app: Flask):
    certificate = issued()
    commands.revoke(ACTOR, certificate.number, "refunded", NOW)
    commands.revoke(ACTOR, certificate.number, "error", NOW)  # twice is once, and the first reason stays
    revoked = queries.by_number(certificate.number)
    assert (revoked.state, revoked.reason, revoked.state_at) == (State.REVOKED, "refunded", NOW)
    assert queries.for_subject(certificate.subject_id) is None
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == certificate.id)).all()
    assert sorted(verbs) == ["certificate.issue", "certificate.revoke"]


def test_a_certificate_is_withdrawn_only_by_staff_and_for_a_known_reason(app: Flask):
    certificate = issued()
    with pytest.raises(NotAllowed):
        commands.revoke(Actor.guest(certificate.order_id), certificate.number, "refunded", NOW)
    with pytest.raises(UnknownReason):
        commands.revoke(ACTOR, certificate.number, "because", NOW)
    with pytest.raises(NoSuchCertificate):
        commands.revoke(ACTOR, "000000000000", "refunded", NOW)


def test_doubt_and_its_end(app: Flask):
    certificate = issued()
    commands.clear(ACTOR, certificate.number, NOW)  # nothing to clear: nothing happens
    commands.doubt(ACTOR, certificate.number, "disputed", NOW)
    commands.doubt(ACTOR, certificate.number, "disputed", NOW)
    assert queries.by_number(certificate.number).state is State.UNDER_REVIEW
    commands.clear(ACTOR, certificate.number, NOW)
    assert queries.by_number(certificate.number).reason is None
    commands.revoke(ACTOR, certificate.number, "disputed", NOW)
    with pytest.raises(UnlawfulStep):
        commands.clear(ACTOR, certificate.number, NOW)


def test_a_replaced_certificate_leads_to_its_successor(any_app: Flask):
    retirement = facts(holder_name="Li Mng")
    old = commands.issue(ACTOR, retirement, NOW)
    new = commands.replace(ACTOR, old, replace(retirement, holder_name="Li Ming"), "error", NOW)
    assert queries.by_number(old).replaced_by == new
    live = queries.for_subject(retirement.retirement_id)
    assert live is not None
    assert (live.number, live.holder_name) == (new, "Li Ming")
    commands.revoke(ACTOR, old, "refunded", NOW)  # the order still knows the old number
    assert queries.by_number(new).state is State.REVOKED
    with pytest.raises(NothingToCertify):
        commands.replace(ACTOR, new, facts(), "error", NOW)


def test_a_forgotten_holder_leaves_a_proof_behind(any_app: Flask):
    certificate = logged()
    with pytest.raises(NotAllowed):
        commands.forget_holder(Actor("usr_1", roles=frozenset({Role.FINANCE})), certificate.number, NOW)
    commands.forget_holder(ACTOR, certificate.number, NOW)
    forgotten = queries.by_number(certificate.number)
    assert (forgotten.holder_name, forgotten.holder_salt) == (None, None)
    assert forgotten.is_intact
    assert queries.log_proof(certificate.id) is not None


def test_totals_leave_test_money_and_withdrawn_certificates_out(any_app: Flask):
    issued()
    issued(AVOIDING)
    issued(test=True)
    commands.revoke(ACTOR, issued().number, "error", NOW)
    totals = queries.public_totals()
    assert totals.count == 2
    assert totals.by_effect == {
        Effect.REMOVAL: Mass.kg("250"), Effect.AVOIDANCE: Mass.kg("250"), Effect.UNSEPARATED: Mass(0),
    }  # fmt: skip


def test_certificates_of_an_order_come_in_order(app: Flask):
    first = issued()
    second = issued(AVOIDING, order_id=first.order_id)
    issued()
    assert [c.number for c in queries.for_order(first.order_id)] == [first.number, second.number]


# ── what the database refuses, asked in SQL ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE certificate SET payload = '{}'",
        "UPDATE certificate SET payload_sha256 = 'x'",
        "UPDATE certificate SET number = '000000000000'",
        "UPDATE certificate SET mass_g = mass_g + 1, removal_g = removal_g + 1",
        "UPDATE certificate SET retirement_id = 'ret_x'",
        "UPDATE certificate SET key = 'x'",
        "UPDATE certificate SET state = 'replaced'",
        "UPDATE certificate SET state = 'revoked'",
        "UPDATE certificate SET state = 'nonsense', reason = 'error'",
        "DELETE FROM certificate_holder",
        "DELETE FROM certificate",
        "UPDATE certificate_holder SET name = 'Somebody else'",
        "UPDATE certificate_holder SET name = NULL",
    ],
)
def test_the_database_refuses(any_app: Flask, attack: str):
    certificate = issued()
    with pytest.raises((IntegrityError, OperationalError)), transaction() as session:
        session.execute(text(attack))
    assert queries.by_number(certificate.number) == certificate


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE certificate SET state = 'valid', reason = NULL",
        "UPDATE certificate SET reason = 'requested'",
        "UPDATE certificate SET state_at = '2020-01-01 00:00:00+00'",
    ],
)
def test_the_end_of_a_certificate_is_not_rewritten(any_app: Flask, attack: str):
    certificate = issued()
    commands.revoke(ACTOR, certificate.number, "refunded", NOW)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(attack))


def test_a_retirement_never_has_two_live_certificates(any_app: Flask):
    certificate = issued()
    kept = ", ".join(c.name for c in Certificate.__table__.columns if c.name not in ("id", "number"))
    copied = f"INSERT INTO certificate (id, number, {kept}) SELECT 'crt_2', 'N2', {kept} FROM certificate"
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(copied))
    commands.revoke(ACTOR, certificate.number, "error", NOW)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(copied))  # born revoked: refused too


# ── ledger verify ──────────────────────────────────────────────────────────────────────────────


def test_an_honest_register_has_no_faults(any_app: Flask):
    issued()
    logged(PLANTING, AVOIDING)
    revoked = logged()
    commands.revoke(ACTOR, revoked.number, "error", NOW)
    old = facts()
    number = commands.issue(ACTOR, old, NOW)
    commands.replace(ACTOR, number, old, "requested", NOW)
    sequence_and_sign()
    assert list(queries.faults()) == []


@pytest.mark.parametrize(
    ("forge", "named"),
    [
        (lambda row: {"payload": row.payload.replace("250000", "350000")}, "no longer gives its hash"),
        (lambda row: {"payload_sha256": "0" * 64}, "no longer gives its hash"),
        (lambda row: _mended(row, "250000", "350000"), "another amount"),
        (lambda row: _mended(row, "LOT-2026-001", "LOT-2026-009"), "not what the log says"),
        (lambda row: {"is_test": True}, "another test mark"),
        (lambda row: {"state": "revoked", "reason": "error"}, "the log says otherwise"),
    ],
)
def test_a_forger_past_the_guards_is_named_by_verify(any_app: Flask, forge, named: str):
    certificate = logged()
    row = db.session.scalars(select(Certificate)).one()
    with transaction() as session:
        without_guards(session, "certificate")
        session.execute(update(Certificate).values(**forge(row)))
    found = list(queries.faults())
    assert found[0].row == f"certificate {certificate.number}"
    assert any(named in fault.what for fault in found)


def _mended(row: Certificate, old: str, new: str) -> dict[str, str]:
    """A forgery that also mends the hash, so that only the log can tell."""
    forged = row.payload.replace(old, new)
    return {"payload": forged, "payload_sha256": paper.digest(forged)}
