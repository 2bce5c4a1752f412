"""Campaigns: the organiser's pages, the campaign's own page with its poster, and taking part."""

from collections.abc import Callable
from io import BytesIO

import segno
from flask import Response, current_app, flash, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer
from wtforms.fields.choices import SelectChoice

from portal.accounts.queries import organisations_of
from portal.footprint import policy
from portal.footprint.commands import groups as commands
from portal.footprint.queries import groups as queries
from portal.footprint.queries.groups import CampaignView
from portal.footprint.rules import campaigns as rules
from portal.footprint.rules.campaigns import MOST_QUESTIONS, Kind, Phase
from portal.footprint.rules.groups import FEWEST
from portal.footprint.views import group_words as words
from portal.footprint.views.group_forms import (
    AGAIN,
    CampaignForm,
    DayField,
    JoinForm,
    calculators,
    join_form,
    text_of,
)
from portal.footprint.views.pages import blueprint
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotAllowed, NotFound
from portal.kernel.ids import is_id
from portal.registry.sheets import XLSX, Cell, csv_file, xlsx_file
from portal.web import limits
from portal.web.forms import LineField, PortalForm, Required
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang, lazy_gettext, preferred_lang
from portal.web.links import key_for
from portal.web.page import plain_blueprint

short = plain_blueprint("footprint_groups", "portal.footprint.views")
Page = str | Answer | tuple[str, int]
_MARKS = "campaigns"  # in the cookie: the receipt of each campaign this browser took part in
_MOST_MARKS = 12

# ---- the organiser


@blueprint.get("/account/campaigns")
@signed_in
def groups() -> str:
    """Those that the reader manages, newest first."""
    today = clock.today()
    mine = [(view, view.phase(today)) for view in queries.campaigns_of(actor())]
    return render_template("footprint/group_mine.html", campaigns=mine, phase_words=_phase_words())


@blueprint.route("/account/campaigns/new", methods=["GET", "POST"])
@signed_in
def group_new() -> Page:
    form = _campaign_form(CampaignForm(data={"opens": clock.today().isoformat()}))
    if not form.validate_on_submit():
        return _form_page(form, None)
    try:
        made = commands.open_campaign(actor(), form.draft(), clock.now())
    except InvalidInput as error:
        form.blame(_field_of(error), error)
        return _form_page(form, None)
    flash(_("The campaign is open. Give people its link or the poster."), "success")
    return redirect(url_for("footprint.group", campaign_id=made), 303)


@blueprint.route("/account/campaigns/<campaign_id>/edit", methods=["GET", "POST"])
@signed_in
def group_edit(campaign_id: str) -> Page:
    view = _managed(campaign_id)
    form = _campaign_form(CampaignForm(data=_as_form(view)))
    del form.organisation
    if not form.validate_on_submit():
        return _form_page(form, view)
    try:
        commands.change_campaign(actor(), campaign_id, form.draft(), clock.now())
    except InvalidInput as error:
        form.blame(_field_of(error), error)
        return _form_page(form, view)
    flash(_("The campaign is changed."), "success")
    return redirect(url_for("footprint.group", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<campaign_id>/close")
@signed_in
def group_close(campaign_id: str) -> Answer:
    commands.close_campaign(actor(), campaign_id, clock.now())
    flash(_("The campaign is closed."), "success")
    return redirect(url_for("footprint.group", campaign_id=campaign_id), 303)


class ReopenForm(PortalForm):
    closes = DayField(lazy_gettext("New last day"), [Required()])


@blueprint.route("/campaigns/<campaign_id>/reopen", methods=["GET", "POST"])
@signed_in
def group_reopen(campaign_id: str) -> Page:
    view, form = _managed(campaign_id), ReopenForm()
    if form.validate_on_submit():
        try:
            commands.reopen_campaign(actor(), campaign_id, form.closes.value, clock.now())
        except InvalidInput as error:
            form.blame("closes", error)
        else:
            flash(_("The campaign is open again."), "success")
            return redirect(url_for("footprint.group", campaign_id=campaign_id), 303)
    page = render_template("footprint/group_reopen.html", campaign=view, form=form, text_of=text_of)
    return page, 422 if form.has_errors else 200


@blueprint.post("/campaigns/<campaign_id>/withdraw")
@signed_in
def group_withdraw(campaign_id: str) -> Answer:
    """Asked for twice by the page; afterwards nothing of it is left but its title."""
    commands.withdraw_campaign(actor(), campaign_id, clock.now())
    flash(_("The campaign is withdrawn, and its answers are deleted."), "success")
    return redirect(url_for("footprint.groups"), 303)


@blueprint.get("/campaigns/<campaign_id>/figures.<ending>")
@signed_in
def group_figures(campaign_id: str, ending: str) -> Response:
    """What is published, as a file: for the organiser."""
    view = _managed(campaign_id)
    published = queries.published(actor(), view)
    if published is None:
        raise NotFound()
    return _file(words.figures_file(view, published), view, ending, "figures")


@blueprint.get("/campaigns/<campaign_id>/rows.<ending>")
@signed_in
def group_rows(campaign_id: str, ending: str) -> Response:
    view = _managed(campaign_id)
    raw = queries.raw_rows(actor(), view)
    if not raw:
        raise NotFound()
    return _file(words.rows_file(view, raw), view, ending, "rows")


def _file(rows: list[list[Cell]], view: CampaignView, ending: str, what: str) -> Response:
    if ending == "csv":
        answer = current_app.response_class(csv_file(rows), mimetype="text/csv")
    elif ending == "xlsx":
        answer = current_app.response_class(xlsx_file([(text_of(view.title), rows)]), mimetype=XLSX)
    else:
        raise NotFound()
    answer.headers["Content-Disposition"] = f'attachment; filename="campaign-{what}.{ending}"'
    return answer


def _managed(campaign_id: str) -> CampaignView:
    view = queries.campaign(campaign_id)
    if not policy.may_work_on(actor(), view):
        raise NotAllowed()
    return view


def _campaign_form(form: CampaignForm) -> CampaignForm:
    may = [(org.id, org.name.in_(lang()) or org.name.zh or org.name.en) for org in organisations_of(actor())]
    for_whom = [pair for pair in may if policy.may_open_campaign(actor(), pair[0])]
    form.organisation.choices = [SelectChoice("", _("For myself, or a class or group of mine"))]
    form.organisation.choices += [SelectChoice(*pair) for pair in for_whom]
    form.calculator.choices = calculators()
    if not form.calculator.data and not form.is_submitted():
        form.calculator.data = form.calculator.choices[0].value
    return form


def _form_page(form: CampaignForm, view: CampaignView | None) -> tuple[str, int]:
    page = render_template(
        "footprint/group_edit.html", form=form, campaign=view, numbers=range(1, MOST_QUESTIONS + 1)
    )
    return page, 422 if form.has_errors else 200


def _field_of(error: InvalidInput) -> str:
    by_kind: dict[type[InvalidInput], str] = {
        rules.TitleIsMissing: "title_zh",
        rules.DaysInWrongOrder: "closes",
        rules.AlreadyOver: "closes",
        rules.TooManyGroups: "groups",
        rules.GroupTwice: "groups",
        rules.OneGroup: "groups",
        rules.TooLong: "groups",
    }
    if isinstance(error, rules.BadQuestion):
        ends = {rules.TooFewOptions: "options", rules.BadRange: "high"}
        return f"{ends.get(type(error), 'zh')}{error.params['number']}"
    return by_kind.get(type(error), "calculator")


def _as_form(view: CampaignView) -> dict[str, object]:
    """A campaign as its form has it."""
    values: dict[str, object] = {
        "calculator": f"{view.model_id}.{view.audience}", "form": view.form, "title_zh": view.title.zh,
        "title_en": view.title.en, "invitation_zh": view.invitation.zh, "invitation_en": view.invitation.en,
        "opens": view.opens.isoformat(), "closes": view.closes.isoformat(), "groups": "\n".join(view.groups),
        "is_private": view.is_private,
    }  # fmt: skip
    for number, question in enumerate(view.questions, 1):
        values |= {
            f"zh{number}": question.text.zh,
            f"en{number}": question.text.en,
            f"kind{number}": question.kind.value,
            f"options{number}": "\n".join(f"{option.zh} | {option.en}" for option in question.options),
        }
        if question.kind is Kind.WHOLE:
            values |= {f"low{number}": question.low, f"high{number}": question.high}
    return values


# ---- the campaign's own page


@blueprint.get("/campaigns/<campaign_id>")
@open_to_all
def group(campaign_id: str) -> Page:
    """The invitation, and what is published."""
    view = queries.campaign(campaign_id)
    may_see = policy.may_see_figures(actor(), view)
    published = queries.published(actor(), view) if may_see else None
    return render_template(
        "footprint/group.html",
        campaign=view,
        title=text_of(view.title),
        invitation=text_of(view.invitation),
        phase=view.phase(clock.today()),
        phases=Phase,
        phase_words=_phase_words(),
        may_see=may_see,
        may_manage=policy.may_work_on(actor(), view),
        can_edit=not queries.has_answers(campaign_id),
        took_part=campaign_id in _marks(),
        start=start_url(view),
        link=link_of(campaign_id),
        published=published,
        total=words.total_of(published) if published else None,
        categories=words.categories_of(view, published) if published else [],
        bins=words.bins_of(published) if published else [],
        tables=words.tables_of(view, published) if published else [],
        fewest=FEWEST,
        form=PortalForm(formdata=None),
    )


@blueprint.get("/campaigns/<campaign_id>/poster")
@open_to_all
def group_poster(campaign_id: str) -> str:
    """To be printed: title, invitation, QR and link."""
    view = queries.campaign(campaign_id)
    drawn = segno.make(link_of(campaign_id), error="m").svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None
    )
    return render_template(
        "footprint/group_poster.html",
        campaign=view,
        title=text_of(view.title),
        invitation=text_of(view.invitation),
        link=link_of(campaign_id),
        drawn=Markup(drawn),  # noqa: S704 drawn by segno from modules, no text in it
    )


@short.get("/campaigns/<campaign_id>")
@open_to_all
def group_link(campaign_id: str) -> Answer:
    """The address in the QR: as short as can be, in the language of whoever reads it."""
    view = queries.campaign(campaign_id)
    answer = redirect(url_for("footprint.group", campaign_id=view.id, lang=preferred_lang()), 302)
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


@short.get("/campaigns/<campaign_id>/qr.<ending>")
@open_to_all
def group_qr(campaign_id: str, ending: str) -> Response:
    if ending not in ("svg", "png"):
        raise NotFound()
    view, file = queries.campaign(campaign_id), BytesIO()
    segno.make(link_of(view.id), error="m").save(file, kind=ending, border=4, scale=10)
    kinds = {"svg": "image/svg+xml", "png": "image/png"}
    answer = current_app.response_class(file.getvalue(), mimetype=kinds[ending])
    answer.headers["Content-Disposition"] = f'attachment; filename="campaign-qr.{ending}"'
    return answer


def link_of(campaign_id: str) -> str:
    """From the configured base URL and never from the Host header."""
    return f"{current_app.config['PORTAL'].base_url}/campaigns/{campaign_id}"


def start_url(view: CampaignView) -> str:
    return url_for(
        "footprint.ask",
        model_id=view.model_id,
        version=view.version,
        audience=view.audience or None,
        form=view.form,
        campaign=view.id,
    )


def _phase_words() -> dict[str, str]:
    return {
        Phase.BEFORE: _("Not yet open"),
        Phase.OPEN: _("Open"),
        Phase.OVER: _("Closed"),
        Phase.WITHDRAWN: _("Withdrawn"),
    }


# ---- taking part: the calculator's questions are asked as always, with the campaign in the address


def campaign_asked() -> str:
    """The campaign that the answers in this request are for; "" when for none."""
    asked = request.values.get("campaign", "")
    return asked if is_id(asked, "cmp") else ""


def after_keeping(footprint_id: str) -> str:
    """Where a kept footprint leads: to its result, or first to the campaign it is for."""
    key = key_for(footprint_id)
    if campaign_id := campaign_asked():
        return url_for("footprint.group_join", campaign_id=campaign_id, footprint=footprint_id, k=key)
    return url_for("footprint.result", footprint_id=footprint_id, k=key)


@blueprint.url_defaults
def carry_the_campaign(endpoint: str, values: dict[str, object]) -> None:
    """From step to step of the calculator."""
    if endpoint in ("footprint.ask", "footprint.keep", "footprint.review") and (
        campaign_id := campaign_asked()
    ):
        values.setdefault("campaign", campaign_id)


@blueprint.app_context_processor
def campaign_in_templates() -> dict[str, Callable[[], str]]:
    return {"campaign_asked": campaign_asked}


@blueprint.route("/campaigns/<campaign_id>/take-part", methods=["GET", "POST"])
@open_to_all
@limits.limited("300/hour")  # a class behind one address
def group_join(campaign_id: str) -> Page:
    """The sub-group and the organiser's questions, for a footprint in the address."""
    view, code = queries.campaign(campaign_id), _marks().get(campaign_id, "")
    form = join_form(view.groups, view.questions, took_part=bool(code))
    if not form.is_submitted():
        form.footprint.data = request.args.get("footprint", "")
        form.k.data = request.args.get("k", "")
    if not form.validate_on_submit():
        return _join_page(form, view)
    part = commands.Part(
        campaign_id,
        form.footprint.data or "",
        (form.group.data or "") if view.groups else "",
        [form[f"x{place}"].data or "" for place in range(len(view.questions))],
    )
    again = bool(code) and form.again.data == AGAIN
    try:
        code = _contribute(part, code if again else "")
    except (rules.UnknownGroup, rules.NotOffered) as error:
        form.blame("group" if isinstance(error, rules.UnknownGroup) else _extra_of(error), error)
        return _join_page(form, view)
    _mark(campaign_id, code)
    return redirect(
        url_for(
            "footprint.group_receipt", campaign_id=campaign_id, footprint=part.footprint_id, k=form.k.data
        ),
        303,
    )


def _contribute(part: commands.Part, code: str) -> str:
    try:
        return commands.contribute(actor(), part, clock.now(), code)
    except rules.UnknownReceipt:
        # What this browser remembers was taken back elsewhere.
        return commands.contribute(actor(), part, clock.now())


def _extra_of(error: rules.NotOffered) -> str:
    return f"x{int(str(error.params['number'])) - 1}"


def _join_page(form: JoinForm, view: CampaignView) -> tuple[str, int]:
    page = render_template(
        "footprint/group_join.html",
        form=form,
        campaign=view,
        title=text_of(view.title),
        is_open=view.phase(clock.today()) is Phase.OPEN,
    )
    return page, 422 if form.has_errors else 200


class ReceiptForm(PortalForm):
    code = LineField(
        lazy_gettext("Your code"),
        [Required()],
        max=40,
        description=lazy_gettext("Sixteen signs, for example 7K3M-9QTX-4PWD-H2VN."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


@blueprint.route("/campaigns/<campaign_id>/receipt", methods=["GET", "POST"])
@open_to_all
@limits.limited("300/hour")
def group_receipt(campaign_id: str) -> Page:
    """The code of what was given from this browser, and the way to take it back or give it anew."""
    view, mine = queries.campaign(campaign_id), _marks().get(campaign_id, "")
    form = ReceiptForm(data={"code": mine})
    if form.validate_on_submit():
        try:
            if request.form.get("do") == "again":
                queries.check_receipt(campaign_id, commands.contribution_id(form.code.data))
                _mark(campaign_id, form.code.data)
                return redirect(start_url(view), 303)
            commands.take_back(campaign_id, form.code.data, clock.now())
        except rules.UnknownReceipt as error:
            form.blame("code", error)
        else:
            _mark(campaign_id, "")
            flash(_("Your answers are deleted. The figures leave them out from their next step."), "success")
            return redirect(url_for("footprint.group", campaign_id=campaign_id), 303)
    page = render_template(
        "footprint/group_receipt.html",
        form=form,
        campaign=view,
        title=text_of(view.title),
        mine=mine,
        start=start_url(view),
        is_open=view.phase(clock.today()) is Phase.OPEN,
        footprint=request.args.get("footprint", ""),
        key=request.args.get("k", ""),
    )
    return page, 422 if form.has_errors else 200


def _marks() -> dict[str, str]:
    found = session.get(_MARKS)
    return found if isinstance(found, dict) else {}


def _mark(campaign_id: str, code: str) -> None:
    """Remember in the signed cookie that this browser took part, or forget it."""
    kept = {key: value for key, value in _marks().items() if key != campaign_id}
    if code:
        kept[campaign_id] = code
    session[_MARKS] = dict(list(kept.items())[-_MOST_MARKS:])
