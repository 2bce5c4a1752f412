"""Projects, own issuances and lots: how credits come to stand behind what is sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass, total
from portal.kernel.money import Money
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.naming import index_project
from portal.registry.commands.stock import account_of, journal
from portal.registry.models import (
    Account,
    Block,
    Freeze,
    Issuance,
    Likeness,
    PoolLot,
    Project,
    ProjectEvent,
    Verification,
    VerificationCheck,
)
from portal.registry.rules import records
from portal.registry.rules.accounts import IsFrozen
from portal.registry.rules.errors import (
    BadEvidence,
    LotCodeTaken,
    NotEnoughAtSource,
    RetirementRecordUsed,
    TypeNotSoldHere,
    UnknownLot,
    UnknownProject,
)
from portal.registry.rules.ledger import (
    GRAMS_PER_TONNE,
    AccountKind,
    BlockState,
    FreeRange,
    GramRange,
    NotEnoughCredits,
    ProjectType,
    Slice,
    UnitClass,
    issue_at,
    take,
)
from portal.registry.rules.lifecycle import (
    NO_STANDING,
    OWN,
    BeginsProposed,
    LikenessOpen,
    NoStanding,
    ProjectState,
)
from portal.registry.rules.names import sort_key
from portal.registry.rules.serials import OWN_REGISTRY, Serial, own_serial


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """A project as its registry describes it."""

    code: str
    registry: str
    source_id: str
    name: Bilingual
    about: Bilingual
    type: ProjectType
    methodology: str
    country: str
    is_demo: bool
    county_code: str = ""
    crediting: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class VerificationDraft:
    """A verifier's report: what was confirmed for a period, and what goes to the buffer."""

    period_start: date
    period_end: date
    verifier: str
    verified: Mass
    buffer: Mass
    opinion: str
    report_sha256: str
    is_demo: bool
    monitoring_report: int | None = None  # number of the project's report that it confirms


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A lot to open: which serials, how many tonnes of them, and the record of their retirement."""

    code: str
    project_code: str
    serials: tuple[str, ...]
    tonnes: int | None  # None: all that is still held of these serials
    retirement_reference: str
    retired_on: date
    evidence_sha256: str
    evidence_url: str
    price_per_t: Money
    rank: int
    is_demo: bool
    evidence_file: str = ""


def add_project(actor: Actor, draft: ProjectDraft, document: str, now: datetime) -> str:
    """A project that another registry registered, or a demonstration; its id. A known code stays as it is.

    A project of our own is proposed, and registered by steps (commands.projects). Raises BeginsProposed.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    if draft.registry == OWN and not draft.is_demo:
        raise BeginsProposed()
    begins, ends = draft.crediting or (None, None)
    with transaction() as session:
        known = session.execute(select(Project.id).where(Project.code == draft.code)).scalar_one_or_none()
        if known:
            return known
        project_id = new_id("prj")
        session.execute(
            insert(Project).values(
                id=project_id, code=draft.code, source_registry=draft.registry, source_id=draft.source_id,
                name_zh=draft.name.zh, name_en=draft.name.en, about_zh=draft.about.zh,
                about_en=draft.about.en, type=draft.type, methodology=draft.methodology,
                country=draft.country, state="registered", is_demo=draft.is_demo, created_at=now,
                county_code=draft.county_code or None, crediting_start=begins, crediting_end=ends,
                name_sort=sort_key(draft.name),
            )
        )  # fmt: skip
        session.execute(
            insert(ProjectEvent).values(
                id=new_id("pev"),
                project_id=project_id,
                to_state="registered",
                actor_id=actor.id,
                document=document,
                at=now,
            )
        )
        index_project(session, project_id)
        audit.record(actor, "project.registered", project_id, now, code=draft.code, document=document)
        return project_id


def name_project(actor: Actor, code: str, name: Bilingual, now: datetime) -> None:
    """Complete a project's name: a source registry gives it in one language only. Raises UnknownProject."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        project_id = project_id_of(session, code)
        session.execute(
            update(Project)
            .where(Project.id == project_id)
            .values(name_zh=name.zh, name_en=name.en, name_sort=sort_key(name))
        )
        index_project(session, project_id)
        audit.record(actor, "project.named", project_id, now, zh=name.zh, en=name.en)


@dataclass(frozen=True, slots=True)
class Batch:
    """Units of our own to be issued: from which verification, under which serial, to whom."""

    project_id: str
    verification_id: str
    serial: Serial
    unit_class: UnitClass
    owners: tuple[tuple[str, Mass], ...]  # account and its grams, in serial order
    issued_on: date
    for_buffer: bool
    is_demo: bool


def issue(
    actor: Actor,
    project_code: str,
    verification: VerificationDraft,
    serial: Serial,
    issued_on: date,
    now: datetime,
) -> str:
    """Record, check and issue in one go under a serial that the caller chose; the issuance's id.

    For the system alone, which is two people at once; people take the steps of issuing.py. The database
    refuses more than verified − buffer (I7). Raises UnknownProject.
    """
    if not actor.is_system:
        raise NotAllowed()
    with transaction() as session:
        project_id = project_id_of(session, project_code)
        verification_id = enter_verification(session, actor, project_id, verification)
        session.execute(
            insert(VerificationCheck).values(
                verification_id=verification_id, decision="approved", note="",
                checker_id=f"{actor.id}:second", at=now,
            )
        )  # fmt: skip
        alone(session, "issuance addresses")
        if buffer := verification.buffer.grams // GRAMS_PER_TONNE:
            number = max(next_batch(session, project_id), _batch_of(serial.group) + 1)
            project, year = serial.project, serial.vintage_start.year
            kept = own_serial(project, serial.type or ProjectType.OTHER, year, number, 1, buffer)
            account = account_of(session, "buffer", project_id)
            enter_batch(
                session, actor,
                Batch(project_id, verification_id, kept, UnitClass.EX_POST, ((account, Mass(kept.grams)),),
                      issued_on, True, verification.is_demo), now,
            )  # fmt: skip
        account = account_of(session, "developer", project_id)
        issuance_id = enter_batch(
            session, actor,
            Batch(project_id, verification_id, serial, UnitClass.EX_POST, ((account, Mass(serial.grams)),),
                  issued_on, False, verification.is_demo), now,
        )  # fmt: skip
        audit.record(actor, "credits.issued", issuance_id, now, serial=serial.text)
        return issuance_id


def enter_verification(
    session: Session,
    actor: Actor,
    project_id: str,
    draft: VerificationDraft,
    kind: str = "verification",
    at: datetime | None = None,
) -> str:
    """The row of a verifier's report; its id."""
    verification_id = new_id("ver")
    session.execute(
        insert(Verification).values(
            id=verification_id, project_id=project_id, period_start=draft.period_start,
            period_end=draft.period_end, verifier=draft.verifier, verified_g=draft.verified.grams,
            buffer_g=draft.buffer.grams, opinion=draft.opinion, report_sha256=draft.report_sha256,
            is_demo=draft.is_demo, kind=kind, entered_by=actor.id, at=at,
        )
    )  # fmt: skip
    return verification_id


def next_batch(session: Session, project_id: str) -> int:
    """The number of the project's next batch; numbers run through all its vintages."""
    groups = session.scalars(
        select(Issuance.serial_group).where(
            Issuance.project_id == project_id, Issuance.source_registry == OWN_REGISTRY
        )
    )
    return max(map(_batch_of, groups), default=0) + 1


def _batch_of(group: str) -> int:
    return int(group.rpartition("-")[2])


def enter_batch(session: Session, actor: Actor, batch: Batch, now: datetime) -> str:
    """Give a batch its grams: one issuance and a block for each owner; its id.

    The caller stands alone at the addresses (``alone(session, "issuance addresses")``).
    """
    end = session.execute(select(func.coalesce(func.max(Issuance.end_g), 0))).scalar_one()
    grams = issue_at(int(end), Mass(batch.serial.grams))
    issuance_id = new_id("iss")
    serial = batch.serial
    session.execute(
        insert(Issuance).values(
            id=issuance_id, project_id=batch.project_id, verification_id=batch.verification_id,
            source_registry=serial.registry, source_serial=serial.text, serial_group=serial.group,
            first_unit=serial.first, last_unit=serial.last, unit_class=batch.unit_class,
            vintage_start=serial.vintage_start, vintage_end=serial.vintage_end, issued_on=batch.issued_on,
            start_g=grams.start, end_g=grams.end, source_facts={}, is_demo=batch.is_demo,
            for_buffer=batch.for_buffer,
        )
    )  # fmt: skip
    start = grams.start
    for number, (account_id, mass) in enumerate(batch.owners):
        block = {
            "id": new_id("blk"), "issuance_id": issuance_id, "unit_class": batch.unit_class,
            "start_g": start, "end_g": start + mass.grams, "account_id": account_id, "rank": 0,
            "state": BlockState.HELD,
        }  # fmt: skip
        session.execute(insert(Block), [block])
        made = {
            "id": block["id"], "of": None, "start": start, "end": block["end_g"], "state": BlockState.HELD,
        }  # fmt: skip
        key = f"issue:{issuance_id}" + (f":{number}" if number else "")
        journal(session, actor, key, "issue", now, made=[made], account=account_id)
        start += mass.grams
    return issuance_id


def open_lot(actor: Actor, draft: LotDraft, now: datetime) -> str:
    """Put whole tonnes, retired at their source for this lot, up for attribution; the lot's id.

    Raises UnknownProject, TypeNotSoldHere, NoStanding, LikenessOpen, IsFrozen, BadEvidence,
    RetirementRecordUsed, NotEnoughAtSource.
    """
    if not policy.may_open_lots(actor):
        raise NotAllowed()
    if not draft.evidence_sha256 or not (draft.evidence_url or draft.evidence_file):
        raise BadEvidence()
    with transaction() as session:
        project_id = project_id_of(session, draft.project_code)
        kind = _kind_of_what_may_be_sold(session, project_id)
        alone(session, "opening lots")
        issuances = _issuances_of(session, draft, project_id)
        _check_is_new(session, draft, issuances[0].source_registry)
        if kind is ProjectType.REDD and issuances[0].source_registry == OWN_REGISTRY and not draft.is_demo:
            raise TypeNotSoldHere()
        pieces = _take_held(session, draft, issuances)
        used = [each for each in issuances if each.id in {piece.issuance_id for piece in pieces}]
        lot_id = _enter_lot(session, actor, draft, project_id, used, pieces, now)
        log.record(_opened(draft, kind, used, pieces), lot_id, now)
        grams = sum(piece.cut.grams.mass.grams for piece in pieces)
        audit.record(actor, "lot.opened", lot_id, now, code=draft.code, retired_g=grams)
        return lot_id


def close_lot(actor: Actor, code: str, because: str, now: datetime) -> None:
    """Sell no more of this lot; what is held for orders stays theirs. Raises UnknownLot."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        lot_id = session.execute(
            update(PoolLot)
            .where(PoolLot.code == code)
            .values(closed_at=func.coalesce(PoolLot.closed_at, now))
            .returning(PoolLot.id)
        ).scalar_one_or_none()
        if lot_id is None:
            raise UnknownLot(code=code)
        audit.record(actor, "lot.closed", lot_id, now, because=because)


# -- opening -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """Held grams that go into the lot, and the issuance they are of."""

    cut: Slice
    issuance_id: str


def _issuances_of(session: Session, draft: LotDraft, project_id: str) -> Sequence[Issuance]:
    """The blocks of these serials, oldest vintage first. Raises NotEnoughAtSource when one is not there."""
    found = session.scalars(
        select(Issuance)
        .where(Issuance.project_id == project_id, Issuance.source_serial.in_(draft.serials))
        .order_by(Issuance.vintage_start, Issuance.start_g)
    ).all()
    missing = set(draft.serials) - {issuance.source_serial for issuance in found}
    if missing or not found:
        raise NotEnoughAtSource(serial=", ".join(sorted(missing))[:200], left=Mass(0))
    return found


def _kind_of_what_may_be_sold(session: Session, project_id: str) -> ProjectType:
    """The type of a project in good standing. Raises TypeNotSoldHere, NoStanding, LikenessOpen, IsFrozen."""
    project = session.execute(select(Project.type, Project.state).where(Project.id == project_id)).one()
    kind = ProjectType(project.type)
    if not kind.is_sold_here:
        raise TypeNotSoldHere()
    if ProjectState(project.state) in NO_STANDING:
        raise NoStanding()
    same = (Likeness.project_id == project_id) | (Likeness.other_id == project_id)
    if session.scalar(select(Likeness.id).where(same, Likeness.cleared_at.is_(None)).limit(1)):
        raise LikenessOpen()
    frozen = select(Freeze.reason).where(Freeze.target_id == project_id, Freeze.thawed_at.is_(None))
    if reason := session.scalar(frozen):
        raise IsFrozen(reason=reason)
    return kind


def _check_is_new(session: Session, draft: LotDraft, registry: str) -> None:
    if session.scalar(select(PoolLot.id).where(PoolLot.code == draft.code)):
        raise LotCodeTaken(code=draft.code)
    reference = draft.retirement_reference
    same_record = (PoolLot.source_registry == registry, PoolLot.retirement_reference == reference)
    if session.scalar(select(PoolLot.id).where(*same_record)):
        raise RetirementRecordUsed(reference=reference)


def _take_held(session: Session, draft: LotDraft, issuances: Sequence[Issuance]) -> list[_Piece]:
    """What the lot takes of the developer's blocks that no lot has yet. Raises NotEnoughAtSource.

    The blocks are locked, so that none of them is cancelled or offered to somebody meanwhile.
    """
    rows = session.execute(
        select(Block.id, Block.start_g, Block.end_g, Block.issuance_id)
        .join(Account, Account.id == Block.account_id)
        .where(
            Block.issuance_id.in_([issuance.id for issuance in issuances]),
            Block.state == BlockState.HELD,
            Block.lot_id.is_(None),
            Block.unit_class == UnitClass.EX_POST,
            Account.kind == AccountKind.DEVELOPER,
            Account.frozen_at.is_(None),
            Block.frozen_at.is_(None),
        )
        .order_by(Block.start_g)
        .with_for_update(of=Block)
    ).all()
    issuance_of = {row.id: row.issuance_id for row in rows}
    free = [FreeRange(row.id, GramRange(row.start_g, row.end_g)) for row in rows]
    held = total([each.grams.mass for each in free])
    if not held:
        raise NotEnoughAtSource(serial=", ".join(draft.serials)[:200], left=held)
    try:
        slices = take(free, Mass.t(draft.tonnes) if draft.tonnes else held)
    except NotEnoughCredits as short:
        raise NotEnoughAtSource(serial=", ".join(draft.serials)[:200], left=short.params["left"]) from None
    return [_Piece(piece, issuance_of[piece.block.block_id]) for piece in slices]


def _enter_lot(
    session: Session,
    actor: Actor,
    draft: LotDraft,
    project_id: str,
    used: Sequence[Issuance],
    pieces: Sequence[_Piece],
    now: datetime,
) -> str:
    """The lot's row and its blocks; its id."""
    lot_id = new_id("lot")
    account_id = account_of(session, "pool", lot_id)
    grams = sum(piece.cut.grams.mass.grams for piece in pieces)
    session.execute(
        insert(PoolLot).values(
            id=lot_id, code=draft.code, project_id=project_id, account_id=account_id,
            source_registry=used[0].source_registry, retirement_reference=draft.retirement_reference,
            retired_on=draft.retired_on, evidence_sha256=draft.evidence_sha256,
            evidence_url=draft.evidence_url, evidence_file=draft.evidence_file,
            retired_g=grams, free_g=0, attributed_g=0,
            price_minor_per_t=draft.price_per_t.minor, currency=draft.price_per_t.currency,
            vintage_start=min(each.vintage_start for each in used),
            vintage_end=max(each.vintage_end for each in used),
            rank=draft.rank, is_demo=draft.is_demo, opened_at=now,
        )
    )  # fmt: skip
    moved = []
    for rank, piece in enumerate(pieces):
        block_id = piece.cut.block.block_id
        if piece.cut.rest:
            block_id = split_block(session, actor, block_id, piece.cut.grams, piece.cut.rest, now)
        joined = {"lot_id": lot_id, "account_id": account_id, "rank": rank}
        session.execute(update(Block).where(Block.id == block_id).values(**joined))
        moved.append(block_id)
    journal(session, actor, f"lot:{lot_id}", "lot", now, moved=moved, to=BlockState.HELD, account=account_id)
    session.execute(update(PoolLot).where(PoolLot.id == lot_id).values(free_g=grams))
    return lot_id


def _opened(
    draft: LotDraft, kind: ProjectType, used: Sequence[Issuance], pieces: Sequence[_Piece]
) -> records.LotOpened:
    def tonnes(issuance_id: str) -> int:
        parts = [piece.cut.grams.mass for piece in pieces if piece.issuance_id == issuance_id]
        return total(parts).grams // GRAMS_PER_TONNE

    serials = tuple(records.LotSerial(each.source_serial, tonnes(each.id)) for each in used)
    return records.LotOpened(
        lot=draft.code,
        registry=used[0].source_registry,
        project=draft.project_code,
        project_type=kind.value,
        vintage_start=min(each.vintage_start for each in used).isoformat(),
        vintage_end=max(each.vintage_end for each in used).isoformat(),
        serials=serials,
        retired_t=sum(each.tonnes for each in serials),
        retirement_reference=draft.retirement_reference,
        retired_on=draft.retired_on.isoformat(),
        evidence_sha256=draft.evidence_sha256,
        demo=draft.is_demo,
    )


def project_id_of(session: Session, code: str) -> str:
    found = session.execute(select(Project.id).where(Project.code == code)).scalar_one_or_none()
    if found is None:
        raise UnknownProject(code=code)
    return found


def split_block(
    session: Session, actor: Actor, block_id: str, head: GramRange, rest: GramRange, now: datetime
) -> str:
    """Close a held block and give its head and its rest a block each; the head's id."""
    parent = session.execute(select(Block).where(Block.id == block_id)).scalar_one()
    own: dict[str, Any] = {
        "issuance_id": parent.issuance_id, "unit_class": parent.unit_class, "parent_id": block_id,
        "account_id": parent.account_id, "rank": parent.rank, "state": BlockState.HELD,
    }  # fmt: skip
    children = [
        own | {"id": new_id("blk"), "start_g": part.start, "end_g": part.end} for part in (head, rest)
    ]
    session.execute(update(Block).where(Block.id == block_id).values(state=BlockState.SPLIT))
    session.execute(insert(Block), children)
    made = [
        {"id": c["id"], "of": block_id, "start": c["start_g"], "end": c["end_g"], "state": c["state"]}
        for c in children
    ]
    journal(session, actor, f"split:{block_id}", "split", now, split=[block_id], made=made)
    return str(children[0]["id"])
