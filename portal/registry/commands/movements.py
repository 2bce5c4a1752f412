"""The register's index, kept in step with the log: what each record speaks of, and what finds a project.

It is derived from the records' bodies after they have their place, so that no deed waits for it; it can be
dropped and built again at any time.
"""

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.registry import policy
from portal.registry.commands.naming import index_project
from portal.registry.models import Entry, Movement, Project, ProjectPair, ProjectText, Record
from portal.registry.queries import log
from portal.registry.queries.movements import indexed
from portal.registry.queries.places import rows_of

BATCH = 1_000


def catch_up(actor: Actor) -> int:
    """Index what the log has and the index has not yet; how many records. One at a time."""
    if not policy.may_tend_log(actor):
        raise NotAllowed()
    done = 0
    while indexed() < log.size():
        done += _index_batch()
    return done


def rebuild(actor: Actor) -> int:
    """Drop the index and build it again from the log and the projects; how many records."""
    if not policy.may_tend_log(actor):
        raise NotAllowed()
    with transaction() as session:
        for table in (Movement, ProjectPair, ProjectText):
            session.execute(delete(table))
        _name_all(session)
    return catch_up(actor)


def _index_batch() -> int:
    with transaction() as session:
        alone(session, "register index")
        start = indexed()
        if start == 0:
            _name_all(session)
        records = session.execute(
            select(Entry.idx, Record.kind, Record.body, Record.at)
            .join(Record, Record.id == Entry.record_id)
            .where(Entry.idx >= start, Entry.idx < start + BATCH)
            .order_by(Entry.idx)
        ).all()
        if not records:
            return 0
        rows = rows_of(records)
        session.execute(insert(Movement), rows)
        # What is told of a project itself, and of no grams, may change what it is found by.
        for project_id in sorted(
            {row["project_id"] for row in rows if row["project_id"] and row["mass_g"] is None}
        ):
            index_project(session, project_id)
        return len(records)


def _name_all(session: Session) -> None:
    """Projects that nobody wrote down yet, as after an upgrade."""
    unnamed = select(Project.id).outerjoin(ProjectText).where(ProjectText.project_id.is_(None))
    for project_id in session.scalars(unnamed).all():
        index_project(session, project_id)
