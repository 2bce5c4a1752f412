"""Papers about money: receipts, invoices with their credit notes, and the fapiao that a buyer asks for.

An invoice is the portal's own paper. A fapiao is the tax office's: staff have it issued there, and what is
kept here is how far that has come.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

TITLE_MAX: Final = 100
_FAPIAO_NUMBER: Final = re.compile(r"\d{20}|(?:\d{10}|\d{12})-?\d{8}")


class NothingToBill(Refused):
    message = N_("There is nothing paid in this order that a paper could be made out for.")


class NoSuchPaper(NotFound):
    message = N_("We could not find what you asked for.")


class NotATaxNumber(InvalidInput):
    message = N_(
        "This is not a valid tax number: an organisation has its unified social credit code, 18 digits and "
        "letters, of which the last is a check digit."
    )


class TaxNumberMissing(InvalidInput):
    message = N_("A fapiao for an organisation needs its tax number.")


class TaxNumberOfAPerson(InvalidInput):
    message = N_("A fapiao for a person bears no tax number. Leave it empty, or choose the organisation.")


class TitleMissing(InvalidInput):
    message = N_("Please give the title: a name of at most %(max)s characters.")


class NotAFapiaoNumber(InvalidInput):
    message = N_("A fapiao number has 20 digits; an older one has a code of 10 or 12 digits and 8 digits.")


class FapiaoInTheFuture(InvalidInput):
    message = N_("A fapiao cannot be of a day to come, nor older than the payment.")


class FapiaoAskedAlready(Refused):
    message = N_("A fapiao for this order was asked for already.")


class UnlawfulFapiaoStep(Refused):
    message = N_("This cannot be done with the fapiao in its present state.")


class TitleKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class PaperKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class FapiaoState(StrEnum):
    REQUESTED = "requested"
    ISSUED = "issued"
    SENT = "sent"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RED_DUE = "red_due"  # the money went back: a red-letter fapiao has to cancel it
    RED_ISSUED = "red_issued"


class FapiaoEvent(StrEnum):
    ISSUED = "issued"
    SENT = "sent"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REFUNDED = "refunded"
    RED_ISSUED = "red_issued"


_S, _E = FapiaoState, FapiaoEvent
FAPIAO_STEPS: Final[Mapping[tuple[FapiaoState, FapiaoEvent], FapiaoState]] = {
    (_S.REQUESTED, _E.ISSUED): _S.ISSUED,
    (_S.REQUESTED, _E.REJECTED): _S.REJECTED,
    (_S.REQUESTED, _E.WITHDRAWN): _S.WITHDRAWN,
    (_S.REQUESTED, _E.REFUNDED): _S.WITHDRAWN,
    (_S.ISSUED, _E.SENT): _S.SENT,
    (_S.ISSUED, _E.REFUNDED): _S.RED_DUE,
    (_S.SENT, _E.REFUNDED): _S.RED_DUE,
    (_S.RED_DUE, _E.RED_ISSUED): _S.RED_ISSUED,
}
FAPIAO_MOVES: Final = frozenset((old, new) for (old, _), new in FAPIAO_STEPS.items())
FAPIAO_OVER: Final = frozenset(_S) - {old for old, _ in FAPIAO_STEPS}
FAPIAO_WORK: Final = (_S.REQUESTED, _S.ISSUED, _S.RED_DUE)  # where staff have something to do


def next_fapiao_state(state: FapiaoState, event: FapiaoEvent) -> FapiaoState:
    """Raises UnlawfulFapiaoStep for what the table does not name."""
    try:
        return FAPIAO_STEPS[state, event]
    except KeyError:
        raise UnlawfulFapiaoStep() from None


@dataclass(frozen=True, slots=True)
class BillTo:
    """Whom an invoice is made out to; ``address`` and ``tax_number`` may be empty."""

    title: str
    address: str = ""
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class FapiaoWish:
    """What a buyer asks for. ``email``: where the fapiao is to be sent."""

    kind: TitleKind
    title: str
    tax_number: str
    email: str


def checked_bill_to(to: BillTo) -> BillTo:
    """In its usual spelling. Raises TitleMissing, NotATaxNumber."""
    number = checked_tax_number(to.tax_number) if to.tax_number else ""
    return BillTo(_title(to.title), to.address, number)


def checked_wish(wish: FapiaoWish) -> FapiaoWish:
    """In its usual spelling. Raises TitleMissing, TaxNumberMissing, TaxNumberOfAPerson, NotATaxNumber."""
    if wish.kind is TitleKind.ORGANISATION and not wish.tax_number:
        raise TaxNumberMissing()
    if wish.kind is TitleKind.PERSON and wish.tax_number:
        raise TaxNumberOfAPerson()
    number = checked_tax_number(wish.tax_number) if wish.tax_number else ""
    return FapiaoWish(wish.kind, _title(wish.title), number, wish.email)


def checked_tax_number(text: str) -> str:
    """The unified social credit code (GB 32100-2015, check digit over GF(31)). Raises NotATaxNumber."""
    try:
        return str(uscc.validate(unicodedata.normalize("NFKC", text[:40])))
    except ValidationError:
        raise NotATaxNumber() from None


def checked_fapiao_number(text: str) -> str:
    """Twenty digits, or code-number of the older kind. Raises NotAFapiaoNumber."""
    plain = "".join(unicodedata.normalize("NFKC", text[:60]).split())
    if not _FAPIAO_NUMBER.fullmatch(plain) or not plain.isascii():
        raise NotAFapiaoNumber()
    digits = plain.replace("-", "")
    return digits if len(digits) == 20 and "-" not in plain else f"{digits[:-8]}-{digits[-8:]}"


def check_fapiao_day(day: date, paid_on: date, today: date) -> date:
    """Itself, from the day of the payment to today. Raises FapiaoInTheFuture."""
    if not paid_on <= day <= today:
        raise FapiaoInTheFuture()
    return day


def series_of(kind: PaperKind, year: int, *, test: bool) -> str:
    """Papers are numbered by kind and year; what is about test money has numbers of its own."""
    name = {PaperKind.INVOICE: "INV", PaperKind.CREDIT_NOTE: "CRN"}[kind]
    return f"{'TEST-' if test else ''}{name}-{year}"


def paper_number(series: str, place: int) -> str:
    return f"{series}-{place:06d}"


def _title(text: str) -> str:
    title = text.strip()
    if not (title and title.isprintable() and len(title) <= TITLE_MAX):
        raise TitleMissing(max=TITLE_MAX)
    return title
