"""Reads of campaigns: what is asked, what is published, and rows of answers for its organiser."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from portal.db import db
from portal.footprint import policy
from portal.footprint.models import Campaign, CampaignPublication, Contribution
from portal.footprint.rules import library
from portal.footprint.rules.campaigns import (
    CampaignState,
    OwnQuestion,
    Phase,
    UnknownCampaign,
    UnknownReceipt,
    phase,
)
from portal.footprint.rules.group_figures import Figures, Worked, from_json, worked
from portal.footprint.rules.groups import ALL, FEWEST, GROUPS, Member, Person, State
from portal.footprint.rules.model import Model
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class CampaignView:
    id: str
    state: str
    owner_id: str
    organisation_id: str | None
    model_id: str
    version: str
    audience: str
    form: str
    title: Bilingual
    invitation: Bilingual
    opens: date
    closes: date
    groups: tuple[str, ...]
    questions: tuple[OwnQuestion, ...]
    is_private: bool

    @property
    def model(self) -> Model:
        return library.model(self.model_id, self.version, self.audience)

    def phase(self, today: date) -> Phase:
        return phase(self.state, self.opens, self.closes, today)


def overdue(today: date) -> list[str]:
    """Campaigns that are open although their last day is over."""
    wanted = select(Campaign.id).where(Campaign.state == CampaignState.OPEN, Campaign.closes < today)
    return list(db.session.scalars(wanted.order_by(Campaign.id)))


@dataclass(frozen=True, slots=True)
class Published:
    """What the page says. ``people`` are those of the last publication who still take part."""

    number: int
    day: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class RawRow:
    """One contribution for the organiser; ``group`` is the cell that is published for it, "" the pool."""

    group: str
    extras: tuple[str, ...]
    worked: Worked


def campaign(campaign_id: str) -> CampaignView:
    """Whoever has the link may see what is asked. Raises UnknownCampaign."""
    row = db.session.get(Campaign, campaign_id)
    if row is None:
        raise UnknownCampaign()
    return _view(row)


def campaigns_of(actor: Actor) -> list[CampaignView]:
    """Those that the actor manages, newest first; none for a guest."""
    if not actor.is_person:
        return []
    own: ColumnElement[bool] = (Campaign.owner_id == actor.id) & Campaign.organisation_id.is_(None)
    mine = select(Campaign).where(or_(own, Campaign.organisation_id.in_(list(actor.organisations))))
    return [_view(row) for row in db.session.scalars(mine.order_by(Campaign.id.desc()))]


def has_answers(campaign_id: str) -> bool:
    """Whether somebody has answered, so that what is asked is fixed."""
    counted = select(Contribution.id).where(Contribution.campaign_id == campaign_id).limit(1)
    published = (
        select(CampaignPublication.number).where(CampaignPublication.campaign_id == campaign_id).limit(1)
    )
    return any(db.session.execute(each).first() is not None for each in (counted, published))


def check_receipt(campaign_id: str, contribution_id: str) -> None:
    """Raises UnknownReceipt where nothing was given with it."""
    row = db.session.get(Contribution, contribution_id)
    if row is None or row.campaign_id != campaign_id:
        raise UnknownReceipt()


def published(actor: Actor, view: CampaignView) -> Published | None:
    """The last publication; None before five have answered, or where fewer are left.

    Raises NotAllowed for the figures of a private campaign.
    """
    if not policy.may_see_figures(actor, view):
        raise NotAllowed()
    counted = select(func.count()).where(Contribution.campaign_id == view.id)
    if db.session.execute(counted).scalar_one() < FEWEST:
        return None
    row = db.session.execute(
        select(CampaignPublication.number, CampaignPublication.day, CampaignPublication.figures)
        .where(CampaignPublication.campaign_id == view.id)
        .order_by(CampaignPublication.number.desc())
        .limit(1)
    ).first()
    return Published(*row) if row else None


def raw_rows(actor: Actor, view: CampaignView) -> list[RawRow]:
    """The rows behind the last publication, in an order that is random and always the same.

    Only those who still take part, in the sub-groups that are published. Raises NotAllowed.
    """
    if not policy.may_work_on(actor, view):
        raise NotAllowed()
    states = publications(view.id)
    if not states or published(actor, view) is None:
        return []
    last = states[-1]
    group = {member: name for name, members in last.get(GROUPS, {}).items() for member in members}
    rows = [row for row in answered(view.id) if (row.id, row.version) in last[ALL][ALL]]
    if len(rows) < FEWEST:
        return []
    found = worked(view.model, ((row.region, row.answers) for row in rows))
    # The id is the hash of a random code: an order by it says nothing.
    return [
        RawRow(group.get((row.id, row.version), ""), tuple(row.extras), item)
        for row, item in zip(rows, found, strict=True)
    ]


# ---- for the room's own commands


@dataclass(frozen=True, slots=True)
class Answered:
    """A contribution as plain values: there may be many, so no mapped object is made for each."""

    id: str
    version: int
    sub_group: str
    extras: list[str]
    region: str
    answers: dict[str, str]


def members(campaign_id: str) -> frozenset[Member]:
    rows = db.session.execute(
        select(Contribution.id, Contribution.version).where(Contribution.campaign_id == campaign_id)
    )
    return frozenset((row.id, row.version) for row in rows)


def answered(campaign_id: str) -> list[Answered]:
    rows = db.session.execute(
        select(
            Contribution.id, Contribution.version, Contribution.sub_group, Contribution.extras,
            Contribution.region, Contribution.answers,
        )
        .where(Contribution.campaign_id == campaign_id)
        .order_by(Contribution.id)
    )  # fmt: skip
    return [Answered(*row) for row in rows]


def publications(campaign_id: str) -> list[State]:
    """All that was ever published, in its order."""
    rows = db.session.scalars(
        select(CampaignPublication.members)
        .where(CampaignPublication.campaign_id == campaign_id)
        .order_by(CampaignPublication.number)
    )
    return [from_json(row) for row in rows]


def last_publication(campaign_id: str) -> tuple[int, dict[str, Any], Figures] | None:
    """Number, members and figures of the last publication."""
    row = db.session.execute(
        select(CampaignPublication.number, CampaignPublication.members, CampaignPublication.figures)
        .where(CampaignPublication.campaign_id == campaign_id)
        .order_by(CampaignPublication.number.desc())
        .limit(1)
    ).first()
    return (row.number, row.members, row.figures) if row else None


def people(questions: Iterable[OwnQuestion], rows: Iterable[Answered], of: Iterable[Worked]) -> list[Person]:
    asked = list(questions)
    return [
        Person(
            row.id,
            row.version,
            item.per_person,
            row.sub_group,
            tuple(q.cell_of(text) for q, text in zip(asked, row.extras, strict=True)),
        )
        for row, item in zip(rows, of, strict=True)
    ]


def _view(row: Campaign) -> CampaignView:
    return CampaignView(
        row.id, row.state, row.owner_id, row.organisation_id, row.model_id, row.version, row.audience,
        row.form, Bilingual(row.title_zh, row.title_en), Bilingual(row.invitation_zh, row.invitation_en),
        row.opens, row.closes, tuple(row.groups),
        tuple(OwnQuestion.from_json(each) for each in row.questions),
        row.is_private,
    )  # fmt: skip
