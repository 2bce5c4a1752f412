"""Who acts: the first argument of every command."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Role(StrEnum):
    """What a person may be to the portal. Rights in a company come from membership instead."""

    CITIZEN = "citizen"
    TRAINER = "trainer"
    AUTHOR = "author"
    REGISTRY = "registry"
    FINANCE = "finance"
    EDITOR = "editor"
    AUDITOR = "auditor"
    ADMIN = "admin"


STAFF = frozenset({Role.REGISTRY, Role.FINANCE, Role.EDITOR, Role.AUDITOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a guest or the system.

    ``id`` is ``usr_…`` for a person, ``guest`` or ``system:<job>`` otherwise.
    ``roles`` are live only after the second factor, for those that demand one.
    ``keys`` are ids that a signed link or a bearer token has opened to this actor.
    ``organisations`` maps ``org_…`` to the membership (owner, approver, member).
    ``is_pupil``: a child's account of a school, which neither buys nor shows a name.
    ``proposer`` is who proposed what this actor is just accepting; only an accepted proposal sets it.
    """

    id: str
    roles: frozenset[Role] = frozenset()
    keys: frozenset[str] = frozenset()
    organisations: dict[str, str] = field(default_factory=dict)
    is_pupil: bool = False
    proposer: str = ""

    @classmethod
    def guest(cls, *keys: str) -> Self:
        return cls("guest", keys=frozenset(keys))

    @classmethod
    def system(cls, job: str) -> Self:
        return cls(f"system:{job}")

    @property
    def is_person(self) -> bool:
        return self.id.startswith("usr_")

    @property
    def is_system(self) -> bool:
        return self.id.startswith("system:")

    @property
    def is_two(self) -> bool:
        """Whether a second person stands behind this: what moves money, credits or roles asks for it."""
        return self.is_person and self.proposer not in ("", self.id)

    def has(self, *roles: Role) -> bool:
        """Whether any of these roles is live. Admin is no master key: each policy names it or not."""
        return bool(self.roles.intersection(roles))

    def holds(self, thing_id: str) -> bool:
        """Whether a signed link or token has opened this thing to the actor."""
        return thing_id in self.keys
