"""A pledge as somebody asks for it."""

from dataclasses import dataclass, field
from datetime import date

from portal.kernel.errors import N_, InvalidInput
from portal.kernel.mass import Mass
from portal.pledges.rules.evidence import Paper
from portal.pledges.rules.makers import BOUNDARY_MAX, BoundaryMissing, Profile, check_profile
from portal.pledges.rules.promise import MOTIVE_MAX, NAME_MAX, TextTooLong, YearOutOfRange, years


class BaselineMissing(InvalidInput):
    message = N_("A pledge starts from a footprint, or from a number with a document.")


@dataclass(frozen=True, slots=True)
class OwnBaseline:
    """A number of one's own for the year of the baseline, with the document it is taken from."""

    emissions: Mass
    paper: Paper


@dataclass(frozen=True, slots=True)
class Draft:
    """``aim`` is whole per cent, or the Mass to be cut. Starts from ``footprint_id`` or from ``own``."""

    id: str
    footprint_id: str
    aim: int | Mass
    year: int
    is_public: bool
    name: str = ""
    motive: str = ""
    email: str = ""
    lang: str = "zh"
    profile: Profile = field(default_factory=Profile)
    own: OwnBaseline | None = None
    wants_letters: bool = False


def check(draft: Draft, today: date) -> None:
    """Raises BaselineMissing, BoundaryMissing, YearOutOfRange, TextTooLong; also as ``check_profile``."""
    if bool(draft.footprint_id) == bool(draft.own):
        raise BaselineMissing()
    if draft.own and draft.profile.baseline_year is None:
        raise BaselineMissing()
    if draft.own and not draft.profile.boundary:
        raise BoundaryMissing()
    first, last = years(today)
    if not first <= draft.year <= last:
        raise YearOutOfRange(first=str(first), last=str(last))
    texts = ((draft.name, NAME_MAX), (draft.motive, MOTIVE_MAX), (draft.profile.boundary, BOUNDARY_MAX))
    for text, most in texts:
        if len(text) > most:
            raise TextTooLong(max=most)
    check_profile(draft.profile, today.year)
