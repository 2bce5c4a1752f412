"""Two people publish a course: one offers the draft, another looks at it and publishes or returns it."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training import policy
from portal.training.commands.publishing import publish
from portal.training.models.courses import Draft
from portal.training.models.drafting import DraftRequest
from portal.training.queries import drafts
from portal.training.rules.courses import PackUnsound
from portal.training.rules.drafts import (
    AskedAlready,
    ChangedSinceAsked,
    DraftClosed,
    NobodyAsked,
    ReasonMissing,
    SecondPersonNeeded,
    UnknownDraft,
)
from portal.training.rules.packs.course import zip_of_files


def offer(actor: Actor, draft_id: str, note: str, now: datetime) -> str:
    """Ask for this draft, as it is now, to be published; the request's id.

    Raises NotAllowed, UnknownDraft, DraftClosed, AskedAlready, PackUnsound.
    """
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        _open_draft(session, draft_id)
        if _request(session, draft_id):
            raise AskedAlready()
        findings = drafts.findings(draft_id)
        if findings:
            raise PackUnsound(count=len(findings))
        request = DraftRequest(
            id=new_id("drq"),
            draft_id=draft_id,
            sha256=_digest(draft_id),
            note=note,
            asked_by=actor.id,
            asked_at=now,
            reason="",
        )
        session.add(request)
        audit.record(actor, "draft.offered", draft_id, now, sha256=request.sha256)
        return request.id


def accept(actor: Actor, draft_id: str, now: datetime) -> str:
    """Publish what was offered, and exactly that; the version's id.

    Raises NotAllowed, UnknownDraft, DraftClosed, NobodyAsked, SecondPersonNeeded, ChangedSinceAsked and
    what ``publish`` raises.
    """
    if not policy.may_publish(actor):
        raise NotAllowed()
    with transaction() as session:
        draft, request = _asked(session, draft_id)
        if request.asked_by == actor.id:
            raise SecondPersonNeeded()
        if _digest(draft_id) != request.sha256:
            raise ChangedSinceAsked()
        version_id = publish(actor, drafts.files(draft_id), now)
        draft.published_as, draft.closed_at = version_id, now
        _answer(request, actor, "published", "", now)
        return version_id


def return_it(actor: Actor, draft_id: str, reason: str, now: datetime) -> None:
    """Say what is to be done first.

    Raises NotAllowed, ReasonMissing, UnknownDraft, DraftClosed, NobodyAsked.
    """
    if not policy.may_publish(actor):
        raise NotAllowed()
    if not reason.strip():
        raise ReasonMissing()
    with transaction() as session:
        _draft, request = _asked(session, draft_id)
        _answer(request, actor, "returned", reason, now)
        audit.record(actor, "draft.returned", draft_id, now, reason=reason)


def take_back(actor: Actor, draft_id: str, now: datetime) -> None:
    """Offer it no longer. Raises NotAllowed, UnknownDraft, DraftClosed, NobodyAsked."""
    if not policy.may_write_courses(actor):
        raise NotAllowed()
    with transaction() as session:
        _draft, request = _asked(session, draft_id)
        _answer(request, actor, "taken_back", "", now)
        audit.record(actor, "draft.taken_back", draft_id, now)


def _asked(session: Session, draft_id: str) -> tuple[Draft, DraftRequest]:
    draft = _open_draft(session, draft_id)
    request = _request(session, draft_id)
    if request is None:
        raise NobodyAsked()
    return draft, request


def _open_draft(session: Session, draft_id: str) -> Draft:
    draft = session.get(Draft, draft_id, with_for_update=True)
    if draft is None:
        raise UnknownDraft()
    if draft.closed_at:
        raise DraftClosed()
    return draft


def _request(session: Session, draft_id: str) -> DraftRequest | None:
    return session.scalar(
        select(DraftRequest).where(DraftRequest.draft_id == draft_id, DraftRequest.answer.is_(None))
    )


def _digest(draft_id: str) -> str:
    return sha256(zip_of_files(drafts.files(draft_id))).hexdigest()


def _answer(request: DraftRequest, actor: Actor, answer: str, reason: str, now: datetime) -> None:
    request.answer, request.reason = answer, reason
    request.answered_by, request.answered_at = actor.id, now
