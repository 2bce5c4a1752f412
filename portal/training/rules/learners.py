"""Learners: with an account or with a personal code, and how they come into a class."""

import secrets
from hashlib import sha256
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

NAME_MAX: Final = 100
CODE_LENGTH: Final = 9
# Nothing that is mistaken for something else on a slip of paper.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class NotAPledge(InvalidInput):
    message = N_("This is no certificate of a pledge that stands. One of a pledge is of the kind C0.")


class UnknownEnrolment(NotFound):
    message = N_("We could not find this course among yours.")


class UnknownClass(NotFound):
    message = N_("No class has this code. Check it on the poster or ask your trainer.")


class ClassClosed(Refused):
    message = N_("This class takes nobody any more. Ask your trainer.")


class NameNeeded(InvalidInput):
    message = N_("Please write your name as it should stand on the certificate.")


class NameTooLong(InvalidInput):
    message = N_("Please use at most %(max)s characters.")


class UnknownCode(NotFound):
    message = N_(
        "We could not find this personal code. Check it on your slip, or ask your trainer for a new one."
    )


class CourseWithdrawn(Refused):
    message = N_(
        "This version of the course is not begun any more. The catalogue lists all that can be taken."
    )


def new_code() -> str:
    """A personal code: 44 bits, tried by few (entry is counted), typed from a slip of paper."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """A code as it was typed: blanks and hyphens apart, in capitals."""
    return "".join(c for c in typed.upper() if c in _ALPHABET)[: CODE_LENGTH + 1]


def printed(code: str) -> str:
    """``ABC-DEF-GHJ``."""
    return "-".join(code[at : at + 3] for at in range(0, len(code), 3))


def hash_of(code: str) -> str:
    """What is kept of a personal code."""
    return sha256(b"training code v1:" + code.encode()).hexdigest()


def name_of(typed: str) -> str:
    """A name as it will stand on the certificate. Raises NameNeeded, NameTooLong."""
    name = " ".join(typed.split())
    if not name:
        raise NameNeeded()
    if len(name) > NAME_MAX:
        raise NameTooLong(max=NAME_MAX)
    return name
