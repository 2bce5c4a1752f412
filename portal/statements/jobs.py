"""Background work of the room: letting lapse, reminding, and looking after what was declared."""

from portal import jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.statements.commands import declaring

KEEPER = Actor.system("statements")


@jobs.every(seconds=600)
def lapse() -> None:
    """Statements whose year is over."""
    declaring.lapse_overdue(KEEPER, clock.now())


@jobs.every(seconds=3600)
def remind() -> None:
    """Organisers whose year is nearly over."""
    declaring.remind(KEEPER, clock.now())


@jobs.every(seconds=600)
def watch() -> None:
    """Declared statements whose credits were taken back."""
    declaring.watch(KEEPER, clock.now())
