"""Background work of the room: letters whose address is forgotten, drafts and campaigns that are over."""

from datetime import datetime
from typing import Any

from portal import jobs
from portal.footprint.commands import forget_old_drafts, groups
from portal.footprint.links import draft_url
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.checked import printed
from portal.web.letters import send_letter


@jobs.handles("footprint.draft_letter", forgets=True)
def write_draft_letter(payload: dict[str, Any]) -> None:
    """Send the link and the code of a draft. The address leaves the outbox with the letter."""
    told = payload["facts"]
    facts = {
        "link": draft_url(told["draft_id"], payload["lang"]),
        "code": printed(told["code"]),
        "until": datetime.fromisoformat(told["until"]),
    }
    send_letter({**payload, "facts": facts})


@jobs.every(seconds=3600)
def forget_drafts() -> None:
    """Answers that nobody came back for within 90 days."""
    forget_old_drafts(clock.now())


@jobs.every(seconds=3600)
def close_campaigns() -> None:
    """What is past its last day takes no more answers and publishes those that waited."""
    groups.close_overdue_campaigns(Actor.system("close-campaigns"), clock.now())
