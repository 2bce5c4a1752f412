"""Land and papers of a project for tests of its pages, entered by the registry's own commands."""

from datetime import date
from hashlib import sha256

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.commands import projects
from portal.registry.commands.projects import Ground, Paper
from portal.registry.rules.lifecycle import DocumentKind
from portal.registry.rules.parcels import Tenure
from tests.factories.projects import MAKER, drawn, square

SQUARE = [[128.90, 47.72], [128.92, 47.72], [128.92, 47.735], [128.90, 47.735], [128.90, 47.72]]


def lay_parcel(project_code: str = "HLYC-0001", county: str = "230751", west: float = 128.9) -> None:
    """A square of forest in the first years of this register."""
    ground = Ground(county, "示范林场", Tenure.STATE, date(2020, 1, 1), date(2039, 12, 31))
    projects.enter_parcels(MAKER, project_code, ground, drawn(square(west)), clock.now())


def file_document(
    project_code: str = "HLYC-0001",
    sha: str = sha256(b"").hexdigest(),
    kind: DocumentKind = DocumentKind.VERIFICATION,
    *,
    is_public: bool = True,
) -> str:
    """A paper of a project; its id."""
    title = Bilingual("核查报告", "Verification report")
    paper = Paper(kind, title, "report.pdf", sha, "application/pdf", 1_000, is_public)
    return projects.file_document(MAKER, project_code, paper, clock.now())
