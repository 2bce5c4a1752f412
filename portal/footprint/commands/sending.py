"""Send a result by letter."""

from datetime import datetime
from hashlib import sha256

from portal import audit, jobs
from portal.db import transaction
from portal.footprint.queries import footprint
from portal.kernel.actor import Actor


def send_result(actor: Actor, footprint_id: str, to: str, lang: str, now: datetime) -> None:
    """Have the link to a result written to an address: once a day at most to the same one.

    Raises UnknownFootprint, also where this actor may not see it.
    """
    found = footprint(actor, footprint_id)
    # The outbox keeps its keys: the address itself must not be one.
    once = sha256(f"{to.casefold()} {lang} {now:%Y-%m-%d}".encode()).hexdigest()[:32]
    payload = {"id": f"footprint.{once}", "to": to, "lang": lang, "footprint_id": found.id}
    with transaction():
        jobs.enqueue("footprint.result_letter", payload, key=f"letter:{found.id}:{once}", now=now)
        audit.record(actor, "footprint.sent", found.id, now)
