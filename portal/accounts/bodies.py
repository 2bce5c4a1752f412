"""What holds of organisations beyond their members: join codes, billing data, verification. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

# --- Join codes ------------------------------------------------------------------------------------

CODE_DIGITS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
CODE_LENGTH: Final = 10
MOST_USES: Final = 500
MOST_DAYS: Final = 90
OPEN_CODES: Final = 20


class NoSuchJoinCode(NotFound):
    message = N_("This code is not known, or it can no longer be used. Ask for a new one.")


class TooManyJoinCodes(Refused):
    message = N_("An organisation has at most %(most)s open codes. Withdraw one first.")


class AskedAlready(Refused):
    message = N_("You have asked to join already. An owner or approver will answer.")


class OutOfUses(InvalidInput):
    message = N_("A code is good for 1 to %(uses)s people and 1 to %(days)s days.")


class JoinState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"


def join_code(random: bytes) -> str:
    """A code of ten signs from as many random bytes (49 bits, with a limit on tries per network)."""
    return "".join(CODE_DIGITS[byte % len(CODE_DIGITS)] for byte in random[:CODE_LENGTH])


def typed_code(text: str) -> str:
    """The code as it is stored, however it was typed."""
    return re.sub(r"[\s-]", "", text[:60]).upper()


def shown_code(code: str) -> str:
    """``ABCDE-FGHJK``."""
    return f"{code[:5]}-{code[5:]}"


def check_limits(uses: int, days: int) -> None:
    """Raises OutOfUses."""
    if not (1 <= uses <= MOST_USES and 1 <= days <= MOST_DAYS):
        raise OutOfUses(uses=MOST_USES, days=MOST_DAYS)


# --- Billing ---------------------------------------------------------------------------------------

LINE_MAX: Final = 200


class NotATaxNumber(InvalidInput):
    message = N_(
        "This is not a valid tax number. It is the unified social credit code: 18 digits and letters."
    )


class NotABankAccount(InvalidInput):
    message = N_("Give the bank account as 8 to 30 digits.")


class NotAPhone(InvalidInput):
    message = N_("Give a telephone number such as 0458-3612345 or 13800000000.")


class TitleIsMissing(InvalidInput):
    message = N_("Enter the title of the invoice, at most %(max)s characters.")


@dataclass(frozen=True, slots=True)
class Billing:
    """What a fapiao needs: its title and tax number, and the four lines that special ones carry besides."""

    title: str
    tax_number: str
    address: str = ""
    phone: str = ""
    bank: str = ""
    bank_account: str = ""


def checked_billing(given: Billing) -> Billing:
    """In its usual spelling. Raises TitleIsMissing, NotATaxNumber, NotABankAccount, NotAPhone."""
    title = given.title.strip()
    if not 0 < len(title) <= LINE_MAX or max(len(given.address), len(given.bank)) > LINE_MAX:
        raise TitleIsMissing(max=LINE_MAX)
    account = re.sub(r"[\s-]", "", given.bank_account)
    if account and not re.fullmatch(r"[0-9]{8,30}", account):
        raise NotABankAccount()
    phone = given.phone.strip()
    if phone and not re.fullmatch(r"\+?[0-9][0-9 -]{5,19}", phone):
        raise NotAPhone()
    return Billing(
        title,
        _checked_tax_number(given.tax_number),
        given.address.strip(),
        phone,
        given.bank.strip(),
        account,
    )


def _checked_tax_number(text: str) -> str:
    try:
        return str(uscc.validate(text[:40]))
    except ValidationError:
        raise NotATaxNumber() from None


# --- Verification ----------------------------------------------------------------------------------

VERIFIED_FOR: Final = timedelta(days=2 * 365)
REASON_MAX: Final = 500
REMINDED_BEFORE: Final = (timedelta(days=14), timedelta(days=60))  # of a mark that ends
MOST_PAPERS: Final = 4


class CheckState(StrEnum):
    ASKED = "asked"
    VERIFIED = "verified"
    REFUSED = "refused"


class Kind(StrEnum):
    """What an organisation is: it says so itself, and staff check it by its papers."""

    COMPANY = "company"
    SCHOOL = "school"
    PUBLIC = "public"
    ASSOCIATION = "association"
    OTHER = "other"


class NotAKind(InvalidInput):
    message = N_("Say what kind of organisation it is.")


class CheckIsOpen(Refused):
    message = N_("This organisation is being checked already.")


class CheckIsDecided(Refused):
    message = N_("Somebody has decided this already.")


class OwnOrganisation(Refused):
    message = N_("Nobody verifies an organisation they belong to themselves.")


class ReasonIsMissing(InvalidInput):
    message = N_("Say why, in at most %(max)s characters: the organisation reads it.")


class NoPapers(InvalidInput):
    message = N_("Give at least the business licence, and at most %(most)s files.")


class PaperNotAccepted(InvalidInput):
    message = N_("Give the document as PDF, PNG or JPEG of at most 8 MB, without scripts or attached files.")


def checked_kind(text: str) -> Kind:
    """Raises NotAKind."""
    if text not in set(Kind):
        raise NotAKind()
    return Kind(text)


def checked_reason(text: str) -> str:
    """Raises ReasonIsMissing."""
    text = " ".join(text.split())
    if not 0 < len(text) <= REASON_MAX:
        raise ReasonIsMissing(max=REASON_MAX)
    return text


def reminder_due(expires_at: datetime, now: datetime) -> timedelta | None:
    """The nearest of the reminders whose time has come before a mark ends; None before all and after it."""
    left = expires_at - now
    return next((each for each in REMINDED_BEFORE if timedelta() < left <= each), None)


def is_verified(state: CheckState, expires_at: datetime | None, now: datetime) -> bool:
    return state is CheckState.VERIFIED and expires_at is not None and now < expires_at


_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|OpenAction)\b")
# So short that the bytes of a scanned picture spell them by chance: looked for outside of streams alone.
_SHORT = re.compile(rb"/(?:JS|AA)\b")
_STREAM = re.compile(rb">>\s*stream\r?\n")


def check_pdf(data: bytes) -> None:
    """Raises PaperNotAccepted unless it is a PDF that says nowhere in the open that it does something."""
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise PaperNotAccepted()
    if _ACTIVE.search(data) or _SHORT.search(_outside_streams(data)):
        raise PaperNotAccepted()


def _outside_streams(data: bytes) -> bytes:
    """Cut at the ends first, so that a file of beginnings is read once and not for each of them."""
    *closed, rest = data.split(b"endstream")
    return b"\n".join([*(_STREAM.split(part, maxsplit=1)[0] for part in closed), rest])
