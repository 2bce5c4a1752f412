"""A campaign's page worked out anew from the raw answers of 500 people, beside a plain loop."""

import random
from statistics import fmean, median

from bench.footprint import HOUSEHOLD, REGION
from bench.measure import Figure, side_by_side
from portal.footprint.rules import library
from portal.footprint.rules.answers import Given
from portal.footprint.rules.group_figures import Figures, figures, worked
from portal.footprint.rules.groups import ALL, GROUPS, Person, next_state
from portal.footprint.rules.results import estimate, own_measures

PEOPLE, CLASSES = 500, 20


def run() -> list[Figure]:
    """Evaluating, sorting into publishable tables, averages and medians; the loop only takes the average."""
    model, chance = library.model("household-cn"), random.Random(1)
    raw = [one_life(model.id, chance) for _ in range(PEOPLE)]
    classes = [f"class {chance.randrange(CLASSES)}" for _ in raw]
    extras = [chance.choice(["yes", "no"]) for _ in raw]

    def ours() -> Figures:
        items = worked(model, ((REGION, given) for given in raw))
        people = [
            Person(f"p{n:03}", 1, item.per_person, group, (extra,))
            for n, (item, group, extra) in enumerate(zip(items, classes, extras, strict=True))
        ]
        state = next_state([], people, has_groups=True)
        assert state is not None
        of = {person.member: item for person, item in zip(people, items, strict=True)}
        return figures(model, state, of, {}, {})

    def loop() -> dict[str, tuple[float, float]]:
        """What one would write: a full estimate for each, sorted by class."""
        each: dict[str, list[int]] = {}
        for given, group in zip(raw, classes, strict=True):
            estimate(model, REGION, given)
            grams = own_measures(model, REGION, given)["per_person"]
            for name in (ALL, group):
                each.setdefault(name, []).append(grams)
        return {name: (fmean(found), median(found)) for name, found in each.items()}

    mine, theirs = ours(), loop()
    assert abs(mine[ALL][ALL]["mean_g"] - theirs[ALL][0]) <= 500, "the baseline does not do the same"
    assert len(mine[GROUPS]) == CLASSES
    return [side_by_side("footprint: campaign of 500", ours, loop, unit="pages/CPU-s", calls=1, rounds=15)]


def one_life(model_id: str, chance: random.Random) -> Given:
    """Somebody's answers; those of newer versions' further questions are not known."""
    own = {
        "home_area": str(chance.randrange(40, 140)),
        "people": str(chance.randrange(1, 6)),
        "electricity": str(chance.randrange(50, 400)),
        "car_km": str(chance.randrange(0, 300)),
        "flights": str(chance.randrange(0, 5)),
    }
    known = library.model(model_id).questions
    return {key: text for key, text in (HOUSEHOLD | own).items() if key in known}
