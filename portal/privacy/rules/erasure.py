"""Being forgotten: seven days to think again, what goes, and what the law makes the portal keep."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, NotFound, Refused

WAITS: Final = timedelta(days=7)
TRY_AGAIN: Final = timedelta(days=1)


class ErasureState(StrEnum):
    WAITING = "waiting"
    UNDONE = "undone"
    DONE = "done"


MOVES: Final = frozenset(
    {(ErasureState.WAITING, ErasureState.UNDONE), (ErasureState.WAITING, ErasureState.DONE)}
)


class NoSuchErasure(NotFound):
    message = N_("There is no such request.")


class ErasureIsOver(Refused):
    message = N_("This request is settled already; nothing can be changed.")


class HandOverFirst(Refused):
    message = N_("You are the last owner of %(name)s. Make somebody else an owner first.")


class Fate(StrEnum):
    """What becomes of something at an erasure."""

    GOES = "goes"
    NAMELESS = "nameless"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of the rows of these tables, why, and until when."""

    id: str
    fate: Fate
    title: Bilingual
    because: Bilingual
    until: Bilingual
    tables: tuple[str, ...]


@cache
def outcomes() -> tuple[Outcome, ...]:
    """Every table of the copy with its fate, from ``data/erasure.toml``."""
    text = (files("portal.privacy") / "data" / "erasure.toml").read_text("utf-8")
    return tuple(_outcome(each) for each in tomllib.loads(text)["outcome"])


def _outcome(data: Mapping[str, Any]) -> Outcome:
    both = {name: Bilingual(data[name]["zh"], data[name]["en"]) for name in ("title", "because", "until")}
    return Outcome(data["id"], Fate(data["fate"]), **both, tables=tuple(data["tables"]))
