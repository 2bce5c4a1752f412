"""Gifts for many: a list of recipients is read row by row, and one retirement is cut into equal shares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from email_validator import EmailNotValidError, validate_email

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, PortalError, Refused
from portal.kernel.mass import Mass
from portal.registry.rules.facts import RangeFacts
from portal.shop.rules.orders import Buyer, check_buyer
from portal.shop.rules.quotes import check_mass
from portal.shop.rules.terms import TERMS

MOST: Final = 5_000
CELL_MAX: Final = 300
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "recipient", "姓名", "收件人", "受赠人"),
    "email": ("email", "e-mail", "e-mail address", "mail", "邮箱", "电子邮箱", "电子邮件"),
    "lang": ("language", "lang", "语言"),
}
COLUMNS: Final = (
    Bilingual("姓名", "Name"),
    Bilingual("邮箱", "E-mail"),
    Bilingual("语言", "Language"),
)
_LANGUAGES: Final = {
    "": "", "zh": "zh", "中文": "zh", "简体中文": "zh", "chinese": "zh", "zh-cn": "zh",
    "en": "en", "英文": "en", "english": "en", "英语": "en",
}  # fmt: skip


class CardsNotReady(Refused):
    message = N_("The cards can be printed once the gifts are paid.")


class NoSuchBatch(NotFound):
    message = N_("We could not find what you asked for.")


class NoHeading(InvalidInput):
    message = N_("The first row must name the columns: “Name”, “E-mail” and, if you like, “Language”.")


class NoFile(InvalidInput):
    message = N_("Choose a file.")


class NobodyInTheFile(InvalidInput):
    message = N_("There is nobody in this file below its first row.")


class TooManyRecipients(InvalidInput):
    message = N_("One order can have at most %(most)s recipients.")


class RowsAreRefused(InvalidInput):
    message = N_("Some rows cannot be used. Correct them in your file and choose it again.")


class NameIsMissing(InvalidInput):
    message = N_("The name is missing, and it is to stand on the certificate.")


class RowIsEmpty(InvalidInput):
    message = N_("Neither a name nor an e-mail address.")


class BadAddress(InvalidInput):
    message = N_("This is not an e-mail address.")


class UnknownLanguage(InvalidInput):
    message = N_("Write the language as zh or en.")


class SameAddress(InvalidInput):
    message = N_("The same e-mail address as in row %(row)s.")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a gift. All may be empty: then it is a code that anybody can be given."""

    name: str = ""
    email: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class RowReport:
    """A row of the file as people count them, and what is wrong with it, if anything."""

    row: int
    recipient: Recipient
    problem: PortalError | None = None


@dataclass(frozen=True, slots=True)
class ListReport:
    """All rows of a list; ``unread`` are headings of columns that are not used."""

    rows: tuple[RowReport, ...]
    encoding: str
    unread: tuple[str, ...] = ()

    @classmethod
    def of_codes(cls, count: int) -> "ListReport":
        """So many codes that anybody can be given."""
        return cls(tuple(RowReport(number, Recipient()) for number in range(1, count + 1)), "")

    @property
    def refused(self) -> tuple[RowReport, ...]:
        return tuple(row for row in self.rows if row.problem)

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Everybody, when every row can be used. Raises RowsAreRefused."""
        if self.refused:
            raise RowsAreRefused()
        return tuple(row.recipient for row in self.rows)


@dataclass(frozen=True, slots=True)
class BatchWishes:
    """What all gifts of a batch have in common. ``is_named``: certified in the recipients' names at once."""

    organisation_id: str
    lot: str
    each: Mass
    giver: str
    dedication: str
    message: str
    deliver_on: date | None
    lang: str
    is_named: bool


def is_shared(purpose: str) -> bool:
    """Whether an order is for a batch: its retirement is certified in shares, and not as a whole."""
    return purpose.startswith("bch_")


def read_list(
    rows: Iterable[tuple[int, list[str] | PortalError]], encoding: str, *, is_named: bool
) -> ListReport:
    """What every row of a list says. Raises NoHeading, NobodyInTheFile."""
    lines = iter(rows)
    number, head = next(lines, (1, []))
    if isinstance(head, PortalError):
        raise head
    places = _places(head)
    report: list[RowReport] = []
    seen: dict[str, int] = {}
    for number, cells in lines:
        if isinstance(cells, PortalError):
            report.append(RowReport(number, Recipient(), cells))
        elif any(cell.strip() for cell in cells):
            report.append(_row(number, cells, places, seen, is_named))
    if not report:
        raise NobodyInTheFile()
    unread = tuple(title for at, title in enumerate(head) if title.strip() and at not in places.values())
    return ListReport(tuple(report), encoding, unread)


def _places(head: Sequence[str]) -> dict[str, int]:
    titles = [title.strip().lower() for title in head]
    places = {
        key: titles.index(name)
        for key, names in HEADS.items()
        for name in names
        if name in titles
    }  # fmt: skip
    if not places.keys() & {"name", "email"}:
        raise NoHeading()
    return places


def _row(
    number: int, cells: Sequence[str], places: Mapping[str, int], seen: dict[str, int], is_named: bool
) -> RowReport:
    read = {key: cells[at].strip() if at < len(cells) else "" for key, at in places.items()}
    found = Recipient(" ".join(read.get("name", "").split()), read.get("email", ""), read.get("lang", ""))
    try:
        found = replace(found, lang=_language(found.lang), email=_address(found.email))
        _check(found, is_named)
        if found.email and (first := seen.setdefault(found.email.casefold(), number)) != number:
            raise SameAddress(row=first)
    except PortalError as problem:
        return RowReport(number, found, problem)
    return RowReport(number, found)


def _check(found: Recipient, is_named: bool) -> None:
    if not (found.name or found.email):
        raise RowIsEmpty()
    if is_named and not found.name:
        raise NameIsMissing()
    if found.name:
        check_buyer(Buyer(found.name, found.email))


def _language(text: str) -> str:
    try:
        return _LANGUAGES[text.lower()]
    except KeyError:
        raise UnknownLanguage() from None


def _address(text: str) -> str:
    if not text:
        return ""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise BadAddress() from None


def whole(each: Mass, count: int) -> Mass:
    """What a batch comes to. Raises what ``check_mass`` raises, TooManyRecipients, NobodyInTheFile."""
    if count > MOST:
        raise TooManyRecipients(most=MOST)
    if count < 1:
        raise NobodyInTheFile()
    check_mass(each, TERMS)
    return check_mass(Mass(each.grams * count), TERMS)


def share(ranges: Sequence[RangeFacts], offset: int, mass: Mass) -> tuple[RangeFacts, ...]:
    """The ``mass`` grams behind the first ``offset`` grams of these ranges, cut where they end.

    Shares at offsets that are multiples of their mass never have a gram in common, and together are the
    whole. Raises ValueError when the ranges hold less than that.
    """
    parts, missing = [], mass.grams
    for part in ranges:
        held = part.mass.grams
        if offset >= held:
            offset -= held
            continue
        taken = min(held - offset, missing)
        first = part.first_g + offset
        parts.append(replace(part, first_g=first, last_g=first + taken - 1))
        missing, offset = missing - taken, 0
        if not missing:
            return tuple(parts)
    raise ValueError(f"{missing} g are missing")
