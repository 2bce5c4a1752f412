"""What the demonstration has no data for, and addresses of owners that staff and colleagues open as well.

Each leaves a line for whom it shows; who reads what is their own leaves none.
"""

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from portal.accounts import papers as licences
from portal.accounts.bodies import Kind
from portal.accounts.commands import verifying
from portal.accounts.queries import PaperView
from portal.accounts.rules import Part
from portal.certificates import commands as certificates
from portal.certificates.rules.states import Reason
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.privacy.models import Look
from portal.privacy.queries.looks import Wanted, looks, looks_at
from portal.registry import papers
from portal.settings.rules.sheets import SALE
from portal.shop.commands import billing, care, fapiao_files, gift_help, requests
from portal.shop.commands.gifts import claim_gift
from portal.shop.fapiao_shelf import keep
from portal.shop.queries import gifts as gift_queries
from portal.shop.rules.basket import Basket, BasketLine
from portal.shop.rules.batches import Recipient
from portal.shop.rules.gifts import Taker
from portal.shop.rules.orders import Buyer
from portal.shop.rules.requests import Ask
from portal.statements import queries as statements
from portal.statements.commands import actions
from portal.statements.rules.plans import SHELF
from portal.web import press
from portal.web.links import key_for
from tests.factories import accounts, companies, gifts, pledges, shop
from tests.factories import settings as sheets
from tests.factories.privacy import Life, a_life
from tests.factories.statements import AFTER, a_plan
from tests.shop.test_billing import TO, WISH

DESK = frozenset({Role.FINANCE, Role.REGISTRY, Role.ADMIN, Role.AUDITOR})
PRINTED = pytest.mark.skipif(not press.has_pango(), reason="PDF needs Pango")
PDF = b"%PDF-1.4\n%%EOF"

# Where it is, and what line it leaves for the one whom it shows.
DESKS = [
    ("/en/desk/bodies/{organisation}", ("organisation", "organisations")),
    ("/en/desk/organisations/{check}", ("organisation", "organisations")),
    ("/en/desk/organisations/{check}/papers/1", ("document", "organisations")),
    ("/en/desk/fapiao/{fapiao}", ("fapiao", "papers")),
    ("/en/desk/fapiao/{fapiao}/files/{file}", ("fapiao", "papers")),
    ("/en/desk/orders/{order}/substitute", ("order", "orders")),
    ("/en/desk/gifts/{gift}", ("gift", "gifts")),
    ("/en/desk/requests/{request}", ("request", "orders")),
]
OWNED = [
    ("/en/orders/{order}", ("order", "orders")),
    ("/en/orders/{order}/papers", ("order", "orders")),
    ("/en/orders/{order}/fapiao/{fapiao}/files/{file}", ("order", "files")),
    pytest.param("/en/orders/{order}/receipt.pdf", ("order", "files"), marks=PRINTED),
    pytest.param("/en/orders/{order}/papers/{invoice}.pdf", ("order", "files"), marks=PRINTED),
    ("/en/pledges/{pledge}", ("pledge", "pledges")),
    ("/en/statements/evidence/{evidence}", ("person", "files")),
]
# Pages on which it stands who of the staff has done something.
SIGNED = [
    "/en/desk/fapiao/{fapiao}",
    "/en/desk/certificates/{certificate}",
    "/en/desk/orders/{order}",
    "/en/desk/gifts/{gift}",
    "/en/desk/requests/{request}",
    "/en/desk/settings/sale",
    "/en/desk/settings/changes/{change}",
]


BASKET = Basket((BasketLine("LOT-A", Mass.kg(100)),))


class Scene:
    """Somebody with something in each of these rooms, and a clerk who has had it in hand."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.life: Life = a_life()
        clerk = accounts.person("clerk@example.cn")
        self.clerk = Actor(clerk.id, DESK)
        order_id, who, now = self.life.order_id, self.life.who, clock.now()
        organisation = companies.organisation(who, (clerk, Part.APPROVER), credit_code=companies.CREDIT_CODE)
        licence = PaperView("a" * 64, "application/pdf")
        licences.path_of(licence).parent.mkdir(parents=True, exist_ok=True)
        licences.path_of(licence).write_bytes(PDF)
        owner = Actor(who.id, organisations={organisation: Part.OWNER})
        fapiao = billing.request_fapiao(who.actor, order_id, WISH, "zh", now)
        billing.issue_fapiao(self.clerk, fapiao, "26112000000000000001", clock.today(), now)
        given = keep(FileStorage(BytesIO(PDF), "fapiao.pdf"))
        care.calm(self.clerk, order_id, "seen", now)
        certificates.doubt(self.clerk, self.life.certificate, Reason.ERROR, now)
        gift = gifts.drafted(actor=who.actor)
        gift_help.block_code(self.clerk, gift, "stolen", now)
        asked = Ask(organisation, BASKET, shop.quoted(), "Forest Sea", False, "", "en")
        request = requests.ask(owner, new_id("prq"), asked, now)
        requests.decline(replace(self.clerk, organisations={organisation: Part.APPROVER}), request, "no", now)
        self.places = {
            "gift": gift,
            "request": request,
            "order": order_id,
            "certificate": self.life.certificate,
            "pledge": pledges.a_pledge(who.actor, is_public=False),
            "organisation": organisation,
            "check": verifying.ask_for_check(owner, organisation, Kind.COMPANY, [licence], now),
            "fapiao": fapiao,
            "file": fapiao_files.attach(self.clerk, fapiao, given, now),
            "invoice": billing.issue_invoice(who.actor, order_id, TO, now),
            "change": sheets.proposed(SALE.key, sheets.fees(least=2_000), actor=self.clerk),
            "evidence": evidence(who.actor),
        }

    def open(self, path: str, reader: Actor) -> str:
        self.app.extensions["portal.person"] = lambda: reader
        answer = self.app.test_client(use_cookies=False).get(path.format_map(self.places), buffered=True)
        assert answer.status_code == 200, answer.status_code
        return answer.get_data().decode(errors="replace")

    def left(self, person_id: str) -> set[tuple[str, str]]:
        db.session.rollback()
        return {(each.kind, each.why) for each in looks_at(person_id, 100)}


def evidence(organiser: Actor) -> str:
    """A file that is not public, beside an action of theirs."""
    statement_id = a_plan(organiser)
    action = statements.statement(statement_id).actions[0]
    actions.show(organiser, action.id, date(2026, 11, 24), papers.keep_bytes(b"tickets", SHELF), False, AFTER)
    return statements.statement(statement_id).actions[0].evidence[0].id


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene(app)


@pytest.fixture
def reader() -> Actor:
    return Actor(accounts.person("reader@example.cn").id, DESK)


@pytest.mark.parametrize(("path", "line"), [*DESKS, *OWNED])
def test_whom_it_shows_finds_a_line(scene: Scene, reader: Actor, path: str, line: tuple[str, str]) -> None:
    scene.open(path, reader)
    assert line in scene.left(scene.life.who.id)


@pytest.mark.parametrize("path", SIGNED)
def test_who_of_the_staff_is_named_finds_one_too(scene: Scene, reader: Actor, path: str) -> None:
    """By name, since an id says nothing to who reads it."""
    page = scene.open(path, reader)
    assert "Li Hua" in page
    assert scene.clerk.id not in page
    assert scene.left(scene.clerk.id) == {("person", "lists")}


def test_who_is_told_by_the_thing_is_not_told_again_for_being_named(scene: Scene, reader: Actor) -> None:
    """The buyer has asked for the fapiao, so their name stands in its history."""
    scene.open("/en/desk/fapiao/{fapiao}", reader)
    assert scene.left(scene.life.who.id) == {("fapiao", "papers")}


@pytest.mark.parametrize(("path", "line"), OWNED)
def test_who_reads_their_own_leaves_none(scene: Scene, path: str, line: tuple[str, str]) -> None:
    """The control: it is not the address that leaves a line."""
    scene.open(path, scene.life.who.actor)
    db.session.rollback()
    assert db.session.scalars(select(Look.kind)).all() == [], f"no {line}"


def test_a_colleague_who_reads_an_order_of_their_organisation_leaves_a_line(scene: Scene) -> None:
    organisation = scene.places["organisation"]
    colleague = Actor("usr_colleague", organisations={organisation: Part.MEMBER})
    member = Actor(scene.life.who.id, organisations={organisation: Part.MEMBER})
    scene.places["order"] = shop.placed(
        10, actor=member, buyer=Buyer("林海公司", "office@example.cn", organisation_id=organisation)
    )
    scene.open("/en/orders/{order}", colleague)
    assert scene.left(scene.life.who.id) == {("order", "orders")}


LIST = "/en/account/gift-batches/{batch}"
LISTED = "/en/gifts/{listed}?k={key}"


@dataclass(frozen=True)
class Handed:
    """A list of one recipient, who has an account and took the gift up; its maker, and their colleague."""

    maker: Actor
    colleague: Actor
    taker: accounts.Somebody
    batch_id: str


@pytest.fixture
def handed(scene: Scene) -> Handed:
    organisation = scene.places["organisation"]
    maker = Actor(scene.life.who.id, organisations={organisation: Part.MEMBER})
    batch_id = companies.opened(maker, [Recipient("", "zhao@example.cn")], organisation_id=organisation)
    companies.bought(batch_id)
    companies.shared_out()
    taker = accounts.person("taker@example.cn")
    (gift,) = gift_queries.gifts_in(batch_id)
    claim_gift(taker.actor, gift.code, Taker("Zhao", taker.email, False, "en"), clock.now())
    scene.places |= {"batch": batch_id, "listed": gift.id, "key": key_for(gift.id)}
    colleague = Actor("usr_colleague", organisations={organisation: Part.MEMBER})
    return Handed(maker, colleague, taker, batch_id)


@PRINTED
@pytest.mark.parametrize(
    ("path", "line"),
    [
        (LIST, ("batch", "lists")),
        (LIST + "/codes.csv", ("batch", "files")),
        (LIST + "/codes.xlsx", ("batch", "files")),
        (LISTED, ("gift", "lists")),
    ],
)
def test_a_colleague_who_reads_a_list_of_recipients_leaves_a_line(
    scene: Scene, handed: Handed, path: str, line: tuple[str, str]
) -> None:
    """For who is in it, of which list, and without a name; a file each time, a page once a day."""
    for _time in range(2):
        scene.open(path, handed.colleague)
    assert scene.left(handed.taker.id) == {line}
    looks = looks_at(handed.taker.id, 100)
    assert len(looks) == (2 if line[1] == "files" else 1)
    kept = " ".join(str(each) for each in looks)
    assert handed.colleague.id in kept
    assert (handed.batch_id if line[0] == "batch" else scene.places["listed"]) in kept
    assert "Zhao" not in kept
    assert "zhao" not in kept
    told = scene.left(handed.maker.id)
    assert told == ({line} if line[0] == "batch" else set())


@PRINTED
@pytest.mark.parametrize("path", [LIST, LIST + "/codes.csv", LISTED])
def test_who_handed_the_list_in_leaves_none(scene: Scene, handed: Handed, path: str) -> None:
    """The control: it is not the address that leaves a line."""
    scene.open(path, handed.maker)
    assert scene.left(handed.taker.id) == set()


def test_a_list_of_people_without_accounts_leaves_a_line_too(scene: Scene) -> None:
    """About nobody in particular: auditors find it by the list's number."""
    organisation = scene.places["organisation"]
    batch_id = companies.opened(
        Actor("usr_gone", organisations={organisation: Part.MEMBER}),
        [Recipient("Zhao", "zhao@example.cn")], kg=100, organisation_id=organisation,
    )  # fmt: skip
    scene.places["batch"] = batch_id
    scene.open(LIST, Actor("usr_colleague", organisations={organisation: Part.MEMBER}))
    found = looks(Actor("usr_auditor", frozenset({Role.AUDITOR})), Wanted(about=batch_id), 10)
    assert [(each.actor_id, each.kind, each.why) for each in found] == [("usr_colleague", "batch", "lists")]
