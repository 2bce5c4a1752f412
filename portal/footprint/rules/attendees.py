"""What attendees say of their own journey, and what it says of everybody's: merged by mode, never clipped.

The people who did not answer are taken to travel as those who did, and that is flagged with the response
rate. How far this may be wrong is said twice. ``sampling_pct``: 95 % of simple random samples of this size
lie so close (standard error with the correction for a finite population; that a band of distances is not a
distance counts too). ``low_pkm`` and ``high_pkm``: what it would be if all who are silent travelled like
the quarter of respondents with the shortest or the longest journeys; no sample can rule that out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, Refused
from portal.kernel.numbers import parse_decimal

FEWEST: Final = 5  # fewer would show a single person's journey, and say little of the others'
LONGEST_KM: Final = Decimal(20_100)  # half around the earth
LOCAL_KM: Final = Decimal(20)  # who comes by road from nearer goes home at night and comes again
MOST_IN_A_CAR: Final = 9
_NORMAL_95: Final = Decimal("1.96")
_PARTS: Final = Decimal("0.000000001")
_METRES: Final = Decimal("0.001")


class Mode(StrEnum):
    WALK = "walk"
    BUS = "bus"
    METRO = "metro"
    TAXI = "taxi"
    COACH = "coach"
    CAR = "car"
    ECAR = "ecar"
    RAIL = "rail"
    HSR = "hsr"
    AIR = "air"


CABINS: Final[Mapping[Mode, tuple[str, ...]]] = {
    Mode.AIR: ("economy", "premium", "business", "first"),
}
CARS: Final = (Mode.TAXI, Mode.CAR, Mode.ECAR)
_ALWAYS_LOCAL: Final = (Mode.WALK, Mode.BUS, Mode.METRO)
_LOCAL_WHEN_NEAR: Final = (*CARS, Mode.COACH)

MODE_TITLES: Final = {
    Mode.WALK: Bilingual("步行或骑车", "On foot or by bicycle"),
    Mode.BUS: Bilingual("公交车", "City bus"),
    Mode.METRO: Bilingual("地铁", "Metro"),
    Mode.TAXI: Bilingual("出租车、网约车", "Taxi"),
    Mode.COACH: Bilingual("长途客车、大巴", "Coach"),
    Mode.CAR: Bilingual("汽油或柴油小汽车", "Petrol or diesel car"),
    Mode.ECAR: Bilingual("电动小汽车", "Electric car"),
    Mode.RAIL: Bilingual("普速火车", "Ordinary train"),
    Mode.HSR: Bilingual("高铁、动车", "High-speed train"),
    Mode.AIR: Bilingual("飞机", "Plane"),
}
CABIN_TITLES: Final = {
    (Mode.AIR, "economy"): Bilingual("经济舱", "Economy"),
    (Mode.AIR, "premium"): Bilingual("超级经济舱", "Premium economy"),
    (Mode.AIR, "business"): Bilingual("公务舱", "Business"),
    (Mode.AIR, "first"): Bilingual("头等舱", "First"),
}


@dataclass(frozen=True, slots=True)
class Band:
    """A range of one-way distances in km. Its middle stands for it, its width makes it unsure."""

    key: str
    low: Decimal
    high: Decimal
    title: Bilingual

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2


BANDS: Final = {
    key: Band(key, Decimal(low), Decimal(high), Bilingual(zh, en))
    for key, low, high, zh, en in (
        ("b20", 0, 20, "20 公里以内（本地）", "Up to 20 km (local)"),
        ("b100", 20, 100, "20～100 公里", "20 to 100 km"),
        ("b400", 100, 400, "100～400 公里", "100 to 400 km"),
        ("b1000", 400, 1000, "400～1000 公里", "400 to 1,000 km"),
        ("b2000", 1000, 2000, "1000～2000 公里", "1,000 to 2,000 km"),
        ("b4000", 2000, 4000, "2000～4000 公里", "2,000 to 4,000 km"),
    )
}


class NoDistance(InvalidInput):
    message = N_("Choose how far it was, or write the kilometres.")


class TwoDistances(InvalidInput):
    message = N_("Either choose a range or write the kilometres, not both.")


class TooFar(InvalidInput):
    message = N_("Write the kilometres one way, from 0 to %(most)s.")


class NoMode(InvalidInput):
    message = N_("Choose how you travelled most of the way.")


class NoCabin(InvalidInput):
    message = N_("Choose your class.")


class BadOccupants(InvalidInput):
    message = N_("Write how many people were in the car, from 1 to %(most)s.")


class TooFewReports(Refused):
    message = N_(
        "There are %(reports)s answers. Fewer than %(least)s are not used: they would show single journeys."
    )


class MoreReportsThanPeople(Refused):
    message = N_(
        "%(reports)s people answered, but the event counts %(people)s. Correct the number of people first."
    )


@dataclass(frozen=True, slots=True)
class Report:
    """One attendee's way here. ``width`` is that of the band of distances, 0 where km were written."""

    km: Decimal
    width: Decimal
    mode: Mode
    cabin: str = ""
    occupants: int = 0

    @property
    def is_local(self) -> bool:
        """Whether this way is made there and back on every day of the event."""
        near = self.mode in _LOCAL_WHEN_NEAR and self.km <= LOCAL_KM
        return near or self.mode in _ALWAYS_LOCAL

    def trips(self, days: int) -> int:
        """How often the way is made: there and back once, or on each of the days by somebody local."""
        return 2 * (days if self.is_local else 1)

    def travelled(self, days: int) -> Decimal:
        """Kilometres in all."""
        return self.km * self.trips(days)


def read_report(band: str, km: str, mode: str, cabin: str, occupants: str) -> Report:
    """What was sent, checked.

    Raises NoDistance, TwoDistances, TooFar, NotANumber, NoMode, NoCabin, BadOccupants.
    """
    distance, width = read_distance(band, km)
    chosen = read_mode(mode)
    if chosen in CABINS and cabin not in CABINS[chosen]:
        raise NoCabin()
    return Report(
        distance,
        width,
        chosen,
        cabin if chosen in CABINS else "",
        _occupants(occupants) if chosen in CARS else 0,
    )


def read_distance(band: str, km: str) -> tuple[Decimal, Decimal]:
    """Kilometres one way and the width of the band they stand for."""
    if band and km.strip():
        raise TwoDistances()
    if km.strip():
        distance = parse_decimal(km)
        if not 0 <= distance <= LONGEST_KM:
            raise TooFar(most=int(LONGEST_KM))
        return distance, Decimal(0)
    if band not in BANDS:
        raise NoDistance()
    return BANDS[band].middle, BANDS[band].high - BANDS[band].low


def read_mode(mode: str) -> Mode:
    if mode not in [*Mode]:
        raise NoMode()
    return Mode(mode)


def _occupants(text: str) -> int:
    if text.strip() not in [str(count) for count in range(1, MOST_IN_A_CAR + 1)]:
        raise BadOccupants(most=MOST_IN_A_CAR)
    return int(text)


@dataclass(frozen=True, slots=True)
class Way:
    """All who came in one way. ``share`` of everybody; ``km`` one way on average.

    ``person_km`` and ``vehicle_km`` are there and back, for all people of the event, local ways on each day.
    """

    is_local: bool
    mode: Mode
    cabin: str
    respondents: int
    share: Decimal
    km: Decimal
    person_km: Decimal
    vehicle_km: Decimal

    @property
    def title(self) -> Bilingual:
        """The mode, with its class where it has one, and whether it is a way within the place."""
        mode, cabin = MODE_TITLES[self.mode], CABIN_TITLES.get((self.mode, self.cabin))
        if cabin:
            return Bilingual(f"{mode.zh}（{cabin.zh}）", f"{mode.en}, {cabin.en.lower()}")
        if self.is_local and self.mode in _LOCAL_WHEN_NEAR:
            return Bilingual(f"{mode.zh}（本地）", f"{mode.en}, local")
        return mode


@dataclass(frozen=True, slots=True)
class Merged:
    respondents: int
    people: int
    days: int
    ways: tuple[Way, ...]
    person_km: Decimal
    sampling_pct: int
    low_pkm: Decimal
    high_pkm: Decimal

    @property
    def rate_pct(self) -> int:
        """Who answered, in whole per cent, rounded down."""
        return self.respondents * 100 // self.people

    @property
    def silent(self) -> int:
        """People whose journey is filled in by the respondents' mix."""
        return self.people - self.respondents

    def of(self, *modes: Mode, local: bool = False) -> list[Way]:
        """The ways by any of these modes, local or not; without a mode, by whatever mode."""
        return [way for way in self.ways if way.is_local is local and (not modes or way.mode in modes)]


def merge(reports: Sequence[Report], people: int, days: int = 1) -> Merged:
    """Everybody's travel from the journeys of those who answered. The order of reports makes no difference.

    Raises TooFewReports, MoreReportsThanPeople.
    """
    answered = len(reports)
    if answered < FEWEST:
        raise TooFewReports(reports=answered, least=FEWEST)
    if answered > people:
        raise MoreReportsThanPeople(reports=answered, people=people)
    ways = _ways(reports, people, days)
    low, high = _bounds(reports, people, days)
    total = _sum(way.person_km for way in ways)
    return Merged(answered, people, days, ways, total, _sampling_pct(reports, people, days), low, high)


_Key = tuple[bool, Mode, str]


def _ways(reports: Iterable[Report], people: int, days: int) -> tuple[Way, ...]:
    groups: dict[_Key, list[Report]] = defaultdict(list)
    for report in reports:
        groups[report.is_local, report.mode, report.cabin].append(report)
    keys = sorted(groups, key=_order)
    answered = sum(len(group) for group in groups.values())
    shares = _shares([len(groups[key]) for key in keys])
    return tuple(
        _way(key, groups[key], share, Decimal(people) / answered, days)
        for key, share in zip(keys, shares, strict=True)
    )


def _order(key: _Key) -> tuple[bool, int, int]:
    """Local ways first, then as the modes and classes are listed."""
    local, mode, cabin = key
    return not local, list(Mode).index(mode), CABINS.get(mode, ("",)).index(cabin)


def _way(key: _Key, group: list[Report], share: Decimal, scale: Decimal, days: int) -> Way:
    # In one order, so that the last digit does not depend on who answered first.
    group = sorted(group, key=lambda report: (report.km, report.occupants))
    km = _sum(report.km for report in group)
    there_and_back = _sum(report.travelled(days) for report in group)
    driven = _sum(report.travelled(days) / (report.occupants or 1) for report in group)
    return Way(
        *key,
        len(group),
        share,
        _rounded(km / len(group)),
        _rounded(there_and_back * scale),
        _rounded(driven * scale) if key[1] in CARS else Decimal(0),
    )


def _shares(counts: list[int]) -> list[Decimal]:
    """Parts of 1 with nine places that sum to exactly 1: the largest remainders are rounded up."""
    total, most = sum(counts), int(1 / _PARTS)
    floors = [count * most // total for count in counts]
    by_rest = sorted(range(len(counts)), key=lambda place: (-(counts[place] * most % total), place))
    for place in by_rest[: most - sum(floors)]:
        floors[place] += 1
    return [Decimal(part) * _PARTS for part in floors]


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, start=Decimal(0))


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_METRES)


def _sampling_pct(reports: Sequence[Report], people: int, days: int) -> int:
    """± per cent of the person-km, at 95 %, rounded up."""
    count, journeys = len(reports), sorted(report.travelled(days) for report in reports)
    total = _sum(journeys)
    if not total:
        return 0
    mean = total / count
    variance = _sum((journey - mean) ** 2 for journey in journeys) / (count - 1)
    of_sample = variance / count * (people - count) / max(people - 1, 1)
    # A band stands for any distance in it alike: variance width² ÷ 12, times the ways made.
    widths = sorted(report.width * report.trips(days) for report in reports)
    of_bands = _sum(width**2 for width in widths) / 12 / count**2
    relative = _NORMAL_95 * (of_sample + of_bands).sqrt() / mean * 100
    return int(relative.to_integral_value(ROUND_CEILING))


def _bounds(reports: Sequence[Report], people: int, days: int) -> tuple[Decimal, Decimal]:
    """Person-km if the silent were like the quarter that came from nearest, or from farthest."""
    journeys = sorted(report.travelled(days) for report in reports)
    quarter = max(len(journeys) // 4, 1)
    silent, known = people - len(journeys), _sum(journeys)
    near, far = _sum(journeys[:quarter]) / quarter, _sum(journeys[-quarter:]) / quarter
    return (
        (known + silent * near).quantize(_METRES, ROUND_FLOOR),
        (known + silent * far).quantize(_METRES, ROUND_CEILING),
    )
