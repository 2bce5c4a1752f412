"""Work in the background: follow-up letters, when they are due and people are awake."""

from typing import Any

from portal import jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.pledges.commands import letters as commands
from portal.pledges.queries import course, letters, promise
from portal.pledges.rules.letters import is_quiet
from portal.web.letters import send_letter


@jobs.every(seconds=600)
def write_due_letters() -> None:
    """Record the letters whose day has come."""
    commands.write_due(Actor.system("pledge-letters"), clock.now())


@jobs.handles(commands.FOLLOW_UP)
def follow_up(payload: dict[str, Any]) -> None:
    """Send one, unless it is no longer wanted; in the quiet hours it is put off to the morning."""
    found, now = letters.subscription(payload["letters_id"]), clock.now()
    if not found.is_on:
        return
    if is_quiet(now):
        commands.postpone(found.id, payload["stage"], now)
        return
    pledge = promise.pledge(Actor.system("pledge-letters"), found.pledge_id)
    stands = course.standpoint(pledge, clock.today())
    send_letter(
        {
            "id": f"{found.id}.{payload['stage']}", "to": found.address, "lang": found.lang,
            "template": "pledges/letter_follow_up",
            "facts": {"pledge": pledge, "stands": stands, "letters_id": found.id},
        }
    )  # fmt: skip
