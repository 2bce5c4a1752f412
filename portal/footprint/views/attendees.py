"""What attendees see (three questions, one screen each) and what the organiser hangs up for them."""

import secrets
from io import BytesIO

import segno
from flask import current_app, flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from portal.footprint.commands.attendees import report_journey
from portal.footprint.commands.events import open_survey
from portal.footprint.company_forms import (
    CabinForm,
    DistanceForm,
    ModeForm,
    OccupantsForm,
    SendForm,
    SurveyForm,
)
from portal.footprint.queries import events as read
from portal.footprint.rules.attendees import (
    BANDS,
    CABINS,
    CARS,
    FEWEST,
    MODE_TITLES,
    Mode,
    read_distance,
    read_mode,
    read_report,
)
from portal.footprint.rules.events import Event, ReportsClosed
from portal.footprint.views.company import merged_reports, model_of
from portal.footprint.views.pages import blueprint, scripts
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.numbers import parse_decimal
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang, number, preferred_lang
from portal.web.limits import limited

Answer = str | Response | tuple[str, int]

# A whole congress sits behind one network.
RATE = "600/minute"
_DAY = 24 * 3600


# ---- the organiser's side


@blueprint.route("/events/<event_id>/attendees", methods=["GET", "POST"])
@signed_in
def attendees(event_id: str) -> Answer:
    """When the survey is open, its link, and what has come of it so far."""
    file = read.file_of(actor(), event_id)
    event = file.event
    form = SurveyForm(
        data={
            "first_day": event.report_from or event.first_day,
            "last_day": event.report_to or event.last_day,
        }
    )
    if form.validate_on_submit():
        try:
            open_survey(actor(), event_id, form.first_day.data, form.last_day.data, clock.now())
        except PortalError as fault:
            form.blame("last_day", fault)
        else:
            flash(_("The days of the survey are set."), "success")
            return redirect(url_for("footprint.attendees", event_id=event_id), 303)
    merged, problem = merged_reports(file, model_of(event))
    page = render_template(
        "footprint/company_attendees.html",
        file=file, event=event, form=form, address=_address(event), merged=merged, problem=problem,
        reports=read.reports_count(event_id), fewest=FEWEST, is_open=event.takes_reports(clock.today()),
    )  # fmt: skip
    return page, 422 if request.method == "POST" else 200


@blueprint.get("/events/<event_id>/poster")
@signed_in
def poster(event_id: str) -> Answer:
    """A sheet to print, in both languages, with the code that leads to the three questions."""
    event = read.event(actor(), event_id)
    drawn = _code(event).svg_inline(border=4, omitsize=True, svgclass="poster-code", lineclass=None)
    return render_template(
        "footprint/company_poster.html",
        event=event,
        code=Markup(drawn),  # noqa: S704 drawn by segno from modules, no text in it
        address=_address(event),
    )


@blueprint.get("/events/<event_id>/code.<any(svg, png):kind>")
@signed_in
def poster_code(event_id: str, kind: str) -> Answer:
    """The code alone, for the organiser's own poster."""
    event = read.event(actor(), event_id)
    out = BytesIO()
    if kind == "svg":
        _code(event).save(out, kind="svg", border=4, scale=8, xmldecl=True)
    else:
        _code(event).save(out, kind="png", border=4, scale=16)
    answer = make_response(out.getvalue())
    answer.mimetype = "image/svg+xml" if kind == "svg" else "image/png"
    answer.headers["Content-Disposition"] = f'attachment; filename="survey-{event.code}.{kind}"'
    return answer


def _code(event: Event) -> segno.QRCode:
    return segno.make(_address(event), error="m", micro=False)


def _address(event: Event) -> str:
    """Short, so that the code is coarse and a cheap camera reads it."""
    base = str(current_app.config["PORTAL"].base_url)
    return base + url_for("footprint_scripts.journey_link", code=event.code)


# ---- the attendee's side


@scripts.get("/r/<code>")
@open_to_all
def journey_link(code: str) -> Response:
    """From the poster to the questions, in the language of the phone."""
    answer = redirect(url_for("footprint.journey", code=code, lang=preferred_lang()))
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


@blueprint.route("/journey/<code>", methods=["GET", "POST"])
@open_to_all
@limited(RATE)
def journey(code: str) -> Answer:
    """Where from, how, and in which class or with how many: one screen each, sent at the end."""
    event = read.event_at(code)
    if not event.takes_reports(clock.today()):
        return _closed_page(event)
    if request.method == "POST":
        return _send(event)
    if request.args.get("at") == "2":
        return _ask_mode(event)
    if request.args.get("at") == "3":
        return _ask_detail(event)
    return _ask_distance(event)


@blueprint.get("/journey/<code>/done")
@open_to_all
def journey_done(code: str) -> Answer:
    return render_template("footprint/company_journey_done.html", event=read.event_at(code))


def _closed_page(event: Event) -> Answer:
    today = clock.today()
    opens = event.report_from if event.report_from and event.report_from > today else None
    return render_template("footprint/company_journey_closed.html", event=event, opens=opens)


def _ask_distance(event: Event) -> Answer:
    form = DistanceForm(formdata=None, data=_said("band", "km"))
    form.offer()
    if request.args.get("do") == "next":
        try:
            read_distance(*_said("band", "km").values())
        except PortalError as fault:
            form.blame("km" if _said("km")["km"] else "band", fault)
        else:
            return _go(event, at=2)
    return _step(event, form, 1, _given("mode"))


def _ask_mode(event: Event) -> Answer:
    if not _is_distance():
        return _go(event, do="next")
    form = ModeForm(formdata=None, data=_said("mode"))
    form.offer()
    if request.args.get("do") == "next":
        try:
            read_mode(_said("mode")["mode"])
        except PortalError as fault:
            form.blame("mode", fault)
        else:
            return _go(event, at=3)
    return _step(event, form, 2, _given("band", "km"))


def _ask_detail(event: Event) -> Answer:
    if not _is_distance():
        return _go(event, do="next")
    if not _is_mode():
        return _go(event, at=2, do="next")
    return _detail_page(event, _detail_form())


def _detail_page(event: Event, form: PortalForm) -> Answer:
    band, km = _said("band", "km").values()
    distance = BANDS[band].title.in_(lang()) if band else _("%(km)s km", km=number(parse_decimal(km)))
    mode = MODE_TITLES[read_mode(_said("mode")["mode"])].in_(lang())
    return _step(event, form, 3, _given("band", "km", "mode"), said=[distance, mode])


def _detail_form() -> PortalForm:
    mode = read_mode(_said("mode")["mode"])
    form = CabinForm() if mode in CABINS else OccupantsForm() if mode in CARS else SendForm()
    form.offer(mode)
    return form


def _send(event: Event) -> Answer:
    if not (_is_distance() and _is_mode()):
        return _go(event, do="next")
    form = _detail_form()
    try:
        report = read_report(*_said("band", "km", "mode", "cabin", "occupants").values())
    except PortalError as fault:
        form.blame("cabin" if "cabin" in form else "occupants", fault)
        return _detail_page(event, form)
    name = f"journey-{event.code}"
    browser = request.cookies.get(name) or secrets.token_urlsafe(16)
    try:
        report_journey(event.code, browser[:64], report, clock.now())
    except ReportsClosed:  # at midnight, between the second question and the third
        return _closed_page(event)
    answer = redirect(url_for("footprint.journey_done", code=event.code), 303)
    left = (event.report_to - clock.today()).days + 1 if event.report_to else 1
    answer.set_cookie(
        name, browser[:64], max_age=left * _DAY, httponly=True, samesite="Lax",
        secure=current_app.config["PORTAL"].is_secure,
    )  # fmt: skip
    return answer


def _go(event: Event, **where: object) -> Response:
    """To another of the three screens."""
    return redirect(_url(event, **where), 303)


def _url(event: Event, **where: object) -> str:
    """One of the three screens, with what was said so far."""
    said = _given("band", "km", "mode")
    return url_for("footprint.journey", code=event.code, **where, **said)  # type: ignore[arg-type]


def _step(
    event: Event, form: PortalForm, step: int, kept: dict[str, str], said: list[str] | None = None
) -> Answer:
    back = _url(event, at=step - 1)
    page = render_template(
        "footprint/company_journey.html",
        event=event, form=form, step=step, travelling=kept, said=said or [], back=back if step > 1 else "",
        fields=[field for field in form if field.name != "csrf_token"],
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


def _said(*names: str) -> dict[str, str]:
    """What the request says under these names, whether in its address or its body."""
    return {name: request.values.get(name, "")[:20] for name in names}


def _given(*names: str) -> dict[str, str]:
    return {name: text for name, text in _said(*names).items() if text}


def _is_distance() -> bool:
    """Whether the first question is answered; an address can be typed by anybody."""
    try:
        read_distance(*_said("band", "km").values())
    except PortalError:
        return False
    return True


def _is_mode() -> bool:
    return _said("mode")["mode"] in [*Mode]
