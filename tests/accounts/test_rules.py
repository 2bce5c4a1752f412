"""Passwords, networks, sessions and organisations as plain rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts import recovery, rules
from portal.accounts.keys import Keys
from portal.accounts.rules import (
    LastOwner,
    LinkIsStale,
    NotACreditCode,
    Part,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    SecondFactorUnreadable,
    Visit,
)
from portal.kernel.actor import Role

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", PasswordTooShort),
        ("123456789", PasswordTooShort),
        ("1234567890", PasswordTooCommon),
        ("PASSWORD2026!", PasswordTooCommon),
        ("woaini1314520", PasswordTooCommon),
        ("aaaaaaaaaaaa", PasswordTooCommon),
        ("abcabcabcabc", PasswordTooCommon),
        ("abcdefghijkl", PasswordTooCommon),
        ("zhanghua2026!!", PasswordTooCommon),
        ("zhanghua@example.cn", PasswordTooCommon),
        ("１２３４５６７８９０", PasswordTooCommon),
        ("x" * 201, PasswordTooLong),
        ("x" * 200_000, PasswordTooLong),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        rules.check_password(password, "zhanghua@example.cn")


@pytest.mark.parametrize(
    "password",
    ["larch pine birch spruce", "红松白桦落叶松云杉冷杉水曲柳", "qx7vkdmwpz", "lowercaseonlybutlong"],
)
def test_nothing_is_asked_of_a_password_but_length_and_rarity(password: str) -> None:
    rules.check_password(password, "zhanghua@example.cn")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("no address", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_network_is_what_neighbours_share(address: str | None, network: str) -> None:
    assert rules.network_of(address) == network


def test_a_browser_is_named_so_that_its_owner_knows_it() -> None:
    wechat = "Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari/537.36 MicroMessenger/8.0"
    assert rules.agent_of(wechat) == "WeChat · Android"
    firefox = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
    assert rules.agent_of(firefox) == "Firefox · Windows"
    assert rules.agent_of("<script>") == ""


@pytest.mark.parametrize(
    "code",
    [
        "91110000600037341L",
        "91110000600037341l",
        " 9111 0000 6000 37341L ",
        "９１１１００００６０００３７３４１L",
    ],
)
def test_a_credit_code_is_checked_and_spelt_one_way(code: str) -> None:
    assert rules.checked_credit_code(code) == "91110000600037341L"


@pytest.mark.parametrize(
    "code", ["", "91110000600037342L", "9111000060003734", "911100006000373410", "x" * 200_000]
)
def test_a_wrong_credit_code_is_refused(code: str) -> None:
    with pytest.raises(NotACreditCode):
        rules.checked_credit_code(code)


def test_roles_are_live_only_after_the_second_factor() -> None:
    before = _visit(granted=frozenset({Role.REGISTRY, Role.TRAINER}))
    assert before.actor.roles == {Role.CITIZEN}
    assert before.lacks_second_factor
    after = _visit(granted=frozenset({Role.REGISTRY}), has_app=True, second_factor_at=NOW)
    assert after.actor.roles == {Role.CITIZEN, Role.REGISTRY}


def test_a_role_is_not_live_with_a_password_made_by_somebody_else() -> None:
    passed = {"granted": frozenset({Role.ADMIN}), "has_passkey": True, "second_factor_at": NOW}
    assert Role.ADMIN in _visit(**passed).actor.roles
    assert Role.ADMIN not in _visit(**passed, password_is_temporary=True).actor.roles


def test_a_session_ends_by_itself_and_sooner_with_a_role() -> None:
    citizen, staff = _visit(), _visit(granted=frozenset({Role.FINANCE}))
    assert citizen.is_alive(NOW + timedelta(days=13))
    assert not citizen.is_alive(NOW + timedelta(days=14))
    assert staff.is_alive(NOW + timedelta(minutes=59))
    assert not staff.is_alive(NOW + timedelta(hours=1))


@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(Part)), st.sampled_from("abcd"))
def test_an_organisation_never_loses_its_last_owner(parts: dict[str, Part], who: str) -> None:
    parts = {"first": Part.OWNER, **parts}
    others_own = any(part is Part.OWNER for member, part in parts.items() if member != who)
    assert rules.leaves_no_owner(parts, who, None) is not others_own
    assert not rules.leaves_no_owner(parts, who, Part.OWNER)
    assert LastOwner.message


def test_recovery_codes_are_read_however_they_are_written() -> None:
    code = rules.recovery_code(bytes(range(16)))
    kept = recovery.stored([code, "another"])
    assert recovery.candidates(code.lower().replace("-", " "), kept) == [kept[0]]
    assert not rules.is_app_code(code)
    assert rules.is_app_code("123 456")


def test_sealed_secrets_survive_a_new_key_and_belong_to_one_owner() -> None:
    old, rotated = Keys(("old",)), Keys(("new", "old"))
    sealed = old.seal(b"secret", "usr_a")
    assert b"secret" not in sealed
    assert rotated.unseal(sealed, "usr_a") == b"secret"
    with pytest.raises(SecondFactorUnreadable):
        rotated.unseal(sealed, "usr_b")
    with pytest.raises(SecondFactorUnreadable):
        Keys(("new",)).unseal(sealed, "usr_a")


def test_tokens_survive_a_new_key_and_serve_one_purpose() -> None:
    token = Keys(("old",)).token("reset", "usr_a", 5)
    assert Keys(("new", "old")).facts("reset", token) == ["usr_a", 5]
    for keys, purpose, text in [
        (Keys(("old",)), "confirm", token),
        (Keys(("new",)), "reset", token),
        (Keys(("old",)), "reset", token[:-1]),
        (Keys(("old",)), "reset", "x" * 100_000),
        (Keys(("old",)), "reset", "ü.ü"),
        (Keys(("old",)), "reset", ""),
    ]:
        with pytest.raises(LinkIsStale):
            keys.facts(purpose, text)


def _visit(**changes: object) -> Visit:
    facts = {
        "session_id": "s", "person_id": "usr_a", "email": "a@example.cn", "name": "A", "lang": "zh",
        "created_at": NOW, "last_seen_at": NOW, "second_factor_at": None, "has_app": False,
        "has_passkey": False, "password_is_temporary": False,
    }  # fmt: skip
    return Visit(**(facts | changes))  # type: ignore[arg-type]
