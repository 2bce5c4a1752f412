"""Counting days that are over, hourly; writing months down, nightly."""

from portal import jobs, tallies
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.office import commands
from portal.shop.till import till


@jobs.every(seconds=3600)
def count_days() -> None:
    """Each day once it is over."""
    tallies.close_days(clock.now())


@jobs.every(seconds=24 * 3600)
def close_months() -> None:
    """The month before, from the second day on, and what came out otherwise since."""
    commands.close_months(Actor.system("reports"), till().provider.test, clock.now())
