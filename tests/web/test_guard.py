"""Who may open a route, and what a signed link opens: one thing, to whoever holds it."""

from pathlib import Path

import pytest
from flask import Flask, session
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.config import LANGS
from portal.kernel.actor import Role
from portal.kernel.ids import new_id
from portal.web.links import key_for, opens
from tests.conftest import portal_on
from tests.web.conftest import as_person

ORDER = "ord_01JZXM8Q4V9K2T7B3N5C6D8F0G"
OTHER = "ord_01JZXM8Q4V9K2T7B3N5C6D8F0H"

# --- marks


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", ["person", "finance"])
def test_a_guest_is_asked_to_sign_in_and_comes_back(room: Flask, lang: str, path: str):
    answer = room.test_client().get(f"/{lang}/tried/{path}?x=1")
    assert answer.status_code == 302
    assert answer.location == f"/{lang}/account/sign-in?next=/{lang}/tried/{path}?x%3D1"


def test_a_guest_who_posted_does_not_come_back_to_a_post(room: Flask):
    room.config["WTF_CSRF_ENABLED"] = False
    assert room.test_client().post("/en/tried/person").location == "/en/account/sign-in"


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ([], 403),
        ([Role.CITIZEN], 403),
        ([Role.REGISTRY], 403),
        ([Role.EDITOR], 403),
        ([Role.AUDITOR, Role.EDITOR], 200),  # an auditor reads every page, and changes nothing
        ([Role.FINANCE], 200),
        ([Role.ADMIN], 200),
        ([Role.CITIZEN, Role.FINANCE], 200),
    ],
)
def test_staff_pages_are_for_the_roles_they_name(room: Flask, roles: list[Role], status: int):
    as_person(room, *roles)
    assert room.test_client().get("/en/tried/finance").status_code == status
    assert room.test_client().get("/en/tried/person").status_code == 200


def test_who_is_asked_once_per_request(room: Flask):
    asked = []
    room.extensions["portal.person"] = lambda: asked.append(True)
    room.test_client().get("/en/about")
    assert len(asked) == 1


# --- links


def who(app: Flask, order: str = ORDER, **query: str) -> dict:
    answer = app.test_client().get(f"/en/tried/who/{order}", query_string=query)
    assert answer.status_code == 200
    return answer.get_json()


def test_a_link_opens_its_one_thing(room: Flask):
    assert who(room, k=key_for(ORDER)) == {"id": "guest", "holds": True, "keys": [ORDER]}
    assert who(room, OTHER, k=key_for(ORDER))["holds"] is False


def test_a_signed_in_person_may_follow_a_link_too(room: Flask):
    as_person(room)
    assert who(room, k=key_for(ORDER)) == {"id": "usr_1", "holds": True, "keys": [ORDER]}


def test_a_link_may_name_its_thing_beside_the_key(room: Flask):
    footprint = new_id("fpr")
    assert who(room, footprint=footprint, k=key_for(footprint))["keys"] == [footprint]


def forgeries() -> list[str]:
    key = key_for(ORDER)
    return [
        "", " ", key[:-1], key + "0", key.upper(), key[::-1], key_for(OTHER), "0" * 43, key + "\n", f" {key}",
        "密" * 43, "\ud800", ORDER,
    ]  # fmt: skip


def test_no_forged_key_opens_anything(room: Flask):
    for key in forgeries():
        assert not opens(key, ORDER), key
        if "\ud800" not in key:
            assert who(room, k=key)["keys"] == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(guess=st.text("0123456789abcdef", min_size=43, max_size=43))
def test_guessing_finds_nothing(app: Flask, guess: str):
    assert not opens(guess, ORDER)


def test_a_key_is_long_and_tells_nothing_of_its_thing(app: Flask):
    assert len(key_for(ORDER)) == 43
    assert len({key_for(new_id("ord")) for _ in range(200)}) == 200
    assert ORDER not in key_for(ORDER)


def test_links_outlive_a_change_of_the_secret(sqlite_url: str, tmp_path: Path):
    old, new = "o" * 40, "n" * 40
    with portal_on(sqlite_url, tmp_path, secret_keys=(old,)):
        key = key_for(ORDER)
    with portal_on(sqlite_url, tmp_path, secret_keys=(new, old)):
        assert opens(key, ORDER)
        assert key_for(ORDER) != key
    with portal_on(sqlite_url, tmp_path, secret_keys=(new,)):
        assert not opens(key, ORDER)


def test_sessions_outlive_a_change_of_the_secret(sqlite_url: str, tmp_path: Path):
    old, new = "o" * 40, "n" * 40
    with portal_on(sqlite_url, tmp_path, secret_keys=(old,)) as app, app.test_request_context():
        session["seen"] = True
        cookie = app.session_interface.get_signing_serializer(app).dumps(dict(session))  # type: ignore[attr-defined]
    for secrets, known in (((new, old), True), ((new,), False)):
        with portal_on(sqlite_url, tmp_path, secret_keys=secrets) as app:
            context = app.test_request_context(headers={"Cookie": f"portal={cookie}"})
            with context:
                assert session.get("seen", False) is known
