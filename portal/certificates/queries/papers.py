"""Reading certificates: by number, of an order, of what they certify, and what they come to."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, literal_column, select

from portal.certificates.models import Certificate, CertificateDocument, CertificateHolder
from portal.certificates.rules import numbers, paper
from portal.certificates.rules.claims import CertificateType, Effect, NothingToCertify
from portal.certificates.rules.content import ranges_of
from portal.certificates.rules.credential import Purpose
from portal.certificates.rules.facts import RetirementFacts, ShareFacts
from portal.certificates.rules.states import LIVE, Reason, State
from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, NotFound
from portal.kernel.mass import Mass
from portal.registry.queries import log
from portal.registry.queries.log import LogProof, Standing
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.records import CertificateIssued


class NoSuchCertificate(NotFound):
    message = N_("There is no certificate with the number %(number)s.")


class Printed(dict[str, str]):
    """Printed documents: variant → file name. Nobody changes it, so it may be compared and kept by."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate with all its facts. ``holder_name`` is None when it was forgotten;
    whether a reader may see it is ``policy.sees_name``'s to say. ``content`` is the canonical text, parsed.

    ``mass`` and ``by_effect`` are what it retires: nothing, but for retired credits (C3). ``ranges`` are all
    that it names as retired; ``retired_at`` is the instant of the retirement, of retired credits only.

    What is read out of ``payload`` is left out when two are compared: the text itself is compared.
    """

    id: str
    number: str
    key: str
    type: CertificateType
    state: State
    state_at: datetime
    reason: Reason | None
    replaced_by: str | None
    mass: Mass
    by_effect: Mapping[Effect, Mass] = field(compare=False)
    ranges: tuple[RangeFacts, ...]
    says: Bilingual
    commitment: str
    holder_name: str | None
    holder_salt: bytes | None
    organisation_id: str
    is_public: bool
    purpose: str
    purpose_title: Bilingual | None
    order_id: str
    subject_id: str
    is_test: bool
    lang: str
    issued_at: datetime
    retired_at: datetime | None
    trainer: str
    content: Mapping[str, Any] = field(compare=False)
    payload: str
    payload_sha256: str
    documents: Printed

    @property
    def printed_number(self) -> str:
        return numbers.printed(self.number)

    @property
    def is_demo(self) -> bool:
        """Whether it rests on demonstration data."""
        return bool(self.content.get("is_demo")) or any(part.is_demo for part in self.ranges)

    @property
    def is_intact(self) -> bool:
        """Whether the stored text is still the one that was hashed, and adds up."""
        return paper.is_intact(self.payload, self.payload_sha256)

    @property
    def main_variant(self) -> str:
        """The document that is printed by itself: the holder's. Another waits to be asked for."""
        return "withheld" if self.holder_name is None else "named"

    @property
    def is_rendered(self) -> bool:
        """Whether the holder's document is printed, so that a letter may lead to it."""
        return self.main_variant in self.documents


@dataclass(frozen=True, slots=True)
class Totals:
    """What live certificates of retired credits state, test money left out; removal and avoidance apart."""

    count: int
    by_effect: Mapping[Effect, Mass]


def by_number(number: str) -> CertificateView:
    """The certificate with this plain number. Raises NoSuchCertificate."""
    return _one(_BY_NUMBER, number)


def by_id(certificate_id: str) -> CertificateView:
    return _one(_BY_ID, certificate_id)


def for_order(order_id: str) -> list[CertificateView]:
    """All certificates of an order, in order of issue, withdrawn ones included."""
    return _all(_OF_ORDER, order_id)


def for_subject(subject_id: str) -> CertificateView | None:
    """The live certificate of a retirement, a pledge, a statement …, if there is one."""
    found = _all(_OF_SUBJECT, subject_id)
    return found[0] if found else None


def recent(states: Collection[State], after: str, limit: int) -> list[CertificateView]:
    """The newest certificates in one of these states, those made before the certificate id ``after``."""
    wanted = _in_state(select(_papers.c.id), states).order_by(_papers.c.id.desc()).limit(limit)
    return of_ids(wanted.where(_papers.c.id < after) if after else wanted)


def recent_numbers(state: str, limit: int) -> list[str]:
    """Numbers of the newest certificates, in this state or in any when it is empty."""
    newest = select(_papers.c.number).order_by(_papers.c.id.desc()).limit(limit)
    asked = [each for each in State if each == state]
    return list(db.session.scalars(_in_state(newest, asked) if state else newest))


def _in_state(query: Select[Any], states: Collection[State]) -> Select[Any]:
    """Said in such a way that the index of those that do not hold is used where only these are wanted."""
    found = query.where(_papers.c.state.in_(states))
    return found if State.VALID in states else found.where(_papers.c.state != literal_column("'valid'"))


def of_ids(wanted: Select[Any]) -> list[CertificateView]:
    """The certificates that another question names by their ids, the newest first."""
    query = _SELECT.order_by(None).order_by(_papers.c.id.desc(), _printed.c.variant)
    return _all(query.where(_papers.c.id.in_(wanted)), "")


def unprinted_of(order_id: str) -> int:
    """How many live certificates of an order have no document yet: what keeps its letter waiting."""
    printed = select(CertificateDocument.certificate_id)
    waiting = select(func.count()).where(
        Certificate.order_id == order_id, Certificate.state.in_(LIVE), Certificate.id.not_in(printed)
    )
    return db.session.execute(waiting).scalar_one()


def retirement_facts(number: str) -> RetirementFacts:
    """The facts of a certificate of retired credits, to be issued anew for another holder or corrected.

    Raises NoSuchCertificate; NothingToCertify when it is of another type or its holder was forgotten.
    """
    found = by_number(number)
    if found.retired_at is None or found.holder_name is None or found.holder_salt is None:
        raise NothingToCertify()
    whole = RetirementFacts(
        retirement_id=found.content["retirement"],
        mass=found.mass,
        ranges=found.ranges,
        holder_name=found.holder_name,
        holder_salt=found.holder_salt,
        organisation_id=found.organisation_id,
        is_public=found.is_public,
        purpose=found.purpose,
        purpose_title=found.purpose_title,
        order_id=found.order_id,
        test=found.is_test,
        lang=found.lang,
        retired_at=found.retired_at,
    )
    if found.subject_id == whole.retirement_id:
        return whole
    told = {each.name: getattr(whole, each.name) for each in fields(whole)}
    return ShareFacts(share_id=found.subject_id, **told)


def public_totals() -> Totals:
    row = db.session.execute(
        select(
            func.count(),
            *(func.coalesce(func.sum(column), 0) for column in EFFECT_COLUMNS.values()),
        ).where(
            Certificate.type == CertificateType.RETIRED, Certificate.state.in_(LIVE), ~Certificate.is_test
        )
    ).one()
    masses = (Mass(int(grams)) for grams in row[1:])
    return Totals(row[0], dict(zip(EFFECT_COLUMNS, masses, strict=True)))


def log_proof(certificate_id: str) -> LogProof | None:
    """Where the certificate stands in the transparency log; None until a checkpoint is signed over it."""
    return log.proof_for(CertificateIssued.kind, certificate_id)


def log_standing(certificate_id: str) -> Standing | None:
    """Its place in the log, as the page says it; None until a checkpoint is signed over it."""
    return log.standing(CertificateIssued.kind, certificate_id)


def withdrawn_places(purpose: Purpose, start: int, end: int) -> list[int]:
    """Places ``start`` … ``end - 1`` of the log whose certificates do not hold: for good, or under review."""
    states = (State.REVOKED, State.REPLACED) if purpose is Purpose.REVOCATION else (State.UNDER_REVIEW,)
    ids = list(db.session.scalars(select(Certificate.id).where(Certificate.state.in_(states))))
    return [place for place in log.places_of(CertificateIssued.kind, ids) if start <= place < end]


EFFECT_COLUMNS = {
    Effect.REMOVAL: Certificate.removal_g,
    Effect.AVOIDANCE: Certificate.avoidance_g,
    Effect.UNSEPARATED: Certificate.unseparated_g,
}


_papers, _holders, _printed = (
    kind.__table__ for kind in (Certificate, CertificateHolder, CertificateDocument)
)
_WANTED: BindParameter[str] = bindparam("wanted")
# Built once, on the tables: putting a statement together costs more than having it done. A row per document.
_SELECT = (
    select(
        _papers, _holders.c.name, _holders.c.salt, _holders.c.organisation_id, _holders.c.trainer,
        _holders.c.purpose_title_zh, _holders.c.purpose_title_en, _holders.c.shows_name,
        _printed.c.variant, _printed.c.file,
    )
    .join_from(_papers, _holders, _holders.c.certificate_id == _papers.c.id)
    .join(_printed, _printed.c.certificate_id == _papers.c.id, isouter=True)
    .order_by(_papers.c.issued_at, _papers.c.id)
)  # fmt: skip
_BY_NUMBER = _SELECT.where(_papers.c.number == _WANTED)
_BY_ID = _SELECT.where(_papers.c.id == _WANTED)
_OF_ORDER = _SELECT.where(_papers.c.order_id == _WANTED)
_OF_SUBJECT = _SELECT.where(_papers.c.retirement_id == _WANTED, _papers.c.state.in_(LIVE))


def is_printed(certificate_id: str, pdf_sha256: str) -> bool:
    """Whether a PDF with this digest is kept as a document of the certificate, to the byte."""
    wanted = select(_printed.c.variant).where(
        _printed.c.certificate_id == certificate_id, _printed.c.sha256 == pdf_sha256
    )
    return db.session.execute(wanted).first() is not None


def _one(query: Select[Any], wanted: str) -> CertificateView:
    found = _all(query, wanted)
    if not found:
        raise NoSuchCertificate(number=wanted)
    return found[0]


def _all(query: Select[Any], wanted: str) -> list[CertificateView]:
    rows, printed = {}, defaultdict[str, dict[str, str]](dict)
    for row in db.session.connection().execute(query, {"wanted": wanted}):
        rows[row.id] = row
        if row.variant:
            printed[row.id][row.variant] = row.file
    return [_view(row, printed[row.id]) for row in rows.values()]


def _view(row: Any, documents: Mapping[str, str]) -> CertificateView:
    content = json.loads(row.payload)
    title = (
        Bilingual(row.purpose_title_zh or "", row.purpose_title_en or "")
        if row.purpose_title_zh or row.purpose_title_en
        else None
    )
    return CertificateView(
        id=row.id,
        number=row.number,
        key=row.key,
        type=CertificateType(row.type),
        state=State(row.state),
        state_at=row.state_at,
        reason=Reason(row.reason) if row.reason else None,
        replaced_by=row.replaced_by,
        mass=Mass(row.mass_g),
        by_effect=_by_effect(content),
        ranges=ranges_of(content),
        says=Bilingual(content["says"]["zh"], content["says"]["en"]),
        commitment=content["holder"],
        holder_name=row.name,
        holder_salt=row.salt,
        organisation_id=row.organisation_id or "",
        is_public=row.is_public if row.shows_name is None else row.shows_name,
        purpose=content.get("purpose", ""),
        purpose_title=title,
        order_id=row.order_id,
        subject_id=row.retirement_id,
        is_test=row.is_test,
        lang=row.lang,
        issued_at=row.issued_at,
        retired_at=datetime.fromisoformat(content["retired_at"]) if "retired_at" in content else None,
        trainer=row.trainer or "",
        content=content,
        payload=row.payload,
        payload_sha256=row.payload_sha256,
        documents=Printed(documents),
    )


def _by_effect(content: Mapping[str, Any]) -> dict[Effect, Mass]:
    grams = content.get("effects_g", {})
    return {effect: Mass(grams[effect]) for effect in Effect if effect in grams}
