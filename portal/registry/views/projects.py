"""What anybody may read about a project's life, and say while a notice is open."""

from importlib.resources import files as package_files

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for

from portal.kernel import clock
from portal.registry import papers, policy
from portal.registry.commands import projects
from portal.registry.desk.projects import SHELF
from portal.registry.forms.projects import CommentForm
from portal.registry.queries import projects as read
from portal.registry.rules import eligibility, lifecycle, parcels
from portal.registry.rules.ledger import ProjectType
from portal.registry.words import projects as project_words
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang
from portal.web.limits import limited
from portal.web.page import page_blueprint, plain_blueprint

pages = page_blueprint("registry_projects", __name__)
files = plain_blueprint("registry_project_files", __name__)
blueprints = (pages, files)

_THREE = (ProjectType.ARR, ProjectType.IFM, ProjectType.REDD)


@pages.app_context_processor
def _words() -> dict[str, object]:
    return {"life_words": project_words}


@pages.get("/projects/types")
@open_to_all
def types() -> str:
    """The three types of forest project, defined and told apart, with the rules each is held against."""
    kinds = [(kind, eligibility.rules_of(kind), lifecycle.ways_of(kind)) for kind in _THREE]
    return render_template("registry/types.html", kinds=kinds, notice_days=lifecycle.NOTICE_WORKING_DAYS)


@pages.get("/projects/<code>/life")
@open_to_all
def life(code: str) -> str:
    """One project from proposal to today: steps, findings, land, papers, notices."""
    found = read.life(code)
    return render_template(
        "registry/life.html", project=found, steps=read.steps_of(found.id),
        assessment=read.newest_assessment(found.id), parcels=read.parcels_of(found.id),
        documents=read.documents_of(found.id), notices=read.notices_of(found.id), now=clock.now(),
    )  # fmt: skip


@pages.get("/notices")
@open_to_all
def notices() -> str:
    """What anybody may comment on now."""
    return render_template("registry/notices.html", notices=read.open_notices(clock.now()))


@pages.route("/notices/<notice_id>", methods=["GET", "POST"])
@open_to_all
@limited("60/hour")
def notice(notice_id: str) -> str | Response | tuple[str, int]:
    """One notice: the document, until when, what was said and answered, and a form to say something."""
    found, form = read.notice(notice_id), CommentForm()
    if form.validate_on_submit():
        projects.comment(actor(), notice_id, form.body.data, lang(), clock.now())
        flash(_("Thank you. Your comment is shown here with an answer once it was read."), "success")
        return redirect(url_for(".notice", notice_id=notice_id), 303)  # type: ignore[return-value]
    is_open = found.is_open(clock.now()) and policy.may_comment(actor())
    page = render_template(
        "registry/notice.html", notice=found, comments=read.comments_of(notice_id), form=form, is_open=is_open
    )
    return page, 422 if request.method == "POST" else 200


@files.get("/projects/<code>/documents/<document_id>")
@open_to_all
def document(code: str, document_id: str) -> Response:
    """A public document of a project, as it was filed."""
    found = read.document(document_id)
    if found.project_id != read.life(code).id:
        raise lifecycle.UnknownDocument()
    return papers.given_out(found.sha256, found.media_type, SHELF, f"{code}-{found.kind}")


@files.get("/projects/<code>/parcels.geojson")
@open_to_all
def outlines(code: str) -> Response:
    """All parcels of a project; the text of each geometry is what the log's digest is made from."""
    found = read.life(code)
    features = [(each.geojson, _parcel(each)) for each in read.parcels_of(found.id)]
    answer = Response(parcels.as_geojson(features), mimetype="application/geo+json")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@files.get("/projects/<code>/facts.json")
@open_to_all
def facts(code: str) -> Response:
    """All public facts of a project's life in one document, for programs."""
    answer = jsonify(_facts(read.life(code)))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@files.get("/eligibility/<name>.toml")
@open_to_all
def rules(name: str) -> Response:
    """The rules of a type as they were released; their SHA-256 stands in every assessment."""
    if name not in {f"{each.id}-{each.version}" for each in eligibility.all_rules()}:
        abort(404)
    text = (package_files("portal.registry") / "data" / "eligibility" / f"{name}.toml").read_bytes()
    return Response(text, mimetype="application/toml")


def _facts(found: read.ProjectLife) -> dict[str, object]:
    assessment = read.newest_assessment(found.id)
    return {
        "code": found.code, "name": {"zh": found.name.zh or None, "en": found.name.en or None},
        "type": found.type.value, "state": found.state.value, "methodology": found.methodology,
        "registry": found.registry, "source_id": found.source_id, "county_code": found.county_code or None,
        "crediting_start": _day(found.crediting_start), "crediting_end": _day(found.crediting_end),
        "demo": found.is_demo,
        "steps": [_step(each) for each in reversed(read.steps_of(found.id)) if each.decision],
        "assessment": _assessment(assessment) if assessment else None,
        "documents": [_document(each) for each in read.documents_of(found.id)],
        "parcels": [_parcel(each) for each in read.parcels_of(found.id)],
        "notices": [_notice(each) for each in read.notices_of(found.id)],
    }  # fmt: skip


def _step(each: read.StepView) -> dict[str, object]:
    return {
        "from": each.source.value, "to": each.target.value, "decision": each.decision,
        "document_kind": each.document.kind.value, "document_sha256": each.document.sha256,
        "proposed_at": clock.text_of(each.proposed_at),
        "decided_at": clock.text_of(each.decided_at) if each.decided_at else None,
    }  # fmt: skip


def _assessment(found: read.AssessmentView) -> dict[str, object]:
    return {
        "rules": found.rules, "version": found.version, "rules_sha256": found.rules_sha256,
        "verdict": found.verdict.value, "at": clock.text_of(found.at),
        "findings": [
            {"rule": each.rule_id, "value": each.value, "verdict": each.finding.value,
             "evidence": each.evidence, "source": each.source}
            for each in found.findings
        ],
    }  # fmt: skip


def _document(each: read.DocumentView) -> dict[str, object]:
    return {
        "id": each.id, "kind": each.kind.value, "title": {"zh": each.title.zh, "en": each.title.en},
        "sha256": each.sha256, "media_type": each.media_type, "bytes": each.bytes,
        "filed_at": clock.text_of(each.at),
    }  # fmt: skip


def _parcel(each: read.ParcelView) -> dict[str, object]:
    return {
        "code": each.code, "county_code": each.county_code, "area_m2": each.area_m2,
        "tenure": each.tenure.value, "outline_sha256": each.outline_sha256,
        "valid_from": each.valid_from.isoformat(), "valid_to": each.valid_to.isoformat(),
        "withdrawn_at": clock.text_of(each.withdrawn_at) if each.withdrawn_at else None,
        "demo": each.is_demo,
    }  # fmt: skip


def _notice(each: read.NoticeView) -> dict[str, object]:
    return {
        "id": each.id, "document_sha256": each.document.sha256, "working_days": each.working_days,
        "opens_at": clock.text_of(each.opens_at), "closes_at": clock.text_of(each.closes_at),
    }  # fmt: skip


def _day(value: object) -> str | None:
    return str(value) if value else None
