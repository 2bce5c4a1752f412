"""How the class stands: today, the grid of learners and requirements, one learner and the trainer's word."""

from fractions import Fraction

from flask import flash, request
from markupsafe import Markup, escape
from wtforms.fields.choices import SelectChoice

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, PortalError
from portal.registry.sheets import Row
from portal.training.commands.overriding import override
from portal.training.desk.classroom.pages import READERS, Answer, back_to, blueprint, sheet, shown, the_cohort
from portal.training.forms.progress import NudgeForm, OverrideForm
from portal.training.queries import matrix as queries
from portal.training.queries.nudges import nudges_of
from portal.training.queries.today import today as state_of
from portal.training.rules.classes import CohortView, Standing, UnknownCohort
from portal.training.rules.progress import FINAL_QUIZ, Requirement, percent
from portal.web.guard import actor, staff
from portal.web.i18n import _, lang
from portal.web.i18n import percent as with_sign
from portal.web.looks import Shown, looks_at


@blueprint.get("/teach/<cohort_id>")
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*READERS)
def today(cohort_id: str) -> Answer:
    """The next session, who needs the trainer and why, and a word to them."""
    cohort = the_cohort(cohort_id)
    now = clock.now()
    return shown(
        "training/teach/today.html",
        cohort, state=state_of(cohort, now), now=now, form=NudgeForm(formdata=None),
    )  # fmt: skip


@blueprint.get("/teach/<cohort_id>/progress")
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*READERS)
def matrix(cohort_id: str) -> Answer:
    """Everybody against everything that is asked."""
    cohort = the_cohort(cohort_id)
    rows = queries.matrix(cohort_id)
    heads = rows[0].progress.requirements if rows else ()
    return shown("training/teach/matrix.html", cohort, heads=heads, body=_body(cohort, rows), now=clock.now())


def _body(cohort: CohortView, rows: list[queries.MatrixRow]) -> Markup:
    """The rows of the grid: thousands of cells for five hundred learners, each kind made once."""
    cells: dict[Requirement, str] = {}
    address = f"/{lang()}/teach/{cohort.id}/progress"
    nameless = escape(_("(erased)"))

    def cell(each: Requirement) -> str:
        if each not in cells:
            cells[each] = _cell(each)
        return cells[each]

    def row_of(row: queries.MatrixRow) -> str:
        asked = row.progress.requirements
        met = sum(each.is_met for each in asked)
        return (
            f'<tr><th scope="row"><a translate="no" href="{address}/{row.member.enrolment_id}">'
            f"{escape(row.member.name) or nameless}</a></th>{''.join(map(cell, asked))}"
            f"<td>{met} / {len(asked)}</td><td>{escape(row.certificate or '–')}</td></tr>"
        )

    return Markup("\n".join(map(row_of, rows)))  # noqa: S704 names and numbers are escaped above


def _cell(each: Requirement) -> str:
    """A mark for eyes, and a word for who hears the page."""
    kind, word = (' class="met"', _("met")) if each.is_met else ("", _("not met"))
    star = " *" if each.override else ""
    return f"<td{kind}><i>{escape(word)}</i> {escape(_mark(each))}{star}</td>"


def _percent(quiz: Requirement) -> str:
    return with_sign(f"{percent(quiz.done):f}")


def _mark(each: Requirement) -> str:
    """What stands in a cell: a tick, percent of a quiz, a count."""
    if each.key == FINAL_QUIZ and each.done:
        return _percent(each)
    if each.needed > 1 and each.key != FINAL_QUIZ:
        return f"{int(each.done)}/{int(each.needed)}"
    return "✓" if each.is_met else "·"


@blueprint.get("/teach/<cohort_id>/progress.<any(csv, xlsx):kind>")
@looks_at(Shown.LEARNER, "cohort_id", "classes")
@staff(*READERS)
def matrix_file(cohort_id: str, kind: str) -> Answer:
    """The grid to take away; an asterisk stands where a trainer has decided."""
    the_cohort(cohort_id)
    rows = queries.matrix(cohort_id)
    heads = rows[0].progress.requirements if rows else ()
    table: list[Row] = [
        [
            _("Name"), _("Counts as"), *(each.title.in_(lang()) for each in heads), _("Met"), _("Asked"),
            _("Certificate"),
        ]
    ]  # fmt: skip
    table += [
        [
            row.member.name, row.member.standing, *map(_said, row.progress.requirements), row.progress.met,
            len(row.progress.requirements), row.certificate or "",
        ]
        for row in rows
    ]  # fmt: skip
    return sheet(table, f"progress-{cohort_id[-6:].lower()}", kind)


def _said(each: Requirement) -> str:
    number = _percent(each) if each.key == FINAL_QUIZ else _plain(each.done)
    return f"{number}{' ✓' if each.is_met else ''}{' *' if each.override else ''}"


def _plain(number: Fraction) -> str:
    return str(int(number))


@blueprint.route("/teach/<cohort_id>/progress/<enrolment_id>", methods=["GET", "POST"])
@looks_at(Shown.LEARNER, "enrolment_id", "classes")
@staff(*READERS)
def learner(cohort_id: str, enrolment_id: str) -> Answer:
    """One learner: what is missing and why, and the trainer's word on it with its history."""
    cohort, row = the_cohort(cohort_id), queries.row_of(cohort_id, enrolment_id)
    if row is None:
        raise UnknownCohort()
    form = OverrideForm()
    form.requirement.choices = [
        SelectChoice(each.key, each.title.in_(lang())) for each in row.progress.requirements
    ]
    if form.validate_on_submit():
        try:
            number = override(
                actor(), cohort_id, enrolment_id, form.requirement.data, form.is_met.data == "yes",
                form.reason.data, clock.now(),
            )  # fmt: skip
        except InvalidInput as error:
            form.blame("reason", error)
        except PortalError as error:
            form.blame("requirement", error)
        else:
            flash(_("Decided. The learner sees it."), "success")
            if number:
                flash(
                    _("The course is complete: certificate %(number)s is issued.", number=number), "success"
                )
            return back_to("learner", cohort_id, enrolment_id=enrolment_id)
    return shown(
        "training/teach/learner.html", cohort, 422 if request.method == "POST" else 200, row=row, form=form,
        decisions=queries.decisions(enrolment_id), nudges=nudges_of(enrolment_id),
        titles={each.key: each.title for each in row.progress.requirements},
        mark=_mark, standings=tuple(Standing),
    )  # fmt: skip
