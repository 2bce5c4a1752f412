"""The cash journal of an order: who holds which part of its money (invariant I17)."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from portal.kernel.money import Money
from portal.shop.rules.quotes import Party, Share

Holder = TypeVar("Holder", bound=Hashable)


def balances(lines: Iterable[Share]) -> dict[Party, Money]:
    """What each party holds after these lines."""
    held: dict[Party, Money] = {}
    for line in lines:
        held[line.party] = held[line.party] + line.amount if line.party in held else line.amount
    return held


def give_back(held: Mapping[Party, Money], amount: Money) -> tuple[Share, ...]:
    """Negative lines that take exactly ``amount`` back from those who hold it. Raises as ``taken`` does."""
    parts = taken(held, amount)
    return tuple(Share(party, Money(-part.minor, part.currency)) for party, part in parts.items())


def taken(held: Mapping[Holder, Money], amount: Money) -> dict[Holder, Money]:
    """How much of ``amount`` each of those who hold something gives, in proportion.

    Each part is rounded down and what is left over is taken from the first who still has it, so
    that the parts sum to the amount to the minor unit. Raises ValueError when there is not so much.
    """
    available = {holder: part for holder, part in held.items() if part.minor > 0}
    pot = sum(part.minor for part in available.values())
    if not 0 < amount.minor <= pot:
        raise ValueError(f"cannot give back {amount.minor} of {pot}")
    parts = {holder: part.minor * amount.minor // pot for holder, part in available.items()}
    missing = amount.minor - sum(parts.values())
    for holder, part in available.items():
        more = min(missing, part.minor - parts[holder])
        parts[holder] += more
        missing -= more
    return {holder: Money(part, amount.currency) for holder, part in parts.items() if part}
