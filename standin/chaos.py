"""What goes wrong, and how often. All chance comes from one seeded source."""

import random
import threading
from dataclasses import dataclass, fields, replace

API_FAULTS = frozenset({"fail", "lose", "hang"})


@dataclass(frozen=True, slots=True)
class Chaos:
    """Chances are 0…1 per occasion; times are seconds."""

    duplicate: float = 0.0  # an event is sent once more
    twin: float = 0.0  # another event, with an id of its own, tells the same
    drop: float = 0.0  # an event is never sent
    reorder: float = 0.0  # an event is held back behind later ones, up to 1.5 s
    delay: tuple[float, float] = (0.0, 0.0)  # every event waits this long, from … to
    fail: float = 0.0  # a call is answered 500 and has no effect
    lose: float = 0.0  # a call has its effect and the connection closes without an answer
    hang: float = 0.0  # a call has its effect and is answered only after hang_seconds
    hang_seconds: float = 60.0
    slow_refunds: float = 0.0  # a refund stays pending until it is finished through /_control
    dispute: float = 0.0  # a payment is disputed as soon as it is made

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "delay":
                if not (len(value) == 2 and 0 <= value[0] <= value[1]):
                    raise ValueError("delay is two numbers, from ≤ to")
            elif not 0 <= value <= (3600 if field.name == "hang_seconds" else 1):
                raise ValueError(f"{field.name}={value} is out of range")

    @classmethod
    def read(cls, text: str) -> "Chaos":
        """From ``duplicate=0.25,drop=0.1,delay=0-2``. Raises ValueError."""
        given: dict[str, object] = {}
        for pair in filter(None, text.split(",")):
            name, _, value = pair.partition("=")
            low, _, high = value.partition("-")
            given[name.strip()] = (
                (float(low), float(high or low)) if name.strip() == "delay" else float(value)
            )
        return cls.of(given)

    @classmethod
    def of(cls, given: dict[str, object]) -> "Chaos":
        """From names and values. Raises ValueError for an unknown name."""
        unknown = set(given) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"unknown fault: {', '.join(sorted(unknown))}")
        if isinstance(given.get("delay"), list):
            given = {**given, "delay": tuple(given["delay"])}  # type: ignore[arg-type]
        return replace(cls(), **given)  # type: ignore[arg-type]


class Dice:
    """Chance that can be repeated: the same seed and the same calls fall the same way."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = random.Random(seed)  # noqa: S311 - chance to be repeated, no secret
        self._lock = threading.Lock()
        self._planned: list[str] = []

    def falls(self, chance: float) -> bool:
        with self._lock:
            return chance > 0 and self._random.random() < chance

    def between(self, low: float, high: float) -> float:
        with self._lock:
            return self._random.uniform(low, high)

    def plan(self, faults: list[str]) -> None:
        """The next API calls go wrong exactly so (``""``: not at all), whatever the chances say."""
        if unknown := set(faults) - API_FAULTS - {""}:
            raise ValueError(f"unknown fault: {', '.join(sorted(unknown))}")
        with self._lock:
            self._planned.extend(faults)

    @property
    def planned(self) -> list[str]:
        """What of the plan has not happened yet."""
        return list(self._planned)

    def fault_of_call(self, chaos: Chaos) -> str:
        with self._lock:
            if self._planned:
                return self._planned.pop(0)
        return next((name for name in sorted(API_FAULTS) if self.falls(getattr(chaos, name))), "")
