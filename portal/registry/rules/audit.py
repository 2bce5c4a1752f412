"""What an audit of the ledger says."""

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """The five checks of ``ledger verify``."""

    BODIES = "bodies"  # every body re-hashed gives the root
    CHECKPOINTS = "checkpoints"  # every published checkpoint is a beginning of the log
    TABLES = "tables"  # balances, owners and certificates rebuilt from bodies equal the live tables
    CASH = "cash"  # per order: cash journal = captured − refunded, grams as its state demands
    SOURCE = "source"  # no more is attributed here than was retired at the source


@dataclass(frozen=True, slots=True)
class Fault:
    """The first or a further wrong row: which check found it, where, and what is wrong (in English)."""

    check: Check
    row: str
    what: str
