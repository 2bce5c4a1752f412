"""What a class of pupils does together: a group its pledges count in, a course class it learns in."""

from datetime import datetime

from sqlalchemy import delete

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed, NotFound, Refused
from portal.pledges.commands import together
from portal.pledges.queries import together as groups
from portal.privacy import policy
from portal.privacy.models import PupilClassTie
from portal.privacy.queries.pupils import Unseated, class_of, pupils_of, tie_of
from portal.privacy.rules.pupils import ClassHasEnded, NotYourGroup
from portal.training.commands.enrolling import join
from portal.training.queries import learners


def tie(actor: Actor, class_id: str, group_id: str, join_code: str, lang: str, now: datetime) -> None:
    """Let the pledges of a class count in this group, and put its pupils into the course class of this code.

    The group is one that the actor runs or that was chosen before, "" for none; an empty code leaves the
    course class as it is. Raises NoSuchClass, ClassHasEnded, NotYourGroup, UnknownClass, ClassClosed; then
    nothing is changed.
    """
    if class_of(actor, class_id).ended_at is not None:
        raise ClassHasEnded()
    if group_id not in {"", tie_of(class_id).group_id, *(each.id for each in groups.groups_of(actor))}:
        raise NotYourGroup()
    with transaction() as session:
        cohort_id = _enrol(class_id, join_code, lang, now) if join_code else tie_of(class_id).cohort_id
        session.execute(delete(PupilClassTie).where(PupilClassTie.class_id == class_id))
        if group_id or cohort_id:
            session.add(
                PupilClassTie(
                    class_id=class_id, group_id=group_id, cohort_id=cohort_id, tied_by=actor.id, tied_at=now
                )
            )
            session.flush()
        audit.record(actor, "pupils.class_tied", class_id, now, group=group_id, cohort=cohort_id)


def _enrol(class_id: str, join_code: str, lang: str, now: datetime) -> str:
    """Each pupil comes in as with the code in hand; who is in the class already stays there."""
    cohort = learners.class_with(join_code)
    for each in pupils_of(class_id):
        join(_pupil(each.person_id), join_code, "", lang, now)
    return cohort.id


def seat_pledge(actor: Actor, wanted: Unseated, now: datetime) -> bool:
    """Put a pledge of a pupil into the group of the class; whether it was put. Raises NotAllowed."""
    if not policy.may_seat_pledges(actor):
        raise NotAllowed()
    code = groups.group(wanted.group_id).code
    try:
        together.join_group(_pupil(wanted.person_id), wanted.pledge_id, code, now)
    except (Refused, NotFound):
        return False  # over, seated meanwhile, or the group takes no more
    return True


def _pupil(person_id: str) -> Actor:
    return Actor(person_id, frozenset({Role.CITIZEN}), is_pupil=True)
