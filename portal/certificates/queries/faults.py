"""Certificates against the log: the part of ``ledger verify`` that is about papers."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from portal.certificates.models import Certificate
from portal.certificates.queries.papers import EFFECT_COLUMNS
from portal.certificates.rules import paper
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.states import LIVE, State
from portal.db import db
from portal.registry.queries import log
from portal.registry.rules import records
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.records import Attribution, CertificateIssued, CertificateRevoked, Part


def faults() -> Iterator[Fault]:
    """Certificates against the log, part of ``ledger verify``: hash, amounts, holder, ranges, state (I11).

    Each is rebuilt from the bodies of the log; what cannot be found there yet is no fault while records wait.
    """
    told = _Told.read()
    may_wait = log.waiting() > 0
    shares = defaultdict[str, list[tuple[str, int, int, str]]](list)
    for row in db.session.scalars(
        select(Certificate).order_by(Certificate.id).execution_options(yield_per=1_000)
    ):
        for what in _faults_of(row, told, may_wait):
            yield Fault(Check.TABLES, f"certificate {row.number}", what)
        if row.type == CertificateType.RETIRED and row.state in LIVE and '"subject"' in row.payload:
            content = json.loads(row.payload)
            shares[content["retirement"]] += [
                (part["serial"], part["first_g"], part["last_g"], row.number) for part in content["ranges"]
            ]
    for parts in shares.values():
        yield from _overlaps(parts)


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
    expected = _expected_record(row, content)
    issued = told.issued.get(row.id)
    if issued is None and not may_wait:
        yield "is not in the log"
    elif issued is not None and issued != expected:
        yield "is not what the log says was issued"
    attribution = told.attributed.get(content.get("retirement", ""))
    if attribution is not None and not _is_attributed(content, attribution, row.number in told.successors):
        yield "names another holder or other grams than the log attributed"
    has_ended = row.state in (State.REVOKED, State.REPLACED)
    if has_ended != (row.id in told.revoked) and not may_wait:
        yield f"is {row.state}, the log says otherwise"


def _overlaps(parts: list[tuple[str, int, int, str]]) -> Iterator[Fault]:
    """Shares of one retirement that state a gram twice; each part is serial, first, last, number."""
    for (serial, _first, last, _number), after in pairwise(sorted(parts)):
        if serial == after[0] and after[1] <= last:
            yield Fault(Check.TABLES, f"certificate {after[3]}", "states grams of another share")


def _row_faults(row: Certificate, content: Mapping[str, Any]) -> Iterator[str]:
    """Where the columns that queries use differ from the text that was hashed."""
    effects = content.get("effects_g", {})
    pairs = {
        "number": (row.number, content["number"]),
        "type": (row.type, content["type"]),
        "subject": (row.subject_id, content.get("subject", content.get("retirement"))),
        "amount": (row.mass_g, content.get("mass_g", 0)),
        "effects": (
            (row.removal_g, row.avoidance_g, row.unseparated_g),
            tuple(effects.get(effect.value, 0) for effect in EFFECT_COLUMNS),
        ),
        "test mark": (row.is_test, content["test"]),
    }
    for name, (kept, certified) in pairs.items():
        if kept != certified:
            yield f"has another {name} in its row than in its text"


def _expected_record(row: Certificate, content: Mapping[str, Any]) -> CertificateIssued:
    """What the log must say of this row."""
    common = (row.number, row.type, row.payload_sha256, row.is_test)
    if row.type == CertificateType.RETIRED:
        return CertificateIssued(*common, content["retirement"], row.mass_g, subject=content.get("subject"))
    return CertificateIssued(*common, subject=row.subject_id)


def _is_attributed(content: Mapping[str, Any], attribution: Attribution, is_successor: bool) -> bool:
    """Whether the text states what was attributed; a successor may be another holder's, by the log's word."""
    parts = tuple(Part(p["lot"], p["serial"], p["first_g"], p["last_g"]) for p in content["ranges"])
    if "subject" in content:  # a share: grams of the retirement, for whoever the giver named
        return all(any(_holds(whole, part) for whole in attribution.ranges) for part in parts)
    return parts == attribution.ranges and (is_successor or content["holder"] == attribution.holder)


def _holds(whole: Part, part: Part) -> bool:
    same = (whole.lot, whole.serial) == (part.lot, part.serial)
    return same and whole.first_g <= part.first_g and part.last_g <= whole.last_g
