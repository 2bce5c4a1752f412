"""Certificates for programs."""

from typing import Any

from pydantic import BaseModel

from portal.certificates import queries
from portal.certificates.lookup import find
from portal.certificates.rules import paper, states
from portal.kernel.clock import text_of
from portal.kernel.errors import N_
from portal.web.api import api_blueprint, describes
from portal.web.guard import open_to_all
from portal.web.i18n import lang

blueprint = api_blueprint("certificates", __name__)


class RangeOut(BaseModel):
    """Grams ``first_g`` … ``last_g``, 1-based and inclusive, inside the serial block."""

    serial: str
    first_g: int
    last_g: int
    project: str
    vintage: str


class LogOut(BaseModel):
    idx: int
    size: int
    root: str


class CertificateOut(BaseModel):
    number: str
    type: str
    state: str
    mass_g: int
    ranges: list[RangeOut]
    issued_at: str
    holder: str | None
    test: bool
    reason: str | None
    replaced_by: str | None
    log: LogOut | None


@blueprint.get("/certificates/<number>")
@describes(
    summary=N_("The public facts of a certificate"),
    answers={200: CertificateOut},
    errors=(404, 429),
    tag="certificates",
)
@open_to_all
def certificate(number: str) -> dict[str, Any]:
    """The holder's name is given only where the holder opted in; the key of the paper is not asked here."""
    found = find(number)
    proof = queries.log_proof(found.id)
    answer = CertificateOut(
        number=found.number,
        type=found.type.value,
        state=found.state.value,
        mass_g=found.mass.grams,
        ranges=[
            RangeOut(
                serial=part.serial, first_g=part.first_g, last_g=part.last_g,
                project=part.project_code, vintage=paper.vintage(part),
            )
            for part in found.ranges
        ],
        issued_at=text_of(found.issued_at),
        holder=found.holder_name if found.is_public else None,
        test=found.is_test,
        reason=states.REASONS[found.reason].in_(lang()) if found.reason else None,
        replaced_by=found.replaced_by,
        log=LogOut(idx=proof.idx, size=proof.size, root=proof.root_hex) if proof else None,
    )  # fmt: skip
    return answer.model_dump()
