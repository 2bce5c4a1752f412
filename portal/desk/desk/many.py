"""Acting on several rows: tick them over as many pages as it takes, look at the dry run, then do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from flask import render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.certificates import bundle
from portal.certificates import queries as certificates_queries
from portal.certificates.jobs import DocumentMissing, folder
from portal.certificates.queries import CertificateView
from portal.certificates.rules import claims, numbers
from portal.certificates.rules.states import State
from portal.certificates.words import state_words
from portal.desk import bulk
from portal.desk.bulk import Deed, Line
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, NotFound
from portal.kernel.ids import is_id
from portal.pledges.queries import letters
from portal.shop.queries import orders as order_queries
from portal.shop.rules.states import OrderState
from portal.shop.words.orders import attention_words, words_of
from portal.shop.words.planting import words_of_order
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.looks import FILES, LISTS, Shown, has_shown
from portal.web.page import page_blueprint
from portal.web.paging import Page, cut

blueprint = page_blueprint("desk_many", __name__)
Answer = str | tuple[str, int] | Response
Asked = Mapping[str, str]

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Many:
    """A list whose rows are ticked; ``item`` is the endpoint of one row and the name of its key there."""

    name: str
    template: str
    item: tuple[str, str]
    deeds: tuple[Deed, ...]
    is_key: Callable[[str], bool]
    key_of: Callable[[Any], str]
    find: Callable[[Asked], Page[Any]]
    states: Callable[[], list[tuple[str, str]]]
    shows: Shown  # what a row is about, and so whom


def _orders(asked: Asked) -> Page[Any]:
    state = asked["state"] if asked["state"] in set(OrderState) else ""
    rows = order_queries.orders_at_desk(actor(), state, asked["search"], asked["cursor"])
    return cut(rows, PAGE, lambda row: row.id)


def _certificates(asked: Asked) -> Page[Any]:
    wanted = [State(asked["state"])] if asked["state"] in set(State) else list(State)
    if asked["search"]:
        return Page(_papers_called(asked["search"], wanted), None)
    rows = certificates_queries.recent(wanted, asked["cursor"], PAGE + 1)
    return cut(rows, PAGE, lambda row: row.id)


def _papers_called(search: str, wanted: list[State]) -> list[CertificateView]:
    """Those of an order, or the one with this number."""
    try:
        found = (
            certificates_queries.for_order(search)
            if is_id(search, "ord")
            else [certificates_queries.by_number(numbers.parse(search))]
        )
    except NotFound:
        return []
    return [each for each in found if each.state in wanted]


def _pledges(asked: Asked) -> Page[Any]:
    return cut(letters.wanting(actor(), asked["search"], asked["cursor"]), PAGE, lambda row: row.pledge_id)


ORDERS: Final = Many(
    "orders", "desk/many_orders.html", ("shop_desk.order", "order_id"),
    (Deed.WRITE_AGAIN, Deed.END, Deed.MARK),
    lambda key: is_id(key, "ord"), lambda row: row.id, _orders,
    lambda: [(each.value, words_of(each).label) for each in OrderState], Shown.ORDER,
)  # fmt: skip
CERTIFICATES: Final = Many(
    "certificates", "desk/many_certificates.html", ("certificates_desk.certificate", "number"),
    (Deed.LETTER_AGAIN, Deed.PRINT_ANEW, Deed.TAKE_ALONG),
    numbers.is_valid, lambda row: row.number, _certificates,
    lambda: [(each.value, state_words(each).label) for each in State], Shown.CERTIFICATE,
)  # fmt: skip
PLEDGES: Final = Many(
    "pledges", "desk/many_pledges.html", ("pledges.pledge", "pledge_id"), (Deed.REMIND,),
    lambda key: is_id(key, "plg"),
    lambda row: row.pledge_id, _pledges, list, Shown.PLEDGE,
)  # fmt: skip


@blueprint.route("/desk/many/orders", methods=["GET", "POST"])
@staff(Role.FINANCE, Role.ADMIN)
def orders() -> Answer:
    """A letter again, an end, a mark."""
    return _page(ORDERS)


@blueprint.route("/desk/many/certificates", methods=["GET", "POST"])
@staff(Role.FINANCE, Role.REGISTRY, Role.ADMIN)
def certificates() -> Answer:
    """A letter again, a document printed anew, all documents in one file."""
    return _page(CERTIFICATES)


@blueprint.route("/desk/many/pledges", methods=["GET", "POST"])
@staff(Role.REGISTRY, Role.ADMIN)
def pledges() -> Answer:
    """A reminder out of its turn."""
    return _page(PLEDGES)


def _page(what: Many) -> Answer:
    """Tick what is meant, go on ticking, try it, or do it."""
    if request.method == "POST":
        PortalForm().validate()
    picked = [each for each in request.form.getlist("picked") if what.is_key(each)]
    step = request.form.get("step", "")
    if step not in ("try", "do"):
        return _choosing(what, picked)
    try:
        deed = Deed(request.form.get("deed", ""))
        note = request.form.get("note", "")
        lines = bulk.run(actor(), deed, picked, note, clock.now(), for_real=step == "do")
    except (InvalidInput, ValueError) as error:
        fault = message(error) if isinstance(error, InvalidInput) else _("Choose what to do.")
        return _choosing(what, picked, fault)
    if deed is Deed.TAKE_ALONG and step == "do":
        return _in_one_file(lines)
    return _told(what, deed, lines, is_done=step == "do")


def _told(what: Many, deed: Deed, lines: list[Line], *, is_done: bool) -> str:
    endpoint, name = what.item
    rows = [
        (line.id, url_for(endpoint, **_named(name, line.id)), message(line.fault) if line.fault else "")
        for line in lines
    ]
    return render_template(
        "desk/many_report.html", what=what.name, lines=rows, is_done=is_done, deed=deed.value,
        well=sum(line.fault is None for line in lines), note=request.form.get("note", ""),
        deeds=_words(), form=PortalForm(formdata=None),
    )  # fmt: skip


def _named(name: str, key: str) -> dict[str, Any]:
    return {name: key}


def _in_one_file(lines: list[Line]) -> Response:
    """The documents of those that have one, with a list of them. Raises DocumentMissing."""
    papers = [certificates_queries.by_number(line.id) for line in lines if line.fault is None]
    if not all((folder() / each.documents[each.main_variant]).is_file() for each in papers):
        raise DocumentMissing()
    has_shown(Shown.CERTIFICATE, (each.number for each in papers), FILES)
    now, made = clock.now(), BytesIO()
    bundle.pack_batch(made, papers, now, folder())
    made.seek(0)
    name = f"certificates-{clock.day_of(now)}.zip"
    answer = send_file(made, mimetype="application/zip", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _choosing(what: Many, picked: list[str], fault: str = "") -> Answer:
    asked = {name: request.values.get(name, "").strip() for name in ("state", "search", "cursor", "next")}
    asked["cursor"] = asked["next"] if request.form.get("step") == "more" else asked["cursor"]
    page = what.find(asked)
    here = [what.key_of(row) for row in page.items]
    has_shown(what.shows, here, LISTS)
    if request.form.get("step") == "all":
        picked = list(dict.fromkeys([*picked, *here]))
    words = _words()
    shown = render_template(
        what.template, what=what.name, page=page, picked=picked, asked=asked,
        elsewhere=[each for each in picked if each not in here],
        fault=fault, states=what.states(), most=bulk.MOST, form=PortalForm(formdata=None),
        deeds={each.value: words[each] for each in what.deeds if bulk.may(actor(), each)},
        note=request.form.get("note", ""), deed=request.form.get("deed", ""), words_of=words_of_order,
        attention_words=attention_words, state_words=state_words, wordings=claims.WORDINGS,
    )  # fmt: skip
    return shown, 422 if fault else 200


def _words() -> dict[str, str]:
    return {
        Deed.WRITE_AGAIN: _("Send the letter with the certificates again"),
        Deed.END: _("End orders that nobody pays"),
        Deed.MARK: _("Mark as looked at: nothing more to do"),
        Deed.LETTER_AGAIN: _("Send the letter with the certificates again"),
        Deed.PRINT_ANEW: _("Print the documents anew"),
        Deed.TAKE_ALONG: _("Take the documents along as one ZIP file"),
        Deed.REMIND: _("Send the follow-up letter now"),
    }
