"""Work in the background: places and signatures for what was put on record."""

from pathlib import Path

from flask import current_app

from portal import jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.registry.commands import log, movements, prices, projects, transfers
from portal.registry.queries import log as read
from portal.registry.rules.checkpoint import Checkpoint, LogForked, read_key_line
from portal.registry.signer_gateway import Signer


def signer() -> Signer:
    """Who signs this portal's log. Raises NotACheckpoint when a past key is not written as it must be."""
    config = current_app.config["PORTAL"]
    return Signer(
        seeds=(config.checkpoint_seed, *config.checkpoint_old_seeds),
        origin=config.checkpoint_origin,
        memory=Path(config.instance) / "signer" / "last",
        past=tuple(read_key_line(line) for line in config.checkpoint_past_keys),
    )


@jobs.every(seconds=1)
def sequence_and_sign() -> None:
    """Place pending records, then publish a checkpoint of the grown log. Raises LogForked."""
    actor = Actor.system("sequencer")
    log.sequence(actor)
    sign_checkpoint(actor)
    movements.catch_up(actor)


def sign_checkpoint(actor: Actor) -> int:
    """Have the log as it is signed and kept, when it has grown; its size. Raises LogForked."""
    hand = signer()
    while True:
        last = hand.last()  # before the size: the log may grow in between, and never shrinks
        size = read.size()
        known = read.latest_checkpoint()
        if size == (known.size if known else 0):
            return size
        try:
            note, root = _signed(hand, last, size)
        except LogForked:
            if hand.last() == last:
                raise
            continue  # another worker signed a longer log meanwhile: look again
        log.publish(actor, size, root, note, clock.now())
        return size


def _signed(hand: Signer, last: Checkpoint | None, size: int) -> tuple[str, bytes]:
    # A log that is shorter than the signer's last word has no such proof: sign() refuses it.
    proof = read.consistency(last.size, size) if last and 0 < last.size < size else []
    root = read.root_at(size)
    return hand.sign(Checkpoint(hand.origin, size, root), proof), root


def is_behind_signer() -> bool:
    """Whether the database is not what was already published, as after restoring an old backup."""
    last = signer().last()
    if last is None or last.size == 0:
        return False
    return last.size > read.size() or read.root_at(last.size) != last.root


@jobs.every(seconds=24 * 3600)
def screen_projects() -> None:
    """Lay projects that look like one before a person: an import may have brought a second one in."""
    projects.screen(Actor.system("screening"), clock.now())


@jobs.every(seconds=60)
def expire_offers() -> None:
    """Give back the units of offers that nobody accepted in time."""
    transfers.expire_offers(Actor.system("expire-offers"), clock.now())


@jobs.every(seconds=15)
def put_prices_in_force() -> None:
    """Accepted prices whose day has begun."""
    prices.put_in_force(Actor.system("prices"), clock.now())
