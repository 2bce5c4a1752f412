"""The sheets that can be set, as data: their fields, kinds, limits and places.

A sheet is changed, confirmed and restored as a whole, so that texts which belong together never drift apart.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_
from portal.kernel.money import PLACES


class Kind(StrEnum):
    """What a field holds. Stored as plain JSON; every number is an integer in the unit named here."""

    LINE = "line"  # text on one line
    PROSE = "prose"  # Markdown
    FLAG = "flag"  # true or false
    SHARE = "share"  # millionths
    MONEY = "money"  # minor units of the currency that the field's key ends with
    GRAMS = "grams"  # entered in kilograms
    DAY = "day"  # civil day, ISO 8601, or "" for none


@dataclass(frozen=True, slots=True)
class Field:
    """``bilingual``: a value ``{"zh": …, "en": …}``; both sides are filled, or neither is.

    ``most``: characters of a text, else the largest number. ``pattern``: what a filled line looks like.
    """

    key: str
    kind: Kind
    label: str
    hint: str = ""
    bilingual: bool = False
    most: int = 0
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``moves_money``: a change needs a second person. ``pages``: where its effect can be looked at."""

    key: str
    title: str
    about: str
    fields: tuple[Field, ...]
    moves_money: bool = False
    pages: tuple[str, ...] = field(default=())

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(each.key for each in self.fields)


# What a text may be filled with; everything else in braces is refused before it is stored.
PLACES_IN_TEXTS: Final = ("site", "operator", "address", "email", "phone")

_MILLION: Final = 1_000_000
_TON: Final = 1_000_000


def _prose(key: str, label: str, hint: str = "") -> Field:
    return Field(key, Kind.PROSE, label, hint, bilingual=True, most=20_000)


def _registry_fee(currency: str) -> Field:
    return Field(f"registry_{currency}", Kind.MONEY, N_("Registry fee for a tonne"), most=100_000, hint="")


NAMES = Sheet(
    "names",
    N_("Names"),
    N_("What the site is called in its header, in titles of pages and in letters."),
    (
        Field("site", Kind.LINE, N_("Name of the site"), N_("Empty: the name it was installed with."),
              bilingual=True, most=40),
        Field("motto", Kind.LINE, N_("Sentence in the footer"), bilingual=True, most=160),
    ),
    pages=("home", "about"),
)  # fmt: skip

CONTACT = Sheet(
    "contact",
    N_("Contact and imprint"),
    N_("Who runs the site and how to reach them. It stands in the footer and on the page “About”."),
    (
        Field("operator", Kind.LINE, N_("Operator"), bilingual=True, most=120),
        Field("address", Kind.LINE, N_("Postal address"), bilingual=True, most=200),
        Field("phone", Kind.LINE, N_("Telephone"), most=40, pattern=r"\+?[0-9][0-9 \-]{4,38}"),
        Field("email", Kind.LINE, N_("E-mail"), most=120, pattern=r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}"),
        Field("hours", Kind.LINE, N_("When somebody answers"), bilingual=True, most=120),
        Field("icp", Kind.LINE, N_("ICP filing number"), N_("For example 黑ICP备2026000001号-1."), most=40,
              pattern=r"[\u4e00-\u9fff]ICP[备证]\d{6,10}号(-\d{1,3})?"),
        Field("police", Kind.LINE, N_("Public security filing number"),
              N_("For example 黑公网安备23070002000001号."), most=40,
              pattern=r"[\u4e00-\u9fff]公网安备\d{14}号"),
    ),
    pages=("about", "home"),
)  # fmt: skip

HOME = Sheet(
    "home",
    N_("Home page"),
    N_("The greeting at the top of the home page. Empty: the greeting the portal came with."),
    (
        Field("greeting", Kind.LINE, N_("Greeting"), bilingual=True, most=90),
        Field("lead", Kind.LINE, N_("What stands below it"), bilingual=True, most=320),
    ),
    pages=("home",),
)

HOLIDAY = Sheet(
    "holiday",
    N_("Notice for some days"),
    N_("A line above every page, for example when nobody answers during the Spring Festival."),
    (
        Field("notice", Kind.LINE, N_("Notice"), bilingual=True, most=200),
        Field("first", Kind.DAY, N_("First day")),
        Field("last", Kind.DAY, N_("Last day")),
    ),
    pages=("home",),
)

ABOUT = Sheet(
    "about", N_("About the city and its forest"),
    N_("The city’s own words on the page “About”, above who runs the site."),
    (_prose("text", N_("Text")),), pages=("about",),
)  # fmt: skip

TERMS = Sheet(
    "terms", N_("Terms of sale and refunds"),
    N_("The page “Terms”, to which every order refers. Empty: the text the portal came with."),
    (_prose("text", N_("Terms of sale")), _prose("refunds", N_("Refunds and withdrawal"))),
    pages=("terms",),
)  # fmt: skip

PRIVACY = Sheet(
    "privacy", N_("Privacy notice"),
    N_("What the operator adds to the page “Privacy”: who is responsible, and whom to turn to."),
    (_prose("text", N_("Text")),), pages=("privacy",),
)  # fmt: skip

ACCESSIBILITY = Sheet(
    "accessibility", N_("Accessibility"),
    N_("What the operator adds to the page “Accessibility”: other ways to order, and who helps."),
    (_prose("text", N_("Text")),), pages=("accessibility",),
)  # fmt: skip

SALE = Sheet(
    "sale",
    N_("Fees and limits of sale"),
    N_(
        "What of a price goes to whom, and the least and most of one order. "
        "Placed orders keep what they were quoted."
    ),
    (
        Field("owner", Kind.SHARE, N_("Forest owner’s share of the credits’ price"), most=_MILLION),
        Field("planter", Kind.SHARE, N_("Planters’ share of a seedling’s price"), most=_MILLION),
        Field("card", Kind.SHARE, N_("Payment fee by card and wallet"), most=100_000),
        Field("transfer", Kind.SHARE, N_("Payment fee by bank transfer"), most=100_000),
        *(_registry_fee(currency) for currency in PLACES),
        Field("least", Kind.GRAMS, N_("Least of one order"), most=1_000 * _TON),
        Field("most", Kind.GRAMS, N_("Most of one order"), most=1_000 * _TON),
    ),
    moves_money=True,
)

SWITCHES = Sheet(
    "switches",
    N_("What is open"),
    N_("Parts of the portal that can be closed for new visitors. What was begun can always be finished."),
    (
        Field("sales", Kind.FLAG, N_("Credits can be bought")),
        Field("gifts", Kind.FLAG, N_("Gifts can be made")),
        Field("monthly", Kind.FLAG, N_("Monthly support can be begun")),
        Field("planting", Kind.FLAG, N_("Seedlings can be funded")),
        Field("accounts", Kind.FLAG, N_("Accounts can be opened")),
        Field("groups", Kind.FLAG, N_("Groups and challenges can be begun")),
    ),
)

SHEETS: Final = {
    each.key: each
    for each in (NAMES, CONTACT, HOME, HOLIDAY, ABOUT, TERMS, PRIVACY, ACCESSIBILITY, SALE, SWITCHES)
}
