"""Reading certificates: by number, of an order, of what they certify, and what they come to."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, select

from portal.certificates.models import Certificate, CertificateDocument, CertificateHolder
from portal.certificates.rules import numbers, paper
from portal.certificates.rules.claims import CertificateType, Effect, NothingToCertify
from portal.certificates.rules.content import ranges_of
from portal.certificates.rules.credential import Purpose
from portal.certificates.rules.facts import RetirementFacts
from portal.certificates.rules.states import LIVE, Reason, State
from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, NotFound
from portal.kernel.mass import Mass
from portal.registry.queries import log
from portal.registry.queries.log import LogProof
from portal.registry.rules import records
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.records import Attribution, CertificateIssued, CertificateRevoked, Part


class NoSuchCertificate(NotFound):
    message = N_("There is no certificate with the number %(number)s.")


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate with all its facts. ``holder_name`` is None when it was forgotten;
    whether a reader may see it is ``policy.sees_name``'s to say. ``content`` is the canonical text, parsed.

    ``mass`` and ``by_effect`` are what it retires: nothing, but for retired credits (C3). ``ranges`` are all
    that it names as retired; ``retired_at`` is the instant of the retirement, of retired credits only.
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
    by_effect: Mapping[Effect, Mass]
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
    content: Mapping[str, Any]
    payload: str
    payload_sha256: str
    documents: Mapping[str, str]  # variant → file name

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
    def variants(self) -> tuple[str, ...]:
        """The documents this certificate has to have: a private one is printed with and without the name."""
        if self.holder_name is None:
            return ("withheld",)
        return ("named",) if self.is_public else ("named", "withheld")

    @property
    def is_rendered(self) -> bool:
        """Whether every document is printed, so that a letter may lead to it."""
        return all(variant in self.documents for variant in self.variants)


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


def retirement_facts(number: str) -> RetirementFacts:
    """The facts of a certificate of retired credits, to be issued anew for another holder or corrected.

    Raises NoSuchCertificate; NothingToCertify when it is of another type or its holder was forgotten.
    """
    found = by_number(number)
    if found.retired_at is None or found.holder_name is None or found.holder_salt is None:
        raise NothingToCertify()
    return RetirementFacts(
        retirement_id=found.subject_id,
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


def public_totals() -> Totals:
    row = db.session.execute(
        select(
            func.count(),
            *(func.coalesce(func.sum(column), 0) for column in _EFFECT_COLUMNS.values()),
        ).where(
            Certificate.type == CertificateType.RETIRED, Certificate.state.in_(LIVE), ~Certificate.is_test
        )
    ).one()
    masses = (Mass(int(grams)) for grams in row[1:])
    return Totals(row[0], dict(zip(_EFFECT_COLUMNS, masses, strict=True)))


def log_proof(certificate_id: str) -> LogProof | None:
    """Where the certificate stands in the transparency log; None until a checkpoint is signed over it."""
    return log.proof_for(CertificateIssued.kind, certificate_id)


def withdrawn_places(purpose: Purpose, start: int, end: int) -> list[int]:
    """Places ``start`` … ``end - 1`` of the log whose certificates do not hold: for good, or under review."""
    states = (State.REVOKED, State.REPLACED) if purpose is Purpose.REVOCATION else (State.UNDER_REVIEW,)
    ids = list(db.session.scalars(select(Certificate.id).where(Certificate.state.in_(states))))
    return [place for place in log.places_of(CertificateIssued.kind, ids) if start <= place < end]


def faults() -> Iterator[Fault]:
    """Certificates against the log, part of ``ledger verify``: hash, amounts, holder, ranges, state (I11).

    Each is rebuilt from the bodies of the log; what cannot be found there yet is no fault while records wait.
    """
    told = _Told.read()
    may_wait = log.waiting() > 0
    for row in db.session.scalars(
        select(Certificate).order_by(Certificate.id).execution_options(yield_per=1_000)
    ):
        for what in _faults_of(row, told, may_wait):
            yield Fault(Check.TABLES, f"certificate {row.number}", what)


_EFFECT_COLUMNS = {
    Effect.REMOVAL: Certificate.removal_g,
    Effect.AVOIDANCE: Certificate.avoidance_g,
    Effect.UNSEPARATED: Certificate.unseparated_g,
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What the log says of certificates: by certificate id, and of attributions by retirement id.

    ``successors`` are the numbers that took another's place, perhaps for another holder.
    """

    issued: dict[str, CertificateIssued]
    revoked: dict[str, CertificateRevoked]
    attributed: dict[str, Attribution]
    successors: set[str]

    @classmethod
    def read(cls) -> "_Told":
        told = cls({}, {}, {}, set())
        kinds = (CertificateIssued.kind, CertificateRevoked.kind, Attribution.kind)
        for _kind, subject_id, body in log.of_kinds(*kinds):
            told._keep(subject_id, body)
        return told

    def _keep(self, subject_id: str, body: str) -> None:
        match records.read(body.encode()).facts:
            case CertificateIssued() as issued:
                self.issued[subject_id] = issued
            case CertificateRevoked() as revoked:
                self.revoked[subject_id] = revoked
                self.successors.add(revoked.replaced_by or "")
            case Attribution() as attribution:
                self.attributed[subject_id] = attribution


def _faults_of(row: Certificate, told: _Told, may_wait: bool) -> Iterator[str]:
    if not paper.is_intact(row.payload, row.payload_sha256):
        yield "its text no longer gives its hash, or its ranges do not add up"
        return
    content = json.loads(row.payload)
    yield from _row_faults(row, content)
    expected = _expected_record(row)
    issued = told.issued.get(row.id)
    if issued is None and not may_wait:
        yield "is not in the log"
    elif issued is not None and issued != expected:
        yield "is not what the log says was issued"
    attribution = told.attributed.get(row.subject_id)
    if attribution is not None and not _is_attributed(content, attribution, row.number in told.successors):
        yield "names another holder or other grams than the log attributed"
    has_ended = row.state in (State.REVOKED, State.REPLACED)
    if has_ended != (row.id in told.revoked) and not may_wait:
        yield f"is {row.state}, the log says otherwise"


def _row_faults(row: Certificate, content: Mapping[str, Any]) -> Iterator[str]:
    """Where the columns that queries use differ from the text that was hashed."""
    effects = content.get("effects_g", {})
    pairs = {
        "number": (row.number, content["number"]),
        "type": (row.type, content["type"]),
        "subject": (row.subject_id, content.get("retirement", content.get("subject"))),
        "amount": (row.mass_g, content.get("mass_g", 0)),
        "effects": (
            (row.removal_g, row.avoidance_g, row.unseparated_g),
            tuple(effects.get(effect.value, 0) for effect in _EFFECT_COLUMNS),
        ),
        "test mark": (row.is_test, content["test"]),
    }
    for name, (kept, certified) in pairs.items():
        if kept != certified:
            yield f"has another {name} in its row than in its text"


def _expected_record(row: Certificate) -> CertificateIssued:
    """What the log must say of this row."""
    common = (row.number, row.type, row.payload_sha256, row.is_test)
    if row.type == CertificateType.RETIRED:
        return CertificateIssued(*common, retirement=row.subject_id, grams=row.mass_g)
    return CertificateIssued(*common, subject=row.subject_id)


def _is_attributed(content: Mapping[str, Any], attribution: Attribution, is_successor: bool) -> bool:
    """Whether the text states what was attributed; a successor may be another holder's, by the log's word."""
    parts = tuple(Part(p["lot"], p["serial"], p["first_g"], p["last_g"]) for p in content["ranges"])
    return parts == attribution.ranges and (is_successor or content["holder"] == attribution.holder)


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
        documents=documents,
    )


def _by_effect(content: Mapping[str, Any]) -> dict[Effect, Mass]:
    grams = content.get("effects_g", {})
    return {effect: Mass(grams[effect]) for effect in Effect if effect in grams}
