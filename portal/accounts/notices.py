"""What the portal tells people of its own accord: kinds of news, ways it comes in, and quiet hours. Pure.

A room that has news of its own declares its kinds when it is loaded, as it declares its jobs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from portal.kernel.actor import Role
from portal.kernel.clock import CITY
from portal.kernel.errors import N_, InvalidInput


class Way(StrEnum):
    """How news of one kind comes in."""

    BOTH = "both"  # letter and inbox
    INBOX = "inbox"
    NONE = "none"

    @property
    def by_letter(self) -> bool:
        return self is Way.BOTH

    @property
    def in_inbox(self) -> bool:
        return self is not Way.NONE


class Topic(StrEnum):
    """Under which heading news is filtered and chosen."""

    SAFETY = "safety"
    ORGANISATIONS = "organisations"
    ORDERS = "orders"
    TRAINING = "training"
    PLEDGES = "pledges"


class NoSuchKind(InvalidInput):
    message = N_("There is no news of this kind.")


class NotToBeSilenced(InvalidInput):
    message = N_("News about the safety of your account always comes by e-mail, for your own protection.")


class NotAnHour(InvalidInput):
    message = N_("Give a time such as 21:00.")


@dataclass(frozen=True, slots=True)
class Kind:
    """News of one kind. Texts are message ids in English; their places are filled from what is told.

    ``endpoint`` is the page that the news leads to; ``places`` are the things told that its address needs.
    """

    name: str
    topic: Topic
    label: str
    subject: str
    text: str
    endpoint: str
    places: tuple[str, ...] = ()
    usual: Way = Way.BOTH

    @property
    def is_safety(self) -> bool:
        """It cannot be switched off, and its letter waits for no morning: minutes count."""
        return self.topic is Topic.SAFETY


_kinds: dict[str, Kind] = {}


def declare(*kinds: Kind) -> None:
    """Make kinds of news known."""
    _kinds.update({kind.name: kind for kind in kinds})


def kind_of(name: str) -> Kind:
    """Raises NoSuchKind."""
    if name not in _kinds:
        raise NoSuchKind()
    return _kinds[name]


def kinds() -> tuple[Kind, ...]:
    """All that were declared, by topic."""
    order = list(Topic)
    return tuple(sorted(_kinds.values(), key=lambda kind: (order.index(kind.topic), kind.name)))


def checked_way(kind: Kind, way: str) -> Way:
    """Raises NotToBeSilenced, and NoSuchKind for what is no way at all."""
    if way not in set(Way):
        raise NoSuchKind()
    if kind.is_safety and way != Way.BOTH:
        raise NotToBeSilenced()
    return Way(way)


def way_for(kind: Kind, chosen: Mapping[str, Way]) -> Way:
    return Way.BOTH if kind.is_safety else chosen.get(kind.name, kind.usual)


# --- Quiet hours -----------------------------------------------------------------------------------

DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes after midnight in Beijing between which no letter is sent; the same twice: at no time."""

    begins: int
    ends: int

    def holds(self, minute: int) -> bool:
        if self.begins <= self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def next_moment(self, now: datetime) -> datetime:
        """``now``, or when the quiet hours that hold now are over."""
        here = now.astimezone(CITY)
        if not self.holds(here.hour * 60 + here.minute):
            return now
        morning = datetime.combine(here.date(), time(self.ends // 60, self.ends % 60), CITY)
        return (morning if morning > here else morning + timedelta(days=1)).astimezone(now.tzinfo)


USUAL_QUIET_HOURS: Final = QuietHours(21 * 60, 8 * 60)


def minute_of(text: str) -> int:
    """Minutes after midnight of ``21:00``. Raises NotAnHour."""
    hour, colon, minute = text.strip().replace("：", ":").partition(":")
    digits = hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit() and len(minute) == 2
    if not colon or not digits or len(hour) > 2 or int(hour) > 23 or int(minute) > 59:
        raise NotAnHour()
    return int(hour) * 60 + int(minute)


def hour_of(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


# --- What accounts themselves have to tell -----------------------------------------------------------

# How roles are called where people read of them.
ROLE_NAMES: Final = {
    Role.CITIZEN: N_("Citizen"),
    Role.TRAINER: N_("Trainer"),
    Role.AUTHOR: N_("Course author"),
    Role.REGISTRY: N_("Registry staff"),
    Role.FINANCE: N_("Finance staff"),
    Role.EDITOR: N_("Editor"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMIN: N_("Administrator"),
}

Told = Mapping[str, Any]  # plain JSON; a text in both languages is {"zh": …, "en": …}

declare(
    Kind(
        "sign_in.new_browser",
        Topic.SAFETY,
        N_("A sign-in from a browser or network you have not used before"),
        N_("New sign-in to your account"),
        N_(
            "Somebody signed in to your account with %(agent)s from the network %(network)s. "
            "Was it not you? Sign that browser out and change your password."
        ),
        "accounts.sessions",
    ),
    Kind(
        "role.granted",
        Topic.SAFETY,
        N_("A role is given to you"),
        N_("You have a new role: %(role)s"),
        N_(
            "You can work as %(role)s from now on. The role needs a second factor; set one up if you have "
            "none."
        ),
        "accounts.second_factor",
    ),
    Kind(
        "role.revoked",
        Topic.SAFETY,
        N_("A role is taken away from you"),
        N_("A role was taken away: %(role)s"),
        N_(
            "You no longer work as %(role)s, and you have been signed out everywhere. Ask the operator if "
            "you did not expect this."
        ),
        "accounts.overview",
    ),
    Kind(
        "organisation.verified",
        Topic.ORGANISATIONS,
        N_("An organisation of mine was checked"),
        N_("%(organisation)s is verified"),
        N_("The documents of %(organisation)s were checked. It bears the mark “verified” until %(until)s."),
        "accounts.organisation",
        ("organisation_id",),
    ),
    Kind(
        "organisation.refused",
        Topic.ORGANISATIONS,
        N_("An organisation of mine could not be verified"),
        N_("%(organisation)s could not be verified"),
        N_("We could not verify %(organisation)s: %(reason)s You can send other documents."),
        "accounts.verification",
        ("organisation_id",),
    ),
    Kind(
        "organisation.expiring",
        Topic.ORGANISATIONS,
        N_("The mark “verified” of an organisation of mine ends soon"),
        N_("%(organisation)s: verified until %(until)s"),
        N_(
            "The mark “verified” of %(organisation)s ends on %(until)s. Send its documents again in time, "
            "and it goes on."
        ),
        "accounts.verification",
        ("organisation_id",),
    ),
    Kind(
        "organisation.join_asked",
        Topic.ORGANISATIONS,
        N_("Somebody asks to join an organisation of mine"),
        N_("Somebody asks to join %(organisation)s"),
        N_("%(person)s used a join code of %(organisation)s and waits for your answer."),
        "accounts.join_codes",
        ("organisation_id",),
    ),
    Kind(
        "organisation.join_answered",
        Topic.ORGANISATIONS,
        N_("My request to join an organisation is answered"),
        N_("Your request to join %(organisation)s is answered"),
        N_(
            "%(organisation)s has answered your request to join. See whether you are a member under your "
            "organisations."
        ),
        "accounts.organisations",
    ),
)  # fmt: skip
