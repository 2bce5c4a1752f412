"""Acting on several orders: tick them over as many pages as it takes, look at the dry run, then do it."""

from flask import render_template, request

from portal.desk import bulk
from portal.desk.bulk import Deed
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput
from portal.kernel.ids import is_id
from portal.shop.queries import orders as queries
from portal.shop.rules.states import OrderState
from portal.shop.words.orders import attention_words, words_of
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("desk_many", __name__)
Answer = str | tuple[str, int]

TELLERS = (Role.FINANCE, Role.ADMIN)


@blueprint.get("/desk/many/orders")
@staff(*TELLERS)
def orders() -> Answer:
    """Tick what is meant."""
    return _choosing([])


@blueprint.post("/desk/many/orders")
@staff(*TELLERS)
def act() -> Answer:
    """Go on ticking, try it, or do it."""
    PortalForm().validate()
    picked = [each for each in request.form.getlist("picked") if is_id(each, "ord")]
    step = request.form.get("step", "")
    if step not in ("try", "do"):
        return _choosing(picked)
    try:
        deed = Deed(request.form.get("deed", ""))
        note = request.form.get("note", "")
        lines = bulk.run(actor(), deed, picked, note, clock.now(), for_real=step == "do")
    except (InvalidInput, ValueError) as error:
        return _choosing(
            picked, message(error) if isinstance(error, InvalidInput) else _("Choose what to do.")
        )
    told = [(line.id, message(line.fault) if line.fault else "") for line in lines]
    return render_template(
        "desk/many_report.html", lines=told,
        well=sum(line.fault is None for line in lines), is_done=step == "do", deed=deed.value, note=note,
        deeds=_deeds(), form=PortalForm(formdata=None),
    )  # fmt: skip


def _choosing(picked: list[str], fault: str = "") -> Answer:
    asked = {name: request.values.get(name, "").strip() for name in ("state", "search", "cursor", "next")}
    cursor = asked["next"] if request.form.get("step") == "more" else asked["cursor"]
    state = asked["state"] if asked["state"] in set(OrderState) else ""
    page = cut(queries.orders_at_desk(actor(), state, asked["search"], cursor), 50, lambda row: row.id)
    here = {row.id for row in page.items}
    shown = render_template(
        "desk/many.html", page=page, picked=picked, elsewhere=[each for each in picked if each not in here],
        asked=asked | {"cursor": cursor}, fault=fault, deeds=_deeds(), words_of=words_of,
        states=[(each.value, words_of(each).label) for each in OrderState],
        attention_words=attention_words, form=PortalForm(formdata=None), most=bulk.MOST,
        note=request.form.get("note", ""), deed=request.form.get("deed", ""),
    )  # fmt: skip
    return shown, 422 if fault else 200


def _deeds() -> dict[str, str]:
    return {
        Deed.WRITE_AGAIN.value: _("Send the letter with the certificates again"),
        Deed.END.value: _("End orders that nobody pays"),
        Deed.MARK.value: _("Mark as looked at: nothing more to do"),
    }
