"""What can be done with footprints: save one."""

from collections.abc import Mapping
from datetime import datetime

from portal import audit
from portal.db import transaction
from portal.footprint import policy
from portal.footprint.models import FootprintRecord
from portal.footprint.rules import library
from portal.footprint.rules.answers import from_texts
from portal.footprint.rules.errors import LabelTooLong
from portal.footprint.rules.results import digest, estimate
from portal.footprint.rules.stored import LONGEST_LABEL, RESUMABLE
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id


def save_footprint(
    actor: Actor,
    model_id: str,
    version: str | None,
    region: str,
    answers: Mapping[str, str],
    now: datetime,
    lang: str,
    *,
    year: str = "",
    audience: str = "",
    own: Mapping[str, str] | None = None,
    form: str = "short",
    stage: str = "",
    previous_id: str | None = None,
    label: str = "",
) -> str:
    """Compute on the server and keep the result; returns its ``fpr_…``.

    ``answers`` are texts as they are stored: option keys and plain decimals, shares as parts of 1.
    ``own`` are the person's own factors; ``form``, ``stage``, ``previous_id`` and ``label`` are kept
    beside the result and change nothing in it.
    Raises UnknownModel, UnknownVersion, UnknownAudience, UnknownRegion, UnknownYear, BadAnswer and its kin,
    LabelTooLong.
    """
    if not policy.may_save(actor):
        raise NotAllowed()
    if len(label) > LONGEST_LABEL:
        raise LabelTooLong()
    model, own = library.model(model_id, version, audience), dict(own or {})
    given = from_texts(model, answers)
    result = estimate(model, region, given, year, own)
    grams = {line.rule: line.grams for line in result.lines}
    footprint_id = new_id("fpr")
    with transaction() as session:
        session.add(
            FootprintRecord(
                id=footprint_id,
                model_id=model.id,
                version=model.version,
                model_digest=model.digest,
                gwp=model.gwp,
                region=region,
                year=year,
                audience=audience,
                own=own,
                form=form,
                stage=stage,
                previous_id=previous_id,
                label=label,
                answers=given,
                lines=[line._asdict() for line in result.lines],
                total=result.total,
                low=result.low,
                high=result.high,
                digest=digest(model.digest, region, given, grams, year=year, audience=audience, own=own),
                lang=lang,
                owner_id=actor.id if actor.is_person else None,
                created_at=now,
                expires_at=now + RESUMABLE,
            )
        )
        audit.record(
            actor,
            "footprint.saved",
            footprint_id,
            now,
            model=model.id,
            version=model.version,
            total_g=result.total_g,
        )
    return footprint_id
