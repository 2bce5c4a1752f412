"""What may need a person, by name, and which of it comes first."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from portal.kernel.pile import Pile


class Cause(StrEnum):
    """In the order of urgency: what stops selling, what people wait for with their money, then the rest."""

    AUDIT = "audit"
    QUARANTINED = "quarantined"
    DISPUTES = "disputes"
    ORDERS = "orders"
    PROPOSALS = "proposals"
    REFUNDS = "refunds"
    TRANSFERS = "transfers"
    NAMED = "named"
    PAYOUTS = "payouts"
    FAPIAO = "fapiao"
    GIFTS = "gifts"
    REQUESTS = "requests"
    PARKED = "parked"
    PRICES = "prices"
    VERIFICATIONS = "verifications"
    STEPS = "steps"
    THAWS = "thaws"
    LIKENESSES = "likenesses"
    IMPORTS = "imports"
    EVIDENCE = "evidence"
    ORGANISATIONS = "organisations"
    DRAFTS = "drafts"
    RECHECKS = "rechecks"
    TRANSLATIONS = "translations"
    FACTORS = "factors"
    JOBS = "jobs"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Due:
    """A cause that needs somebody now."""

    cause: Cause
    pile: Pile

    def days(self, now: datetime) -> int | None:
        """Whole days since the oldest waits."""
        return (now - self.pile.oldest).days if self.pile.oldest else None


class Kind(StrEnum):
    """What a search finds, in the order in which it is shown."""

    ORDER = "order"
    CERTIFICATE = "certificate"
    PERSON = "person"
    ORGANISATION = "organisation"
    GIFT = "gift"
    REQUEST = "request"
    FAPIAO = "fapiao"
    PAYOUT = "payout"
    PROJECT = "project"
    LOT = "lot"
    SERIAL = "serial"
    ENTRY = "entry"
    ACCOUNT = "account"
    IMPORT = "import"
    PLANTING = "planting"
    PLEDGE = "pledge"
    STATEMENT = "statement"
    COURSE = "course"
    COHORT = "cohort"
    JOB = "job"


TYPED_MAX: Final = 100


def plain(typed: str) -> str:
    """What was typed or pasted, with one spelling for full-width signs and single spaces."""
    return " ".join(unicodedata.normalize("NFKC", typed[:TYPED_MAX]).replace("\0", "").split())


_RANK = {cause: rank for rank, cause in enumerate(Cause)}


def in_order(dues: Iterable[Due]) -> list[Due]:
    """What has nothing waiting is left out."""
    return sorted((due for due in dues if due.pile), key=lambda due: _RANK[due.cause])
