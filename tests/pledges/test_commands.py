"""A pledge is made once, withdrawn once, claimed once; the database refuses the rest, whoever asks."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.footprint.queries import footprint
from portal.footprint.rules.errors import UnknownFootprint
from portal.jobs import Outbox
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.pledges.commands.promise import claim, make_pledge, withdraw_pledge
from portal.pledges.queries import promise as queries
from portal.pledges.rules.promise import (
    AlreadyClaimed,
    AlreadyWithdrawn,
    PledgeState,
    Subject,
    UnknownPledge,
    WithdrawalReason,
    YearOutOfRange,
)
from portal.registry.commands import stock
from tests.factories.footprint import a_footprint
from tests.factories.guards import without_guards
from tests.factories.pledges import NOW, a_draft, a_pledge
from tests.factories.registry import STAFF, hold, make_lot, retire

WANG, LI = Actor("usr_wang"), Actor("usr_li")


@pytest.fixture(autouse=True)
def on_both_databases(any_app):
    """Every promise here is kept on SQLite and on PostgreSQL."""


def seen(pledge_id: str, actor: Actor | None = None) -> queries.PledgeView:
    return queries.pledge(actor or Actor.guest(pledge_id), pledge_id)


def verbs(pledge_id: str) -> list[str]:
    return list(
        db.session.scalars(
            select(AuditEntry.verb).where(AuditEntry.subject_id == pledge_id).order_by(AuditEntry.id)
        )
    )


def test_a_pledge_copies_its_baseline():
    pledge_id = a_pledge()
    pledge = seen(pledge_id)
    baseline = footprint(Actor.guest(pledge.footprint_id), pledge.footprint_id)
    assert (pledge.baseline, pledge.low, pledge.high) == (baseline.total, baseline.low, baseline.high)
    assert (pledge.footprint_digest, pledge.model_id, pledge.model_version) == (
        baseline.digest, baseline.model_id, baseline.version
    )  # fmt: skip
    assert (pledge.subject, pledge.percent, pledge.year) == (Subject.YEAR, 20, 2030)
    assert pledge.remaining.kg_up == (pledge.baseline - pledge.reduction).kg_up
    assert pledge.owner_id is None
    assert verbs(pledge_id) == ["pledge.made"]


def test_a_pledge_in_kilograms_keeps_the_kilograms():
    pledge = seen(a_pledge(aim=Mass.kg("100")))
    assert (pledge.reduction, pledge.percent) == (Mass.kg("100"), None)


def test_only_who_may_see_the_footprint_may_pledge_on_it():
    footprint_id = a_footprint()
    _, draft = a_draft(footprint_id=footprint_id)
    with pytest.raises(UnknownFootprint):
        make_pledge(LI, draft, NOW)


def test_the_same_form_twice_is_one_pledge_and_one_letter():
    actor, draft = a_draft(email="wang@example.cn")
    make_pledge(actor, draft, NOW)
    again = Actor.guest(draft.footprint_id, draft.id)
    assert make_pledge(again, draft, NOW) == draft.id
    letters = select(func.count()).select_from(Outbox).where(Outbox.kind == "letter")
    assert db.session.execute(letters).scalar_one() == 1
    assert len(queries.wall()) == 1


def test_another_persons_id_is_not_taken_over():
    actor, draft = a_draft()
    make_pledge(actor, draft, NOW)
    with pytest.raises(UnknownPledge):
        make_pledge(actor, draft, NOW)  # holds the footprint's link, but not the pledge's


def test_what_is_out_of_range_keeps_nothing():
    actor, draft = a_draft(year=2061)
    with pytest.raises(YearOutOfRange):
        make_pledge(actor, draft, NOW)
    assert queries.wall() == []


def test_a_letter_carries_ids_and_no_name():
    a_pledge(email="wang@example.cn")
    (letter,) = db.session.scalars(select(Outbox.payload).where(Outbox.kind == "letter"))
    assert letter["to"] == "wang@example.cn"
    assert set(letter["facts"]) == {"pledge_id", "year", "letters_id"}


def test_progress_is_derived_from_the_ledger_and_follows_a_reversal():
    make_lot()
    pledge = seen(a_pledge())
    assert queries.progress(pledge).retired == Mass(0)
    retired = retire(hold(250), purpose=pledge.id)
    retire(hold(40), purpose="plg_of_somebody_else")
    assert queries.progress(pledge).retired == Mass.kg("250")
    stock.void_retirement(STAFF, retired.retirement_id, "refund", NOW)
    assert queries.progress(pledge).retired == Mass(0)


def test_a_withdrawn_pledge_stays_to_be_seen():
    pledge_id = a_pledge()
    withdraw_pledge(Actor.guest(pledge_id), pledge_id, WithdrawalReason.CIRCUMSTANCES, "", NOW)
    pledge = seen(pledge_id, Actor.guest())
    assert (pledge.state, pledge.withdrawn_at) == (PledgeState.WITHDRAWN, NOW)
    assert [row.id for row in queries.wall()] == [pledge_id]
    assert queries.wall_counts() == queries.Counts(standing=0, withdrawn=1)
    with pytest.raises(AlreadyWithdrawn):
        withdraw_pledge(Actor.guest(pledge_id), pledge_id, WithdrawalReason.CIRCUMSTANCES, "", NOW)
    assert verbs(pledge_id) == ["pledge.made", "pledge.withdrawn"]


def test_nobody_withdraws_what_is_not_theirs():
    public, private = a_pledge(), a_pledge(is_public=False)
    with pytest.raises(NotAllowed):
        withdraw_pledge(LI, public, WithdrawalReason.CIRCUMSTANCES, "", NOW)
    with pytest.raises(UnknownPledge):
        withdraw_pledge(LI, private, WithdrawalReason.CIRCUMSTANCES, "", NOW)
    assert seen(public).state is PledgeState.MADE


def test_a_guests_pledge_is_claimed_once_with_its_link():
    pledge_id = a_pledge(is_public=False)
    claim(Actor(WANG.id, keys=frozenset({pledge_id})), pledge_id, NOW)
    assert [row.id for row in queries.pledges_of(WANG)] == [pledge_id]
    claim(WANG, pledge_id, NOW)  # again: nothing changes
    with pytest.raises(AlreadyClaimed):
        claim(Actor(LI.id, keys=frozenset({pledge_id})), pledge_id, NOW)
    assert verbs(pledge_id) == ["pledge.made", "pledge.claimed"]


def test_a_signed_in_persons_pledge_is_theirs_from_the_start():
    pledge_id = a_pledge(WANG, is_public=False)
    assert seen(pledge_id, WANG).owner_id == WANG.id
    with pytest.raises(UnknownPledge):
        seen(pledge_id, LI)


def test_the_wall_is_read_in_parts_and_hides_what_is_private():
    public = [a_pledge(name=f"{n}") for n in range(3)]
    a_pledge(is_public=False)
    first = queries.wall(limit=2)
    rest = queries.wall(first[-1].id, limit=2)
    assert sorted(row.id for row in [*first, *rest]) == sorted(public)


REFUSED = {
    "UPDATE pledge SET baseline_g = baseline_g + 1, high_g = high_g + 1": "pledge keeps",
    "UPDATE pledge SET reduction_g = 1": "pledge keeps",
    "UPDATE pledge SET year = 2040": "pledge keeps",
    "UPDATE pledge SET footprint_digest = 'x'": "pledge keeps",
    "UPDATE pledge SET name = 'somebody else'": "words of a pledge",
    "UPDATE pledge SET motive = 'another reason'": "words of a pledge",
    "UPDATE pledge SET state = 'made', withdrawn_at = NULL": "lawful steps|keeps its day",
    "UPDATE pledge SET withdrawn_at = '2027-01-01T00:00:00.000000Z'": "withdrawal keeps its day",
    "UPDATE pledge SET owner_id = 'usr_li'": "claimed once",
    "DELETE FROM pledge": "never deleted",
}


@pytest.fixture
def withdrawn() -> str:
    pledge_id = a_pledge(WANG)
    withdraw_pledge(WANG, pledge_id, WithdrawalReason.CIRCUMSTANCES, "", NOW)
    return pledge_id


@pytest.mark.parametrize("attack", REFUSED)
def test_the_database_refuses_to_rewrite_a_promise(withdrawn, attack):
    with pytest.raises(DBAPIError, match=REFUSED[attack]), transaction() as session:
        session.execute(text(attack))


@pytest.mark.parametrize("attack", REFUSED)
def test_without_the_guards_the_attack_succeeds(withdrawn, attack):
    db.session.rollback()
    session = db.session()
    without_guards(session, "pledge")
    assert session.execute(text(attack)).rowcount == 1
    session.rollback()


def test_the_words_of_a_pledge_can_be_forgotten(withdrawn):
    with transaction() as session:
        session.execute(text("UPDATE pledge SET name = '', motive = '', owner_id = NULL"))
    assert seen(withdrawn).name == ""
