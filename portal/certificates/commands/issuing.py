"""Issuing, doubting, revoking, replacing: one live certificate of each subject."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, bindparam, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.certificates import policy
from portal.certificates.models import Certificate, CertificateHolder
from portal.certificates.queries import NoSuchCertificate
from portal.certificates.rules import numbers, paper
from portal.certificates.rules.claims import (
    CertificateType,
    Effect,
    NothingToCertify,
    is_sayable,
    type_of,
)
from portal.certificates.rules.content import by_effect
from portal.certificates.rules.facts import Facts, PledgeFacts, RetirementFacts
from portal.certificates.rules.states import LIVE, Event, Reason, State, next_state, reason_of
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import id_of
from portal.kernel.mass import ZERO
from portal.registry.commands import log
from portal.registry.rules.records import CertificateIssued, CertificateRevoked, holder_commitment

_papers, _holders = (cast(Table, kind.__table__) for kind in (Certificate, CertificateHolder))
# Built once: putting a statement together costs more than having it done.
_LIVE_NUMBER = select(_papers.c.number).where(
    _papers.c.retirement_id == bindparam("subject_id"), _papers.c.state.in_(LIVE)
)
_WRITE_HOLDER = insert(_holders)
# Where two ask at the same moment, the second waits for the first and then reads its number.
_WRITE = {
    dialect: add(_papers)
    .on_conflict_do_nothing(
        index_elements=["retirement_id"],
        index_where=_papers.c.state.in_([literal_column(f"'{state}'") for state in LIVE]),
    )
    .returning(_papers.c.id)
    for dialect, add in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def issue(actor: Actor, facts: Facts, now: datetime) -> str:
    """Certify what the facts tell; returns the number. Joins the transaction of the fact itself.

    The type follows from the facts. Asked again for the same subject it answers with the number it gave
    before. Raises NotAllowed, RangesDoNotAddUp, BadName, BadText, NothingToCertify, EventNotBalanced,
    FactMissing, ForbiddenClaim.
    """
    if not policy.may_issue(actor, facts.subject_id, facts.order_id):
        raise NotAllowed()
    with transaction() as session:
        books = session.connection()
        known = books.execute(_LIVE_NUMBER, {"subject_id": facts.subject_id}).scalar_one_or_none()
        return str(known or _issue(books, actor, facts, numbers.new_number(), now))


def revoke(actor: Actor, number: str, because: str, now: datetime) -> None:
    """Withdraw a certificate for good; ``because`` is a code of ``states.Reason``. Twice is once.

    A number that was replaced stands for its successor, here and in ``doubt`` and ``clear``.

    Raises NotAllowed, NoSuchCertificate, UnknownReason, UnlawfulStep.
    """
    if not policy.may_withdraw(actor):
        raise NotAllowed()
    reason = reason_of(because)
    with transaction() as session:
        row = _newest(session, number)
        if row.state == State.REVOKED:
            return
        _step(session, row, Event.REVOKE, now, reason)
        log.record(CertificateRevoked(row.number, reason.value), row.id, now)
        audit.record(actor, "certificate.revoke", row.id, now, reason=reason.value)


def doubt(actor: Actor, number: str, because: str, now: datetime) -> None:
    """Mark as under review while a question is open; the page says so and why."""
    _review(actor, number, Event.DOUBT, State.UNDER_REVIEW, reason_of(because), now)


def clear(actor: Actor, number: str, now: datetime) -> None:
    """The question is answered: valid again."""
    _review(actor, number, Event.CLEAR, State.VALID, None, now)


def replace(actor: Actor, number: str, facts: Facts, because: str, now: datetime) -> str:
    """Give out another certificate for the same subject; returns the new number.

    The old one stays to be read and names its successor, which may have another holder: so a gift is handed
    on (reason ``transferred``, facts from ``queries.retirement_facts``). Raises what ``issue`` and
    ``revoke`` raise.
    """
    if not policy.may_withdraw(actor):
        raise NotAllowed()
    reason = reason_of(because)
    with transaction() as session:
        old = locked(session, number)
        if facts.subject_id != old.subject_id:
            raise NothingToCertify()
        successor = numbers.new_number()
        # The old one gives way first: a subject never has two live certificates, not even for a moment.
        _step(session, old, Event.REPLACE, now, reason, successor)
        log.record(CertificateRevoked(number, reason.value, replaced_by=successor), old.id, now)
        audit.record(actor, "certificate.replace", old.id, now, reason=reason.value, replaced_by=successor)
        return _issue(session.connection(), actor, facts, successor, now)


def _issue(books: Connection, actor: Actor, facts: Facts, number: str, now: datetime) -> str:
    certificate_id = id_of("crt", now)
    payload = paper.payload(
        facts,
        certificate_id=certificate_id,
        number=number,
        holder=holder_commitment(facts.holder_salt, facts.holder_name, facts.organisation_id),
        trainer=holder_commitment(facts.holder_salt, facts.trainer) if facts.trainer else "",
        issued_at=now,
    )
    sha256 = paper.digest(payload)
    kind = type_of(facts.evidence)
    written = books.execute(
        _WRITE[books.dialect.name],
        {
            "id": certificate_id, "number": number, "key": numbers.new_key(), "type": kind.value,
            "retirement_id": facts.subject_id, "order_id": facts.order_id, "payload": payload,
            "payload_sha256": sha256, **_grams(facts), "is_public": facts.is_public, "is_test": facts.test,
            "lang": facts.lang, "issued_at": now, "state": State.VALID.value, "state_at": now,
        },
    )  # fmt: skip
    if written.scalar_one_or_none() is None:
        return str(books.execute(_LIVE_NUMBER, {"subject_id": facts.subject_id}).scalar_one())
    books.execute(_WRITE_HOLDER, {"certificate_id": certificate_id, **_holder(facts, kind)})
    log.record(_record(facts, number, kind, sha256), certificate_id, now)
    audit.record(actor, "certificate.issue", certificate_id, now, subject=facts.subject_id)
    jobs.enqueue(
        "certificates.render", {"id": certificate_id}, key=f"certificates.render:{certificate_id}", now=now
    )
    return number


def _grams(facts: Facts) -> dict[str, int]:
    """The columns of what was retired: by effect, and nothing for what retires nothing."""
    retired = by_effect(facts.ranges) if isinstance(facts, RetirementFacts) else {}
    grams = {f"{effect.value}_g": retired.get(effect, ZERO).grams for effect in Effect}
    return grams | {"mass_g": sum(grams.values())}


def _record(facts: Facts, number: str, kind: CertificateType, sha256: str) -> CertificateIssued:
    if isinstance(facts, RetirementFacts):
        share = facts.subject_id if facts.subject_id != facts.retirement_id else None
        return CertificateIssued(
            number, kind.value, sha256, facts.test, facts.retirement_id, facts.mass.grams, subject=share
        )
    return CertificateIssued(number, kind.value, sha256, facts.test, subject=facts.subject_id)


def _holder(facts: Facts, kind: CertificateType) -> dict[str, object]:
    title = facts.title if isinstance(facts, PledgeFacts) else facts.purpose_title
    # What somebody named their pledge may be a claim that this paper cannot carry; then its id must do.
    sayable = title is not None and is_sayable(kind, title)
    return {
        "name": facts.holder_name,
        "salt": facts.holder_salt,
        "organisation_id": facts.organisation_id or None,
        "purpose_title_zh": title.zh if title and sayable else None,
        "purpose_title_en": title.en if title and sayable else None,
        "trainer": facts.trainer or None,
    }


def locked(session: Session, number: str) -> Certificate:
    row = session.execute(
        select(Certificate).where(Certificate.number == number).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NoSuchCertificate(number=number)
    return row


def _newest(session: Session, number: str) -> Certificate:
    """The certificate itself, or the last of those that replaced it, locked."""
    row = locked(session, number)
    while row.replaced_by is not None:
        row = locked(session, row.replaced_by)
    return row


def _step(
    session: Session,
    row: Certificate,
    event: Event,
    now: datetime,
    reason: Reason | None,
    successor: str | None = None,
) -> None:
    state = next_state(State(row.state), event)
    session.execute(
        update(Certificate)
        .where(Certificate.id == row.id)
        .values(
            state=state.value, state_at=now, reason=reason.value if reason else None, replaced_by=successor
        )
    )


def _review(
    actor: Actor, number: str, event: Event, after: State, reason: Reason | None, now: datetime
) -> None:
    if not policy.may_withdraw(actor):
        raise NotAllowed()
    with transaction() as session:
        row = _newest(session, number)
        if row.state == after:
            return
        _step(session, row, event, now, reason)
        audit.record(
            actor, f"certificate.{event.value}", row.id, now, **({"reason": reason.value} if reason else {})
        )
