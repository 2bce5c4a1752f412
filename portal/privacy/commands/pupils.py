"""A school's classes of pupils: places made, codes given on slips, a class deleted at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from portal import audit, consents
from portal.accounts import queries as people
from portal.accounts.bodies import Kind
from portal.accounts.commands import forgetting as accounts
from portal.accounts.commands import pupils as opening
from portal.db import transaction
from portal.footprint.commands import forgetting as footprints
from portal.holdings import Subject
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.pledges import own as pledges_own
from portal.pledges.commands import forgetting as pledges
from portal.privacy import policy
from portal.privacy.models import Pupil, PupilClass, PupilClassTie
from portal.privacy.queries.pupils import ClassView, class_of, pupils_of
from portal.privacy.rules import pupils as rules
from portal.privacy.rules.purposes import purpose
from portal.training.commands import forgetting as training

_HAND = Actor.system("pupils")


def open_class(
    actor: Actor,
    organisation_id: str,
    name: str,
    places: int,
    guardians_agreed: bool,
    lang: str,
    now: datetime,
) -> str:
    """Make the places of a class; its id. Nobody can enter before slips are printed.

    Raises NotFound, NotAllowed, NotASchool, ClassNameIsMissing, PlacesOutOfRange, GuardiansAreNotAsked.
    """
    people.organisation(actor, organisation_id)
    if not policy.may_run_pupils(actor, organisation_id):
        raise NotAllowed()
    if people.verified_kind(organisation_id, now) is not Kind.SCHOOL:
        raise rules.NotASchool()
    name = rules.check_class(name, places, guardians_agreed)
    class_id = new_id("pcl")
    with transaction() as session:
        session.add(
            PupilClass(
                id=class_id, organisation_id=organisation_id, name=name, places=places,
                guardians_text=purpose("pupils").texts[-1].version, made_by=actor.id, made_at=now,
            )
        )  # fmt: skip
        session.flush()
        seats = rules.places(class_id, places)
        called = [opening.Pseudonym(each.login, each.zh if lang == "zh" else each.en) for each in seats]
        ids = opening.open_accounts(_HAND, called, lang, now)
        session.add_all(
            Pupil(person_id=person_id, class_id=class_id, number=each.number)
            for person_id, each in zip(ids, seats, strict=True)
        )
        session.flush()
        consents.record(actor, consents.GUARDIANS, class_id, True, now)
        audit.record(actor, "pupils.class_opened", class_id, now, places=places)
    return class_id


def give_codes(actor: Actor, class_id: str, numbers: Sequence[int], now: datetime) -> dict[int, str]:
    """New codes for these places, by number: they are told once. Raises NoSuchClass, ClassHasEnded."""
    _running(actor, class_id)
    chosen = {each.number: each.person_id for each in pupils_of(class_id) if each.number in set(numbers)}
    codes = {number: rules.new_code() for number in sorted(chosen)}
    with transaction():
        opening.give_codes(_HAND, {chosen[number]: code for number, code in codes.items()}, now)
        audit.record(actor, "pupils.codes_given", class_id, now, places=len(codes))
    return codes


def delete_class(actor: Actor, class_id: str, now: datetime) -> int:
    """Forget every pupil of a class at once; how many. Raises NoSuchClass, ClassHasEnded."""
    _running(actor, class_id)
    with transaction() as session:
        session.execute(select(PupilClass.id).where(PupilClass.id == class_id).with_for_update())
        gone = pupils_of(class_id)
        for each in gone:
            _forget(each.person_id, now)
        session.execute(delete(PupilClassTie).where(PupilClassTie.class_id == class_id))
        session.execute(update(PupilClass).where(PupilClass.id == class_id).values(ended_at=now))
        session.expire_all()
        consents.record(actor, consents.GUARDIANS, class_id, False, now)
        audit.record(actor, "pupils.class_deleted", class_id, now, places=len(gone))
        return len(gone)


def delete_place(actor: Actor, class_id: str, number: int, now: datetime) -> None:
    """Forget one pupil, because a guardian no longer agrees or the child has left; the number stays empty.

    Raises NoSuchClass, ClassHasEnded, NoSuchPlace.
    """
    _running(actor, class_id)
    with transaction() as session:
        session.execute(select(PupilClass.id).where(PupilClass.id == class_id).with_for_update())
        person_id = session.scalar(
            delete(Pupil).where(Pupil.class_id == class_id, Pupil.number == number).returning(Pupil.person_id)
        )
        if person_id is None:
            raise rules.NoSuchPlace()
        _forget(person_id, now)
        session.expire_all()
        consents.record(actor, consents.GUARDIANS, person_id, False, now)
        audit.record(actor, "pupils.place_deleted", class_id, now, number=number)


def _forget(person_id: str, now: datetime) -> None:
    needed = pledges_own.footprints_needed(Subject(person_id=person_id))
    pledges.forget(_HAND, person_id, (), now)
    footprints.forget(_HAND, person_id, needed, now)
    training.forget(_HAND, person_id, now)
    accounts.forget(_HAND, person_id, now)


def _running(actor: Actor, class_id: str) -> ClassView:
    found = class_of(actor, class_id)
    if found.ended_at is not None:
        raise rules.ClassHasEnded()
    return found
