"""What each project and planting was promised, what was paid out for it, and to whose account it goes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, func, select, union_all

from portal import tallies
from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money
from portal.kernel.tally import Counts, Of
from portal.registry.queries.origins import names_of as names_of_projects
from portal.registry.rules.audit import Check, Fault
from portal.shop import policy
from portal.shop.models.orders import CashLine, Order
from portal.shop.models.origins import CashPart, PayoutAccount, PayoutProof
from portal.shop.models.payouts import Payee, Payout, PayoutVerdict
from portal.shop.models.planting import PlantingCampaign
from portal.shop.queries import owners
from portal.shop.rules import payouts as rules
from portal.shop.rules.origins import Origin, OriginKind
from portal.shop.rules.payouts import Account, Balance, HolderKind, PayoutVerdictKind
from portal.shop.rules.quotes import Party

# Source names by whether it is test money.
PARTS: Final = {False: "cash.origins", True: "cash.origins.test"}

Paid = defaultdict[tuple[Origin, str], Counter[str]]


@dataclass(frozen=True, slots=True)
class OriginMonth:
    """A month of one project or planting: what came in less what went back, and what was paid out."""

    period: str
    origin: Origin
    came: Money
    paid_out: Money

    @property
    def is_closed(self) -> bool:
        return rules.is_closed([self.came], [self.paid_out])

    @property
    def is_owed(self) -> Money:
        """What is still to be paid out for it."""
        return self.came - self.paid_out


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account that two persons have named for an origin."""

    id: str
    origin: Origin
    account: Account
    at: datetime


@dataclass(frozen=True, slots=True)
class PartView:
    """What of an order's money is an origin's, as one cause booked it."""

    origin: Origin
    amount: Money
    at: datetime


def balances(test: bool, now: datetime) -> list[Balance]:
    """Every project and planting in every currency that money came in for."""
    paid = paid_out(test)
    counted: Counter[Of] = sum(_months_of(test, now).values(), Counter())
    return [
        Balance(
            Party.FOREST_OWNER,
            Money(counted[of], of.unit),
            Money(counted[Of("back", of.key, of.unit)], of.unit),
            Money(paid[Origin.parse(of.key), of.unit].total(), of.unit),
            Origin.parse(of.key),
        )
        for of in sorted(counted, key=lambda of: (of.unit, Origin.parse(of.key)))
        if of.measure == "came"
    ]


def months(test: bool, now: datetime) -> list[OriginMonth]:
    """The newest month first; every month in which money came or went."""
    paid = paid_out(test)
    return [
        OriginMonth(period, origin, net, Money(paid[origin, net.currency][period], net.currency))
        for period, counts in sorted(_months_of(test, now).items(), reverse=True)
        for origin, net in _net(counts)
    ]


def held(origin: Origin, currency: str, test: bool) -> Money:
    """What is held for a project: all that came in, less what went back and what was paid out."""
    found = (
        select(func.coalesce(func.sum(CashPart.amount_minor), 0))
        .join(Order, Order.id == CashPart.order_id)
        .where(CashPart.origin == str(origin), CashPart.currency == currency, Order.test == test)
    )
    gone = paid_out(test)[origin, currency].total()
    return Money(int(db.session.execute(found).scalar_one()) - gone, currency)


def paid_out(test: bool) -> Paid:
    """Confirmed pay-outs: origin and currency → month → minor units."""
    paid: Paid = defaultdict(Counter)
    for row in db.session.connection().execute(_PAID_OUT, {"is_test": test}):
        paid[Origin.parse(row.origin), row.currency][row.period] = int(row.minor)
    return paid


def parts_of(order_id: str) -> list[PartView]:
    """Ask first whether the actor may see the order."""
    rows = db.session.connection().execute(_PARTS_OF, {"order_id": order_id})
    return [PartView(Origin.parse(r.origin), Money(r.amount_minor, r.currency), r.at) for r in rows]


def nets(test: bool, first: date, end: date, now: datetime) -> list[tuple[str, Origin, Money]]:
    """Month, origin, and what came in less what went back, from a day to just before another."""
    counted = tallies.totals(PARTS[test], first, end, now)
    return [(period, origin, net) for period, counts in counted.items() for origin, net in _net(counts)]


def names_of(origins: Collection[Origin]) -> dict[Origin, Bilingual]:
    """What they are called; one that is not known any more by its code."""
    known = {
        **_named(OriginKind.PROJECT, names_of_projects(_codes(origins, OriginKind.PROJECT))),
        **_named(OriginKind.PLANTING, _names_of_plantings(_codes(origins, OriginKind.PLANTING))),
    }
    payees = owners.payees() if any(each.payee for each in origins) else {}
    return {each: _called(each, known, payees) for each in origins}


def _called(
    origin: Origin, known: Mapping[Origin, Bilingual], payees: Mapping[Origin, Bilingual]
) -> Bilingual:
    whole = known.get(origin.whole, Bilingual(origin.code, origin.code))
    if not origin.payee:
        return whole
    payee = payees.get(origin, Bilingual(origin.payee, origin.payee))
    return Bilingual(f"{whole.zh} · {payee.zh}", f"{whole.en} · {payee.en}")


def is_known(origin: Origin) -> bool:
    """Whether there is such a project or planting, and of a payee, whether its money was ever shared so."""
    if origin.payee and origin not in owners.payees():
        return False
    find = names_of_projects if origin.kind is OriginKind.PROJECT else _names_of_plantings
    return origin.code in find([origin.code])


# -- accounts ------------------------------------------------------------------------------------


def account_of(origin: Origin) -> AccountView | None:
    """The account that is in force."""
    row = db.session.execute(_ACCOUNTS.where(PayoutAccount.origin == str(origin)).limit(1)).one_or_none()
    return _account(row) if row else None


def accounts(actor: Actor) -> dict[Origin, AccountView]:
    """The account in force of every origin that has one, for staff. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    found: dict[Origin, AccountView] = {}
    for row in db.session.execute(_ACCOUNTS):
        found.setdefault(Origin.parse(row.origin), _account(row))
    return found


def accounts_by_id(actor: Actor) -> dict[str, AccountView]:
    """Every account that was ever named, for staff. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    return {row.id: _account(row) for row in db.session.execute(_ACCOUNTS)}


def _account(row: object) -> AccountView:
    kept: PayoutAccount = row  # type: ignore[assignment]
    account = Account(HolderKind(kept.kind), kept.holder, kept.bank, kept.last_digits)
    return AccountView(kept.id, Origin.parse(kept.origin), account, kept.at)


_ACCOUNTS = select(PayoutAccount.__table__).order_by(PayoutAccount.at.desc(), PayoutAccount.id.desc())


# -- counted by day ------------------------------------------------------------------------------


def parts_between(test: bool, first: datetime, end: datetime) -> Counts:
    """Per origin, in minor units: ``came`` in, and went ``back`` or to another origin in an exchange."""
    minor = CashPart.amount_minor
    rows = (
        select(
            CashPart.origin,
            CashPart.currency,
            func.sum(case((minor > 0, minor), else_=0)).label("came"),
            func.sum(case((minor < 0, -minor), else_=0)).label("back"),
        )
        .join(Order, Order.id == CashPart.order_id)
        .where(Order.test == test, CashPart.at >= first, CashPart.at < end)
        .group_by(CashPart.origin, CashPart.currency)
    )
    found: Counter[Of] = Counter()
    for row in db.session.execute(rows):
        found[Of("came", row.origin, row.currency)] = int(row.came)
        found[Of("back", row.origin, row.currency)] = int(row.back)
    return found


def first_part() -> datetime | None:
    """When money first came in for a project, real or test."""
    return db.session.execute(select(func.min(CashPart.at))).scalar_one()


@tallies.source(PARTS[False], first_part)
def _parts(first: datetime, end: datetime) -> Counts:
    return parts_between(False, first, end)


@tallies.source(PARTS[True], first_part)
def _test_parts(first: datetime, end: datetime) -> Counts:
    return parts_between(True, first, end)


def _months_of(test: bool, now: datetime) -> dict[str, Counter[Of]]:
    first = tallies.begins(PARTS[test])
    return tallies.totals(PARTS[test], first, day_of(now) + timedelta(days=1), now) if first else {}


def _net(counts: Counter[Of]) -> list[tuple[Origin, Money]]:
    """What came in less what went back, of each origin in each currency."""
    told = sorted({(of.unit, of.key) for of in counts})
    return [
        (
            Origin.parse(key),
            Money(counts.get(Of("came", key, unit), 0) - counts.get(Of("back", key, unit), 0), unit),
        )
        for unit, key in told
    ]


def _codes(origins: Collection[Origin], kind: OriginKind) -> list[str]:
    return [each.code for each in origins if each.kind is kind]


def _named(kind: OriginKind, names: dict[str, Bilingual]) -> dict[Origin, Bilingual]:
    return {Origin(kind, code): name for code, name in names.items()}


def _names_of_plantings(codes: Collection[str]) -> dict[str, Bilingual]:
    told = (PlantingCampaign.parcel_zh, PlantingCampaign.parcel_en)
    species = (PlantingCampaign.species_zh, PlantingCampaign.species_en)
    rows = db.session.execute(
        select(PlantingCampaign.code, *told, *species).where(PlantingCampaign.code.in_(codes))
    )
    return {
        row.code: Bilingual(f"{row.parcel_zh} · {row.species_zh}", f"{row.parcel_en} · {row.species_en}")
        for row in rows
    }


_payees, _paid, _verdicts = Payee.__table__, Payout.__table__, PayoutVerdict.__table__
_proofs = PayoutProof.__table__
# Built once: putting a statement together costs more than having it done.
_PARTS_OF = select(CashPart.__table__).where(CashPart.order_id == bindparam("order_id"))
_PAID_OUT = (
    select(
        _proofs.c.origin, _payees.c.currency, _paid.c.period, func.sum(_paid.c.amount_minor).label("minor")
    )
    .join_from(_paid, _payees, _payees.c.id == _paid.c.payee_id)
    .join(_verdicts, _verdicts.c.payout_id == _paid.c.id)
    .join(_proofs, _proofs.c.payout_id == _paid.c.id)
    .where(
        _payees.c.test == bindparam("is_test"),
        _verdicts.c.verdict == PayoutVerdictKind.CONFIRMED.value,
        _proofs.c.origin != "",
    )
    .group_by(_proofs.c.origin, _payees.c.currency, _paid.c.period)
)


# -- for ``ledger verify`` -----------------------------------------------------------------------


def faults() -> Iterator[Fault]:
    """Of every payment and refund, the projects' parts add up to the forest owner's line."""
    owners = CashLine.party == Party.FOREST_OWNER
    signed = union_all(
        select(CashLine.order_id, CashLine.cause_id, CashLine.amount_minor.label("minor")).where(owners),
        select(CashPart.order_id, CashPart.cause_id, (-CashPart.amount_minor).label("minor")),
    ).subquery()
    off = (
        select(signed.c.order_id, signed.c.cause_id, func.sum(signed.c.minor).label("off"))
        .group_by(signed.c.order_id, signed.c.cause_id)
        .having(func.sum(signed.c.minor) != 0)
        .order_by(signed.c.order_id, signed.c.cause_id)
    )
    for row in db.session.execute(off):
        sentence = (
            f"the projects' parts of {row.cause_id} differ from the forest owner's line by {int(row.off)}"
        )
        yield Fault(Check.CASH, f"order {row.order_id}", sentence)
