"""What a project is found by, written down whenever it changes."""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.registry.models import Project, ProjectPair, ProjectText
from portal.registry.rules import search


def index_project(session: Session, project_id: str) -> None:
    """Write down by which words this project is found; joins the caller's transaction."""
    project = session.execute(
        select(
            Project.code, Project.source_id, Project.name_zh, Project.name_en, Project.about_zh,
            Project.about_en, Project.methodology, Project.country,
        ).where(Project.id == project_id)
    ).one()  # fmt: skip
    text = search.folded(" ".join(filter(None, project)))
    if session.scalar(select(ProjectText.text).where(ProjectText.project_id == project_id)) == text:
        return
    for table in (ProjectPair, ProjectText):
        session.execute(delete(table).where(table.project_id == project_id))
    session.execute(insert(ProjectText).values(project_id=project_id, text=text))
    pairs = [{"pair": pair, "project_id": project_id} for pair in sorted(search.pairs(text))]
    session.execute(insert(ProjectPair), pairs)
