"""Footprint evaluation beside arithmetic by hand, the first versions, and the French calculator."""

import json
import shutil
import statistics
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Figure, figure, side_by_side
from portal.footprint.rules import library
from portal.footprint.rules.answers import Given, from_texts, numbers
from portal.footprint.rules.compiler import Answers, compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.reading import parsed
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
        model = library.model(model_id, "1.0.0")
        answers, evaluate = numbers(model, given), compile_model(model, REGION).evaluate
        assert evaluate(answers) == by_hand(answers), f"{model_id}: the baseline does not do the same"
        figures += _pair(model, given, lambda by_hand=by_hand, answers=answers: by_hand(answers))
        newest = library.model(model_id)
        figures += _pair(newest, _full(newest), lambda evaluate=evaluate, answers=answers: evaluate(answers))
    figures.append(_loading())
    french = _french()
    return [*figures, french] if french else figures


def _pair(model: Model, given: Given, baseline: Callable[[], object]) -> list[Figure]:
    """All rules without and with the trace; the baseline is by hand for a first version, else that."""
    answers, evaluate = numbers(model, given), compile_model(model, REGION).evaluate
    name = f"footprint: {model.id} {model.version}"
    return [
        side_by_side(
            f"{name}, all rules", lambda: evaluate(answers), baseline, unit=UNIT, calls=20_000, rounds=15
        ),
        side_by_side(
            f"{name}, trace and intervals",
            lambda: estimate(model, REGION, given),
            baseline,
            unit=UNIT,
            calls=1_000,
            rounds=15,
        ),
    ]


def _full(model: Model) -> Given:
    """The golden case that answers most."""
    cases = [case for case in model.cases.values() if not case.audience]
    return from_texts(model, max(cases, key=lambda case: len(case.answers)).answers)


def _loading() -> Figure:
    """Every frozen version read, verified and checked, beside only reading the files with tomllib."""
    shelf = files("portal.footprint") / "models"
    texts = [(shelf / name / "model.toml").read_text("utf-8") for name in library.lock()]
    ours, theirs = [], []
    for _ in range(5):
        library._model.cache_clear()
        parsed.cache_clear()
        ours.append(_cpu(lambda: [library.model(*name.split("/")) for name in library.lock()]))
        theirs.append(_cpu(lambda: [tomllib.loads(text) for text in texts]))
    mine, baseline = statistics.median(ours), statistics.median(theirs)
    return figure(
        f"footprint: {len(texts)} versions loaded and checked",
        value=mine * 1000,
        baseline=baseline * 1000,
        ratio=baseline / mine,
        unit="CPU ms",
        seconds=ours,
        n=len(ours),
    )


def _cpu(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


# The engine publicodes with the whole French model nosgestesclimat, one answer changed each time.
_FRENCH = """
import {readFileSync} from 'node:fs';
import Engine from 'publicodes';
const file = 'node_modules/@incubateur-ademe/nosgestesclimat/public/co2-model.FR-lang.fr.json';
const logger = {log() {}, warn() {}, error() {}};
const engine = new Engine(JSON.parse(readFileSync(file, 'utf8')), {logger});
const seconds = [];
for (let turn = 0; turn < 6; turn++) {
  const start = process.cpuUsage();
  engine.setSituation({'logement . surface': String(60 + turn)});
  engine.evaluate('bilan');
  const used = process.cpuUsage(start);
  seconds.push((used.user + used.system) / 1e6);
}
process.stdout.write(JSON.stringify(seconds.slice(1)));
"""
_PACKAGES = ("@incubateur-ademe/nosgestesclimat", "publicodes")


def _french() -> Figure | None:
    """Our full household model beside the French one, if Node.js, npm and its packages can be had."""
    node, npm = shutil.which("node") or shutil.which("nodejs"), shutil.which("npm")
    if not (node and npm):
        return _left_out("Node.js and npm are not here")
    with TemporaryDirectory() as folder:
        Path(folder, "run.mjs").write_text(_FRENCH, "utf-8")
        install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *_PACKAGES]
        try:
            subprocess.run(install, cwd=folder, capture_output=True, timeout=180, check=True)
            done = subprocess.run([node, "run.mjs"], cwd=folder, capture_output=True, timeout=120, check=True)
            theirs = [float(seconds) for seconds in json.loads(done.stdout)]
        except (subprocess.SubprocessError, OSError, ValueError) as fault:
            return _left_out(type(fault).__name__)
    model = library.model("household-cn")
    answers, evaluate = numbers(model, _full(model)), compile_model(model, REGION).evaluate
    ours = [_cpu(lambda: [evaluate(answers) for _ in range(20_000)]) / 20_000 for _ in range(15)]
    mine, baseline = statistics.median(ours), statistics.median(theirs)
    return figure(
        f"footprint: {model.id} {model.version}, French engine",
        value=1 / mine,
        baseline=1 / baseline,
        ratio=baseline / mine,
        unit=UNIT,
        seconds=ours,
        n=len(theirs),
    )


def _left_out(why: str) -> None:
    print(f"footprint: the comparison with the French engine is left out ({why}).", file=sys.stderr)


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
