"""Telling editors which published questions rest on something that has changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from portal import jobs
from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training.queries.rechecking import Recheck
from portal.training.rules.nudging import due_at


def tell_to_recheck(actor: Actor, found: Sequence[Recheck], editors: Iterable[str], now: datetime) -> None:
    """A letter to each editor (ids of people), once for the same findings. Raises NotAllowed."""
    if not actor.is_system:
        raise NotAllowed()
    lines = [_line(each) for each in found]
    digest = sha256("\n".join(lines).encode()).hexdigest()[:16]
    with transaction():
        for editor in sorted(editors):
            to = person(editor)
            key = f"letter:recheck:{digest}:{editor}"
            letter = {
                "id": key.replace(":", "."), "to": to.email, "lang": to.lang,
                "template": "training/letter_recheck", "facts": {"items": lines},
            }  # fmt: skip
            jobs.enqueue("letter", letter, key=key, now=now, due=due_at(now))


def _line(each: Recheck) -> str:
    where = f"{each.version.course} {each.version.version} {each.item}"
    return f"{where}: {each.key} {each.then} → {each.now or '–'}"
