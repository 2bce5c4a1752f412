"""Projects of our own register with units in accounts, made by two registry people's own commands."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import ZERO, Mass
from portal.registry.commands import holdings, issuing, lots, transfers
from portal.registry.commands.lots import ProjectDraft, VerificationDraft
from portal.registry.models import Account
from portal.registry.rules.accounts import Decision, VerificationKind
from portal.registry.rules.ledger import ProjectType

MAKER = Actor("usr_maker", frozenset({Role.REGISTRY}))
CHECKER = Actor("usr_checker", frozenset({Role.REGISTRY}))
TWO = replace(CHECKER, proposer=MAKER.id)  # who accepts, with who proposed it beside them
PINE = Actor("usr_pine", organisations={"org_pine": "owner"})
BIRCH = Actor("usr_birch", organisations={"org_birch": "approver"})
HASH = sha256(b"a report").hexdigest()

REPORT = VerificationDraft(
    date(2020, 1, 1), date(2024, 12, 31), "a verifier", Mass.t(100), Mass.t(20), "positive", HASH, True
)


def project(number: str = "0001", kind: ProjectType = ProjectType.ARR) -> str:
    """A project of our own register; its code."""
    draft = ProjectDraft(
        code=f"HLYC-{number}", registry="HLYC", source_id=number, about=Bilingual("", ""),
        name=Bilingual("示范林", "Demonstration forest"), type=kind, methodology="CCER-14-001-V01",
        country="China", is_demo=True,
    )  # fmt: skip
    lots.add_project(MAKER, draft, "project design document", clock.now())
    return draft.code


def recorded(code: str = "HLYC-0001", verified: int = 100, buffer: int = 20) -> str:
    """A verification record that nobody has checked yet."""
    draft = replace(REPORT, verified=Mass.t(verified), buffer=Mass.t(buffer))
    return issuing.record_verification(MAKER, code, VerificationKind.VERIFICATION, draft, clock.now())


def approved(code: str = "HLYC-0001", verified: int = 100, buffer: int = 20) -> str:
    """A verification record that a second person has approved."""
    record = recorded(code, verified, buffer)
    issuing.check_verification(CHECKER, record, Decision.APPROVED, "", clock.now())
    return record


def validated(code: str = "HLYC-0001", expected: int = 100) -> str:
    """An approved validation: what is expected of a young forest."""
    draft = replace(REPORT, verified=Mass.t(expected), buffer=ZERO)
    record = issuing.record_verification(MAKER, code, VerificationKind.VALIDATION, draft, clock.now())
    issuing.check_verification(CHECKER, record, Decision.APPROVED, "", clock.now())
    return record


def issued(tonnes: int = 80, vintage: int = 2024, record: str | None = None) -> str:
    """Units of a new project in its developer's account; the issuance's id."""
    record = record or approved(project())
    return issuing.issue(CHECKER, record, vintage, Mass.t(tonnes), clock.now())


def account_id(kind: str, party_id: str | None = None) -> str:
    """The account of that kind, of the only party that has one unless it is named."""
    known = db.session.query(Account.id).filter(Account.kind == kind)
    if party_id:
        known = known.filter(Account.party_id == party_id)
    return str(known.one()[0])


def holder(actor: Actor = PINE) -> str:
    """A registry account of the actor's organisation; its public code."""
    (party,) = actor.organisations
    return holdings.open_account(MAKER, party, clock.now())


def given(tonnes: int, actor: Actor = PINE) -> str:
    """Tonnes of the only developer in the account of the actor's organisation; the account's id."""
    code = holder(actor)
    transfer = offered(tonnes, code)
    transfers.accept(actor, transfer, clock.now())
    (party,) = actor.organisations
    return account_id("holding", party)


def offered(tonnes: int, to_code: str, now: datetime | None = None) -> str:
    """The developer's offer of so many tonnes, for a week."""
    at = now or clock.now()
    return transfers.offer(
        MAKER, account_id("developer"), to_code, Mass.t(tonnes), at + timedelta(days=7), "", at
    )
