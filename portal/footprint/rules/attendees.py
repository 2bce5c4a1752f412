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
MOST_IN_A_CAR: Final = 9
_NORMAL_95: Final = Decimal("1.96")
_PARTS: Final = Decimal("0.000000001")


class Mode(StrEnum):
    WALK = "walk"
    BUS = "bus"
    COACH = "coach"
    CAR = "car"
    ECAR = "ecar"
    RAIL = "rail"
    HSR = "hsr"
    AIR = "air"


CABINS: Final[Mapping[Mode, tuple[str, ...]]] = {
    Mode.HSR: ("second", "first", "business"),
    Mode.AIR: ("economy", "premium", "business", "first"),
}
CARS: Final = (Mode.CAR, Mode.ECAR)

MODE_TITLES: Final = {
    Mode.WALK: Bilingual("步行或骑车", "On foot or by bicycle"),
    Mode.BUS: Bilingual("公交、地铁", "City bus or metro"),
    Mode.COACH: Bilingual("长途客车、大巴", "Coach"),
    Mode.CAR: Bilingual("汽油或柴油小汽车、出租车", "Petrol or diesel car, taxi"),
    Mode.ECAR: Bilingual("电动小汽车", "Electric car"),
    Mode.RAIL: Bilingual("普速火车", "Ordinary train"),
    Mode.HSR: Bilingual("高铁、动车", "High-speed train"),
    Mode.AIR: Bilingual("飞机", "Plane"),
}
CABIN_TITLES: Final = {
    (Mode.HSR, "second"): Bilingual("二等座", "Second class"),
    (Mode.HSR, "first"): Bilingual("一等座", "First class"),
    (Mode.HSR, "business"): Bilingual("商务座", "Business class"),
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

    ``person_km`` and ``vehicle_km`` are there and back, for all people of the event.
    """

    mode: Mode
    cabin: str
    respondents: int
    share: Decimal
    km: Decimal
    person_km: Decimal
    vehicle_km: Decimal

    @property
    def title(self) -> Bilingual:
        """The mode, with its class where it has one."""
        mode, cabin = MODE_TITLES[self.mode], CABIN_TITLES.get((self.mode, self.cabin))
        if not cabin:
            return mode
        return Bilingual(f"{mode.zh}（{cabin.zh}）", f"{mode.en}, {cabin.en.lower()}")


@dataclass(frozen=True, slots=True)
class Merged:
    respondents: int
    people: int
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

    def share_of(self, *modes: Mode) -> Decimal:
        return sum((way.share for way in self.ways if way.mode in modes), start=Decimal(0))


def merge(reports: Sequence[Report], people: int) -> Merged:
    """Everybody's travel from the journeys of those who answered. The order of reports makes no difference.

    Raises TooFewReports, MoreReportsThanPeople.
    """
    answered = len(reports)
    if answered < FEWEST:
        raise TooFewReports(reports=answered, least=FEWEST)
    if answered > people:
        raise MoreReportsThanPeople(reports=answered, people=people)
    ways = _ways(reports, people)
    low, high = _bounds(reports, people)
    total = _scaled(sum((report.km for report in reports), start=Decimal(0)), people, answered)
    return Merged(answered, people, ways, total, _sampling_pct(reports, people), low, high)


def _ways(reports: Iterable[Report], people: int) -> tuple[Way, ...]:
    groups: dict[tuple[Mode, str], list[Report]] = defaultdict(list)
    for report in reports:
        groups[report.mode, report.cabin].append(report)
    order = list(Mode)
    keys = sorted(groups, key=lambda key: (order.index(key[0]), CABINS.get(key[0], ("",)).index(key[1])))
    answered = sum(len(group) for group in groups.values())
    shares = _shares([len(groups[key]) for key in keys])
    return tuple(
        _way(key, groups[key], share, people, answered) for key, share in zip(keys, shares, strict=True)
    )


def _way(key: tuple[Mode, str], group: list[Report], share: Decimal, people: int, answered: int) -> Way:
    km = sum((report.km for report in group), start=Decimal(0))
    driven = sum((report.km / report.occupants for report in sorted(group, key=_by_km) if report.occupants),
                 start=Decimal(0))  # fmt: skip
    return Way(
        *key,
        len(group),
        share,
        _rounded(km / len(group)),
        _scaled(km, people, answered),
        _scaled(driven, people, answered),
    )


def _by_km(report: Report) -> tuple[Decimal, int]:
    return report.km, report.occupants


def _shares(counts: list[int]) -> list[Decimal]:
    """Parts of 1 with nine places that sum to exactly 1: the largest remainders are rounded up."""
    total, most = sum(counts), int(1 / _PARTS)
    floors = [count * most // total for count in counts]
    by_rest = sorted(range(len(counts)), key=lambda place: (-(counts[place] * most % total), place))
    for place in by_rest[: most - sum(floors)]:
        floors[place] += 1
    return [Decimal(part) * _PARTS for part in floors]


def _scaled(km: Decimal, people: int, answered: int) -> Decimal:
    """Of all people, there and back."""
    return _rounded(km * 2 * people / answered)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.001"))


def _sampling_pct(reports: Sequence[Report], people: int) -> int:
    """± per cent of the person-km, at 95 %, rounded up."""
    count = len(reports)
    total = sum((report.km for report in reports), start=Decimal(0))
    if not total:
        return 0
    mean = total / count
    variance = sum(sorted((report.km - mean) ** 2 for report in reports)) / (count - 1)
    of_sample = variance / count * (people - count) / max(people - 1, 1)
    of_bands = sum(sorted(report.width**2 for report in reports)) / 12 / count**2
    relative = _NORMAL_95 * (of_sample + of_bands).sqrt() / mean * 100
    return int(relative.to_integral_value(ROUND_CEILING))


def _bounds(reports: Sequence[Report], people: int) -> tuple[Decimal, Decimal]:
    """Person-km if the silent were like the quarter that came from nearest, or from farthest."""
    distances = sorted(report.km for report in reports)
    quarter = max(len(distances) // 4, 1)
    silent, known = people - len(distances), sum(distances, start=Decimal(0))
    near, far = sum(distances[:quarter]) / quarter, sum(distances[-quarter:]) / quarter
    return (
        (2 * (known + silent * near)).quantize(Decimal("0.001"), ROUND_FLOOR),
        (2 * (known + silent * far)).quantize(Decimal("0.001"), ROUND_CEILING),
    )
