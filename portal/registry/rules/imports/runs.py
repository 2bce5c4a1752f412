"""How far a file has come on its way from the desk into the register."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from portal.kernel.errors import PortalError


class RunState(StrEnum):
    WAITING = "waiting"  # nobody has looked at it yet
    JUDGED = "judged"  # the report is there
    APPLYING = "applying"  # somebody confirmed it
    APPLIED = "applied"
    FAILED = "failed"  # and ``fault`` says why

    @property
    def is_busy(self) -> bool:
        return self in (RunState.WAITING, RunState.APPLYING)


IMPORT_STEPS: Final = frozenset(
    {
        (RunState.WAITING, RunState.JUDGED),
        (RunState.WAITING, RunState.FAILED),
        (RunState.JUDGED, RunState.APPLYING),
        (RunState.APPLYING, RunState.APPLIED),
        (RunState.APPLYING, RunState.FAILED),
    }
)


def told(fault: PortalError) -> dict[str, Any]:
    """An error as it is kept, to be told in either language later; ``fault_of`` is the inverse."""
    return {"says": fault.message, "of": fault.params}


class Told(PortalError):
    """An error that was kept: what it says is its own."""

    def __init__(self, says: str, of: Mapping[str, Any]) -> None:
        super().__init__(**of)
        self.message = says  # type: ignore[misc]  # one class stands for all that were kept


def fault_of(kept: Mapping[str, Any]) -> PortalError:
    return Told(kept["says"], kept["of"])
