"""Lists of learners as they come: titles above the heading, columns in any order, names with spaces in them.

A list is read row by row into lines; each says what would become of it. Nothing is guessed silently: which
column was taken for what is part of the report, and names that look alike are shown, never merged.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from email_validator import EmailNotValidError, validate_email

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, PortalError

MOST: Final = 500
NAME_MAX: Final = 60
CELL_MAX: Final = 200
HEADING_WITHIN: Final = 12
COLUMNS: Final = (Bilingual("姓名", "Name"), Bilingual("邮箱", "E-mail"), Bilingual("语言", "Language"))

_HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("姓名", "学员姓名", "名字", "学员", "name", "full name", "learner", "participant", "trainee"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "邮件", "email", "e-mail", "mail", "e-mail address"),
    "lang": ("语言", "授课语言", "language", "lang"),
}
_LANGUAGES: Final = {
    "zh": "zh", "zh-cn": "zh", "中文": "zh", "汉语": "zh", "中": "zh", "简体中文": "zh", "chinese": "zh",
    "en": "en", "en-gb": "en", "英文": "en", "英语": "en", "英": "en", "english": "en",
}  # fmt: skip
_TOTALS: Final = re.compile(r"(合计|总计|小计|共计|total\b).*", re.IGNORECASE)
_HAN: Final = re.compile(r"[\u3400-\u9fff·]")
_HAN_NAME: Final = re.compile(r"[\u3400-\u9fff·]{2,12}")
_LATIN_NAME: Final = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,4}")

Rows = Iterable[tuple[int, list[str] | PortalError]]


class NoNamesFound(InvalidInput):
    message = N_("No column of names was found. Call one of the columns “Name”.")


class NobodyListed(InvalidInput):
    message = N_("There is nobody in this list.")


class NameIsMissing(InvalidInput):
    message = N_("The name is missing.")


class NameTooLong(InvalidInput):
    message = N_("This name has more than %(max)s characters.")


class AddressNotRead(InvalidInput):
    message = N_("“%(text)s” is not an e-mail address.")


class LanguageNotRead(InvalidInput):
    message = N_("“%(text)s” is none of the languages: write zh or en.")


class SameAddressAs(InvalidInput):
    message = N_("The same e-mail address as in row %(row)s.")


class SumLine(InvalidInput):
    message = N_("This looks like a line of totals.")


class AlreadyInClass(InvalidInput):
    message = N_("Already in the class.")


class LooksLikeRow(InvalidInput):
    message = N_("The name looks like that in row %(row)s. Is it the same person?")


class LooksLikeLearner(InvalidInput):
    message = N_("The name looks like that of %(name)s, who is in the class. Is it the same person?")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who is listed. ``email`` is case-folded and may be empty; ``lang`` is zh or en."""

    name: str
    email: str
    lang: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list: ``problem`` keeps it out, ``remark`` is only shown."""

    row: int
    entry: Entry
    problem: PortalError | None = None
    remark: PortalError | None = None


@dataclass(frozen=True, slots=True)
class RosterReading:
    """All lines; ``columns`` says which heading (or letter) was taken for what, ``unread`` the rest."""

    lines: tuple[Line, ...]
    encoding: str
    columns: Mapping[str, str]
    unread: tuple[str, ...]
    is_headless: bool

    @property
    def good(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.problem is None)

    @property
    def left_out(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.problem is not None)


def read_roster(rows: Rows, encoding: str, lang: str, known: Sequence[Entry] = ()) -> RosterReading:
    """What a list says. ``lang`` is for who has none of their own, ``known`` are those in the class already.

    Raises NoNamesFound, NobodyListed.
    """
    table = [(number, row) for number, row in rows if isinstance(row, PortalError) or any(map(_said, row))]
    if not table:
        raise NobodyListed()
    heading, places = _heading(table)
    is_headless = heading is None
    body = table if heading is None else table[heading + 1 :]
    if is_headless:
        places = _guessed(body)
    if "name" not in places:
        raise NoNamesFound()
    lines = tuple(_lines(body, places, lang, known))
    if not lines:
        raise NobodyListed()
    titles = [] if heading is None else _cells(table[heading][1])
    return RosterReading(
        lines, encoding,
        {key: _title(titles, at) for key, at in places.items()},
        tuple(text for at, text in enumerate(titles) if text and at not in places.values()),
        is_headless,
    )  # fmt: skip


def typed_rows(text: str) -> Rows:
    """Names that were typed or pasted, one per line, parts divided by tabs, commas or semicolons."""
    for number, line in enumerate(text.splitlines(), start=1):
        yield number, [part.strip() for part in re.split(r"[\t,，;；]", line)]


def folded_name(name: str) -> str:
    """For comparing: width, letter case, spaces and points aside."""
    return re.sub(r"[\s.·•\-]", "", unicodedata.normalize("NFKC", name)).casefold()


def look_alike(one: str, other: str) -> bool:
    """Whether two names may be one person's: the same when folded, or one character apart in three."""
    a, b = sorted((folded_name(one), folded_name(other)), key=len)
    if a == b:
        return True
    if len(a) < 3 or len(b) - len(a) > 1:
        return False
    if len(a) == len(b):
        return sum(x != y for x, y in zip(a, b, strict=True)) == 1 and (len(a) > 3 or not _HAN.search(a))
    return any(b[:at] + b[at + 1 :] == a for at in range(len(b)))


def _said(cell: str) -> bool:
    return bool(cell.strip())


def _cells(row: list[str] | PortalError) -> list[str]:
    return [] if isinstance(row, PortalError) else [_clean(cell) for cell in row]


def _clean(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell)
    return " ".join("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text).split())


def _heading(table: Sequence[tuple[int, list[str] | PortalError]]) -> tuple[int | None, dict[str, int]]:
    """Which of the first rows names the columns, and where they are."""
    for at, (_, row) in enumerate(table[:HEADING_WITHIN]):
        titles = [re.sub(r"[\s*＊:：()（）必填选]", "", cell).casefold() for cell in _cells(row)]
        found: dict[str, int] = {}
        for key, names in _HEADS.items():
            wanted = {name.replace(" ", "") for name in names}
            place = next((n for n, title in enumerate(titles) if title in wanted), None)
            if place is not None:
                found[key] = place
        if "name" in found:
            return at, found
    return None, {}


def _guessed(table: Sequence[tuple[int, list[str] | PortalError]]) -> dict[str, int]:
    """Columns by what stands in them, where no row names them: the most names, the most addresses."""
    names: dict[int, int] = {}
    addresses: dict[int, int] = {}
    for _, row in table:
        for at, cell in enumerate(_cells(row)):
            bare = cell.replace(" ", "") if _HAN.search(cell) else cell
            if "@" in cell:
                addresses[at] = addresses.get(at, 0) + 1
            elif _HAN_NAME.fullmatch(bare) or _LATIN_NAME.fullmatch(cell):
                names[at] = names.get(at, 0) + 1
    found = {}
    for key, counts in (("name", names), ("email", addresses)):
        if counts:
            found[key] = max(counts, key=lambda at: (counts[at], -at))
    return found


def _title(titles: Sequence[str], at: int) -> str:
    return titles[at] if at < len(titles) and titles[at] else chr(ord("A") + at % 26)


def _lines(
    body: Sequence[tuple[int, list[str] | PortalError]],
    places: Mapping[str, int],
    lang: str,
    known: Sequence[Entry],
) -> Iterator[Line]:
    taken: list[Line] = []
    for number, row in body:
        if isinstance(row, PortalError):
            yield Line(number, Entry("", "", lang), row)
            continue
        cells = _cells(row)
        read = {key: cells[at] if at < len(cells) else "" for key, at in places.items()}
        try:
            entry = _entry(read, lang)
            line = _compared(Line(number, entry), taken, known)
        except PortalError as problem:
            shown = Entry(read["name"][:NAME_MAX], read.get("email", "")[:CELL_MAX], lang)
            yield Line(number, shown, problem)
            continue
        if line.problem is None:
            taken.append(line)
        yield line


def _entry(read: Mapping[str, str], lang: str) -> Entry:
    name = read["name"]
    if _HAN.search(name) and not re.search(r"[A-Za-z]", name):
        name = name.replace(" ", "")  # 王　芳 is set with a space to stand as wide as three characters
    if not name:
        raise NameIsMissing()
    if _TOTALS.fullmatch(name):
        raise SumLine()
    if len(name) > NAME_MAX:
        raise NameTooLong(max=NAME_MAX)
    return Entry(name, _address(read.get("email", "")), _language(read.get("lang", ""), lang))


def _address(text: str) -> str:
    text = text.removeprefix("mailto:").replace(" ", "")
    if text in ("", "-", "/", "无", "none"):
        return ""
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise AddressNotRead(text=text[:40]) from None
    return found.normalized.casefold()


def _language(text: str, lang: str) -> str:
    if not text:
        return lang
    try:
        return _LANGUAGES[text.casefold()]
    except KeyError:
        raise LanguageNotRead(text=text[:20]) from None


def _compared(line: Line, taken: Sequence[Line], known: Sequence[Entry]) -> Line:
    """The line beside those before it and beside who is in the class. Raises what keeps it out."""
    entry = line.entry
    if entry.email:
        if any(other.email == entry.email for other in known):
            raise AlreadyInClass()
        for other in taken:
            if other.entry.email == entry.email:
                raise SameAddressAs(row=other.row)
    for other in taken:
        if look_alike(other.entry.name, entry.name):
            return Line(line.row, entry, remark=LooksLikeRow(row=other.row))
    for learner in known:
        if look_alike(learner.name, entry.name):
            return Line(line.row, entry, remark=LooksLikeLearner(name=learner.name))
    return line
