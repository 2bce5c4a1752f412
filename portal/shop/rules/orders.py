"""What an order is compared with when it comes again, and when its money comes."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.kernel.canonical import canonical_bytes
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.money import Money
from portal.shop.rules.quotes import Quote

_ORGANISATION_AT_END = re.compile(r"org_[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
_PURPOSE = re.compile(r"([a-z]{2,4}_[0-9A-HJKMNP-TV-Z]{26})?")
NAME_MAX = 120
QUARANTINED = "could_not_be_healed"  # attention: healing failed for a reason in the order itself


class NoSuchOrder(NotFound):
    message = N_("We could not find what you asked for.")


class NothingForSale(Refused):
    message = N_("Nothing is for sale at the moment. Please come back later.")


class BadOrderId(InvalidInput):
    message = N_("An order id is ord_ and 26 characters (a ULID).")


class TransfersNotTaken(InvalidInput):
    message = N_("This portal takes no bank transfers. Please pay by card, Alipay or WeChat Pay.")


class TransferInOtherCurrency(InvalidInput):
    message = N_("This order is paid in %(currency)s. Please have the bank send the transfer back.")


class TransferOfAnotherOrder(Refused):
    message = N_("A transfer with this number was recorded for another order.")


class PartlyPaid(Refused):
    message = N_(
        "A part of your money has arrived, so the order cannot be cancelled here. Send the rest, or let the "
        "time pass: then we give back what arrived."
    )


class BadPurpose(InvalidInput):
    message = N_("This purpose is not known here.")


class BadName(InvalidInput):
    message = N_("Please give a name of at most %(max)s characters.")


class OrderContentsDiffer(Refused):
    message = N_("An order with this id or key exists already, with other contents. Nothing was changed.")


class StillPayable(Refused):
    message = N_("This order can still be paid at the payment provider, so its credits stay reserved.")


class NoLongerPayable(Refused):
    message = N_("This order can no longer be paid. Please start again: nothing was charged.")


class NothingToRefund(Refused):
    message = N_("There is no payment of this order that could be refunded.")


class AlreadyClaimed(Refused):
    message = N_("This order already belongs to an account.")


class Mismatch(StrEnum):
    """How money can fail to be the money that was asked for."""

    AMOUNT = "amount"
    CURRENCY = "currency"
    QUOTE = "quote"
    MODE = "mode"  # test money for a real order, or the other way round


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom the credits are retired for, and where letters go. ``name`` is shown only if ``is_public``."""

    name: str
    email: str
    is_public: bool = False
    organisation_id: str = ""


@dataclass(frozen=True, slots=True)
class MoneyIn:
    """Money that has really come in, as the provider or the bank tells it."""

    payment_id: str
    amount: Money
    quote_hash: str
    test: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the order asked for."""

    amount: Money
    quote_hash: str
    test: bool


def mismatch(asked: Asked, came: MoneyIn) -> Mismatch | None:
    """The first way in which the money is not what was asked for; None when all agrees (I10)."""
    if came.test != asked.test:
        return Mismatch.MODE
    if came.amount.currency != asked.amount.currency:
        return Mismatch.CURRENCY
    if came.amount != asked.amount:
        return Mismatch.AMOUNT
    if came.quote_hash != asked.quote_hash:
        return Mismatch.QUOTE
    return None


def contents_digest(salt: bytes, quote: Quote, buyer: Buyer, purpose: str, lang: str, consent: bool) -> str:
    """What makes two orders the same order.

    Salted, because it covers a name and an address: with the salt erased it says nothing of them.
    """
    facts: dict[str, Any] = {
        "quote": quote.facts,
        "name": buyer.name,
        "email": buyer.email,
        "public": buyer.is_public,
        "organisation": buyer.organisation_id,
        "purpose": purpose,
        "lang": lang,
        "consent": consent,
    }
    return hashlib.sha256(salt + canonical_bytes(facts)).hexdigest()


def check_purpose(purpose: str) -> str:
    """Itself, when it can be the id of something or is empty. Raises BadPurpose."""
    if not _PURPOSE.fullmatch(purpose):
        raise BadPurpose()
    return purpose


def check_buyer(buyer: Buyer) -> Buyer:
    """Itself, when a certificate can be made out to this name. Raises BadName."""
    # A name that ends like an organisation's id could be mistaken for one in the holder's commitment.
    name = buyer.name
    if not (name.strip() and name.isprintable() and len(name) <= NAME_MAX) or _ORGANISATION_AT_END.search(
        name
    ):
        raise BadName(max=NAME_MAX)
    return buyer
