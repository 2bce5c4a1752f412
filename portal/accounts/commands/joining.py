"""Join codes: made by an organisation's owners, used by whoever has one, who becomes a plain member."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts import bodies, policy, queries
from portal.accounts.bodies import AskedAlready, JoinState, NoSuchJoinCode, TooManyJoinCodes
from portal.accounts.commands import tries
from portal.accounts.commands.notices import notify
from portal.accounts.commands.organisations import add, ask_owner
from portal.accounts.models import JoinCode, JoinRequest, Membership
from portal.accounts.rules import AlreadyMember, Part, Visitor
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import new_id


def make_join_code(
    actor: Actor, organisation_id: str, uses: int, days: int, is_answered: bool, now: datetime
) -> str:
    """A code good for so many people and days; ``is_answered``: somebody says yes to each of them first.

    Returns the code. Raises NotFound, NotAllowed, OutOfUses, TooManyJoinCodes.
    """
    ask_owner(actor, organisation_id)
    bodies.check_limits(uses, days)
    code = bodies.join_code(secrets.token_bytes(bodies.CODE_LENGTH))
    with transaction() as session:
        if len(queries.join_codes(organisation_id, now)) >= bodies.OPEN_CODES:
            raise TooManyJoinCodes(most=bodies.OPEN_CODES)
        code_id = new_id("jcd")
        session.execute(
            insert(JoinCode).values(
                id=code_id, organisation_id=organisation_id, code=code, is_answered=is_answered,
                most_uses=uses, uses=0, made_by=actor.id, made_at=now, expires_at=now + timedelta(days=days),
            )
        )  # fmt: skip
        audit.record(
            actor, "accounts.join_code_made", organisation_id, now, code=code_id, uses=uses, days=days
        )
    return code


def withdraw_join_code(actor: Actor, organisation_id: str, code_id: str, now: datetime) -> None:
    """From now on nobody joins with it. Raises NotFound, NotAllowed."""
    ask_owner(actor, organisation_id)
    with transaction() as session:
        theirs = update(JoinCode).where(
            JoinCode.id == code_id,
            JoinCode.organisation_id == organisation_id,
            JoinCode.withdrawn_at.is_(None),
        )
        if session.scalar(theirs.values(withdrawn_at=now).returning(JoinCode.id)) is None:
            raise NotFound()
        audit.record(actor, "accounts.join_code_withdrawn", organisation_id, now, code=code_id)


def join(actor: Actor, code: str, visitor: Visitor, now: datetime) -> bool:
    """Use a code: one is a member at once (True), or waits for an owner or approver (False).

    Raises TooManyTries, NoSuchJoinCode, AlreadyMember, AskedAlready.
    """
    if not actor.is_person:
        raise NotAllowed()
    tries.before_join_code(visitor.network, now)
    with transaction() as session:
        found = _use(session, bodies.typed_code(code), now)
        if _is_member(session, found.organisation_id, actor.id):
            raise AlreadyMember()
        facts = {"code": found.id, "person": actor.id}
        if not found.is_answered:
            add(session, found.organisation_id, actor.id, Part.MEMBER, now)
            audit.record(actor, "accounts.member_joined", found.organisation_id, now, **facts)
            return True
        _ask_to_join(session, actor, found, now)
        audit.record(actor, "accounts.join_asked", found.organisation_id, now, **facts)
        return False


def take_back(actor: Actor, organisation_id: str, now: datetime) -> None:
    """Wait no longer to be let in: the request goes, and its code can be used once more. Raises NotFound."""
    if not actor.is_person:
        raise NotAllowed()
    with transaction() as session:
        mine = delete(JoinRequest).where(
            JoinRequest.organisation_id == organisation_id,
            JoinRequest.person_id == actor.id,
            JoinRequest.state == JoinState.ASKED,
        )
        code_id = session.scalar(mine.returning(JoinRequest.code_id))
        if code_id is None:
            raise NotFound()
        session.execute(update(JoinCode).where(JoinCode.id == code_id).values(uses=JoinCode.uses - 1))
        audit.record(actor, "accounts.join_taken_back", organisation_id, now, code=code_id)


def answer_joiner(
    actor: Actor, organisation_id: str, request_id: str, is_welcome: bool, now: datetime
) -> None:
    """Let somebody in who waits, as a plain member, or not. Raises NotFound, also when it was answered."""
    if not policy.may_see_organisation(actor, organisation_id):
        raise NotFound()
    if not policy.may_answer_joiners(actor, organisation_id):
        raise NotAllowed()
    state = JoinState.ACCEPTED if is_welcome else JoinState.DECLINED
    with transaction() as session:
        open_one = update(JoinRequest).where(
            JoinRequest.id == request_id,
            JoinRequest.organisation_id == organisation_id,
            JoinRequest.state == JoinState.ASKED,
        )
        answered = open_one.values(state=state, answered_by=actor.id, answered_at=now)
        person_id = session.scalar(answered.returning(JoinRequest.person_id))
        if person_id is None:
            raise NotFound()
        if is_welcome and not _is_member(session, organisation_id, person_id):
            add(session, organisation_id, person_id, Part.MEMBER, now)
        audit.record(actor, f"accounts.join_{state}", organisation_id, now, person=person_id)
        told = {"organisation": queries.told_name(organisation_id)}
        notify(person_id, "organisation.join_answered", told, now, f"join:{request_id}")


def _use(session: Session, code: str, now: datetime) -> JoinCode:
    """Count one use of a code that is still good. What fails after it gives the use back."""
    good = update(JoinCode).where(
        JoinCode.code == code,
        JoinCode.uses < JoinCode.most_uses,
        JoinCode.expires_at > now,
        JoinCode.withdrawn_at.is_(None),
    )
    found = session.scalars(good.values(uses=JoinCode.uses + 1).returning(JoinCode)).one_or_none()
    if found is None:
        raise NoSuchJoinCode()
    return found


def _is_member(session: Session, organisation_id: str, person_id: str) -> bool:
    theirs = exists().where(Membership.organisation_id == organisation_id, Membership.person_id == person_id)
    return bool(session.scalar(select(theirs)))


def _ask_to_join(session: Session, actor: Actor, code: JoinCode, now: datetime) -> None:
    request_id = new_id("jrq")
    waiting = select(func.count()).where(
        JoinRequest.organisation_id == code.organisation_id,
        JoinRequest.person_id == actor.id,
        JoinRequest.state == JoinState.ASKED,
    )
    if session.scalar(waiting):
        raise AskedAlready()
    try:
        with session.begin_nested():
            session.execute(
                insert(JoinRequest).values(
                    id=request_id, organisation_id=code.organisation_id, person_id=actor.id, code_id=code.id,
                    state=JoinState.ASKED, asked_at=now,
                )
            )  # fmt: skip
    except IntegrityError:
        raise AskedAlready() from None
    told = {
        "organisation": queries.told_name(code.organisation_id),
        "organisation_id": code.organisation_id,
        "person": queries.person(actor.id).name,
    }
    for member in queries.members(code.organisation_id):
        if member.part is not Part.MEMBER:
            notify(member.person_id, "organisation.join_asked", told, now, f"join:{request_id}")
