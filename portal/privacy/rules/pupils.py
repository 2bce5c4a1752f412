"""Children use the portal through their school only, under a name that says nothing about them.

PIPL art. 31: below fourteen a guardian agrees. The school collects that and notes it here; the portal learns
neither name nor address of a child, so that it has nothing to lose.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotAllowed, NotFound, Refused

MOST: Final = 60
NAME_MAX: Final = 40
CODE_LENGTH: Final = 10
_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
ANIMALS: Final = (
    ("moose", "驼鹿"), ("sable", "紫貂"), ("otter", "水獭"), ("lynx", "猞猁"), ("crane", "白鹤"),
    ("heron", "苍鹭"), ("owl", "猫头鹰"), ("hare", "雪兔"), ("roe", "狍子"), ("badger", "獾"),
    ("squirrel", "松鼠"), ("weasel", "伶鼬"), ("bear", "棕熊"), ("tiger", "东北虎"), ("swan", "天鹅"),
    ("duck", "鸳鸯"), ("jay", "松鸦"), ("nutcracker", "星鸦"), ("woodpecker", "啄木鸟"), ("grouse", "榛鸡"),
)  # fmt: skip


class NotASchool(Refused):
    message = N_("Accounts for pupils are for schools. Have the organisation verified as a school first.")


class ClassNameIsMissing(InvalidInput):
    message = N_("Give the class a name of at most %(max)s characters.")


class PlacesOutOfRange(InvalidInput):
    message = N_("A class has between 1 and %(max)s places.")


class GuardiansAreNotAsked(InvalidInput):
    message = N_("Without the guardians’ agreement no accounts are made.")


class NotYourGroup(Refused):
    message = N_("Choose a pledge group that you or your school runs.")


class NoSuchPlace(NotFound):
    message = N_("There is no such place in this class.")


class NoSuchClass(NotFound):
    message = N_("There is no such class.")


class ClassHasEnded(Refused):
    message = N_("This class was deleted.")


class NotForPupils(NotAllowed):
    message = N_(
        "A pupil’s account is for learning, footprints and the pledges of the class. For this, ask an adult."
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A pupil's place: what is typed in, and how it is called in both languages."""

    number: int
    login: str
    zh: str
    en: str


def check_class(name: str, places: int, guardians_agreed: bool) -> str:
    """The name, trimmed. Raises ClassNameIsMissing, PlacesOutOfRange, GuardiansAreNotAsked."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_MAX:
        raise ClassNameIsMissing(max=NAME_MAX)
    if not 1 <= places <= MOST:
        raise PlacesOutOfRange(max=MOST)
    if not guardians_agreed:
        raise GuardiansAreNotAsked()
    return name


def places(class_id: str, count: int) -> list[Place]:
    """An animal and a number for each; the end of the class's id makes what is typed in unique."""
    mark = class_id[-6:].lower()
    made = []
    for number in range(1, count + 1):
        en, zh = ANIMALS[(number - 1) % len(ANIMALS)]
        made.append(
            Place(number, f"{en}{number:02}-{mark}", f"{zh} {number:02}", f"{en.title()} {number:02}")
        )
    return made


def new_code() -> str:
    """49 bits: with the throttle of sign-ins more than anybody can try."""
    return "".join(secrets.choice(_SIGNS) for _ in range(CODE_LENGTH))
