"""Planting contributions: seedlings at a named parcel in one season, paid for before they are planted.

A contribution is not a credit. It says nothing of carbon, and nobody guarantees that a seedling survives;
what is promised is that it is planted, counted and photographed, and that the counts are published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.money import Money
from portal.shop.rules.states import UNPAID, OrderState

MOST_SEEDLINGS: Final = 10_000  # in one line of an order
MOST_PLACES: Final = 1_000_000
TEXT_MAX: Final = 2_000


class NoSuchCampaign(NotFound):
    message = N_("We could not find what you asked for.")


class CampaignCodeTaken(Refused):
    message = N_("There is a planting campaign with this code already.")


class PlantingIsOver(Refused):
    message = N_("Contributions to this planting are no longer taken.")


class NotEnoughPlaces(Refused):
    message = N_("Only %(left)s seedlings can still be funded here.")


class HowManySeedlings(InvalidInput):
    message = N_("Give a whole number of seedlings from 1 to %(most)s.")


class BothLanguages(InvalidInput):
    message = N_("Please write this in both languages.")


class BadDates(InvalidInput):
    message = N_("Contributions end before the planting does, and the planting ends after it begins.")


class FewerPlacesThanFunded(Refused):
    message = N_("%(funded)s seedlings are funded already, so there cannot be fewer places.")


class MoreThanPlanted(InvalidInput):
    message = N_("There cannot be more seedlings alive than were planted (%(planted)s).")


class NotPlantedYet(Refused):
    message = N_("Report first what was planted; survival is counted afterwards.")


class FewerThanAlive(InvalidInput):
    message = N_("%(alive)s seedlings were counted alive, so no fewer can have been planted.")


class VisitInTheFuture(InvalidInput):
    message = N_("The day of the visit is in the future.")


class VisitBeforePlanting(InvalidInput):
    message = N_("A survival count cannot be older than the planting it follows (%(day)s).")


class TooManyPhotos(InvalidInput):
    message = N_("A report can have at most %(most)s photos.")


MOST_PHOTOS: Final = 6

# An order keeps its seedlings as long as it may still lead to their planting. What counts is derived from
# here alone, so that no way out of an order can forget to give its places back.
FUNDED: Final = frozenset(
    {
        OrderState.PAID,
        OrderState.SUBSTITUTE_OFFERED,
        OrderState.REGISTRY_PENDING,
        OrderState.RETIRED,
        OrderState.FULFILLED,
        OrderState.DISPUTED,
    }
)
KEEPS_PLACES: Final = FUNDED | UNPAID


class ReportKind(StrEnum):
    PLANTED = "planted"  # how many were planted; a later one corrects it
    SURVIVAL = "survival"  # how many of them are alive on a later day


@dataclass(frozen=True, slots=True)
class SeedlingLine:
    """So many seedlings of one campaign at its price."""

    campaign_id: str
    campaign_code: str
    seedlings: int
    each: Money

    @property
    def amount(self) -> Money:
        return self.each * self.seedlings


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """A planting as staff describe it. ``species`` is the common name, ``latin`` the botanical one."""

    code: str
    parcel_code: str
    parcel_name: Bilingual
    species: Bilingual
    latin: str
    season: Bilingual
    planter: Bilingual
    about: Bilingual
    each: Money
    places: int
    sales_until: date
    planting_from: date
    planting_until: date
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is shown: its digest, its size in pixels, and what there is to see on it."""

    sha256: str
    width: int
    height: int
    alt: Bilingual


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """What was counted on a visit to the parcel."""

    kind: ReportKind
    visited_on: date
    count: int
    note: Bilingual
    photos: tuple[Photo, ...]


def check_seedlings(seedlings: int) -> int:
    """Itself, when so many can be one line. Raises HowManySeedlings."""
    if not 1 <= seedlings <= MOST_SEEDLINGS:
        raise HowManySeedlings(most=MOST_SEEDLINGS)
    return seedlings


def check_campaign(draft: CampaignDraft) -> CampaignDraft:
    """Itself, when it can be opened. Raises BothLanguages, BadDates, HowManySeedlings, NothingToPay."""
    texts = (draft.parcel_name, draft.species, draft.season, draft.planter, draft.about)
    if not all(text.is_complete for text in texts):
        raise BothLanguages()
    if not draft.planting_from <= draft.planting_until or draft.sales_until > draft.planting_until:
        raise BadDates()
    if not 1 <= draft.places <= MOST_PLACES:
        raise HowManySeedlings(most=MOST_PLACES)
    draft.each.payable()
    return draft


@dataclass(frozen=True, slots=True)
class Counts:
    """What the reports so far say: the newest count of each kind, None before there is one."""

    planted: int | None = None
    planted_on: date | None = None
    alive: int | None = None
    alive_on: date | None = None

    @property
    def alive_percent(self) -> int | None:
        """Rounded down: what is alive is never told better than it is."""
        if self.alive is None or not self.planted:
            return None
        return self.alive * 100 // self.planted


def check_report(draft: ReportDraft, so_far: Counts, today: date) -> ReportDraft:
    """Itself, when it can follow what was reported before. A second report of planting corrects the first.

    Raises NotPlantedYet, MoreThanPlanted, FewerThanAlive, VisitInTheFuture, VisitBeforePlanting,
    TooManyPhotos, BothLanguages.
    """
    if draft.visited_on > today:
        raise VisitInTheFuture()
    if len(draft.photos) > MOST_PHOTOS:
        raise TooManyPhotos(most=MOST_PHOTOS)
    if not all(text.is_complete for text in (draft.note, *(photo.alt for photo in draft.photos))):
        raise BothLanguages()
    if draft.kind is ReportKind.PLANTED:
        if so_far.alive is not None and draft.count < so_far.alive:
            raise FewerThanAlive(alive=so_far.alive)
        return draft
    if so_far.planted is None or so_far.planted_on is None:
        raise NotPlantedYet()
    if draft.visited_on < so_far.planted_on:
        raise VisitBeforePlanting(day=so_far.planted_on)
    if draft.count > so_far.planted:
        raise MoreThanPlanted(planted=so_far.planted)
    return draft


def check_places(wanted: int, places: int, taken: int) -> None:
    """Raises NotEnoughPlaces with how many are left."""
    if wanted > places - taken:
        raise NotEnoughPlaces(left=max(places - taken, 0))


def per_campaign(lines: Sequence[SeedlingLine]) -> dict[str, int]:
    """How many seedlings of each campaign, in the order in which campaigns are locked."""
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.campaign_id] = wanted.get(line.campaign_id, 0) + line.seedlings
    return dict(sorted(wanted.items()))
