"""Projects and lots for tests of any room, made by the registry's own commands."""

from datetime import date, datetime, timedelta
from hashlib import sha256

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.kernel.mass import ZERO, Mass
from portal.kernel.money import Money
from portal.registry.commands import lots, prices, stock
from portal.registry.commands.lots import LotDraft, ProjectDraft, VerificationDraft
from portal.registry.rules import serials
from portal.registry.rules.facts import Retired, RetireLine, Want
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.prices import PriceDraft, Verdict

STAFF = Actor.system("tests")
GUEST = Actor.guest()
HOLDER = sha256(b"a holder").hexdigest()


def make_lot(
    tonnes: int = 10,
    code: str = "LOT-A",
    project: str = "0001",
    kind: ProjectType = ProjectType.ARR,
    batch: int = 1,
) -> str:
    """A lot of whole tonnes of our own serials, ready to be sold; its code."""
    now = clock.now()
    draft = ProjectDraft(
        code=f"HLYC-{project}", registry="HLYC", source_id=project, about=Bilingual("", ""),
        name=Bilingual("示范林", "Demonstration forest"), type=kind, methodology="CCER-14-001-V01",
        country="China", is_demo=True,
    )  # fmt: skip
    lots.add_project(STAFF, draft, "project design document", now)
    serial = serials.own_serial(project, kind, 2024, batch, 1, tonnes)
    verified = VerificationDraft(
        date(2020, 1, 1),
        date(2024, 12, 31),
        "a verifier",
        Mass.t(tonnes),
        ZERO,
        "positive",
        "0" * 64,
        True,
    )
    lots.issue(STAFF, draft.code, verified, serial, date(2025, 6, 1), now)
    lots.open_lot(STAFF, lot_draft(code, draft.code, serial.text, tonnes), now)
    return code


def lot_draft(
    code: str, project: str, serial: str, tonnes: int | None, reference: str | None = None
) -> LotDraft:
    return LotDraft(
        code=code, project_code=project, serials=(serial,), tonnes=tonnes,
        retirement_reference=reference or f"RET-1-{code}", retired_on=date(2025, 6, 18),
        evidence_sha256="0" * 64, evidence_url="https://registry.example/record",
        price_per_t=Money.cny("80.00"), rank=1, is_demo=True,
    )  # fmt: skip


def priced(code: str, per_tonne: Money, now: datetime | None = None) -> None:
    """A price of the lot in force, by two hands."""
    at = now or clock.now()
    proposal = prices.propose(STAFF, PriceDraft(code, per_tonne, clock.day_of(at), "tests"), at)
    prices.decide(Actor.system("second"), proposal, Verdict.ACCEPTED, "", at)


def hold(kg: int, *codes: str, hold_id: str | None = None, now: datetime | None = None) -> str:
    """Reserve kilograms for a new order; the hold's id. Its one line is ``<id>/1``."""
    hold_id = hold_id or new_id("ord")
    at = now or clock.now()
    want = Want(f"{hold_id}/1", codes or ("LOT-A",), Mass.kg(kg))
    stock.reserve(GUEST, hold_id, [want], at + timedelta(minutes=41), at)
    return hold_id


def retire(hold_id: str, purpose: str = "", *, test: bool = True) -> Retired:
    """Allocate and retire a hold made by ``hold``."""
    now = clock.now()
    stock.allocate(GUEST, hold_id, now)
    (retired,) = stock.retire(GUEST, hold_id, [RetireLine(f"{hold_id}/1", HOLDER, purpose, test)], now)
    return retired
