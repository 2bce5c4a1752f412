"""The documents of a certificate, and what its holder chooses: the name shown, hidden, or erased."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from portal import audit, consents, jobs
from portal.certificates import policy
from portal.certificates.commands.issuing import locked
from portal.certificates.models import CertificateDocument, CertificateHolder
from portal.certificates.queries import by_number
from portal.certificates.rules import numbers
from portal.certificates.rules.states import NoLongerHolds, NotPrintedYet, State
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed

_PERSONAL = ("name", "salt", "organisation_id", "purpose_title_zh", "purpose_title_en", "trainer")


def render_done(
    actor: Actor,
    certificate_id: str,
    variant: str,
    file: str,
    sha256: str,
    now: datetime,
    *,
    anew: bool = False,
) -> None:
    """Record a printed document, once; ``anew`` in the place of the one there was."""
    if not policy.may_print(actor):
        raise NotAllowed()
    with transaction() as session:
        this_one = (
            CertificateDocument.certificate_id == certificate_id, CertificateDocument.variant == variant
        )  # fmt: skip
        if anew:
            session.execute(delete(CertificateDocument).where(*this_one))
        if session.execute(select(CertificateDocument.file).where(*this_one)).first() is None:
            session.execute(
                insert(CertificateDocument).values(
                    certificate_id=certificate_id, variant=variant, file=file, sha256=sha256, rendered_at=now
                )
            )


def want(actor: Actor, certificate_id: str, variant: str, now: datetime) -> None:
    """Have a document printed that nobody has asked for yet. Asked for again, nothing changes."""
    if not policy.may_want(actor):
        raise NotAllowed()
    jobs.enqueue(
        "certificates.render",
        {"id": certificate_id, "variant": variant},
        key=f"certificates.render:{certificate_id}:{variant}",
        now=now,
    )


def print_anew(actor: Actor, number: str, note: str, now: datetime) -> None:
    """Have the holder's document printed once more; the one there is stays until the new one is there.

    Raises NotAllowed, NoSuchCertificate, NoLongerHolds.
    """
    if not policy.may_withdraw(actor):
        raise NotAllowed()
    with transaction() as session:
        row = locked(session, number)
        if not State(row.state).is_live:
            raise NoLongerHolds()
        key = f"certificates.render:{row.id}:anew:{now:%Y%m%d%H%M%S}"
        jobs.enqueue("certificates.render", {"id": row.id, "anew": True}, key=key, now=now)
        audit.record(actor, "certificate.print_anew", row.id, now, note=note)


def hand_out(actor: Actor, number: str, note: str, now: datetime) -> None:
    """Note that somebody of the back office takes a document along, with the holder's name on it.

    Raises NotAllowed, NoSuchCertificate, NotPrintedYet.
    """
    if not policy.may_take_along(actor):
        raise NotAllowed()
    found = by_number(number)
    if not found.is_rendered:
        raise NotPrintedYet()
    with transaction():
        audit.record(actor, "certificate.handed_out", found.id, now, note=note)


def show_name(actor: Actor, number: str, key: str, is_public: bool, now: datetime) -> None:
    """The holder shows the name to everybody, or to nobody without the key. Whoever has the key decides.

    Raises NotAllowed, NoSuchCertificate.
    """
    with transaction() as session:
        row = locked(session, number)
        if not policy.may_show_name(actor, has_key=numbers.opens(key, row.key)):
            raise NotAllowed()
        session.execute(
            update(CertificateHolder)
            .where(CertificateHolder.certificate_id == row.id)
            .values(shows_name=is_public)
        )
        audit.record(actor, "certificate.show_name", row.id, now, is_public=is_public)
        consents.record(actor, consents.NAME_TO_EVERYBODY, number, is_public, now)


def forget_holder(actor: Actor, number: str, now: datetime) -> None:
    """Erase the holder's name, salt and titles. The proof still verifies; the paper says "holder withheld".

    The printed named document is dropped by the job this leaves behind.
    """
    if not policy.may_forget_holder(actor):
        raise NotAllowed()
    with transaction() as session:
        row = locked(session, number)
        session.execute(
            update(CertificateHolder)
            .where(CertificateHolder.certificate_id == row.id)
            .values(dict.fromkeys(_PERSONAL))
        )
        audit.record(actor, "certificate.forget_holder", row.id, now)
        jobs.enqueue(
            "certificates.render", {"id": row.id}, key=f"certificates.render:{row.id}:forgotten", now=now
        )


def drop_named(actor: Actor, certificate_id: str) -> None:
    """Forget that a named document was printed, after its file is gone."""
    if not policy.may_print(actor):
        raise NotAllowed()
    with transaction() as session:
        session.execute(
            delete(CertificateDocument).where(
                CertificateDocument.certificate_id == certificate_id, CertificateDocument.variant == "named"
            )
        )
