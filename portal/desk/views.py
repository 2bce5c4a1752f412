"""The first page of the back office, and the checks of the ledger."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.desk import causes, commands, policy, queries
from portal.desk.words import row_of
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.registry.queries import standing
from portal.shop.words.orders import attention_words
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("desk", __name__)

READERS = (Role.REGISTRY, Role.FINANCE, Role.EDITOR, Role.AUDITOR, Role.ADMIN)
TENDERS = (Role.REGISTRY, Role.FINANCE, Role.ADMIN)


@blueprint.get("/desk")
@staff(*READERS)
def home() -> str:
    """What needs a person today."""
    now = clock.now()
    return render_template(
        "desk/home.html", today=queries.today(actor(), now), may_tend=policy.may_tend(actor()),
        dues=[row_of(due, now) for due in causes.dues(actor(), now)],
        form=PortalForm(formdata=None), attention_words=attention_words,
    )  # fmt: skip


@blueprint.get("/desk/ledger")
@staff(*READERS)
def ledger() -> str:
    """The last checks of the ledger with what they found."""
    may_tend, form = policy.may_tend(actor()), PortalForm(formdata=None)
    return render_template("desk/ledger.html", audits=standing.audits(20), may_tend=may_tend, form=form)


@blueprint.post("/desk/ledger/check")
@staff(*TENDERS)
def check() -> Response:
    """Have the ledger checked now."""
    commands.check_ledger(actor(), clock.now())
    flash(_("The check is under way. Its result appears here in a moment; reload the page."), "info")
    return redirect(url_for("desk.ledger"), 303)


@blueprint.post("/desk/jobs/<job_id>/retry")
@staff(*TENDERS)
def retry(job_id: str) -> Response:
    """Try a failed piece of work again."""
    commands.retry_job(actor(), job_id, clock.now())
    flash(_("It is tried again now."), "success")
    return redirect(url_for("desk.home"), 303)
