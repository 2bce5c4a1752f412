"""Who may do what in training."""

from collections.abc import Collection

from portal.kernel.actor import Actor, Role


def may_write_courses(actor: Actor) -> bool:
    """Authors, and editors of the city."""
    return actor.has(Role.AUTHOR, Role.EDITOR)


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
