"""The desk as staff use it: causes, search, people, proposals, the trail, queues, filters, many at once."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask, Response
from sqlalchemy import event

from portal import audit, jobs
from portal.audit import Wanted
from portal.db import db
from portal.desk import bulk, causes, finding
from portal.desk.bulk import Deed, NothingPicked
from portal.desk.rules import Cause, Kind
from portal.kernel import clock
from portal.kernel.actor import STAFF, Actor, Role
from portal.kernel.errors import NotAllowed
from portal.shop.commands import counter
from portal.shop.queries import orders
from portal.shop.rules.states import OrderState as S
from portal.shop.rules.terms import PaymentKind
from portal.training.queries import rechecking
from portal.training.queries.courses import published_factors
from tests.browser import Browser
from tests.desk.test_desk import troubled_order
from tests.factories import accounts, shop
from tests.factories.proposals import accept_all
from tests.factories.registry import make_lot
from tests.factories.training import a_version

FINANCE = Actor("usr_first", frozenset({Role.FINANCE}))
ADMIN = Actor("usr_admin", frozenset({Role.ADMIN}))


@pytest.fixture
def signed_in_as(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Browser]:
    """A visitor with these live roles, known by an account."""

    def visit(*roles: Role, email: str = "staff@example.cn") -> Browser:
        who = accounts.person(email, *roles)
        person = Actor(who.id, frozenset(roles))
        monkeypatch.setitem(app.extensions, "portal.person", lambda: replace(person))
        monkeypatch.setitem(app.extensions, "portal.proof", lambda: None)  # they have just signed in
        return Browser(app.test_client())

    return visit


# --- causes --------------------------------------------------------------------------------------------


def counted(actor: Actor) -> dict[Cause, int]:
    return {due.cause: due.pile.count for due in causes.dues(actor, clock.now())}


def test_what_waits_is_counted_by_cause_and_told_to_those_it_concerns(any_app: Flask) -> None:
    troubled_order()
    shop.placed(250, payment=PaymentKind.TRANSFER)
    paid = shop.paid(250)
    counter.propose_refund(FINANCE, paid, "goodwill", clock.now())
    seen = counted(ADMIN)
    assert (seen[Cause.QUARANTINED], seen[Cause.TRANSFERS], seen[Cause.PROPOSALS]) == (1, 1, 1)
    assert Cause.ORDERS not in seen  # nothing waits there, so it is not said
    editor = counted(Actor("usr_editor", frozenset({Role.EDITOR})))
    assert not {Cause.QUARANTINED, Cause.TRANSFERS, Cause.PROPOSALS} & set(editor)


def test_questions_whose_figures_changed_are_a_cause_for_who_writes_courses(
    app: Flask, monkeypatch: pytest.MonkeyPatch, signed_in_as: Callable[..., Browser]
) -> None:
    a_version()
    author = Actor("usr_author", frozenset({Role.AUTHOR}))
    assert Cause.RECHECKS not in counted(author)
    published = {**published_factors(), "heat_cn_default": Decimal("9.875")}
    monkeypatch.setattr(rechecking, "published_factors", lambda: published)
    count = counted(author)[Cause.RECHECKS]
    assert count == len(rechecking.items_to_recheck())
    assert Cause.RECHECKS not in counted(ADMIN), "who writes no course has nothing to mend there"
    rows = signed_in_as(Role.AUTHOR).open("/en/author").table("Questions and what they rest on")
    assert len(rows) == count
    assert {(row["Figure"], row["Now"]) for row in rows} == {("heat_cn_default", "9.875")}


def test_a_backup_that_is_too_old_is_a_cause(app: Flask) -> None:
    app.extensions["portal.last_backup"] = lambda: clock.now() - causes.BACKUP_OLD * 2
    assert counted(ADMIN)[Cause.BACKUP] == 1
    app.extensions["portal.last_backup"] = clock.now
    assert Cause.BACKUP not in counted(ADMIN)


def test_the_first_page_asks_as_much_whatever_waits(app: Flask, signed_in_as: Callable[..., Browser]) -> None:
    browser = signed_in_as(Role.ADMIN)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    browser.open("/en/desk")
    before = len(asked)
    make_lot()
    for _n in range(4):
        shop.placed(250, payment=PaymentKind.TRANSFER)
    asked.clear()
    page = browser.open("/en/desk")
    assert len(asked) <= before + 3
    assert {row["What waits"]: row["How many"] for row in page.table("Today")}[
        "Orders that wait for a bank transfer"
    ] == "4"


# --- search --------------------------------------------------------------------------------------------


def found(actor: Actor, typed: str) -> dict[Kind, list[str]]:
    return {each.kind: [hit.key for hit in each.hits] for each in finding.find(actor, typed)}


def test_everything_is_found_by_what_is_at_hand(any_app: Flask) -> None:
    make_lot()
    order_id = shop.paid(250)
    order = orders.order(FINANCE, order_id)
    assert order.buyer
    amount = f"{order.total.minor // 100}.{order.total.minor % 100:02d}"
    (payment,) = orders.payments(order_id)
    for typed in (order_id, order_id[-8:], order.buyer.email[:5], order.buyer.name[:2], amount, f"¥{amount}",
                  payment.provider_payment_id):  # fmt: skip
        assert found(ADMIN, typed)[Kind.ORDER] == [order_id], typed
    who = accounts.person("wang@example.cn")
    assert found(ADMIN, "wang@")[Kind.PERSON] == [who.id]
    assert found(ADMIN, "示范")[Kind.PROJECT] == ["HLYC-0001"]
    assert found(ADMIN, "lot-a")[Kind.LOT] == ["LOT-A"]
    jobs.enqueue("letter", {}, key="a very special key", now=clock.now())
    assert len(found(ADMIN, "a very special key")[Kind.JOB]) == 1


def test_nothing_is_found_by_signs_of_a_pattern(app: Flask) -> None:
    make_lot()
    shop.paid(250)
    for typed in ("%%", "__", "%' OR 1=1 --", "\0\0", "100%"):
        assert Kind.ORDER not in found(ADMIN, typed)


@pytest.mark.parametrize("role", sorted(STAFF))
def test_a_role_finds_what_it_may_see(app: Flask, role: Role) -> None:
    make_lot()
    order_id = shop.paid(250)
    accounts.person("wang@example.cn")
    actor = Actor("usr_staff", frozenset({role}))
    assert (Kind.ORDER in found(actor, order_id)) == (role in (Role.FINANCE, Role.ADMIN, Role.AUDITOR))
    assert (Kind.PERSON in found(actor, "wang@")) == (role in (Role.ADMIN, Role.AUDITOR))
    assert finding.find(Actor("usr_else", frozenset({Role.TRAINER})), order_id) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_id_leads_straight_to_its_page(signed_in_as: Callable[..., Browser], lang: str) -> None:
    make_lot()
    order_id = shop.paid(250)
    browser = signed_in_as(Role.ADMIN)
    assert browser.open(f"/{lang}/desk/search?q={order_id}").url == f"/{lang}/desk/orders/{order_id}"
    page = browser.open(f"/{lang}/desk/search?q={order_id[-8:].lower()}")
    assert f"/{lang}/desk/orders/{order_id}" in page.links.values()
    assert {"zh": "未找到", "en": "Nothing found"}[lang] in browser.open(f"/{lang}/desk/search?q=zzzzzz").main


# --- people, proposals, the trail ----------------------------------------------------------------------


def test_a_role_is_given_on_the_page_of_the_person(signed_in_as: Callable[..., Browser]) -> None:
    who = accounts.person("wang@example.cn")
    browser = signed_in_as(Role.ADMIN)
    page = browser.open("/en/desk/people?search=wang").click("Li Hua")
    assert page.url.startswith(f"/en/desk/people/{who.id}")
    page = page.submit("Propose to give it", expect=422)
    page = page.choose("Role", "finance").fill("Reason", "joins the till").submit("Propose to give it")
    assert "Waits for a second person: A role to be given" in page.main
    assert "Accept" not in page.buttons
    assert accept_all() == 1
    page = browser.open(f"/en/desk/people/{who.id}")
    assert page.table("Roles")[0]["Role"] == "finance"
    page = browser.open(f"/en/desk/audit?what={who.id}&verb=accounts.role")
    assert [row["Action"] for row in page.table("Lines of the trail")] == ["accounts.role_granted"]
    told = browser.client.get(f"/en/desk/audit.csv?what={who.id}", buffered=True).text
    assert re.search(r"accounts\.role_granted", told)


def test_the_second_person_accepts_on_the_page(signed_in_as: Callable[..., Browser]) -> None:
    make_lot()
    order_id = shop.paid(250)
    counter.propose_refund(FINANCE, order_id, "goodwill", clock.now())
    page = signed_in_as(Role.FINANCE).open("/en/desk/proposals")
    assert "goodwill" in page.main
    page = page.submit("Accept Refund of an order")
    assert page.url == f"/en/desk/orders/{order_id}"
    assert orders.order(FINANCE, order_id).state is S.REFUND_AFTER_RETIREMENT


def test_a_desk_that_was_left_open_is_no_second_person(
    app: Flask, signed_in_as: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their control are the tests above, in which the last proof is recent."""
    make_lot()
    order_id = shop.paid(250)
    counter.propose_refund(FINANCE, order_id, "goodwill", clock.now())
    browser = signed_in_as(Role.FINANCE)
    page = browser.open("/en/desk/proposals")
    asked = Response("who are you?", 403, mimetype="text/plain")
    monkeypatch.setitem(app.extensions, "portal.proof", lambda: asked)
    assert page.submit("Accept Refund of an order", expect=403).response.text == "who are you?"
    assert orders.refunds(order_id) == []
    for endpoint in ("accounts_desk.propose_role", "accounts_desk.propose_reset"):
        assert getattr(app.view_functions[endpoint], "__fresh__", "") == "always"


def test_the_trail_is_filtered_by_who_and_when(app: Flask) -> None:
    person = Actor("usr_one", frozenset({Role.ADMIN}))
    now = clock.now()
    audit.record(person, "desk.check", "ledger", now, reason="monthly")
    audit.record(Actor.system("worker"), "desk.check", "ledger", now)
    assert len(audit.traces(Wanted(subject_id="ledger"))) == 2
    (line,) = audit.traces(Wanted(actor_id="usr_one"))
    assert line.facts == {"reason": "monthly"}
    assert [each.actor_id for each in audit.traces(Wanted(by_people=True))] == ["usr_one"]
    assert audit.traces(Wanted(until=now)) == []
    assert len(list(audit.all_traces(Wanted(verb="desk.")))) == 2


# --- queues and filters --------------------------------------------------------------------------------


def test_a_queue_is_walked_in_its_order_also_after_an_item_has_left_it(
    signed_in_as: Callable[..., Browser],
) -> None:
    make_lot()
    made = [shop.placed(100, payment=PaymentKind.TRANSFER) for _ in range(3)]
    first, second, third = sorted(made, reverse=True)
    browser = signed_in_as(Role.ADMIN)
    page = browser.open("/en/desk/orders?state=awaiting_transfer").click(first)
    assert "1 of 3" in page.main
    page = page.click("Next")
    assert page.url.startswith(f"/en/desk/orders/{second}")
    bulk.run(FINANCE, Deed.END, [second], "nobody pays", clock.now(), for_real=True)
    page = browser.open(page.url)  # it has left the list, and its neighbours are still known
    assert "2 of 3" in page.main
    assert page.click("Next").url.startswith(f"/en/desk/orders/{third}")
    assert "of 3" not in browser.open("/en/desk").main


def test_a_filter_is_kept_and_forgotten(signed_in_as: Callable[..., Browser]) -> None:
    browser = signed_in_as(Role.ADMIN)
    page = browser.open("/en/desk/orders?state=paid").fill("Keep this filter as", "Paid ones").submit("Keep")
    assert page.url == "/en/desk/orders?state=paid"
    page = browser.open("/en/desk")
    assert page.links["Paid ones"] == "/en/desk/orders?state=paid"
    assert "Paid ones" not in page.submit("Forget Paid ones").links
    odd = "/en/desk/orders?state=paid&endpoint=x&_scheme=javascript"  # names that ``url_for`` has for itself
    assert browser.open(odd).fill("Keep this filter as", "Odd ones").submit("Keep").url == odd


# --- many at once --------------------------------------------------------------------------------------


def test_many_are_tried_before_they_are_done(any_app: Flask) -> None:
    make_lot()
    open_one, paid = shop.placed(100, payment=PaymentKind.TRANSFER), shop.paid(100)
    tried = bulk.run(FINANCE, Deed.END, [open_one, paid], "cleaning up", clock.now(), for_real=False)
    assert [line.fault is None for line in tried] == [True, False]
    assert orders.order(FINANCE, open_one).state is S.AWAITING_TRANSFER
    bulk.run(FINANCE, Deed.END, [open_one, paid], "cleaning up", clock.now(), for_real=True)
    assert orders.order(FINANCE, open_one).state is S.CANCELLED
    assert orders.order(FINANCE, paid).state is not S.CANCELLED
    with pytest.raises(NothingPicked):
        bulk.run(FINANCE, Deed.END, [], "nothing", clock.now(), for_real=True)
    with pytest.raises(NotAllowed):
        bulk.run(
            Actor("usr_x", frozenset({Role.AUDITOR})), Deed.END, [paid], "no", clock.now(), for_real=False
        )


def test_what_is_ticked_is_kept_over_the_dry_run(signed_in_as: Callable[..., Browser]) -> None:
    make_lot()
    order_id = shop.placed(100, payment=PaymentKind.TRANSFER)
    browser = signed_in_as(Role.FINANCE)
    page = browser.open("/en/desk/many/orders").submit("Show what would happen", expect=422)
    page = page.tick(order_id).choose("End orders that nobody pays").fill("Reason", "cleaning up")
    page = page.submit("Show what would happen")
    assert "1 of 1 can be done" in page.main
    assert orders.order(FINANCE, order_id).state is S.AWAITING_TRANSFER
    page = page.submit("Do it for 1 row")
    assert orders.order(FINANCE, order_id).state is S.CANCELLED
