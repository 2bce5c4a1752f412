"""Groups of pledges, and challenges between groups."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, Str, Utc, strict
from portal.pledges.rules.together import ABOUT_MAX, NAME_MAX

_SHORT = f"name <> '' AND length(name) <= {NAME_MAX} AND length(about) <= {ABOUT_MAX}"


class PledgeGroup(Base):
    """A class, a village, a company: whoever has its code can join with a pledge."""

    __tablename__ = "pledge_group"
    __table_args__ = strict(
        CheckConstraint("kind IN ('class','village','company','other')", name="a_group_is_of_a_known_kind"),
        CheckConstraint(_SHORT, name="texts_of_a_group_are_short"),
        Index("ix_pledge_group_owner_id", "owner_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    about: Mapped[str] = mapped_column(Str, nullable=False)
    county: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)


class GroupSeat(Base):
    """A pledge in a group. Numbers are never given twice, and a seat that was left stays empty."""

    __tablename__ = "pledge_group_seat"
    __table_args__ = strict(
        UniqueConstraint("group_id", "number", name="a_seat_is_given_once"),
        CheckConstraint("number >= 1", name="seats_are_numbered_from_1"),
        Index("ix_pledge_group_seat_pledge_id", "pledge_id"),
    )

    group_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge_group.id"), primary_key=True)
    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Int, nullable=False)
    joined_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    left_at: Mapped[datetime | None] = mapped_column(Utc)


class Challenge(Base):
    """A period and a goal that groups take part in. ``is_listed``: on the public list, else by its link."""

    __tablename__ = "pledge_challenge"
    __table_args__ = strict(
        CheckConstraint("goal IN ('actions','pledges')", name="a_goal_of_a_challenge_is_known"),
        CheckConstraint("aim >= 1", name="a_challenge_aims_at_something"),
        CheckConstraint("first_day < last_day", name="a_challenge_ends_after_it_begins"),
        CheckConstraint(_SHORT, name="texts_of_a_challenge_are_short"),
        Index("ix_pledge_challenge_last_day", "last_day"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    about: Mapped[str] = mapped_column(Str, nullable=False)
    first_day: Mapped[date] = mapped_column(Day, nullable=False)
    last_day: Mapped[date] = mapped_column(Day, nullable=False)
    goal: Mapped[str] = mapped_column(Str, nullable=False)
    aim: Mapped[int] = mapped_column(Int, nullable=False)
    is_listed: Mapped[bool] = mapped_column(Bool, nullable=False)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ChallengeEntry(Base):
    """A group that takes part."""

    __tablename__ = "pledge_challenge_entry"
    __table_args__ = strict(Index("ix_pledge_challenge_entry_group_id", "group_id"))

    challenge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge_challenge.id"), primary_key=True)
    group_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge_group.id"), primary_key=True)
    entered_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
