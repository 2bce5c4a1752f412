"""What merged journeys are as answers of the event model: one table per generation of the model."""

from collections.abc import Mapping
from typing import Final

from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.attendees import Merged, Mode
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import plain

# 1.x asks for shares only and has no coach: it counts there as a car, the worse of the two.
_SHARES: Final[Mapping[str, tuple[Mode, ...]]] = {
    "share_local": (Mode.WALK, Mode.BUS),
    "share_car": (Mode.COACH, Mode.CAR, Mode.ECAR),
    "share_rail": (Mode.RAIL, Mode.HSR),
    "share_air": (Mode.AIR,),
}


def people_of(model: Model, region: str, given: Given) -> int:
    """People on site, as answered or by default."""
    answers = compile_model(model, region).resolve(numbers(model, given))
    return int(answers[list(model.questions).index("people")])


def travel_answers(model: Model, merged: Merged) -> dict[str, str]:
    """Answers that take the place of what the organiser guessed of travel."""
    return {key: plain(merged.share_of(*modes)) for key, modes in _SHARES.items()}
