"""Settings: every sheet with its history; a change is proposed, looked at, and confirmed."""

from collections.abc import Mapping
from typing import Any, cast

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.naming import named_here
from portal.kernel import clock
from portal.kernel.actor import STAFF
from portal.kernel.errors import InvalidInput, NotFound, Refused
from portal.office.examples import examples
from portal.office.forms import NoteForm, SheetForm, blame, filled_form, form_of, values_from
from portal.office.words import sheet_pages, shown_value, verdict_words
from portal.settings import commands, policy, queries
from portal.settings.queries import ChangeView
from portal.settings.rules import versions
from portal.settings.rules.checks import BadSetting
from portal.settings.rules.sheets import SALE, SHEETS, SWITCHES, Kind, Sheet
from portal.settings.rules.versions import Verdict
from portal.shop.rules.fees import values_of
from portal.shop.rules.terms import TERMS
from portal.web.city import Trial, city, trying
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("office_settings", __name__)
Answer = str | Response | tuple[str, int]
READERS = tuple(sorted(STAFF))


@blueprint.get("/desk/settings")
@staff(*READERS)
def sheets() -> Answer:
    """What can be set, since when it is as it is, and what waits for somebody."""
    known = city()
    waiting = queries.waiting(actor())
    return render_template(
        "office/sheets.html",
        sheets=[(sheet, known.book.at(sheet.key, known.now)) for sheet in SHEETS.values()],
        waiting=waiting, titles={key: sheet.title for key, sheet in SHEETS.items()},
    )  # fmt: skip


@blueprint.route("/desk/settings/<sheet>", methods=["GET", "POST"])
@staff(*READERS)
def sheet(sheet: str) -> Answer:
    """One sheet: as it is, its history, and a form to change it."""
    found = queries.sheet_of(sheet)
    if request.method == "POST":
        return _propose(found)
    version = city().book.at(sheet, clock.now())
    values = _in_force(found)
    if again := request.args.get("again"):
        values = queries.change(actor(), again).content
    return _page(found, filled_form(found, values, version.number if version else 0))


def _propose(found: Sheet) -> Answer:
    form = form_of(found)()
    if not form.validate():
        return _page(found, form, 422)
    try:
        change_id = commands.propose(
            actor(),
            found.key,
            values_from(found, form),
            form.reason.data,
            form.from_at,
            form.base,
            clock.now(),
        )
    except BadSetting as error:
        blame(form, error)
        return _page(found, form, 422)
    except (InvalidInput, Refused) as error:
        form.blame("reason", error)
        return _page(found, form, 422 if isinstance(error, InvalidInput) else 409)
    flash(_("Written down. Nothing has changed yet: look at it, then put it in force."), "success")
    return redirect(url_for("office_settings.change", change_id=change_id), 303)


def _page(found: Sheet, form: SheetForm, status: int = 200) -> tuple[str, int]:
    history = queries.history(actor(), found.key)
    page = render_template(
        "office/sheet.html", sheet=found, form=form, history=history,
        who=named_here(change.proposed_by for change in history),
        in_force=city().book.at(found.key, clock.now()), verdict_words=verdict_words(),
        may_change=policy.may_change(actor(), moves_money=found.moves_money),
        has_prose=any(field.kind is Kind.PROSE for field in found.fields),
        names=[name for name in form._fields if name not in ("csrf_token", "based_on")],
    )  # fmt: skip
    return page, status


@blueprint.get("/desk/settings/changes/<change_id>")
@staff(*READERS)
def change(change_id: str) -> Answer:
    """What would change, shown beside what is; who wants it and why; and the decision."""
    return _shown(queries.change(actor(), change_id), NoteForm(formdata=None))


def _shown(found: ChangeView, form: NoteForm, status: int = 200) -> tuple[str, int]:
    known = SHEETS[found.sheet]
    before = _before(found)
    told = [
        (shown_value(known, each.field, each.before), shown_value(known, each.field, each.after), each)
        for each in versions.differences(known, before, found.content)
    ]
    return render_template(
        "office/change.html", change=found, sheet=known, differences=told, form=form, me=actor().id,
        may_change=policy.may_change(actor(), moves_money=found.needs_two),
        labels={field.key: field.label for field in known.fields}, verdict_words=verdict_words(),
        pages=sheet_pages(known), examples=examples(before, found.content) if known is SALE else [],
        prose={field.key for field in known.fields if field.kind is Kind.PROSE},
        who=named_here([found.proposed_by, found.decided_by]),
    ), status  # fmt: skip


def _before(found: ChangeView) -> Mapping[str, Any]:
    """What the change was made from: the version that was in force when it was proposed."""
    book = city().book
    base = next((each for each in book.sheets.get(found.sheet, ()) if each.number == found.based_on), None)
    return base.values if base else _as_installed(SHEETS[found.sheet])


def _in_force(found: Sheet) -> Mapping[str, Any]:
    version = city().book.at(found.key, clock.now())
    return version.values if version else _as_installed(found)


def _as_installed(found: Sheet) -> Mapping[str, Any]:
    if found is SALE:
        return values_of(TERMS)
    return {field.key: True for field in found.fields} if found is SWITCHES else {}


@blueprint.post("/desk/settings/changes/<change_id>/<any(confirmed, refused, withdrawn):verdict>")
@staff(*READERS)
def decide(change_id: str, verdict: str) -> Answer:
    """Put a change in force, refuse it, or take one's own back."""
    form = NoteForm()
    if not form.validate():
        return _shown(queries.change(actor(), change_id), form, 422)
    try:
        commands.decide(actor(), change_id, Verdict(verdict), form.note.data or "", clock.now())
    except Refused as error:
        form.blame("note", error)
        return _shown(queries.change(actor(), change_id), form, 409)
    flash(verdict_words()[Verdict(verdict)], "success")
    return redirect(url_for("office_settings.change", change_id=change_id), 303)


@blueprint.get("/desk/settings/changes/<change_id>/preview/<page>")
@staff(*READERS)
def preview(change_id: str, page: str) -> Answer:
    """A public page as it would be, for nobody else."""
    found = queries.change(actor(), change_id)
    pages = sheet_pages(SHEETS[found.sheet])
    if page not in pages:
        raise NotFound()
    with trying(Trial(found.sheet, found.content, found.id)):
        return cast(str, current_app.view_functions[pages[page].endpoint]())
