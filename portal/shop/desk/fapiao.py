"""The desk of fapiao: what was asked for, what is to be issued, sent, or cancelled by a red-letter one."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.naming import named_here
from portal.kernel import clock
from portal.kernel.errors import PortalError, Refused
from portal.shop import fapiao_shelf, policy
from portal.shop.commands import billing, fapiao_files
from portal.shop.desk.orders import READERS, TELLERS
from portal.shop.forms.billing import FileForm, IssueForm, RedForm, RejectForm
from portal.shop.forms.orders import ActionForm
from portal.shop.queries import billing as queries
from portal.shop.rules.billing import FapiaoState
from portal.shop.words.orders import fapiao_event_words, fapiao_words
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("shop_fapiao_desk", __name__)
Answer = str | Response | tuple[str, int]


@blueprint.get("/desk/fapiao")
@staff(*READERS)
def waiting() -> Answer:
    """What has to be done, the longest waiting first."""
    state = request.args.get("state", "")
    state = state if state in list(FapiaoState) else ""
    rows = queries.fapiao_at_desk(actor(), state, request.args.get("cursor", ""))
    page = cut(rows, 50, lambda row: row.id)
    has_shown(Shown.FAPIAO, (row.id for row in page.items), LISTS)
    return render_template(
        "shop/desk_fapiao_list.html",
        page=page,
        state=state,
        states=[(each.value, fapiao_words(each).label) for each in FapiaoState],
        words_of=fapiao_words,
    )


@blueprint.get("/desk/fapiao/<fapiao_id>")
@looks_at(Shown.FAPIAO, "fapiao_id", "papers")
@staff(*READERS)
def one(fapiao_id: str) -> Answer:
    return _page(fapiao_id)


def _page(fapiao_id: str, form: PortalForm | None = None, status: int = 200) -> Answer:
    found, history = queries.fapiao(actor(), fapiao_id), queries.fapiao_history(fapiao_id)
    files = queries.files_of(fapiao_id)
    page = render_template(
        "shop/desk_fapiao.html",
        fapiao=found,
        words=fapiao_words(found.state),
        history=[(line, fapiao_event_words(line.event)) for line in history],
        names=named_here([*(line.actor_id for line in history), *(file.given_by for file in files)]),
        can_act=policy.may_run_till(actor()),
        issue=form if isinstance(form, IssueForm) else IssueForm(formdata=None, day=clock.today()),
        red=form if isinstance(form, RedForm) else RedForm(formdata=None),
        reject=form if isinstance(form, RejectForm) else RejectForm(formdata=None),
        upload=form if isinstance(form, FileForm) else FileForm(formdata=None),
        files=files,
        action=ActionForm(formdata=None),
    )
    return page, status


@blueprint.post("/desk/fapiao/<fapiao_id>/issue")
@staff(*TELLERS)
def issue(fapiao_id: str) -> Answer:
    """It was issued at the tax office."""
    form = IssueForm()
    if not form.validate():
        return _page(fapiao_id, form, 422)
    try:
        billing.issue_fapiao(actor(), fapiao_id, form.number.data or "", form.on, clock.now())
    except PortalError as error:
        form.blame("number", error)
        return _page(fapiao_id, form, 422)
    flash(_("The fapiao is recorded as issued."), "success")
    return _back(fapiao_id)


@blueprint.post("/desk/fapiao/<fapiao_id>/sent")
@staff(*TELLERS)
def sent(fapiao_id: str) -> Answer:
    """It was sent to the buyer."""
    billing.mark_fapiao_sent(actor(), fapiao_id, clock.now())
    flash(_("The fapiao is recorded as sent."), "success")
    return _back(fapiao_id)


@blueprint.post("/desk/fapiao/<fapiao_id>/reject")
@staff(*TELLERS)
def reject(fapiao_id: str) -> Answer:
    """It cannot be issued as asked."""
    form = RejectForm()
    if not form.validate():
        return _page(fapiao_id, form, 422)
    billing.reject_fapiao(actor(), fapiao_id, form.reason.data or "", clock.now())
    flash(_("The request is rejected; the buyer is told why."), "success")
    return _back(fapiao_id)


@blueprint.post("/desk/fapiao/<fapiao_id>/red")
@staff(*TELLERS)
def red(fapiao_id: str) -> Answer:
    """The red-letter fapiao was issued."""
    form = RedForm()
    if not form.validate():
        return _page(fapiao_id, form, 422)
    try:
        billing.issue_red_fapiao(actor(), fapiao_id, form.red_number.data or "", clock.now())
    except PortalError as error:
        form.blame("red_number", error)
        return _page(fapiao_id, form, 422)
    flash(_("The red-letter fapiao is recorded."), "success")
    return _back(fapiao_id)


@blueprint.post("/desk/fapiao/<fapiao_id>/files")
@staff(*TELLERS)
def attach(fapiao_id: str) -> Answer:
    """Attach the file that the tax office's system made."""
    form = FileForm()
    queries.fapiao(actor(), fapiao_id)
    if not form.validate():
        return _page(fapiao_id, form, 422)
    try:
        fapiao_files.attach(actor(), fapiao_id, fapiao_shelf.keep(form.file.data), clock.now())
    except PortalError as error:
        form.blame("file", error)
        return _page(fapiao_id, form, 409 if isinstance(error, Refused) else 422)
    flash(_("The file is attached; the buyer gets a letter."), "success")
    return _back(fapiao_id)


@blueprint.get("/desk/fapiao/<fapiao_id>/files/<file_id>")
@looks_at(Shown.FAPIAO, "fapiao_id", "papers")
@staff(*READERS)
def file(fapiao_id: str, file_id: str) -> Answer:
    """The file as a download."""
    found = queries.fapiao(actor(), fapiao_id)
    return fapiao_shelf.given_out(queries.fapiao_file(fapiao_id, file_id), found.number or found.id)


def _back(fapiao_id: str) -> Response:
    return redirect(url_for("shop_fapiao_desk.one", fapiao_id=fapiao_id), 303)
