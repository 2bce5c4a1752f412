"""Footprint evaluation: the compiled models beside the same arithmetic written by hand."""

from bench.measure import Figure, side_by_side
from portal.footprint.rules import library
from portal.footprint.rules.answers import numbers
from portal.footprint.rules.compiler import Answers, compile_model
from portal.footprint.rules.results import estimate

REGION = "230700"
HOUSEHOLD = {
    "heating": "district", "home_area": "80", "insulation": "average", "people": "2", "electricity": "150",
    "car_km": "40", "car_occupants": "2", "bus_km": "15", "rail_km": "700", "flights": "2", "diet": "most",
    "clothes": "10",
}  # fmt: skip
EVENT = {
    "people": "300", "days": "2", "share_local": "0.4", "share_car": "0.1", "share_rail": "0.3",
    "share_air": "0.2", "nights": "320", "catering": "white",
}  # fmt: skip
UNIT = "evaluations/CPU-s"


def run() -> list[Figure]:
    """Validated answer sets, all rules: first without, then with intervals, grades and the full trace."""
    figures = []
    for model_id, given, by_hand in (
        ("household-cn", HOUSEHOLD, household_by_hand),
        ("event-cn", EVENT, event_by_hand),
    ):
        model = library.model(model_id)
        answers, evaluate = numbers(model, given), compile_model(model, REGION).evaluate
        assert evaluate(answers) == by_hand(answers), f"{model_id}: the baseline does not do the same"
        figures.append(
            side_by_side(
                f"footprint: {model_id}, all rules",
                lambda evaluate=evaluate, answers=answers: evaluate(answers),
                lambda by_hand=by_hand, answers=answers: by_hand(answers),
                unit=UNIT,
                calls=20_000,
                rounds=15,
            )
        )
        figures.append(
            side_by_side(
                f"footprint: {model_id}, trace and intervals",
                lambda model=model, given=given: estimate(model, REGION, given),
                lambda by_hand=by_hand, answers=answers: by_hand(answers),
                unit=UNIT,
                calls=1_000,
                rounds=15,
            )
        )
    return figures


def grams(kilograms: float) -> int:
    return int(kilograms * 1000.0 + 0.5)


def household_by_hand(answers: Answers) -> tuple[int, ...]:
    """household-cn 1.0.0 as one would write it for this one purpose, in Yichun."""
    heating, area, insulation, people, power, car_km, seats, bus_km, rail_km, flights, meat, clothes = answers
    loss = 0.5 if insulation == 0.0 else 1.4 if insulation == 2.0 else 0.9
    heat = area * 6100.0 * 86400.0 * loss / 1000000000.0 * 1.0
    return (
        grams(heat * 110.0 if heating == 0.0 else 0.0),
        grams(heat / 0.5 / 0.023204 * 2.0715 if heating == 1.0 else 0.0),
        grams(heat / 0.9 / 0.038931 * 2.1622 if heating == 2.0 else 0.0),
        grams(heat * 277.778 * 0.5229 if heating == 3.0 else 0.0),
        grams(heat / 0.5 / 14.7 * 46.98508 if heating == 4.0 else 0.0),
        grams(power * 12.0 * 0.5229),
        grams(people * car_km * 52.18 / seats * 0.19567),
        grams(people * bus_km * 52.18 * 0.053),
        grams(people * rail_km * 0.03048),
        grams(flights * 1664.0 * 0.10916),
        grams(people * meat * 52.18 * (0.1 * 5.19 + (1.0 - 0.1) * 1.75)),
        grams(people * 52.18 * ((14.0 - meat) * 0.97 + 7.0 * 0.31)),
        grams(people * clothes * 0.5 / 1000.0 * 22310.0),
        grams(people * 0.33 * 85.1 + (257.0 + 342.0 + 375.8) * 1.0 / 10.0),
        grams(people * 290.0 * 0.2717),
    )


def event_by_hand(answers: Answers) -> tuple[int, ...]:
    """event-cn 1.0.0 as one would write it for this one purpose, in Yichun."""
    people, days, local, car, rail, air, nights, meals = answers
    meal = 5.19 if meals == 3.0 else 1.75 if meals == 2.0 else 0.97 if meals == 1.0 else 0.0
    return (
        grams(people * local * days * 20.0 * 0.053),
        grams(people * car * 660.0 / 2.0 * 0.19567),
        grams(people * rail * 1400.0 * 0.03048),
        grams(people * air * 3328.0 * 0.10916),
        grams(nights * 53.5),
        grams(people * days * 2.0 * meal),
        grams(people * 3.0 * days * 65.0 / 365.0 * 0.5229),
        grams(people * 3.0 * days * 0.575 * 0.0023 * 110.0),
        grams(people * 20.0 * 0.0067),
        grams(people * days * 1.0 * 0.2717),
    )
