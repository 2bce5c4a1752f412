"""What can be done with campaigns: open, change and close one; take part, answer anew, take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from secrets import choice

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.footprint import policy
from portal.footprint.models import Campaign, CampaignPublication, Contribution
from portal.footprint.queries import footprint
from portal.footprint.queries import groups as queries
from portal.footprint.queries.groups import CampaignView
from portal.footprint.rules import library
from portal.footprint.rules.campaigns import (
    AlreadyOver,
    CampaignState,
    DaysInWrongOrder,
    Draft,
    HasAnswers,
    NotOpen,
    NotThisWay,
    OtherCalculator,
    Phase,
    UnknownCampaign,
    UnknownGroup,
    UnknownReceipt,
    check,
    taken_extras,
)
from portal.footprint.rules.errors import UnknownModel
from portal.footprint.rules.group_figures import PER_PERSON, as_json, figures, from_json, worked
from portal.footprint.rules.groups import ALL, is_due, next_state
from portal.footprint.rules.stored import Footprint
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id

# ---- the organiser


def open_campaign(actor: Actor, draft: Draft, now: datetime) -> str:
    """Begin a campaign with the newest version of its calculator; returns its ``cmp_…``.

    Raises NotAllowed, UnknownModel, UnknownAudience, and what ``campaigns.check`` does.
    """
    if not policy.may_open_campaign(actor, draft.organisation_id):
        raise NotAllowed()
    values = _values(draft, clock.day_of(now))
    campaign_id = new_id("cmp")
    with transaction() as session:
        session.add(
            Campaign(
                id=campaign_id,
                state=CampaignState.OPEN,
                owner_id=actor.id,
                organisation_id=draft.organisation_id or None,
                made_at=now,
                **values,
            )
        )
        audit.record(
            actor, "campaign.opened", campaign_id, now, model=draft.model_id, version=values["version"]
        )
    return campaign_id


def change_campaign(actor: Actor, campaign_id: str, draft: Draft, now: datetime) -> None:
    """Ask something else, while nobody has answered. Raises HasAnswers and as ``open_campaign`` does."""
    with transaction() as session:
        _managed(session, actor, campaign_id)
        if queries.has_answers(campaign_id):
            raise HasAnswers()
        values = _values(draft, clock.day_of(now))
        session.execute(update(Campaign).where(Campaign.id == campaign_id).values(**values))
        audit.record(actor, "campaign.changed", campaign_id, now)


def close_campaign(actor: Actor, campaign_id: str, now: datetime) -> None:
    """Take no more answers, and publish what waited for others to come. Raises NotThisWay."""
    with transaction() as session:
        view = _managed(session, actor, campaign_id)
        _move(session, view, CampaignState.CLOSED)
        _publish(session, view, clock.day_of(now), is_over=True)
        audit.record(actor, "campaign.closed", campaign_id, now)


def close_overdue_campaigns(actor: Actor, now: datetime) -> list[str]:
    """Close what is past its last day, so that nobody's answer waits for ever; the ids of what was closed."""
    if not actor.is_system:
        raise NotAllowed()
    today, closed = clock.day_of(now), []
    for campaign_id in queries.overdue(today):
        with transaction() as session:
            view = _locked(session, campaign_id)
            if view.state != CampaignState.OPEN or view.closes >= today:
                continue  # the organiser was quicker
            _move(session, view, CampaignState.CLOSED)
            _publish(session, view, today, is_over=True)
            audit.record(actor, "campaign.closed", campaign_id, now)
            closed.append(campaign_id)
    return closed


def reopen_campaign(actor: Actor, campaign_id: str, closes: date, now: datetime) -> None:
    """Take answers again until a further last day. Raises NotThisWay, AlreadyOver, DaysInWrongOrder."""
    with transaction() as session:
        view = _managed(session, actor, campaign_id)
        today = clock.day_of(now)
        if view.phase(today) is not Phase.OVER:
            raise NotThisWay()
        if closes < today:
            raise AlreadyOver()
        if closes < view.opens:
            raise DaysInWrongOrder()
        if view.state != CampaignState.OPEN:
            _move(session, view, CampaignState.OPEN)
        session.execute(update(Campaign).where(Campaign.id == campaign_id).values(closes=closes))
        audit.record(actor, "campaign.reopened", campaign_id, now, closes=closes.isoformat())


def withdraw_campaign(actor: Actor, campaign_id: str, now: datetime) -> None:
    """End it for good: all answers and figures are deleted. Raises NotThisWay."""
    with transaction() as session:
        view = _managed(session, actor, campaign_id)
        _move(session, view, CampaignState.WITHDRAWN)
        for table in (CampaignPublication, Contribution):
            session.execute(delete(table).where(table.campaign_id == campaign_id))
        audit.record(actor, "campaign.withdrawn", campaign_id, now)


def _values(draft: Draft, today: date) -> dict[str, object]:
    check(draft, today)
    model = library.model(draft.model_id, None, draft.audience)
    if PER_PERSON not in model.measures:
        raise UnknownModel()
    return {
        "model_id": model.id, "version": model.version, "audience": draft.audience, "form": draft.form,
        "title_zh": draft.title.zh, "title_en": draft.title.en, "invitation_zh": draft.invitation.zh,
        "invitation_en": draft.invitation.en, "opens": draft.opens, "closes": draft.closes,
        "groups": list(draft.groups), "questions": [question.as_json() for question in draft.questions],
        "is_private": draft.is_private,
    }  # fmt: skip


def _managed(session: Session, actor: Actor, campaign_id: str) -> CampaignView:
    """The campaign, with its row locked. Raises UnknownCampaign, NotAllowed."""
    view = _locked(session, campaign_id)
    if not policy.may_work_on(actor, view):
        raise NotAllowed()
    return view


def _locked(session: Session, campaign_id: str) -> CampaignView:
    # The row is the lock of all that is counted under it: two answers at once make one publication.
    known = session.execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update()).first()
    if known is None:
        raise UnknownCampaign()
    session.expire_all()
    return queries.campaign(campaign_id)


def _move(session: Session, view: CampaignView, state: CampaignState) -> None:
    lawful = {CampaignState.OPEN, CampaignState.CLOSED} - {state}
    moved = session.execute(
        update(Campaign).where(Campaign.id == view.id, Campaign.state.in_(lawful)).values(state=state)
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        raise NotThisWay()


# ---- whoever takes part


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody gives to a campaign: a footprint they may see, their sub-group, and the extra answers."""

    campaign_id: str
    footprint_id: str
    group: str = ""
    extras: Sequence[str] = ()


def contribute(actor: Actor, part: Part, now: datetime, code: str = "") -> str:
    """Take part, or with the ``code`` of before replace what was given; returns the code.

    A copy of the answers is kept, apart from the footprint, with the day and without who or when. There is no
    audit line, which would say both. Raises UnknownCampaign, UnknownFootprint, NotOpen, OtherCalculator,
    UnknownGroup, UnknownReceipt, NotOffered and its kin.
    """
    found = footprint(actor, part.footprint_id)
    with transaction() as session:
        view = _locked(session, part.campaign_id)
        today = clock.day_of(now)
        if view.phase(today) is not Phase.OPEN:
            raise NotOpen()
        values = _given(view, found, part) | {"day": today}
        if code:
            _replace(session, view.id, contribution_id(code), values)
        else:
            code = new_code()
            session.add(Contribution(id=contribution_id(code), campaign_id=view.id, version=1, **values))
            session.flush()
        _publish(session, view, today)
    return code


def take_back(campaign_id: str, code: str, now: datetime) -> None:
    """Delete what was given; the figures leave it out from their next step. Raises UnknownReceipt."""
    with transaction() as session:
        view = _locked(session, campaign_id)
        gone = session.execute(
            delete(Contribution).where(
                Contribution.id == contribution_id(code), Contribution.campaign_id == campaign_id
            )
        )
        if not gone.rowcount:  # type: ignore[attr-defined]
            raise UnknownReceipt()
        _publish(session, view, clock.day_of(now))


_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = 16


def new_code() -> str:
    """A receipt such as ``7K3M-9QTX-…``: 78 random bits, without signs that are mistaken for each other."""
    signs = "".join(choice(_SIGNS) for _ in range(_CODE))
    return "-".join(signs[start : start + 4] for start in range(0, _CODE, 4))


def contribution_id(code: str) -> str:
    """What is kept of a code: 80 bits of its hash. Small letters, spaces and hyphens make no difference."""
    plain = "".join(code.upper().replace("-", " ").split())
    return "ctr_" + sha256(f"campaign contribution v1:{plain}".encode()).hexdigest()[:20]


def _given(view: CampaignView, found: Footprint, part: Part) -> dict[str, object]:
    asked: tuple[object, ...] = (view.model_id, view.version, view.audience, "", {})
    if (found.model_id, found.version, found.audience, found.year, dict(found.own)) != asked:
        raise OtherCalculator()
    if (part.group or view.groups) and part.group not in view.groups:
        raise UnknownGroup()
    extras = taken_extras(view.questions, part.extras)
    answers = dict(found.answers)
    (item,) = worked(view.model, [(found.region, answers)])
    return {
        "region": found.region,
        "answers": answers,
        "lines": list(item.lines),
        "per_person_g": item.per_person,
        "sub_group": part.group,
        "extras": list(extras),
    }


def _replace(session: Session, campaign_id: str, contribution: str, values: dict[str, object]) -> None:
    replaced = session.execute(
        update(Contribution)
        .where(Contribution.id == contribution, Contribution.campaign_id == campaign_id)
        .values(version=Contribution.version + 1, **values)
    )
    if not replaced.rowcount:  # type: ignore[attr-defined]
        raise UnknownReceipt()


def _publish(session: Session, view: CampaignView, today: date, *, is_over: bool = False) -> None:
    """Publish anew where enough has changed and nobody is given away; else what stands goes on standing."""
    last = queries.last_publication(view.id)
    number, before, known = last if last else (0, {"who": [], "tables": {ALL: {ALL: []}}}, {})
    shown = from_json(before)
    if not is_due(shown[ALL][ALL], queries.members(view.id), is_over=is_over):
        return
    rows = queries.answered(view.id)
    found = worked(view.model, ((row.region, row.answers) for row in rows))
    people = queries.people(view.questions, rows, found)
    state = next_state(queries.publications(view.id), people, has_groups=bool(view.groups), is_over=is_over)
    if state is None:
        return
    of = {person.member: item for person, item in zip(people, found, strict=True)}
    session.add(
        CampaignPublication(
            campaign_id=view.id,
            number=number + 1,
            members=as_json(state),
            figures=figures(view.model, state, of, shown, known),
            day=today,
        )
    )
    session.flush()
