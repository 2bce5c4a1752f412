"""The register and the log for programs."""

from base64 import b64encode
from typing import Annotated, Any, Final

from flask import Response, jsonify, request
from pydantic import BaseModel, Field

from portal.kernel import clock
from portal.kernel.clock import text_of
from portal.kernel.errors import N_, NotFound
from portal.registry.commands import witnesses as watch
from portal.registry.queries import log, standing
from portal.registry.queries import register as read
from portal.registry.queries import witnesses as watching
from portal.registry.queries.register import LotView, ProjectView, SerialView
from portal.registry.rules.errors import BadQuery
from portal.registry.rules.records import KINDS, schema_of
from portal.web import limits
from portal.web.api import api_blueprint, body, describes, idempotency_key
from portal.web.guard import actor, open_to_all

blueprint = api_blueprint("registry", __name__)

PAGE = 50
MOST_ENTRIES = 1_000
COSIGNATURES = "60/minute"
LAST_PLACE: Final = 10**15 - 1
PLACE = {"type": "integer", "minimum": 0, "maximum": LAST_PLACE}


class NameOut(BaseModel):
    """A text in both languages; null where one is missing."""

    zh: str | None
    en: str | None


class ProjectOut(BaseModel):
    code: str
    name: NameOut
    type: str
    methodology: str
    country: str
    registry: str
    source_id: str
    state: str
    demo: bool


class OneProjectOut(ProjectOut):
    lots: list[str]


class ProjectsOut(BaseModel):
    items: list[ProjectOut]
    next: str | None


class LotOut(BaseModel):
    """Whole tonnes retired at the source; of these, grams attributed, and grams that can be bought now."""

    code: str
    project: str
    type: str
    vintage: str
    registry: str
    retired_t: int
    attributed_g: int
    available_g: int
    price_minor_per_t: int
    currency: str
    retirement_reference: str
    evidence_sha256: str
    open: bool
    demo: bool


class OneLotOut(LotOut):
    serials: list[str]


class LotsOut(BaseModel):
    items: list[LotOut]
    next: str | None


class SerialOut(BaseModel):
    """``grams`` by state: in a lot, ``held`` is nobody's claim and ``retired`` is attributed for good."""

    serial: str
    registry: str
    project: str
    tonnes: int
    vintage: str
    retired_at_source: bool
    lots: list[str]
    grams: dict[str, int]
    demo: bool


class SerialsOut(BaseModel):
    items: list[SerialOut]
    next: None


class CheckpointOut(BaseModel):
    """``note`` is the signed checkpoint as C2SP writes it; ``root`` in hex."""

    size: int
    root: str
    note: str
    at: str


class EntryOut(BaseModel):
    """``body`` is the record's canonical JSON, byte for byte what ``leaf_hash`` (hex) is made from."""

    idx: int
    body: str
    leaf_hash: str


class EntriesOut(BaseModel):
    items: list[EntryOut]
    next: int | None


class InclusionOut(BaseModel):
    """``proof``: hashes in base64, from the leaf upwards."""

    idx: int
    size: int
    root: str | None
    proof: list[str]


CONSISTENCY = {
    "type": "object",
    "required": ["from", "to", "proof"],
    "properties": {
        "from": {"type": "integer"},
        "to": {"type": "integer"},
        "proof": {"type": "array", "items": {"type": "string"}},
    },
}


@blueprint.get("/projects")
@describes(
    summary=N_("Projects by code"),
    tag="register",
    query={"cursor": "code of the last project seen"},
    answers={200: ProjectsOut},
)
@open_to_all
def projects() -> Response:
    rows = read.projects(after=request.args.get("cursor"), limit=PAGE + 1)
    return _page([_project(row) for row in rows], "code")


@blueprint.get("/projects/<code>")
@describes(summary=N_("One project with its lots"), tag="register", answers={200: OneProjectOut})
@open_to_all
def project(code: str) -> Response:
    found = read.project(code)
    return jsonify(_project(found) | {"lots": [lot.code for lot in read.lots(code)]})


@blueprint.get("/lots")
@describes(
    summary=N_("Lots by code"),
    tag="register",
    query={"cursor": "code of the last lot seen"},
    answers={200: LotsOut},
)
@open_to_all
def lots() -> Response:
    rows = read.lots(after=request.args.get("cursor"), limit=PAGE + 1)
    return _page([_lot(row) for row in rows], "code")


@blueprint.get("/lots/<code>")
@describes(summary=N_("One lot with its serials"), tag="register", answers={200: OneLotOut})
@open_to_all
def lot(code: str) -> Response:
    found = read.lot(code)
    return jsonify(_lot(found) | {"serials": read.serials_of_lot(found.id)})


@blueprint.get("/register")
@describes(
    summary=N_("Find a serial, a unit inside a range, or a part of a serial"),
    tag="register",
    query={"serial": {"type": "string", "description": "what to look for", "required": True}},
    answers={200: SerialsOut},
)
@open_to_all
def register() -> Response:
    found = read.find(request.args.get("serial", ""))
    return jsonify(items=[_serial(row) for row in found], next=None)


@blueprint.get("/log/checkpoint")
@describes(summary=N_("The newest signed checkpoint"), tag="log", answers={200: CheckpointOut}, errors=(404,))
@open_to_all
def checkpoint() -> Response:
    head = log.latest_checkpoint()
    if head is None:
        raise NotFound()
    return jsonify(size=head.size, root=head.root.hex(), note=head.note, at=text_of(head.at))


@blueprint.get("/log/entries")
@describes(
    summary=N_("Records of the log"),
    tag="log",
    query={
        "from": PLACE | {"description": "first place"},
        "to": PLACE | {"description": "first place not wanted, at most 1000 on"},
    },
    answers={200: EntriesOut},
)
@open_to_all
def entries() -> Response:
    start = _whole("from", 0)
    end = min(_whole("to", start + 100), start + MOST_ENTRIES)
    rows = log.entries(start, end)
    more = rows[-1].idx + 1 if rows and rows[-1].idx + 1 < log.size() else None
    return jsonify(
        items=[{"idx": row.idx, "body": row.body, "leaf_hash": row.leaf_hash.hex()} for row in rows],
        next=more,
    )


@blueprint.get("/log/proof/inclusion")
@describes(
    summary=N_("Proof that a record is in the log"),
    tag="log",
    query={
        "idx": PLACE | {"description": "its place", "required": True},
        "size": PLACE | {"description": "of which tree; the whole log when left out"},
    },
    answers={200: InclusionOut},
    errors=(404,),
)
@open_to_all
def inclusion() -> Response:
    idx, size = _whole("idx"), _whole("size", log.size())
    return jsonify(idx=idx, size=size, root=log.root_at(size).hex() if 0 < size <= log.size() else None,
                   proof=[b64encode(digest).decode() for digest in log.inclusion(idx, size)])  # fmt: skip


@blueprint.get("/log/proof/consistency")
@describes(
    summary=N_("Proof that one tree begins with another"),
    tag="log",
    query={
        "from": PLACE | {"description": "old size", "required": True},
        "to": PLACE | {"description": "new size; the whole log when left out"},
    },
    answers={200: CONSISTENCY},
    errors=(404,),
)
@open_to_all
def consistency() -> Response:
    old, new = _whole("from"), _whole("to", log.size())
    return jsonify(
        {
            "from": old,
            "to": new,
            "proof": [b64encode(digest).decode() for digest in log.consistency(old, new)],
        }
    )


class AuditOut(BaseModel):
    """``size`` and ``root`` (hex): the log as it was recomputed; ``faults`` name the first wrong rows."""

    at: str
    ok: bool
    size: int | None
    root: str | None
    faults: list[dict[str, str]]


class AuditsOut(BaseModel):
    items: list[AuditOut]


class WitnessOut(BaseModel):
    """``key`` as C2SP writes it; ``size``: the newest checkpoint it has signed."""

    name: str
    key: str
    about: NameOut
    size: int | None
    signed_at: str | None


class WitnessesOut(BaseModel):
    items: list[WitnessOut]


class CosignatureIn(BaseModel):
    """``size`` of the checkpoint, and the witness's line under it (C2SP tlog-cosignature)."""

    size: Annotated[int, Field(ge=0, le=LAST_PLACE)]
    line: str


class CosignedOut(BaseModel):
    witness: str
    size: int


@blueprint.get("/log/audits")
@describes(summary=N_("What the daily audits of the ledger found"), tag="log", answers={200: AuditsOut})
@open_to_all
def audits() -> Response:
    items = [
        {"at": text_of(each.at), "ok": each.ok, "size": each.size,
         "root": each.root.hex() if each.root else None, "faults": each.faults}
        for each in standing.audits(PAGE)
    ]  # fmt: skip
    return jsonify(items=items)


@blueprint.get("/log/witnesses")
@describes(summary=N_("Who signs the log beside us"), tag="log", answers={200: WitnessesOut})
@open_to_all
def witnesses() -> Response:
    items = [
        {"name": each.name, "key": each.key,
         "about": {"zh": each.about.zh or None, "en": each.about.en or None}, "size": each.size,
         "signed_at": text_of(each.signed_at) if each.signed_at else None}
        for each in watching.witnesses() if each.left_at is None
    ]  # fmt: skip
    return jsonify(items=items)


@blueprint.post("/log/cosignatures")
@describes(
    summary=N_("A witness's signature under a checkpoint"),
    tag="log",
    body=CosignatureIn,
    answers={201: CosignedOut},
    errors=(404, 422),
    idempotent=True,
)
@open_to_all
def cosign() -> tuple[Response, int]:
    idempotency_key()  # asked for like with every write; the same line twice is the same line anyway
    limits.count(COSIGNATURES, "cosign")
    given = body(CosignatureIn)
    name = watch.cosign(actor(), given.size, given.line.strip(), clock.now())
    return jsonify(witness=name, size=given.size), 201


@blueprint.get("/schemas/<kind>.json")
@describes(summary=N_("JSON Schema of a kind of log record"), tag="log")
@open_to_all
def schema(kind: str) -> Response:
    if kind not in KINDS:
        raise NotFound()
    return jsonify(schema_of(kind))


def _whole(name: str, default: int | None = None) -> int:
    """A query's whole number. Raises BadQuery."""
    text = request.args.get(name, "" if default is None else str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise BadQuery(name=name)
    return int(text)


def _page(items: list[dict[str, Any]], key: str) -> Response:
    more = items[PAGE - 1][key] if len(items) > PAGE else None
    return jsonify(items=items[:PAGE], next=more)


def _project(row: ProjectView) -> dict[str, Any]:
    return {
        "code": row.code, "name": {"zh": row.name.zh or None, "en": row.name.en or None},
        "type": row.type.value, "methodology": row.methodology, "country": row.country,
        "registry": row.registry, "source_id": row.source_id, "state": row.state, "demo": row.is_demo,
    }  # fmt: skip


def _lot(row: LotView) -> dict[str, Any]:
    return {
        "code": row.code, "project": row.project.code, "type": row.project_type.value,
        "vintage": f"{row.vintage_start.isoformat()}/{row.vintage_end.isoformat()}", "registry": row.registry,
        "retired_t": row.retired.grams // 1_000_000, "attributed_g": row.attributed.grams,
        "available_g": row.free.grams,
        "price_minor_per_t": row.price_per_t.minor, "currency": row.price_per_t.currency,
        "retirement_reference": row.retirement_reference, "evidence_sha256": row.evidence_sha256,
        "open": row.closed_at is None, "demo": row.is_demo,
    }  # fmt: skip


def _serial(row: SerialView) -> dict[str, Any]:
    return {
        "serial": row.serial, "registry": row.registry, "project": row.project.code, "tonnes": row.tonnes,
        "vintage": f"{row.vintage_start.isoformat()}/{row.vintage_end.isoformat()}",
        "retired_at_source": row.retired_at_source, "lots": list(row.lots),
        "grams": {state.value: mass.grams for state, mass in row.by_state.items()}, "demo": row.is_demo,
    }  # fmt: skip
