"""What two of the till, or of the registry, do together: proposed by one, accepted and done by the other."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from portal.kernel.actor import Actor
from portal.kernel.errors import N_
from portal.kernel.money import Money
from portal.proposals.commands import Lines, by_two, propose
from portal.registry.commands.offering_lots import record_used
from portal.shop import policy
from portal.shop.commands import proofs, refunds, settlement
from portal.shop.rules.delivery import RegistryProof

REFUND: Final = "shop.refund"
TRANSFER: Final = "shop.transfer"
REFUND_SENT: Final = "shop.refund_sent"
SENT_OTHERWISE: Final = "shop.sent_otherwise"
NAMED_PROVED: Final = "shop.named_proved"
NAMED_REFUSED: Final = "shop.named_refused"

# Why a transfer is booked needs no words of its own: it arrived.
ARRIVED: Final = "arrived at the bank"
SENT: Final = "sent by the bank"
RETIRED: Final = "retired at its source"

_Facts = Mapping[str, Any]


def propose_refund(actor: Actor, order_id: str, reason: str, now: datetime) -> str:
    """Give all of an order's money back. Raises what ``request_refund`` and ``propose`` raise."""
    return propose(actor, REFUND, order_id, {}, reason, now)


def propose_transfer(actor: Actor, order_id: str, reference: str, received: Money, now: datetime) -> str:
    """Book a bank transfer that arrived. Raises what ``confirm_transfer`` and ``propose`` raise."""
    facts = {"reference": reference, "minor": received.minor, "currency": received.currency}
    return propose(actor, TRANSFER, order_id, facts, ARRIVED, now)


def propose_refund_sent(actor: Actor, order_id: str, refund_id: str, reference: str, now: datetime) -> str:
    """Book a refund that was sent by bank transfer. Raises what ``confirm_refund`` and ``propose`` raise."""
    return propose(actor, REFUND_SENT, order_id, {"refund_id": refund_id, "reference": reference}, SENT, now)


def propose_sent_otherwise(actor: Actor, order_id: str, reference: str, now: datetime) -> str:
    """Book what was sent in place of a failed refund. Raises as ``send_otherwise`` and ``propose`` do."""
    return propose(actor, SENT_OTHERWISE, order_id, {"reference": reference}, SENT, now)


def propose_proof(actor: Actor, order_id: str, proof: RegistryProof, now: datetime) -> str:
    """Enter the source registry’s record for a buyer. Raises what ``prove`` and ``propose`` raise."""
    facts = asdict(proof) | {"retired_on": proof.retired_on.isoformat(), "serials": list(proof.serials)}
    return propose(actor, NAMED_PROVED, order_id, facts, RETIRED, now)


def propose_refusal(actor: Actor, order_id: str, reason: str, now: datetime) -> str:
    """The source registry will not do it: money goes back. Raises what ``refuse`` and ``propose`` raise."""
    return propose(actor, NAMED_REFUSED, order_id, {}, reason, now)


def _nothing_more(facts: _Facts) -> Lines:
    return ()


def _reference(facts: _Facts) -> Lines:
    return ((N_("The bank's number of the transfer"), facts["reference"]),)


def _what_came(facts: _Facts) -> Lines:
    return (*_reference(facts), (N_("Amount received"), Money(facts["minor"], facts["currency"])))


def _record(facts: _Facts) -> Lines:
    return (
        (N_("Number of the retirement record"), facts["reference"]),
        (N_("Retired on"), date.fromisoformat(facts["retired_on"])),
        (N_("Serials"), ", ".join(facts["serials"])),
    )


# What two proposals cannot both have: an order's money goes back once, a bank's number is one transfer, and
# a source registry's record stands behind one lot.


def _money(order_id: str, _facts: _Facts) -> tuple[str, ...]:
    return (f"money of:{order_id}",)


def _arrival(_order_id: str, facts: _Facts) -> tuple[str, ...]:
    return (f"arrived:{facts['reference']}",)


def _sending(order_id: str, facts: _Facts) -> tuple[str, ...]:
    return f"sent:{facts['reference']}", *_money(order_id, facts)


def _answer(order_id: str, _facts: _Facts) -> tuple[str, ...]:
    return (f"answer of the source:{order_id}",)


def _proof(order_id: str, facts: _Facts) -> tuple[str, ...]:
    return record_used(facts["reference"]), *_answer(order_id, facts)


def _refusal(order_id: str, facts: _Facts) -> tuple[str, ...]:
    return *_answer(order_id, facts), *_money(order_id, facts)


@by_two(REFUND, N_("Refund of an order"), policy.may_run_till, _nothing_more, _money)
def _refund(actor: Actor, order_id: str, facts: _Facts, now: datetime) -> None:
    refunds.request_refund(actor, order_id, facts["reason"], now)


@by_two(TRANSFER, N_("Bank transfer that arrived"), policy.may_run_till, _what_came, _arrival)
def _transfer(actor: Actor, order_id: str, facts: _Facts, now: datetime) -> None:
    received = Money(facts["minor"], facts["currency"])
    settlement.confirm_transfer(actor, order_id, facts["reference"], received, now)


@by_two(REFUND_SENT, N_("Refund sent by bank transfer"), policy.may_run_till, _reference, _sending)
def _refund_sent(actor: Actor, order_id: str, facts: _Facts, now: datetime) -> None:
    refunds.confirm_refund(actor, order_id, facts["refund_id"], facts["reference"], now)


@by_two(SENT_OTHERWISE, N_("Money owed, sent by bank transfer"), policy.may_run_till, _reference, _sending)
def _sent_otherwise(actor: Actor, order_id: str, facts: _Facts, now: datetime) -> None:
    refunds.send_otherwise(actor, order_id, facts["reference"], now)


@by_two(NAMED_PROVED, N_("Retirement in a buyer’s name"), policy.may_retire_at_source, _record, _proof)
def _named_proved(actor: Actor, order_id: str, facts: _Facts, now: datetime) -> None:
    retired_on, serials = date.fromisoformat(facts["retired_on"]), tuple(facts["serials"])
    proof = RegistryProof(facts["reference"], retired_on, serials, facts["sha256"], facts["file"])
    proofs.prove(actor, order_id, proof, now)


@by_two(
    NAMED_REFUSED, N_("Refusal by the source registry"), policy.may_retire_at_source, _nothing_more, _refusal
)
def _named_refused(actor: Actor, order_id: str, facts: _Facts, now: datetime) -> None:
    proofs.refuse(actor, order_id, facts["reason"], now)
