"""How a figure is taken: both sides in turns, so that a noisy neighbour disturbs both alike."""

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

Call = Callable[[], object]
Figure = dict[str, Any]


def side_by_side(
    name: str, ours: Call, baseline: Call, *, unit: str = "requests/CPU-s", rounds: int = 40, calls: int = 10
) -> Figure:
    """Calls per CPU-second of both, from ``rounds`` turns of ``calls`` calls each.

    ``ratio`` is the median of the rounds' ratios (higher is better); ``median_ms`` and ``p95_ms`` are our CPU
    milliseconds per call.
    """
    for warm_up in (ours, baseline):
        for _ in range(calls):
            warm_up()
    pairs = [(cpu_per_call(ours, calls), cpu_per_call(baseline, calls)) for _ in range(rounds)]
    mine, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    return figure(
        name,
        value=1 / statistics.median(mine),
        baseline=1 / statistics.median(theirs),
        ratio=statistics.median(b / a for a, b in pairs),
        unit=unit,
        seconds=mine,
        n=rounds * calls,
    )


def cpu_per_call(call: Call, times: int) -> float:
    """CPU seconds of this thread per call; collecting garbage is left out of the measured stretch."""
    gc.collect()
    gc.disable()
    try:
        start = time.thread_time()
        for _ in range(times):
            call()
        return (time.thread_time() - start) / times
    finally:
        gc.enable()


def figure(
    name: str, *, value: float, baseline: float, ratio: float, unit: str, seconds: list[float], n: int
) -> Figure:
    """One line of the report. ``seconds`` are samples of the time one operation of ours took."""
    ordered = sorted(seconds)
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(ratio, 3),
        "n": n,
        "median_ms": round(statistics.median(ordered) * 1000, 3),
        "p95_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000, 3),
    }
