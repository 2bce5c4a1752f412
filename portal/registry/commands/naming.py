"""What a project is found by, written down whenever it changes."""

from typing import cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from portal.registry.models import Parcel, Project, ProjectPair, ProjectText
from portal.registry.rules import search
from portal.registry.rules.counties import county_name

# Core tables: a project has some hundred pairs, and through a mapped class each costs twice as much.
PAIR, TEXT = (cast(Table, kind.__table__) for kind in (ProjectPair, ProjectText))


def index_project(session: Session, project_id: str) -> None:
    """Write down by which words this project is found; joins the caller's transaction."""
    project = session.execute(
        select(
            Project.code, Project.source_id, Project.name_zh, Project.name_en, Project.about_zh,
            Project.about_en, Project.methodology, Project.country, Project.county_code,
        ).where(Project.id == project_id)
    ).one()  # fmt: skip
    places = session.execute(
        select(Parcel.county_code, Parcel.village)
        .where(Parcel.project_id == project_id, Parcel.withdrawn_at.is_(None))
        .distinct()
        .order_by(Parcel.county_code, Parcel.village)
    ).all()
    counties = {place.county_code for place in places} | {project.county_code} - {None}
    named = [text for code in sorted(counties) for name in [county_name(code)] for text in (name.zh, name.en)]
    text = search.folded(" ".join(filter(None, [*project, *named, *(place.village for place in places)])))
    known = session.scalar(select(ProjectText.text).where(ProjectText.project_id == project_id))
    if known == text:
        return
    books = session.connection()
    if known is not None:
        for table in (PAIR, TEXT):
            books.execute(delete(table).where(table.c.project_id == project_id))
    books.execute(insert(TEXT), {"project_id": project_id, "text": text})
    pairs = [{"pair": pair, "project_id": project_id} for pair in sorted(search.pairs(text))]
    books.execute(insert(PAIR), pairs)
