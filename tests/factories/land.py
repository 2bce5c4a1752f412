"""Land and papers of a project for tests of its pages, laid down as rows."""

import json
from datetime import date
from hashlib import sha256

from sqlalchemy import insert, select

from portal.db import transaction
from portal.kernel import clock
from portal.kernel.ids import new_id
from portal.registry.commands.naming import index_project
from portal.registry.models import Parcel, Project, ProjectDocument

SQUARE = [[128.90, 47.72], [128.92, 47.72], [128.92, 47.735], [128.90, 47.735], [128.90, 47.72]]


def lay_parcel(project_code: str = "HLYC-0001", code: str = "A-1", county: str = "230751") -> str:
    """A square of forest in the first years of this register; the text of its outline."""
    outline = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    with transaction() as session:
        project_id = session.scalar(select(Project.id).where(Project.code == project_code))
        session.execute(
            insert(Parcel).values(
                id=new_id("pcl"), project_id=project_id, code=code, county_code=county, village="示范林场",
                geojson=outline, outline_sha256=sha256(outline.encode()).hexdigest(),
                west=1_289_000_000, south=477_200_000, east=1_289_200_000, north=477_350_000,
                area_m2=2_500_000, tenure="state", valid_from=date(2020, 1, 1), valid_to=date(2039, 12, 31),
                is_demo=True, actor_id="usr_tests", at=clock.now(),
            )
        )  # fmt: skip
        index_project(session, str(project_id))
    return outline


def file_document(
    project_code: str = "HLYC-0001", sha: str = "0" * 64, *, kind: str = "verification_report",
    title: tuple[str, str] = ("核查报告", "Verification report"), is_public: bool = True,
) -> str:  # fmt: skip
    """A paper of a project; its id."""
    document_id = new_id("doc")
    with transaction() as session:
        project_id = session.scalar(select(Project.id).where(Project.code == project_code))
        session.execute(
            insert(ProjectDocument).values(
                id=document_id, project_id=project_id, kind=kind, title_zh=title[0], title_en=title[1],
                file_name="report.pdf", sha256=sha, media_type="application/pdf", bytes=1_000,
                is_public=is_public, actor_id="usr_tests", at=clock.now(),
            )
        )  # fmt: skip
    return document_id
