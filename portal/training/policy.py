"""Who may do what in training."""

from collections.abc import Collection
from typing import Protocol

from portal.kernel.actor import Actor, Role


def may_write_courses(actor: Actor) -> bool:
    """Authors, and editors of the city."""
    return actor.has(Role.AUTHOR, Role.EDITOR)


def may_read_courses(actor: Actor) -> bool:
    """Drafts: who writes them, and auditors, who change nothing."""
    return may_write_courses(actor) or may_read_all(actor)


def may_publish(actor: Actor) -> bool:
    """Editors, and operators at the command line: what is published never changes."""
    return actor.is_system or actor.has(Role.EDITOR)


def may_open_cohorts(actor: Actor) -> bool:
    return actor.has(Role.TRAINER)


def may_run(actor: Actor, trainers: Collection[str]) -> bool:
    """A cohort is run by its own trainers, by nobody else."""
    return actor.has(Role.TRAINER) and actor.id in trainers


def may_read_all(actor: Actor) -> bool:
    """Auditors see every class and change none."""
    return actor.has(Role.AUDITOR)


class Owned(Protocol):
    """What a policy looks at: whose learning this is. ``person_id`` is None without an account."""

    @property
    def learner_id(self) -> str: ...
    @property
    def person_id(self) -> str | None: ...


def may_follow_up(actor: Actor, enrolment_id: str, owned: Owned) -> bool:
    """The learner, and who holds the letter that asks: to answer and to be asked no more, nothing else."""
    return may_learn(actor, owned) or actor.holds(enrolment_id)


def may_ask_again(actor: Actor) -> bool:
    """Only the job that asks when the time has come."""
    return actor.is_system


def may_enrol(actor: Actor) -> bool:
    """Who has an account, or is known already by a personal code."""
    return actor.is_person or any(key.startswith("lrn_") for key in actor.keys)


def may_learn(actor: Actor, owned: Owned) -> bool:
    """The learner alone. Once there is an account it is the only door: a device that knew the code is not."""
    if owned.person_id is not None:
        return actor.is_person and actor.id == owned.person_id
    return actor.holds(owned.learner_id)


def is_staff_of(actor: Actor, trainers: Collection[str]) -> bool:
    """Who writes the questions or runs the class is never counted in its statistics."""
    return may_write_courses(actor) or may_run(actor, trainers)


def may_see(actor: Actor, trainers: Collection[str]) -> bool:
    """A cohort is seen by its own trainers and by auditors."""
    return may_run(actor, trainers) or may_read_all(actor)


def may_raise_trainers(actor: Actor, level: str) -> bool:
    """Lead trainers, and editors of the city who name the first of them; ``level`` is the actor's own."""
    return actor.is_system or actor.has(Role.EDITOR) or (actor.has(Role.TRAINER) and level == "lead")


def may_link(actor: Actor, learner_id: str) -> bool:
    """Somebody with an account, on a device that this learner's code has opened."""
    return actor.is_person and actor.holds(learner_id)


def may_forget_learner(actor: Actor) -> bool:
    """Only the job that carries out what a person asked for, after the days in which they can undo it."""
    return actor.is_system


def may_rename(actor: Actor) -> bool:
    """The room of privacy alone, which asks whose name it is and who puts it right."""
    return actor.is_system
