"""What can be done with answers on their way: keep them for later, forget those whose time is over."""

from datetime import datetime

from sqlalchemy import delete

from portal import jobs
from portal.db import transaction
from portal.footprint import policy
from portal.footprint.models import DraftRecord
from portal.footprint.rules import drafts, library
from portal.footprint.rules.answers import from_texts
from portal.footprint.rules.drafts import Journey
from portal.footprint.rules.stored import RESUMABLE
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id


def save_draft(
    actor: Actor, journey: Journey, now: datetime, lang: str, *, email: str = ""
) -> tuple[str, str]:
    """Keep answers for 90 days; returns the ``fdr_…`` and its code, which is told this once only.

    ``email``: where the link and the code are sent; it is not kept. Raises UnknownModel, UnknownRegion,
    BadAnswer and its kin.
    """
    if not policy.may_save(actor):
        raise NotAllowed()
    model = library.model(journey.model_id, journey.version, journey.audience)
    model.place(journey.region, journey.year, tuple(journey.own.items()))
    draft_id, code, expires_at = new_id("fdr"), drafts.new_code(), now + RESUMABLE
    with transaction() as session:
        session.add(
            DraftRecord(
                id=draft_id,
                code_hash=drafts.code_hash(code),
                model_id=model.id,
                version=model.version,
                form=journey.form,
                region=journey.region,
                year=journey.year,
                audience=journey.audience,
                answers=from_texts(model, journey.answers),
                own=dict(journey.own),
                previous_id=journey.previous_id,
                lang=lang,
                created_at=now,
                expires_at=expires_at,
            )
        )
        if email:
            _write_letter(draft_id, code, expires_at, lang, email, now)
    return draft_id, code


def forget_old_drafts(now: datetime) -> None:
    """Delete what nobody can take up any more."""
    with transaction() as session:
        session.execute(delete(DraftRecord).where(DraftRecord.expires_at <= now))


def _write_letter(
    draft_id: str, code: str, expires_at: datetime, lang: str, email: str, now: datetime
) -> None:
    payload = {
        "id": f"footprint.{draft_id}", "to": email, "lang": lang, "template": "footprint/letter_draft",
        "facts": {"draft_id": draft_id, "code": code, "until": expires_at.isoformat()},
    }  # fmt: skip
    jobs.enqueue("footprint.draft_letter", payload, key=f"letter:{draft_id}", now=now)
