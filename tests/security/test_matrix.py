"""Who gets through which door: generated from the address map, so that a new route is in it or fails.

Two questions for every route. Does the guard let in the roles it names and nobody else? And does somebody
else's thing look exactly like a thing that is not there?
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.web.guard import open_to_all
from portal.web.links import key_for
from tests.security.conftest import Site

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SOMEBODY = Actor("usr_01JSOMEBODY0000000000000A", frozenset({Role.CITIZEN}))
PEOPLE = {"guest": None} | {
    role: Actor(f"usr_of_role_{role}", frozenset({Role.CITIZEN, role})) for role in Role
}  # fmt: skip

# --- What stands in an address ------------------------------------------------------------------------

# Parts of an address that name a thing of somebody's, and the thing of the estate that stands for them.
OWNED = {
    "order_id": "order_id", "gift_id": "gift_id", "request_id": "request_id", "footprint_id": "footprint_id",
    "event_id": "event_id", "campaign_id": "campaign_id", "statement_id": "statement_id",
    "pledge_id": "pledge_id", "group_id": "group_id", "organisation_id": "organisation_id",
    "enrolment_id": "enrolment_id", "attempt_id": "attempt_id", "cohort_id": "cohort_id",
    "notification_id": "notification_id", "copy_id": "copy_id", "class_id": "class_id",
}  # fmt: skip
# The same where one word names different things in different rooms.
OWNED_AT = {
    ("batches", "batch_id"): "batch_id",
    ("shop_giving", "thing_id"): "giving_id",
    ("footprint", "thing_id"): "draft_of_answers",
    ("registry_account", "code"): "account_code",
    ("teach", "enrolment_id"): "learner_in_class",
    ("training", "thing_id"): "enrolment_id",
}
# What stands behind something owned in the same address, and is never asked for without it.
WITHIN = {
    "fapiao_id", "person_id", "position", "number", "action_id", "evidence_id", "import_id", "batch_id",
    "session_id", "form_id", "roster_id", "paper", "lesson", "quiz", "key", "version", "enrolment_id",
    "stage", "code_id", "file_id",
}  # fmt: skip
# Words, numbers and kinds: no thing of anybody's.
WORDS = {
    "lang", "kind", "ending", "how", "what", "deed", "state", "standing", "langs", "verdict", "decision",
    "action_key", "size", "idx", "place", "filename", "name", "purpose", "audience", "model", "region",
    "version", "number", "bank", "index", "step", "path", "revision", "course", "lesson", "quiz", "stage",
    "position", "paper", "answer", "purpose_id", "months",
}  # fmt: skip
# What the register, the certificates and the city show to everybody.
PUBLIC = {
    "code", "number", "model_id", "issuance_id", "notice_id", "inventory_id", "verification_id", "digest_id",
    "document_id", "challenge_id", "version_id", "sha256", "statement_id", "campaign_id", "group_id", "key",
}  # fmt: skip
# Opened by a secret of their own in the address, or by one that the room asks for: whoever has it may.
SECRET = {
    ("shop", "session_id"), ("attending", "session_id"), ("attend_links", "session_id"),
    ("attending", "form_id"), ("attending", "cohort_id"), ("training_files", "learner_id"),
    ("statements", "evidence_id"), ("accounts", "passkey_id"), ("registry_account", "transfer_id"),
    ("pledges", "thing_id"), ("privacy", "thing_id"),
}  # fmt: skip
# Doors behind which a role decides, whoever's the thing is: the desk of the city and that of the authors.
ROLES_DECIDE = ("desk", "author", "author_files", "registry_imports")

# Anybody may know that these things exist: their page is public, or their address is what is handed round.
SHOWN_TO_ALL = {
    "footprint.group", "footprint.group_poster", "footprint.group_receipt", "footprint.group_join",
    "footprint_groups.group_link", "footprint_groups.group_qr", "footprint_api.footprint_campaign",
    "statements.statement", "statements.of_event", "statements.evaluation", "pledges.group",
    "attending.cohort_calendar",
}  # fmt: skip
# Everybody may know of the thing, but only its owner may do this with it: a stranger is told so.
CLOSED_BUT_KNOWN = {
    "footprint.group_edit", "footprint.group_close", "footprint.group_figures", "footprint.group_reopen",
    "footprint.group_rows", "footprint.group_withdraw", "pledges.close_group", "statements.evidence",
    "statements.new_action", "statements.correct", "statements.declare", "statements.change",
    "statements.share_list", "statements.share_file", "statements.cards", "statements.withdraw",
}  # fmt: skip


def owned_of(rule: Rule) -> dict[str, str]:
    """Parts of this address that name somebody's thing, with the estate's thing for them."""
    room = rule.endpoint.partition(".")[0]
    if is_for_roles(rule):
        return {}
    named = {part: OWNED_AT.get((room, part), OWNED.get(part, "")) for part in rule.arguments}
    return {part: thing for part, thing in named.items() if thing and (room, part) not in SECRET}


def is_for_roles(rule: Rule) -> bool:
    room = rule.endpoint.partition(".")[0]
    return room in ROLES_DECIDE or room.endswith("_desk") or room.startswith(("desk_", "office_"))


def unclassified(rules: list[Rule]) -> list[str]:
    """Parts of addresses of which nobody has said whether they name a thing, and whose."""
    found = []
    for rule in rules:
        room, owned = rule.endpoint.partition(".")[0], owned_of(rule)
        for part in rule.arguments - owned.keys() - WORDS - PUBLIC:
            is_within = bool(owned) and part in WITHIN
            if not (is_within or (room, part) in SECRET or is_for_roles(rule)):
                found.append(f"{rule.rule} ({rule.endpoint}): <{part}>")
    return found


def test_every_part_of_every_address_is_classified(site: Site):
    assert unclassified(site.rules(*VERBS)) == []


def test_a_new_kind_of_thing_is_noticed(site: Site):
    careless = Blueprint("careless", __name__)
    careless.get("/secret-things/<secret_id>", endpoint="one")(open_to_all(lambda secret_id: secret_id))
    app = Flask("small")
    app.register_blueprint(careless)
    found = unclassified(list(app.url_map.iter_rules()))
    assert found == ["/secret-things/<secret_id> (careless.one): <secret_id>"]


# --- The role decides ---------------------------------------------------------------------------------


@cache
def missing(part: str) -> str:
    """A value of the right shape that names nothing."""
    prefixes = {
        "order_id": "ord", "gift_id": "gft", "request_id": "prq", "footprint_id": "fpr", "event_id": "evt",
        "campaign_id": "cmp", "pledge_id": "plg", "organisation_id": "org", "enrolment_id": "enr",
        "attempt_id": "att", "cohort_id": "coh",
    }  # fmt: skip
    return new_id(prefixes.get(part, "abc"))


def address(rule: Rule, values: dict[str, str]) -> str:
    """The rule's address with these values; what is not named gets a value that its converter takes."""
    filled: dict[str, Any] = {}
    for part, converter in rule._converters.items():
        choices = getattr(converter, "regex", "")
        if part in values:
            filled[part] = values[part]
        elif choice := re.fullmatch(r"\(\?:(.+)\)", choices):
            filled[part] = choice[1].split("|")[0]
        elif part == "lang":
            filled[part] = "en"
        else:
            filled[part] = 1 if isinstance(converter, IntegerConverter) else missing(part)
    built = rule.build(filled, append_unknown=False)
    assert built is not None, (rule, filled)
    return str(built[1])


def ask(site: Site, actor: Actor | None, verb: str, path: str) -> TestResponse:
    return site.as_(actor).open(path, method=verb, data=None if verb == "GET" else {}, buffered=True)


def stopped(answer: TestResponse) -> str:
    """How the guard stopped somebody: ``asked`` to sign in, ``refused``, or not at all."""
    if "/account/sign-in" in answer.headers.get("Location", ""):
        return "asked"
    return "refused" if answer.status_code == 403 else ""


def expected(guard: str, roles: tuple[str, ...], role: str, verb: str) -> str:
    if guard == "open_to_all":
        return ""
    if role == "guest":
        return "asked"
    if guard == "staff" and role == Role.AUDITOR:
        is_theirs = verb == "GET" or set(roles) == {Role.AUDITOR}
        return "" if is_theirs else "refused"  # auditors read all and change nothing
    return "refused" if guard == "staff" and role not in roles else ""


# These end the visit or hand it on: they are about the browser that asks, and lead to the sign-in page.
LEAVING = {
    "accounts.sign_out", "accounts.second_factor_check", "accounts.overview", "accounts.second_factor_setup",
}  # fmt: skip
# These ask which signed-in browser it is, and not only which person: tests/accounts opens them.
OF_THE_VISIT = {
    "accounts.organisations", "accounts.passkeys", "accounts.remove_passkey", "accounts.password",
    "accounts.profile", "accounts.second_factor", "accounts.sessions", "accounts.notifications",
    "accounts.prove",
}  # fmt: skip


def doors(site: Site) -> Iterator[tuple[Rule, str]]:
    for rule in site.rules(*VERBS):
        if rule.endpoint != "static" and rule.endpoint not in LEAVING:
            yield from ((rule, verb) for verb in VERBS if verb in (rule.methods or set()))


def test_each_role_gets_through_the_doors_that_name_it_and_no_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    site.trust_posts(monkeypatch)
    wrong = []
    for rule, verb in doors(site):
        guard, roles = site.guard_of(rule)
        path = address(rule, {})
        asking = PEOPLE if guard == "staff" else ["guest", Role.CITIZEN]
        for role in asking:
            wanted = expected(guard, roles, role, verb)
            if not wanted and (verb != "GET" or guard == "open_to_all" or rule.endpoint in OF_THE_VISIT):
                continue  # what a command makes of a form is asked in its own room
            answer = ask(site, PEOPLE[role], verb, path)
            if stopped(answer) != wanted or answer.status_code >= 500:
                wrong.append(f"{role} {verb} {path}: {answer.status_code}, not {wanted or 'let in'}")
    assert not wrong, "\n".join(wrong)


def test_a_door_with_the_wrong_guard_is_found(site: Site, monkeypatch: pytest.MonkeyPatch):
    """The control: a desk page that lost its guard lets a citizen in."""
    view = site.app.view_functions["desk.ledger"]
    bare = view.__wrapped__
    monkeypatch.setitem(site.app.view_functions, "desk.ledger", bare)
    assert stopped(ask(site, PEOPLE[Role.CITIZEN], "GET", "/en/desk/ledger")) == ""
    monkeypatch.setitem(site.app.view_functions, "desk.ledger", view)
    assert stopped(ask(site, PEOPLE[Role.CITIZEN], "GET", "/en/desk/ledger")) == "refused"


# --- Whose it is decides ------------------------------------------------------------------------------


def seen(answer: TestResponse, *values: str) -> tuple[Any, ...]:
    """An answer as a stranger could compare it: all but the request's id and what was asked for."""
    headers = {name: text for name, text in answer.headers if name not in ("X-Request-Id", "Date", "ETag")}
    text = answer.get_data().decode(errors="replace")
    text = text.replace(answer.headers["X-Request-Id"], "REQUEST")
    for value in values:
        text = text.replace(value, "ID")
        headers = {name: line.replace(value, "ID") for name, line in headers.items()}
    headers.pop("Content-Length", None)
    if "Set-Cookie" in headers:  # sealed with the moment
        headers["Set-Cookie"] = headers["Set-Cookie"].partition("=")[0]
    return answer.status_code, headers, re.sub(r'name="csrf_token"[^>]*>', "", text)


def hidden_doors(site: Site) -> Iterator[tuple[Rule, str, dict[str, str]]]:
    for rule, verb in doors(site):
        owned = owned_of(rule)
        if owned and rule.endpoint not in SHOWN_TO_ALL | CLOSED_BUT_KNOWN:
            yield rule, verb, {part: site.estate.things[thing] for part, thing in owned.items()}


def strangers(site: Site, rule: Rule) -> dict[str, Actor | None]:
    """Who has no business here: a guest, another company's owner, and another class's trainer."""
    guard, roles = site.guard_of(rule)
    if guard == "staff":
        return {"another trainer": PEOPLE[Role.TRAINER]} if Role.TRAINER in roles else {}
    return {"guest": None, "rival": site.estate.rival, "somebody": SOMEBODY}


def test_somebody_elses_thing_looks_like_one_that_is_not_there(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.trust_posts(monkeypatch)
    wrong, tried = [], 0
    for rule, verb, things in hidden_doors(site):
        real = address(rule, things)
        none = address(rule, {part: missing(part) for part in things})
        for who, actor in strangers(site, rule).items():
            tried += 1
            theirs = seen(ask(site, actor, verb, real), *things.values())
            nobodys = seen(ask(site, actor, verb, none), *map(missing, things))
            if theirs != nobodys:
                wrong.append(f"{who} {verb} {real} ({rule.endpoint}): {theirs[0]}, and {nobodys[0]} for none")
    assert not wrong, "\n".join(wrong)
    assert tried > 150


def test_a_stranger_is_refused_what_only_the_owner_may_do(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.trust_posts(monkeypatch)
    wrong = []
    for rule, verb in doors(site):
        if rule.endpoint in CLOSED_BUT_KNOWN:
            path = address(rule, {part: site.estate.things[thing] for part, thing in owned_of(rule).items()})
            wrong += [
                f"{who} {verb} {path}: {answer.status_code}"
                for who, actor in strangers(site, rule).items()
                if not stopped(answer := ask(site, actor, verb, path))
            ]
    assert not wrong, "\n".join(wrong)


def test_the_owner_sees_the_difference(site: Site):
    """The control: to whom it belongs, the same addresses show more than an address of nothing."""
    same, broken = [], []
    for rule, verb, things in hidden_doors(site):
        if verb != "GET":
            continue
        owner = site.estate.trainer if site.guard_of(rule)[0] == "staff" else site.estate.owner
        real, none = address(rule, things), address(rule, {part: missing(part) for part in things})
        mine = seen(ask(site, owner, verb, real), *things.values())
        if mine == seen(ask(site, owner, verb, none), *map(missing, things)):
            same.append(f"{real} ({rule.endpoint}): {mine[0]}")
        if mine[0] >= 500:
            broken.append(real)
    assert not broken
    assert len(same) <= 40, "\n".join(same)


def test_an_owner_can_send_any_of_her_forms_empty(site: Site, monkeypatch: pytest.MonkeyPatch):
    """Nothing filled in is a refusal beside the fields or a deed, never a fault of ours."""
    site.trust_posts(monkeypatch)
    broken = []
    for rule, verb in doors(site):
        owned = owned_of(rule)
        if verb == "POST" and owned:
            path = address(rule, {part: site.estate.things[thing] for part, thing in owned.items()})
            owner = site.estate.trainer if site.guard_of(rule)[0] == "staff" else site.estate.owner
            if ask(site, owner, verb, path).status_code >= 500:
                broken.append(path)
    assert not broken, "\n".join(broken)


def test_a_link_opens_its_own_thing_and_no_other(site: Site):
    for part, thing in (
        ("order_id", "order_id"),
        ("footprint_id", "footprint_id"),
        ("pledge_id", "pledge_id"),
    ):
        mine = site.estate.things[thing]
        page = {"order_id": "orders", "footprint_id": "footprints", "pledge_id": "pledges"}[part]
        assert ask(site, None, "GET", f"/en/{page}/{mine}?k={key_for(mine)}").status_code == 200
        others = key_for(missing(part))
        assert ask(site, None, "GET", f"/en/{page}/{mine}?k={others}").status_code == 404
