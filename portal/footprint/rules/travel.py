"""What merged journeys are as answers of the event model."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.attendees import CARS, Merged, Mode, Way
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import plain

_RAIL: Final = (Mode.RAIL, Mode.HSR)
_LOCAL: Final = {
    "local_bus": (Mode.BUS, Mode.COACH),
    "local_metro": (Mode.METRO,),
    "local_car": (Mode.CAR, Mode.ECAR),
    "local_taxi": (Mode.TAXI,),
    "local_bike": (Mode.WALK,),
}
_CABINS: Final = {
    "air_economy": "economy",
    "air_premium": "premium",
    "air_business": "business",
    "air_first": "first",
}
_PARTS: Final = Decimal("0.000000001")


def people_of(model: Model, region: str, given: Given) -> int:
    """People on site, as answered or by default."""
    return int(_resolved(model, region, given, "people"))


def days_of(model: Model, region: str, given: Given) -> int:
    """On how many days a local person comes: half a day is one."""
    days = Decimal(repr(_resolved(model, region, given, "days")))
    return max(1, int(days.to_integral_value(ROUND_CEILING)))


def _resolved(model: Model, region: str, given: Given, key: str) -> float:
    answers = compile_model(model, region).resolve(numbers(model, given))
    return answers[list(model.questions).index(key)] or 0.0


def travel_answers(model: Model, merged: Merged) -> dict[str, str]:
    """Answers that take the place of what the organiser guessed of travel.

    Who comes how is a share of people; how far, and in which class, is person-km (vehicle-km for cars). An
    electric car counts as a car, and one shared within the place as the model says cars there are shared. A
    model that cannot be told one of these is not told it.
    """
    away = {
        "share_car": [*merged.of(*CARS, Mode.COACH)],
        "share_rail": merged.of(*_RAIL),
        "share_air": merged.of(Mode.AIR),
    }
    local = merged.of(local=True)
    answers = {"share_local": _share(local), **{key: _share(ways) for key, ways in away.items()}}
    answers |= {
        "pkm_local": _person_km(local),
        "vkm_car": plain(sum((way.vehicle_km for way in merged.of(*CARS)), start=Decimal(0))),
        "pkm_coach": _person_km(merged.of(Mode.COACH)),
        "pkm_rail": _person_km(away["share_rail"]),
        "pkm_air": _person_km(away["share_air"]),
    }
    answers |= _split({key: merged.of(*modes, local=True) for key, modes in _LOCAL.items()})
    cabins = {key: [way for way in away["share_air"] if way.cabin == cabin] for key, cabin in _CABINS.items()}
    answers |= _split(cabins)
    return {key: text for key, text in answers.items() if key in model.questions}


def _share(ways: Iterable[Way]) -> str:
    return plain(sum((way.share for way in ways), start=Decimal(0)))


def _person_km(ways: Iterable[Way]) -> str:
    return plain(sum((way.person_km for way in ways), start=Decimal(0)))


def _split(groups: dict[str, list[Way]]) -> dict[str, str]:
    """Each group's part of their person-km, or of their people where nobody went any distance."""
    weights = {key: sum((way.person_km for way in ways), start=Decimal(0)) for key, ways in groups.items()}
    if not any(weights.values()):
        weights = {key: Decimal(sum(way.respondents for way in ways)) for key, ways in groups.items()}
    total = sum(weights.values(), start=Decimal(0))
    if not total:
        return {}
    parts = {key: (weight / total).quantize(_PARTS, ROUND_FLOOR) for key, weight in weights.items()}
    largest = max(parts, key=lambda key: parts[key])
    parts[largest] += 1 - sum(parts.values())  # what rounding down left over, so that they sum to 1
    return {key: plain(part) for key, part in parts.items()}
