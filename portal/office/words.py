"""Settings and reports in the reader's language."""

from dataclasses import dataclass
from typing import Any

from portal.kernel.mass import Mass
from portal.kernel.money import PLACES, Money
from portal.kernel.tally import Of
from portal.office.forms import PER, shown_number, unit_of
from portal.office.rules.reports import Section
from portal.registry.rules.ledger import ProjectType
from portal.settings.rules.sheets import Field, Kind, Sheet
from portal.settings.rules.versions import Verdict
from portal.shop.rules.quotes import Party
from portal.shop.rules.terms import PaymentKind
from portal.shop.words.orders import party_words
from portal.web.i18n import _, mass, money, number


@dataclass(frozen=True, slots=True)
class Page:
    """A page on which a sheet shows."""

    endpoint: str
    title: str


def sheet_pages(sheet: Sheet) -> dict[str, Page]:
    known = {
        "home": Page("site.home", _("Home page")),
        "about": Page("site.about", _("About this portal")),
        "privacy": Page("site.privacy", _("Privacy")),
        "accessibility": Page("site.accessibility", _("Accessibility")),
        "terms": Page("office.terms", _("Terms of sale")),
    }
    return {key: known[key] for key in sheet.pages}


def verdict_words() -> dict[Verdict, str]:
    return {
        Verdict.CONFIRMED: _("Put in force"),
        Verdict.REFUSED: _("Refused"),
        Verdict.WITHDRAWN: _("Withdrawn"),
    }


def shown_value(sheet: Sheet, key: str, value: Any) -> str:
    """A value as a person reads it; texts as they are."""
    field = next(each for each in sheet.fields if each.key == key)
    if field.kind is Kind.FLAG:
        return _("open") if value else _("closed")
    if field.kind in PER:
        return _number(field, value)
    return str(value or "")


def _number(field: Field, value: int | None) -> str:
    if value is None:
        return ""
    return f"{shown_number(value, PER[field.kind])} {unit_of(field)}"


# -- reports -------------------------------------------------------------------------------------------


def section_words() -> dict[Section, str]:
    return {
        Section.SALES: _("Sales"),
        Section.MONEY: _("Money by party"),
        Section.RETIREMENTS: _("Retirements"),
        Section.BUFFER: _("Buffer"),
        Section.TRAINING: _("Training"),
        Section.PLEDGES: _("Pledges"),
        Section.FOOTPRINTS: _("Footprints"),
    }


def measure_words() -> dict[str, tuple[str, str]]:
    """A figure's name, and what exactly it counts."""
    return {
        "orders": (
            _("Orders paid, by channel"),
            _(
                "Orders whose own payment came in the period. Second, late and mismatched "
                "payments are no orders."
            ),
        ),
        "paid": (
            _("Paid, by channel"),
            _(
                "What these orders cost, all fees included. Refunds are not taken off: they stand "
                "under money."
            ),
        ),
        "paid_by": (
            _("Paid, by way of paying"),
            _("The same sum, by card and wallet or by bank transfer."),
        ),
        "sold_by_type": (
            _("Credits sold, by type"),
            _(
                "Kilograms of these orders by the type of project. Removals and avoided emissions "
                "are never added up."
            ),
        ),
        "sold_by_project": (
            _("Credits sold, by project"),
            _("The same kilograms by project of the lot that was chosen."),
        ),
        "grams": (
            _("Credits sold, by lot"),
            _("The same kilograms by lot. Of several lots that may serve a line, the first one counts."),
        ),
        "credits": (
            _("Price of credits, by lot"),
            _("What the credits of these orders cost, without fees."),
        ),
        "seedlings": (
            _("Seedlings funded"),
            _("Seedlings of these orders, by planting."),
        ),
        "planting": (
            _("Price of seedlings"),
            _("What these seedlings cost, without fees."),
        ),
        "came": (
            _("Came in"),
            _("All money that came in the period, by the party that holds it."),
        ),
        "back": (
            _("Went back"),
            _("Refunds and what banks took back, in the period in which it went."),
        ),
        "refunds": (
            _("Refunds"),
            _("How often money went back."),
        ),
        "retirements": (
            _("Retirements"),
            _("Attributions of retired grams to a beneficiary."),
        ),
        "retired_by_type": (
            _("Retired, by type"),
            _("Grams attributed, by the type of project."),
        ),
        "retired": (
            _("Retired, by project"),
            _("The same grams by project."),
        ),
        "voided": (
            _("Claims lost"),
            _("Retirements that were voided because the money was taken back. The grams stay retired."),
        ),
        "buffer_in": (
            _("Into the buffer"),
            _("Units issued for the buffer, by project and by their day of issue."),
        ),
        "buffer_out": (
            _("Out of the buffer"),
            _("Units cancelled for carbon that went back into the air."),
        ),
        "classes": (
            _("Classes begun"),
            _("Classes that were opened in the period."),
        ),
        "enrolled": (
            _("Learners enrolled, by language"),
            _("Enrolments of learners; testers and staff do not count."),
        ),
        "meetings": (
            _("Meetings held"),
            _("Meetings that ended in the period and were not cancelled."),
        ),
        "taught": (
            _("Hours taught"),
            _("Length of these meetings."),
        ),
        "learned": (
            _("Hours learned"),
            _("Length of these meetings, once for each learner who was there."),
        ),
        "completed": (
            _("Completions, by language"),
            _("Courses completed with a certificate."),
        ),
        "pledged": (
            _("Pledges made"),
            _("By what they are about: a year or an event."),
        ),
        "promised": (
            _("Promised"),
            _("What these pledges promise to cut, a year or for the event."),
        ),
        "withdrawn": (
            _("Pledges withdrawn"),
            _("Pledges that were withdrawn in the period."),
        ),
        "footprints": (
            _("Footprints kept, by model"),
            _("Results that somebody kept. They expire, so they are counted once, when the day is over."),
        ),
    }


def key_words(of: Of) -> str:
    """What a figure is of: a channel, a party, a type …"""
    match of.measure:
        case "orders" | "paid":
            return _channels().get(of.key, _("For something else in this portal"))
        case "paid_by":
            return {PaymentKind.CARD: _("Card or wallet"), PaymentKind.TRANSFER: _("Bank transfer")}[
                PaymentKind(of.key)
            ]
        case "came" | "back":
            return party_words()[Party(of.key)]
        case "sold_by_type" | "retired_by_type":
            return _types()[ProjectType(of.key)]
        case "enrolled" | "completed":
            return {"zh": "中文", "en": "English"}[of.key]
        case "pledged" | "promised":
            return _("a year") if of.key == "year" else _("an event")
    return of.key


def _types() -> dict[ProjectType, str]:
    return {
        ProjectType.ARR: _("Afforestation and reforestation"),
        ProjectType.IFM: _("Forest management"),
        ProjectType.REDD: _("Avoided deforestation and degradation"),
        ProjectType.OTHER: _("Another kind of project"),
    }


def _channels() -> dict[str, str]:
    return {
        "": _("Directly"),
        "gft": _("As a gift"),
        "bch": _("Gifts for many"),
        "gvg": _("Every month"),
        "plg": _("For a pledge"),
        "fpr": _("For a footprint"),
        "fev": _("For an event"),
        "evt": _("For an event"),
        "sta": _("For an event"),
    }


def amount_words(of: Of, amount: int) -> str:
    """Kilograms, money, hours, or how many."""
    if of.measure in ("orders", "refunds"):
        return number(amount)
    if of.unit in PLACES:
        return money(Money(amount, of.unit))
    if of.unit == "g":
        return mass(Mass(amount))
    if of.unit == "min":
        return _("%(hours)s h", hours=number((amount * 10 // 60) / 10))
    return number(amount)


def chart_words() -> dict[str, str]:
    """What is drawn month by month."""
    return {
        "grams": _("Credits sold, month by month"),
        "retired": _("Retired, month by month"),
        "completed": _("Completions, month by month"),
        "footprints": _("Footprints kept, month by month"),
    }
