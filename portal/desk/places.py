"""Where a thing lies on the desk: its page by its id, whatever room it is of."""

from typing import Any

from flask import url_for

from portal.desk.opening import may_open
from portal.desk.rules import Kind
from portal.kernel.hit import Hit
from portal.kernel.ids import is_id

# Prefix of the id → endpoint and the name of its place in the address.
_PLACES = {
    "ord": ("shop_desk.order", "order_id"),
    "usr": ("accounts_desk.person", "person_id"),
    "fap": ("shop_fapiao_desk.one", "fapiao_id"),
    "gft": ("shop_gifts_desk.gift", "gift_id"),
    "prq": ("shop_gifts_desk.request_page", "request_id"),
    "acc": ("registry_account_desk.account", "account_id"),
    "frz": ("registry_account_desk.freeze", "freeze_id"),
    "ver": ("registry_account_desk.verification", "verification_id"),
    "org": ("bodies_desk.body", "organisation_id"),
    "chk": ("organisations_desk.check", "check_id"),
    "irn": ("registry_imports.run", "run_id"),
    "rvc": ("registry_account_desk.reversal", "case_id"),
}


def place_of(thing_id: str) -> str:
    """The address of a thing's page; empty for what has none, or none that the reader may open."""
    if thing_id.startswith(("project:", "planting:")):  # whose account is proposed
        return url_for("shop_payouts_desk.accounts") if may_open("shop_payouts_desk.accounts") else ""
    prefix = thing_id.partition("_")[0]
    if prefix not in _PLACES or not is_id(thing_id, prefix):
        return ""
    endpoint, name = _PLACES[prefix]
    return _address(endpoint, name, thing_id) if may_open(endpoint) else ""


def _address(endpoint: str, name: str, key: str) -> str:
    place: dict[str, Any] = {name: key}
    return url_for(endpoint, **place)


# Kind → endpoint and the name of its key in the address; several where roles differ.
_PAGES: dict[Kind, tuple[tuple[str, str], ...]] = {
    Kind.ORDER: (("shop_desk.order", "order_id"),),
    Kind.CERTIFICATE: (("certificates_desk.certificate", "number"),),
    Kind.PERSON: (("accounts_desk.person", "person_id"),),
    Kind.ORGANISATION: (("bodies_desk.body", "organisation_id"),),
    Kind.GIFT: (("shop_gifts_desk.gift", "gift_id"),),
    Kind.REQUEST: (("shop_gifts_desk.request_page", "request_id"),),
    Kind.FAPIAO: (("shop_fapiao_desk.one", "fapiao_id"),),
    Kind.PAYOUT: (("shop_payouts_desk.overview", "payout"),),
    Kind.PROJECT: (("registry_projects_desk.project", "code"), ("registry.project", "code")),
    Kind.LOT: (("registry.lot", "code"),),
    Kind.SERIAL: (("registry.register", "serial"),),
    Kind.ENTRY: (("registry.log_entry", "idx"),),
    Kind.ACCOUNT: (("registry_account_desk.account", "account_id"),),
    Kind.IMPORT: (("registry_imports.run", "run_id"),),
    Kind.PLANTING: (("planting_desk.campaign", "code"),),
    Kind.STATEMENT: (("statements.statement", "statement_id"),),
    Kind.PLEDGE: (("pledges.pledge", "pledge_id"),),
    Kind.COURSE: (("training.course", "course"),),
    Kind.COHORT: (("teach.today", "cohort_id"),),
}


def place_of_hit(hit: Hit) -> str:
    """The page of what was found; empty where the reader has none."""
    for endpoint, name in _PAGES.get(Kind(hit.kind), ()):
        if may_open(endpoint):
            return _address(endpoint, name, hit.key)
    return ""
