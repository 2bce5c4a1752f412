"""Search: what others wrote on their papers is found by whoever holds the paper."""

import pytest
from flask import Flask

from portal.db import transaction
from portal.desk import finding, places
from portal.desk.rules import Kind
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.hit import Hit
from portal.registry.models import Account, ImportRun
from portal.shop.models.billing import Fapiao, FapiaoParty
from portal.shop.models.payouts import Payee, Payout
from tests.factories import shop
from tests.factories.planting import make_planting
from tests.factories.registry import make_lot
from tests.factories.statements import a_plan

FINANCE, EDITOR = (Actor("usr_staff", frozenset({role})) for role in (Role.FINANCE, Role.EDITOR))


def found(actor: Actor, typed: str) -> dict[Kind, list[str]]:
    return {each.kind: [hit.key for hit in each.hits] for each in finding.find(actor, typed)}


@pytest.fixture
def papers(app: Flask) -> str:
    """A fapiao that was asked for, a pay-out, a holder's account, a registry's file; the fapiao's order."""
    make_lot()
    order_id, now = shop.paid(250), clock.now()
    with transaction() as session:
        session.add_all([
            Fapiao(id="fap_1", order_id=order_id, state="requested", amount_minor=1, currency="CNY",
                   reason="", lang="zh", test=True, asked_at=now, changed_at=now),
            Payee(id="pye_1", party="registry", currency="CNY", test=True),
            Account(id="acc_1", kind="holding", party_id="org_1", code="H-TEST", opened_at=now),
            ImportRun(id="irn_1", layout="verra", file_name="vcus-2026.csv", file_sha256="0" * 64,
                      state="waiting", outcome={}, actor_id="usr_1", at=now),
        ])  # fmt: skip
        session.flush()
        session.add_all([
            FapiaoParty(fapiao_id="fap_1", kind="organisation", title="伊春林业公司", tax_number="9123",
                        email=""),
            Payout(id="pyt_1", payee_id="pye_1", period="2026-11", amount_minor=1, reference="BANK77",
                   recorded_by="usr_1", at=now),
        ])  # fmt: skip
    return order_id


def test_papers_are_found_by_what_stands_on_them(papers: str) -> None:
    for typed in ("林业公司", "9123", papers):
        assert found(FINANCE, typed)[Kind.FAPIAO] == ["fap_1"], typed
    assert found(FINANCE, "BANK77")[Kind.PAYOUT] == ["pyt_1"]
    assert found(FINANCE, "h-test")[Kind.ACCOUNT] == ["acc_1"]
    assert found(FINANCE, "vcus")[Kind.IMPORT] == ["irn_1"]
    for typed in ("9123", "BANK77", "h-test", "vcus"):
        assert found(EDITOR, typed) == {}, "an editor has no business with it"


def test_events_and_plantings_are_found_by_name(app: Flask) -> None:
    make_lot()
    planting, statement_id = make_planting(), a_plan()
    assert found(FINANCE, planting.species.zh)[Kind.PLANTING] == [planting.code]
    assert found(EDITOR, "林业碳汇年会")[Kind.STATEMENT] == [statement_id]


def test_every_kind_but_work_in_the_background_has_a_page(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "portal.person", lambda: Actor("usr_a", frozenset(Role)))
    with app.test_request_context("/en/desk"):
        nowhere = {kind for kind in Kind if not places.place_of_hit(Hit(kind.value, "7", "x"))}
    assert nowhere == {Kind.JOB}
