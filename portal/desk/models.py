"""What people at the desk keep for themselves."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Str, Utc, strict


class SavedFilter(Base):
    """A list of the desk with its filters, under a name of one's own."""

    __tablename__ = "saved_filter"
    __table_args__ = strict(
        UniqueConstraint("person_id", "name", name="saved_filters_of_a_person_have_names"),
        CheckConstraint("name <> '' AND length(name) <= 40", name="a_saved_filter_has_a_short_name"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    endpoint: Mapped[str] = mapped_column(Str, nullable=False)
    query: Mapped[str] = mapped_column(Str, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
