"""Who shares a project's money: proposed by one of the till, accepted by another, in force from then on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, insert

from portal import audit
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, NotAllowed
from portal.kernel.ids import new_id
from portal.proposals.commands import Lines, by_two, propose
from portal.shop import policy
from portal.shop.models.owners import OwnerShare as ShareRow
from portal.shop.models.owners import OwnerSplit as SplitRow
from portal.shop.queries import origins, owners
from portal.shop.rules.origins import Origin, UnknownOrigin
from portal.shop.rules.owners import OwnerShare, SameShares, check_shares

SHARES: Final = "shop.owner_shares"

_splits: Table = SplitRow.__table__  # type: ignore[assignment]
_shares: Table = ShareRow.__table__  # type: ignore[assignment]
_Facts = Mapping[str, Any]


def propose_shares(
    actor: Actor, origin: Origin, shares: Sequence[OwnerShare], reason: str, now: datetime
) -> str:
    """Have a project's money shared so. Raises what ``name_shares`` and ``propose`` raise."""
    told = [
        {"payee": each.payee, "zh": each.name.zh, "en": each.name.en, "bp": each.basis_points}
        for each in check_shares(shares)
    ]
    return propose(actor, SHARES, str(origin), {"code": origin.code, "shares": told}, reason, now)


def name_shares(actor: Actor, origin: Origin, shares: Sequence[OwnerShare], now: datetime) -> str:
    """What is paid from now on is shared so; two of the till say so. The split's id.

    Raises UnknownOrigin, SameShares and what ``check_shares`` does.
    """
    if not policy.may_move_money(actor):
        raise NotAllowed()
    checked = check_shares(shares)
    with transaction() as session:
        alone(session, f"owners {origin}")
        if origin.payee or not origins.is_known(origin):
            raise UnknownOrigin()
        known = owners.in_force([origin], now).get(origin)
        if known and known.shares == checked:
            raise SameShares()
        split_id = new_id("osp")
        session.execute(insert(_shares), [_row(split_id, each) for each in checked])
        session.execute(
            insert(_splits).values(
                id=split_id, origin=str(origin), named_by=actor.proposer, accepted_by=actor.id, at=now
            )
        )
        audit.record(actor, "payout.shares", str(origin), now, split=split_id)
        return split_id


def _row(split_id: str, share: OwnerShare) -> dict[str, Any]:
    return {
        "split_id": split_id, "payee": share.payee, "name_zh": share.name.zh, "name_en": share.name.en,
        "share_bp": share.basis_points,
    }  # fmt: skip


def _told(facts: _Facts) -> list[OwnerShare]:
    return [
        OwnerShare(each["payee"], Bilingual(each["zh"], each["en"]), each["bp"]) for each in facts["shares"]
    ]


def _lines(facts: _Facts) -> Lines:
    return (
        (N_("Project or planting"), facts["code"]),
        *(
            (N_("Payee and share"), f"{each.name.zh} {each.name.en}: {each.percent} %")
            for each in _told(facts)
        ),
    )


@by_two(SHARES, N_("Who shares a project’s money"), policy.may_run_till, _lines)
def _name(actor: Actor, origin: str, facts: _Facts, now: datetime) -> None:
    name_shares(actor, Origin.parse(origin), _told(facts), now)
