"""Courses that are published: what may be, and which version is the newest."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

T = TypeVar("T")


class UnknownCourse(NotFound):
    message = N_("We could not find this course. The catalogue lists all that can be taken.")


class UnknownLesson(NotFound):
    message = N_("This course has no such lesson.")


class PackUnsound(InvalidInput):
    message = N_("This course cannot be published yet: %(count)s findings are open.")


class VersionTaken(Refused):
    message = N_("Version %(version)s of this course is published and never changes. Give this pack another.")


class VersionNotNewer(Refused):
    message = N_("Version %(version)s is not newer than %(newest)s, which is published.")


def order_of(version: str) -> tuple[int, ...]:
    """1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


def newest(things: Iterable[T], version_of: Callable[[T], str]) -> T:
    """Of one thing or more, the one of the highest version."""
    return max(things, key=lambda thing: order_of(version_of(thing)))
