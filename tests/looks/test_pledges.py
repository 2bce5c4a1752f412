"""Pledges as they are seen: by others and by their owner, on a phone and a desk, in both languages."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.accounts.commands.organisations import create_organisation
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.pledges.commands import evidence, plans, promise, together
from portal.pledges.commands.paper import give_certificate
from portal.pledges.queries.course import standpoint
from portal.pledges.queries.promise import pledge
from portal.pledges.rules.evidence import EvidenceState
from portal.pledges.rules.plans import Action
from portal.pledges.rules.promise import WithdrawalReason
from tests.conftest import portal_on
from tests.factories import accounts
from tests.factories.pledges import (
    COMPANY,
    NOW,
    a_challenge,
    a_company_pledge,
    a_group,
    a_paper,
    a_pledge,
    a_report,
    members,
)
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

OWN = ("own", "plan", "report", "document", "withdraw", "certificate", "join")
IN_2028 = datetime(2028, 3, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def portal_with_pledges(
    live_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path
) -> tuple[str, accounts.Somebody, dict[str, str]]:
    """The address of a portal, who runs the company, and paths by name."""
    with portal_on(sqlite_url, tmp_path):
        director = accounts.person("director@example.org")
        company = create_organisation(
            director.actor, Bilingual("演示木业", "Demonstration works"), "91110000600037341L", clock.now()
        )
        family, works, holder = a_pledge(director.actor), a_company_pledge(), director.actor
        plans.plan_action(holder, family, Action(new_id("act"), title="冬天把室温调低一度", year=2027), NOW)
        plans.plan_action(
            holder, family, Action(new_id("act"), key="fewer_flights", saves=Mass.kg("310")), NOW
        )
        a_report(works, 2027, "1000", IN_2028, note="换了一台锅炉。")
        staff = Actor("usr_staff", frozenset({Role.REGISTRY}))
        first = standpoint(pledge(COMPANY, works), NOW.date()).baseline_papers[0]
        evidence.decide(staff, first.id, EvidenceState.SEEN, "", NOW)
        evidence.give_paper(COMPANY, works, a_paper(verifier="演示核查机构"), NOW)
        give_certificate(COMPANY, works, "演示木业", True, NOW)
        gone = a_pledge(name="李明")
        promise.withdraw_pledge(
            Actor.guest(gone), gone, WithdrawalReason.OTHER, "搬家了，数据不再可比。", NOW
        )
        group, small = a_group(director.actor), a_group(director.actor, "七年级一班")
        members(group, 6)
        members(small, 2)
        together.join_group(holder, family, group.code, NOW)
        editor = Actor("usr_editor", frozenset({Role.EDITOR}))
        challenge = a_challenge(editor)
        for each in (group, small):
            together.enter_challenge(director.actor, challenge.id, each.id, NOW)
        paths = {
            "wall": "/pledges", "search": "/pledges?q=木业&sector=C", "nothing": "/pledges?q=没有",
            "family": f"/pledges/{family}", "own": f"/pledges/{family}",
            "plan": f"/pledges/{family}/plan", "report": f"/pledges/{family}/report",
            "document": f"/pledges/{family}/documents/new",
            "withdraw": f"/pledges/{family}/withdraw",
            "certificate": f"/pledges/{family}/certificate",
            "join": f"/pledges/{family}/groups/join", "company": f"/pledges/{works}",
            "withdrawn": f"/pledges/{gone}", "new": "/pledges/new", "new-document": "/pledges/new/document",
            "group": f"/pledge-groups/{group.id}", "small-group": f"/pledge-groups/{small.id}",
            "challenges": "/pledge-challenges", "challenge": f"/pledge-challenges/{challenge.id}",
        }  # fmt: skip
        assert company
    return live_server(sqlite_url).url, director, paths


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 390), ("en", 1280), ("zh", 1280), ("en", 390)])
def test_every_page_of_pledges_is_readable(
    portal_with_pledges: tuple[str, accounts.Somebody, dict[str, str]],
    visit: Callable[..., "Page"],
    lang: str,
    width: int,
) -> None:
    url, director, paths = portal_with_pledges
    page = visit(lang, width)

    def see(names: dict[str, str]) -> None:
        for name, path in names.items():
            page.goto(f"{url}/{lang}{path}")
            look(page, f"pledges-{lang}-{width}-{name}")

    see({name: path for name, path in paths.items() if name not in OWN})
    page.goto(f"{url}/{lang}/account/sign-in")
    page.fill("input[name=email]", director.email)
    page.fill("input[name=password]", director.password)
    page.locator("main form button.button-primary").first.click()
    page.wait_for_load_state()
    see({name: paths[name] for name in OWN})
    see({
        "mine": "/account/pledges", "groups": "/account/pledge-groups",
        "new-group": "/account/pledge-groups/new", "new-challenge": "/account/pledge-challenges/new",
        "new-company": "/pledges/new/document", "run-group": paths["group"],
    })  # fmt: skip
    page.goto(f"{url}/{lang}/pledges/new/document")
    follow(page, "main form button.button-primary")
    look(page, f"pledges-{lang}-{width}-mistakes")
    assert page.locator("[data-error-summary]").count() == 1
