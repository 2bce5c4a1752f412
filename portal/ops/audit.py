"""``ledger verify``: the rooms' checks put together, in the order of ledger.md."""

from collections.abc import Iterator

from flask import current_app

from portal.certificates.queries import faults as certificate_faults
from portal.db import look_at_one_moment
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.registry.commands.standing import keep_audit
from portal.registry.jobs import signer
from portal.registry.queries import log, verify
from portal.registry.rules import checkpoint
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.checkpoint import NotACheckpoint
from portal.shop.queries import faults as cash_faults


def faults(published: str | None = None) -> Iterator[Fault]:
    """Everything that is wrong, check by check; ``published`` is a signed checkpoint from elsewhere."""
    hand = signer()
    trusted = list(hand.trusted)
    last = hand.last()  # before the moment that is looked at: the log may grow and be signed meanwhile
    look_at_one_moment()
    yield from verify.bodies()
    yield from verify.checkpoints(hand.origin, trusted)
    if last and last.size > log.size():
        place = f"checkpoint {last.size}"
        yield Fault(Check.CHECKPOINTS, place, "was signed, and this database is behind it")
    if published is not None:
        yield from _continues(published, hand.origin, trusted)
    yield from verify.tables()
    yield from certificate_faults()
    yield from cash_faults()
    yield from verify.source()


def verify_and_keep(actor: Actor, published: str | None = None) -> list[Fault]:
    """Run all checks and keep the outcome, which stops or reopens selling."""
    found = list(faults(published))
    keep_audit(actor, found, clock.now())
    current_app.logger.info("ledger verified: %s faults", len(found))
    return found


def _continues(note: str, origin: str, trusted: list[checkpoint.PublicKey]) -> Iterator[Fault]:
    try:
        head = checkpoint.verify(note, origin, trusted)
    except NotACheckpoint as fault:
        yield Fault(
            Check.CHECKPOINTS, "the checkpoint given", f"cannot be trusted: {fault.params.get('why', '')}"
        )
        return
    size = log.size()
    if head.size > size:
        yield Fault(Check.CHECKPOINTS, f"checkpoint {head.size}", f"the log has only {size} entries")
    elif log.root_at(head.size) != head.root:
        yield Fault(Check.CHECKPOINTS, f"checkpoint {head.size}", "is of another history")
