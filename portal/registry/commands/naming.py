"""What a project is found by, written down whenever it changes."""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.registry.models import Parcel, Project, ProjectPair, ProjectText
from portal.registry.rules import search
from portal.registry.rules.counties import county_name


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
    if session.scalar(select(ProjectText.text).where(ProjectText.project_id == project_id)) == text:
        return
    for table in (ProjectPair, ProjectText):
        session.execute(delete(table).where(table.project_id == project_id))
    session.execute(insert(ProjectText).values(project_id=project_id, text=text))
    pairs = [{"pair": pair, "project_id": project_id} for pair in sorted(search.pairs(text))]
    session.execute(insert(ProjectPair), pairs)
