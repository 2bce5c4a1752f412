"""Children use the portal through their school only, under an animal and a number."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select
from stdnum.cn import uscc

from portal import jobs
from portal.accounts import queries as people
from portal.accounts.bodies import Kind
from portal.accounts.commands import entering, organisations
from portal.accounts.models import Person
from portal.accounts.rules import Part, Visit, WrongCredentials
from portal.db import db, transaction
from portal.footprint.models import FootprintRecord
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.privacy.commands import pupils
from portal.privacy.queries.pupils import classes_of, pupils_of
from portal.privacy.rules import pupils as rules
from portal.web import press
from tests.browser import Browser
from tests.conftest import missing
from tests.factories import accounts, footprint, pledges, shop
from tests.factories.registry import make_lot

PUBLIC_SCHOOL, FIRM = "12230700MB1B2C3D4", "91230700MA1B2C3D4"


def organisation(owner: accounts.Somebody, kind: Kind = Kind.SCHOOL, code: str = PUBLIC_SCHOOL) -> Actor:
    """The owner as they act for a new organisation that staff found to be of this kind."""
    checked = code + uscc.calc_check_digit(code)
    made = organisations.create_organisation(owner.actor, Bilingual("演示小学", ""), checked, clock.now())
    acting = Actor(owner.id, owner.actor.roles, organisations={made: Part.OWNER})
    accounts.found_to_be(kind, made, acting)
    return acting


def school_of(teacher: Actor) -> str:
    return next(iter(teacher.organisations))


def a_class(teacher: Actor, places: int = 3) -> str:
    return pupils.open_class(teacher, school_of(teacher), "三年级二班", places, True, "zh", clock.now())


def entered(login: str, code: str) -> Visit | None:
    sid = entering.sign_in(Actor.guest(), f"pupil:{login}", code, accounts.HOME, "zh", clock.now())
    return accounts.visit(sid)


def test_a_school_opens_places_that_say_nothing_of_anybody(any_app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    seats = pupils_of(class_id)
    assert [each.place.zh for each in seats] == ["驼鹿 01", "紫貂 02", "水獭 03"]
    rows = db.session.scalars(select(Person).where(Person.id.in_([each.person_id for each in seats]))).all()
    assert {row.email for row in rows} == {""}
    codes = pupils.give_codes(teacher, class_id, [1, 2], clock.now())
    assert set(codes) == {1, 2}
    here = entered(seats[0].place.login, codes[1])
    assert here is not None
    assert here.actor.is_pupil
    again = pupils.give_codes(teacher, class_id, [1], clock.now())
    with pytest.raises(WrongCredentials):
        entered(seats[0].place.login, codes[1])
    assert entered(seats[0].place.login, again[1])


def test_only_a_school_and_only_who_signs_for_it(app: Flask):
    owner = accounts.person()
    firm = organisation(owner, Kind.COMPANY, FIRM)
    with pytest.raises(rules.NotASchool):
        a_class(firm)
    teacher = organisation(owner)
    member = Actor("usr_m", organisations={school_of(teacher): Part.MEMBER})
    with pytest.raises(NotAllowed):
        pupils.open_class(member, school_of(teacher), "x", 1, True, "zh", clock.now())
    class_id = a_class(teacher)
    for stranger in (firm, member, Actor.guest(class_id)):
        with pytest.raises(rules.NoSuchClass):
            pupils.give_codes(stranger, class_id, [1], clock.now())
        assert classes_of(stranger, school_of(teacher)) == []


@pytest.mark.parametrize(
    ("name", "places", "agreed", "refusal"),
    [
        (" ", 3, True, rules.ClassNameIsMissing),
        ("x" * 41, 3, True, rules.ClassNameIsMissing),
        ("x", 0, True, rules.PlacesOutOfRange),
        ("x", 61, True, rules.PlacesOutOfRange),
        ("x", 60, False, rules.GuardiansAreNotAsked),
    ],
)
def test_a_class_is_checked(name: str, places: int, agreed: bool, refusal: type[Exception]):
    with pytest.raises(refusal):
        rules.check_class(name, places, agreed)


def test_sixty_places_have_sixty_names():
    made = rules.places("pcl_01ABCDEF", 60)
    assert len({each.login for each in made}) == len({each.zh for each in made}) == 60


def test_a_pupil_neither_buys_nor_shows_a_name_nor_founds(app: Flask):
    make_lot()
    pupil = Actor("usr_pupil", is_pupil=True)
    with pytest.raises(NotAllowed):
        shop.placed(1, actor=pupil)
    with pytest.raises(NotAllowed):
        pledges.a_pledge(pupil, is_public=True)
    assert pledges.a_pledge(pupil, is_public=False)
    with pytest.raises(NotAllowed):
        organisations.create_organisation(pupil, Bilingual("x", ""), "y", clock.now())
    grown = Actor("usr_pupil")  # the control
    assert shop.placed(1, actor=grown)
    assert pledges.a_pledge(grown, is_public=True)


def test_a_class_is_deleted_at_once(any_app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    seats = pupils_of(class_id)
    codes = pupils.give_codes(teacher, class_id, [1], clock.now())
    entered(seats[0].place.login, codes[1])
    mine = footprint.a_footprint(Actor(seats[0].person_id))
    assert pupils.delete_class(teacher, class_id, clock.now()) == 3
    assert people.person(seats[0].person_id).name == ""
    assert people.open_sessions(seats[0].person_id) == []
    with pytest.raises(WrongCredentials):
        entered(seats[0].place.login, codes[1])
    assert db.session.get(FootprintRecord, mine) is None
    with pytest.raises(rules.ClassHasEnded):
        pupils.give_codes(teacher, class_id, [1], clock.now())


def test_a_teacher_prints_slips_and_a_pupil_comes_in(app: Flask, browser: Browser):
    owner = accounts.person()
    teacher = organisation(owner)
    now = clock.now()
    with transaction() as session:
        sid = entering.open_session(session, owner.id, accounts.HOME, now, second_factor_at=now)
    with browser.client.session_transaction() as cookie:
        cookie["sid"] = sid
    page = browser.open(f"/zh/account/organisations/{school_of(teacher)}/pupils")
    assert page.submit("建立名额", expect=422).errors
    page = page.fill("班级名称", "三年级二班").fill("学生人数", "2").tick(
        "全部学生的监护人已书面同意，同意书由学校保存。"
    )  # fmt: skip
    page = page.submit("建立名额")
    assert page.h1 == "三年级二班"
    assert len(page.table("名额")) == 2
    if not press.has_pango():
        missing("Pango (apt-get install libpango-1.0-0)")
    slips = page.submit("打印全班登录条")
    assert slips.response.mimetype == "application/pdf"
    (class_,) = classes_of(teacher, school_of(teacher))
    (first, _second) = pupils_of(class_.id)
    code = pupils.give_codes(teacher, class_.id, [1], now)[1]
    child = Browser(app.test_client())
    door = child.open("/zh/pupils").fill("条上的名字", first.place.login.upper())
    assert door.fill("条上的登录码", "AAAA").submit("进入", expect=422).errors
    inside = door.fill("条上的登录码", f" {code[:5].lower()} {code[5:]} ").submit("进入")
    assert inside.url == "/zh/pupils/class"
    assert child.open("/zh/calculator").status == 200
    for closed in ("/zh/offset", "/zh/account/profile", "/zh/account/organisations"):
        assert child.open(closed, expect=403).status == 403, closed
    # The class goes only when its name was typed.
    page = browser.open(page.url)
    assert "没有删除" in page.submit("删除班级").text
    assert "已删除" in browser.open(page.url).fill("输入班级名称", "三年级二班").submit("删除班级").text


def test_nobody_is_written_to_without_an_address(app: Flask, sent_letters: Callable[[], list[EmailMessage]]):
    with transaction():
        jobs.enqueue(
            "letter", {"id": "x", "to": "", "lang": "zh", "template": "privacy/letter_copy", "facts": {}},
            key="x", now=clock.now(),
        )  # fmt: skip
    assert sent_letters() == []
