"""Credentials put together for this portal: who signs them, what each states, which still hold."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import current_app

from portal.certificates import queries
from portal.certificates.queries import CertificateView
from portal.certificates.rules import credential, integrity, tokens
from portal.certificates.rules.credential import Certified, Issuer, Purpose
from portal.certificates.rules.inspection import Handed
from portal.certificates.rules.openbadge import Achieved, badge_credential
from portal.registry.queries.log import LogProof


def issuer() -> Issuer:
    config = current_app.config["PORTAL"]
    return Issuer(config.base_url, config.site_name, config.credential_seed, config.credential_past_keys)


def credential_of(certificate: CertificateView, proof: LogProof, with_name: bool) -> dict[str, Any]:
    """The signed credential of a certificate whose record stands in the log."""
    return credential.credential(
        issuer(),
        Certified(
            number=certificate.number,
            kind=certificate.type,
            mass=certificate.mass,
            by_effect=certificate.by_effect,
            ranges=certificate.ranges,
            says=certificate.says,
            commitment=certificate.commitment,
            holder_name=certificate.holder_name if with_name else None,
            is_test=certificate.is_test,
            issued_at=certificate.issued_at,
            retired_at=certificate.retired_at,
            payload_sha256=certificate.payload_sha256,
            log_idx=proof.idx,
            log_size=proof.size,
            tlog_proof=proof.text,
        ),
    )


def badge_of(certificate: CertificateView, proof: LogProof, with_name: bool) -> dict[str, Any]:
    """The signed Open Badge of a completed course whose certificate stands in the log."""
    own = issuer()
    facts = Achieved(
        number=certificate.number,
        content=certificate.content,
        holder_name=certificate.holder_name if with_name else None,
        issued_at=certificate.issued_at,
        payload_sha256=certificate.payload_sha256,
        log_idx=proof.idx,
    )
    return own.sign(badge_credential(own, facts), certificate.issued_at, integrity.badge_words())


def differences(handed: Handed, certificate: CertificateView, proof: LogProof) -> list[str]:
    """The members in which a credential that was handed in is not what was issued; empty when it is genuine.

    The members are compared first. So no signature is computed over what a stranger wrote, which could be
    made to take forever, and no member counts that the signature happens not to cover. Raises NotACredential.
    """
    document = handed.document
    subject = document["credentialSubject"]
    is_named = isinstance(subject, Mapping) and "holderName" in subject
    own = credential_of(certificate, proof, with_name=is_named)
    if is_named and certificate.holder_name is None:
        # The name was erased here since; the signature still vouches for it.
        own["credentialSubject"]["holderName"] = str(subject["holderName"])
    given, kept = (_comparable(each) for each in (document, own))
    altered = sorted(key for key in given.keys() | kept.keys() if given.get(key) != kept.get(key))
    return altered or ([] if _is_signed(handed) else ["proof"])


def _is_signed(handed: Handed) -> bool:
    if handed.token is None:
        return issuer().signed(handed.document)
    return issuer().signed_token(handed.token) and not tokens.contradicts_itself(handed.token)


def _comparable(document: Mapping[str, Any]) -> dict[str, Any]:
    """All members but those that may differ in genuine ones: the proof gains witnesses with time.

    They may have signed a later checkpoint than the first, which the proof is then in.
    """
    rest = {key: value for key, value in document.items() if key != "proof"}
    match rest.get("evidence"):
        case [{"tlogProof": str(), "logSize": int(), **others}]:
            rest["evidence"] = others
    return rest


def status_list(purpose: Purpose, number: int, now: datetime) -> dict[str, Any]:
    """The signed status list, made anew when it changed or every quarter of an hour."""
    first = number * credential.LIST_BITS
    places = queries.withdrawn_places(purpose, first, first + credential.LIST_BITS)
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return _list(issuer(), purpose, number, tuple(place - first for place in places), quarter)


@lru_cache(maxsize=32)
def _list(
    own: Issuer, purpose: Purpose, number: int, places: tuple[int, ...], at: datetime
) -> dict[str, Any]:
    return credential.status_list(own, purpose, number, places, at)
