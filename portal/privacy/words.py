"""States, causes and kinds of this room, in the reader's language."""

from typing import Any

from flask import url_for

from portal.kernel.bilingual import Bilingual
from portal.privacy.rules.copies import CopyState
from portal.privacy.rules.corrections import CorrectionState, Matter
from portal.privacy.rules.erasure import ErasureState, Fate
from portal.privacy.rules.purposes import Basis
from portal.web.i18n import _, gettext, lang, ngettext


def basis_words(basis: Basis) -> str:
    return {
        Basis.CONTRACT: _("to do what you asked for"),
        Basis.LAW: _("a law demands it"),
        Basis.INTEREST: _("to keep the portal safe"),
        Basis.CONSENT: _("you agreed"),
    }[basis]


def fate_words(fate: Fate) -> tuple[str, str]:
    """The word and its tone."""
    return {
        Fate.GOES: (_("is deleted"), "bad"),
        Fate.NAMELESS: (_("stays without a name"), "wait"),
        Fate.STAYS: (_("stays"), "plain"),
    }[fate]


def copy_words(state: CopyState) -> tuple[str, str]:
    return {
        CopyState.ASKED: (_("is being packed"), "wait"),
        CopyState.READY: (_("ready"), "good"),
        CopyState.GONE: (_("deleted"), "plain"),
    }[state]


def erasure_words(state: ErasureState) -> tuple[str, str]:
    return {
        ErasureState.WAITING: (_("waits"), "wait"),
        ErasureState.UNDONE: (_("taken back"), "plain"),
        ErasureState.DONE: (_("done"), "good"),
    }[state]


def correction_words(state: CorrectionState) -> tuple[str, str]:
    return {
        CorrectionState.ASKED: (_("waits for an answer"), "wait"),
        CorrectionState.DONE: (_("corrected"), "good"),
        CorrectionState.REFUSED: (_("not corrected"), "bad"),
    }[state]


def matter_words(matter: Matter) -> str:
    return {
        Matter.NAME: _("name or address"),
        Matter.ORDER: _("order or invoice"),
        Matter.CERTIFICATE: _("certificate"),
        Matter.TRAINING: _("training record"),
        Matter.OTHER: _("something else"),
    }[matter]


def place_words(thing: str) -> str:
    """What a consent was given about, by its id; a certificate has a number instead of one."""
    known = {
        "ord": _("an order"), "gvg": _("monthly support"), "plg": _("a pledge"),
        "plt": _("letters about a pledge"), "pcl": _("a class of pupils"), "usr": _("a pupil’s place"),
        "lrn": _("a course record with its certificates"), "enr": _("a course taken in a class"),
    }  # fmt: skip
    return known.get(thing.partition("_")[0], _("a certificate")) if thing else _("everything at once")


def thing_words(thing: str) -> str:
    """The same with the end of its id, which tells two of a kind apart."""
    return f"{place_words(thing)} …{thing[-6:]}"


def place_address(thing: str) -> str:
    """The page of that thing; "" where it has none for its owner."""
    kind, _rest, has_id = thing.partition("_")
    if not has_id:
        return url_for("certificates.certificate", number=thing)
    known = {
        "ord": ("shop.order", "order_id"), "gvg": ("shop_giving.one", "thing_id"),
        "plg": ("pledges.pledge", "pledge_id"), "pcl": ("pupils.one", "class_id"),
        "enr": ("training.progress", "enrolment_id"),
    }  # fmt: skip
    endpoint, argument = known.get(kind, ("", ""))
    values: dict[str, Any] = {argument: thing}
    return url_for(endpoint, **values) if endpoint else ""


def asked_words(words: str | Bilingual) -> str:
    """The words that were agreed to, in the reader's language."""
    if isinstance(words, Bilingual):
        return words.in_(lang())
    return gettext(words) if words else ""


def kind_words(kind: str) -> str:
    """What was looked at."""
    known = {
        "order": _("an order"), "person": _("an account"), "organisation": _("an organisation"),
        "document": _("a document"), "fapiao": _("a fapiao"), "gift": _("a gift"),
        "batch": _("a list of gifts"), "certificate": _("a certificate"), "pledge": _("a pledge"),
        "learner": _("a place in a class"), "correction": _("a request for correction"),
        "request": _("a request to buy"),
    }  # fmt: skip
    return known.get(kind, kind)


def why_words(why: str) -> str:
    """The work that it was opened for."""
    known = {
        "orders": _("handling the order"), "papers": _("issuing a fapiao"),
        "certificates": _("looking after the certificate"), "evidence": _("checking a document"),
        "classes": _("running a class"), "people": _("roles and sign-in"),
        "organisations": _("checking an organisation"), "corrections": _("answering a request"),
        "gifts": _("helping with a gift"), "pledges": _("looking at a pledge"),
        "lists": _("it stood in a list"), "search": _("it was found by a search"),
        "files": _("it was in a file that was taken along"),
    }  # fmt: skip
    return known.get(why, why)


def held_words(held: str) -> str:
    """Why an erasure had to wait, by the name of what stood in the way."""
    known = {
        "OrdersAreOpen": _("orders are still on their way"),
        "SupportIsRunning": _("a card is charged every month"),
        "RolesAreLive": _("a role is still held"),
        "HandOverFirst": _("an organisation would be left without an owner"),
    }  # fmt: skip
    return known.get(held, held)


def period_words(days: int) -> str:
    """A period as people say it: days, or whole years."""
    if days < 1:
        return _("until its day is over")
    years, rest = divmod(days, 365)
    if years and rest <= years // 3 + 1:
        return ngettext("%(num)s year", "%(num)s years", years)
    return ngettext("%(num)s day", "%(num)s days", days)
