"""How long tests wait for what comes for certain: a machine that is busy is no fault of the portal.

The limits that the portal itself keeps are tested by themselves, with orders that never end.
"""

import atexit
from functools import cache

from portal.web.press import Press

PATIENCE = 120  # seconds


class PatientPress(Press):
    """A press that is given all the time it needs, whoever orders."""

    def _ask(self, order: bytes, _seconds: float) -> bytes:
        return super()._ask(order, PATIENCE)


@cache
def patient_press() -> PatientPress:
    """Stands for ``press.shared``: this process's press."""
    one = PatientPress()
    atexit.register(one.close)
    return one
