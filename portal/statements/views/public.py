"""What everybody can see: the list of events, and a statement with all that it rests on."""

from typing import Any

from flask import redirect, render_template, request, url_for

from portal.certificates.queries import CertificateView, by_number
from portal.certificates.rules import claims, numbers, paper, states
from portal.certificates.rules.claims import CertificateType
from portal.certificates.sheet import holder_of
from portal.kernel import clock
from portal.kernel.ids import is_id
from portal.kernel.mass import Mass
from portal.registry.papers import given_out
from portal.statements import policy, queries
from portal.statements.forms import PressForm
from portal.statements.queries import StatementView
from portal.statements.rules.plans import SHELF, Standing, UnknownStatement, obstacles
from portal.statements.views.pages import Answer, blueprint
from portal.statements.words import place_on_way, state_word, way
from portal.web.forms import clean_line
from portal.web.guard import actor, open_to_all
from portal.web.i18n import message
from portal.web.looks import FILES, Shown, has_shown
from portal.web.paging import cut

PAGE = 20
blueprint.add_app_template_global(state_word, "statement_state")


@blueprint.get("/statements")
@open_to_all
def index() -> Answer:
    """Events that published a plan, the newest first; ``?q=`` searches names, venues and organisers."""
    words, cursor = clean_line(request.args.get("q", ""))[:100], request.args.get("cursor", "")
    rows = queries.wall(words, cursor if is_id(cursor, "sta") else "", PAGE + 1)
    return render_template("statements/index.html", page=cut(rows, PAGE, lambda row: row.id), words=words)


@blueprint.get("/statements/<statement_id>")
@open_to_all
def statement(statement_id: str) -> Answer:
    """One statement: the claim with its figures beside it, actions, evidence, and every version."""
    found = queries.statement(statement_id)
    may_work = policy.may_work(actor(), found)
    return render_template(
        "statements/statement.html",
        statement=found,
        paper=_paper(found),
        printed=numbers.printed,
        silence=claims.WORDINGS[CertificateType.EVENT].silence,
        may_work=may_work,
        may_speak=policy.may_speak(actor(), found),
        may_read=lambda evidence: policy.may_read_evidence(actor(), found, evidence.is_public),
        form=PressForm(formdata=None),
        mass_of=Mass,
        **_progress(found, may_work),
    )


def _paper(found: StatementView) -> dict[str, Any] | None:
    """The certificate of the newest declaration, and its sentence with the organiser's name."""
    if not found.declared or not found.declared.certificate:
        return None
    certificate: CertificateView = by_number(found.declared.certificate)
    says = paper.filled(certificate.says, holder_of(certificate, True))
    reason = states.REASONS[certificate.reason] if certificate.reason else None
    holds = certificate.state is states.State.VALID
    return {"certificate": certificate, "says": says, "holds": holds, "reason": reason}


def _progress(found: StatementView, may_work: bool) -> dict[str, Any]:
    """Where it stands; figures that are not declared yet are the organiser's alone."""
    standing: Standing = queries.standing(found)
    today = clock.today()
    stage = standing.stage(today)
    return {
        "stage": stage.value,
        "steps": way(),
        "place": place_on_way(stage),
        "deadline": standing.deadline,
        "standing": standing if may_work else None,
        "obstacles": [message(each) for each in obstacles(standing, today)] if may_work else [],
    }


@blueprint.get("/statements/evidence/<evidence_id>")
@open_to_all
def evidence_file(evidence_id: str) -> Answer:
    """A file of evidence, for everybody or for the organiser and auditors, as it was handed in."""
    found = queries.evidence(actor(), evidence_id)
    file = found.evidence
    if not (file.is_public or policy.may_work(actor(), found)):
        has_shown(Shown.PERSON, [found.owner_id], FILES)
    return given_out(file.sha256, file.media_type, SHELF, f"evidence-{file.sha256[:8]}")


@blueprint.get("/statements/<statement_id>/evaluation/<int(max=999):version>")
@open_to_all
def evaluation(statement_id: str, version: int) -> Answer:
    """What the evaluator has signed."""
    found = queries.statement(statement_id)
    for each in found.declarations:
        if each.number == version and (file := each.facts["evaluation"])["sha256"]:
            return given_out(file["sha256"], file["media_type"], SHELF, f"evaluation-{file['sha256'][:8]}")
    raise UnknownStatement()


@blueprint.get("/events/<event_id>/statement")
@open_to_all
def of_event(event_id: str) -> Answer:
    """From an event's file to its statement, or to the form for its plan."""
    found = queries.statement_of(event_id)
    if found:
        return redirect(url_for("statements.statement", statement_id=found.id))
    return redirect(url_for("statements.plan", event_id=event_id))
