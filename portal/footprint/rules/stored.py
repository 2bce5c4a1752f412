"""A stored footprint, as other rooms see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.footprint.rules.results import Line
from portal.kernel.mass import Mass

# So long a guest may come back and go on with the answers; the result itself stays for ever.
RESUMABLE = timedelta(days=90)
LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class Footprint:
    """``form`` says how much was asked, ``stage`` whether an event is still an estimate, ``label`` is the
    holder's own word for it, and ``previous_id`` the footprint it goes on from.
    """

    id: str
    model_id: str
    version: str
    region: str
    answers: Mapping[str, str]
    lines: tuple[Line, ...]
    total: Mass
    low: Mass
    high: Mass
    digest: str
    lang: str
    owner_id: str | None
    created_at: datetime
    expires_at: datetime
    year: str = ""
    audience: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    form: str = "short"
    stage: str = ""
    previous_id: str | None = None
    label: str = ""

    def is_resumable(self, now: datetime) -> bool:
        return now < self.expires_at
