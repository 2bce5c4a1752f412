"""Keys are changed while the site runs: what was given out before opens until the old one is dropped."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from portal.accounts.keys import Keys
from portal.accounts.rules import LinkIsStale, SecondFactorUnreadable
from portal.config import ROOT
from portal.web.links import key_for, opens
from tests.conftest import portal_on

OLD, NEW = "the secret of last year " * 2, "the secret of this year " * 2
ORDER = "ord_01JZXM8Q4V9K2T7B3N5C6D8F0G"
KEYS = ("SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "CHECKPOINT_KEY", "CREDENTIAL_KEY", "CERTIFICATE_KEY")


@dataclass(frozen=True)
class GivenOut:
    """What people hold that was made with a secret: a cookie, a link, a letter's token, a sealed factor."""

    cookie: str
    link: str
    token: str
    sealed: bytes


def given_out(app: Flask, secret: str) -> GivenOut:
    keys = Keys((secret,))
    cookie = app.session_interface.get_signing_serializer(app).dumps({"sid": "x"})  # type: ignore[attr-defined]
    return GivenOut(str(cookie), key_for(ORDER), keys.token("reset", "usr_1"), keys.seal(b"factor", "usr_1"))


def still_good(app: Flask, held: GivenOut, secrets: tuple[str, ...]) -> dict[str, bool]:
    keys = Keys(secrets)
    with app.test_request_context(headers={"Cookie": f"portal={held.cookie}"}) as context:
        cookie = context.session.get("sid") == "x"
    return {
        "cookie": cookie,
        "link": opens(held.link, ORDER),
        "token": _does(lambda: keys.facts("reset", held.token), LinkIsStale),
        "seal": _does(lambda: keys.unseal(held.sealed, "usr_1"), SecondFactorUnreadable),
    }


def _does(deed, refusal: type[Exception]) -> bool:
    try:
        deed()
    except refusal:
        return False
    return True


@pytest.mark.parametrize(("secrets", "opened"), [((OLD,), True), ((NEW, OLD), True), ((NEW,), False)])
def test_sessions_links_and_seals_outlive_a_change_of_the_secret(
    sqlite_url: str, tmp_path: Path, secrets: tuple[str, ...], opened: bool
):
    with portal_on(sqlite_url, tmp_path, secret_keys=(OLD,)) as app:
        held = given_out(app, OLD)
    with portal_on(sqlite_url, tmp_path, secret_keys=secrets) as app:
        assert still_good(app, held, secrets) == dict.fromkeys(("cookie", "link", "token", "seal"), opened)
        fresh = given_out(app, secrets[0])
        assert all(still_good(app, fresh, secrets).values()), "what is made now is made with the newest"
        assert (fresh.link == held.link) is (secrets[0] == OLD)


def test_a_key_of_another_site_opens_nothing(sqlite_url: str, tmp_path: Path):
    with portal_on(sqlite_url, tmp_path, secret_keys=(OLD,)) as app:
        held = given_out(app, OLD)
    with portal_on(sqlite_url, tmp_path, secret_keys=(NEW,)) as app:
        assert not any(still_good(app, held, (NEW,)).values())


def test_every_key_has_its_paragraph_in_the_runbook():
    book = (ROOT / "docs" / "runbook.md").read_text()
    model = (ROOT / "docs" / "threat-model.md").read_text()
    keys = book.partition("## Keys")[2].partition("\n## ")[0]
    for name in KEYS:
        assert f"`{name}`" in keys, f"{name} is not in the runbook's table of keys"
        assert f"`{name}`" in model, f"{name} is not in the inventory of keys"
        assert f"### Changing {name}" in keys, f"how {name} is changed, step by step"
