"""``ledger verify``: the rooms' checks put together, in the order of ledger.md."""

from collections.abc import Iterator

from flask import current_app

from portal.certificates.queries import faults as certificate_faults
from portal.db import look_at_one_moment
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.registry.commands.standing import keep_audit
from portal.registry.jobs import signer
from portal.registry.queries import digests, log, verify, verify_accounts, witnesses
from portal.registry.rules import checkpoint
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.checkpoint import Checkpoint, NotACheckpoint
from portal.shop.queries.orders import faults as cash_faults
from portal.shop.queries.origins import faults as origin_faults
from portal.shop.queries.owners import faults as owner_faults
from portal.shop.queries.planting import faults as planting_faults


def faults(published: str | None = None) -> Iterator[Fault]:
    """Everything that is wrong, check by check; ``published`` is a signed checkpoint from elsewhere."""
    hand = signer()
    trusted = list(hand.trusted)
    last = hand.last()  # before the moment that is looked at: the log may grow and be signed meanwhile
    look_at_one_moment()
    # Seals before tables: they name the very row, where the others name what does not follow from it.
    checks: list[tuple[Check, Iterator[Fault]]] = [
        (Check.BODIES, verify.log(hand.origin, trusted)),
        (Check.CHECKPOINTS, witnesses.faults()),
        (Check.CHECKPOINTS, _is_not_behind(last)),
        (Check.CHECKPOINTS, _continues(published, hand.origin, trusted)),
        (Check.TABLES, digests.faults()),
        (Check.TABLES, verify.tables()),
        (Check.TABLES, verify_accounts.accounts()),
        (Check.TABLES, certificate_faults()),
        (Check.CASH, cash_faults()),
        (Check.CASH, origin_faults()),
        (Check.CASH, owner_faults()),
        (Check.CASH, planting_faults()),
        (Check.SOURCE, verify.source()),
    ]
    for check, found in checks:
        yield from _even_when_unreadable(check, found)


def _even_when_unreadable(check: Check, found: Iterator[Fault]) -> Iterator[Fault]:
    """What was written over by hand may not even be a date any more: that is a fault, and no breakdown."""
    try:
        yield from found
    except (ValueError, LookupError, TypeError) as fault:
        yield Fault(check, "a row", f"holds what cannot be read: {type(fault).__name__}: {fault}"[:300])


def _is_not_behind(last: Checkpoint | None) -> Iterator[Fault]:
    if last and last.size > log.size():
        place = f"checkpoint {last.size}"
        yield Fault(Check.CHECKPOINTS, place, "was signed, and this database is behind it")


def verify_and_keep(actor: Actor, published: str | None = None) -> list[Fault]:
    """Run all checks and keep the outcome, which stops or reopens selling."""
    found = list(faults(published))
    size = log.size()
    keep_audit(actor, found, clock.now(), size=size, root=log.root_at(size) if size else None)
    current_app.logger.info("ledger verified: %s faults", len(found))
    return found


def _continues(note: str | None, origin: str, trusted: list[checkpoint.PublicKey]) -> Iterator[Fault]:
    if note is None:
        return
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
