"""My training: courses, certificates, meetings in my calendar, and my data to take along or to be erased."""

import csv
import io
import json
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from flask import Response, current_app, flash, redirect, render_template, request, url_for

from portal.certificates import queries as certificates
from portal.certificates.jobs import folder
from portal.certificates.queries import CertificateView
from portal.kernel import clock
from portal.kernel.cells import neutral
from portal.kernel.errors import NotFound
from portal.training import calendars
from portal.training.commands import linking
from portal.training.forms.joining import EraseForm
from portal.training.queries import courses, learners
from portal.training.queries.meetings import meetings_of
from portal.training.queries.progress import progress_of_several
from portal.training.queries.records import ATTEMPT_COLUMNS, attempt_rows, record_of
from portal.training.views.pages import Answer, blueprint, files, forget, guest_here, learners_here
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import LANGS, _, lang, speak
from portal.web.links import key_for, opens


@blueprint.get("/account/training")
@signed_in
def record() -> Answer:
    """The training record of a person; lists that carry the confirmed address are found here."""
    if linking.recognise(actor(), clock.now()):
        flash(_("Courses that you were put on a list for are now part of your record."), "success")
    return _page()


@blueprint.get("/learn")
@open_to_all
def mine() -> Answer:
    """The same for who learns with a personal code on this device."""
    if actor().is_person:
        return redirect(url_for("training.record"))
    return _page()


def _page() -> str:
    taken = learners.enrolments_of(actor())
    meetings = meetings_of([each.id for each in learners_here()]) if taken else []
    now = clock.now()
    return render_template(
        "training/record.html", taken=taken, guest=guest_here(), form=PortalForm(),
        listed={each.version_id: courses.version(each.version_id) for each in taken},
        progress=progress_of_several(each.id for each in taken),
        coming=[each for each in meetings if each.ends_at > now],
        feed=_feed_url(learners_here()[0].id) if learners_here() else "",
    )  # fmt: skip


@blueprint.get("/learn/data")
@open_to_all
def data() -> Answer:
    """What is kept about the reader, why and until when; the way to take it along or to have it erased."""
    return _data_page(EraseForm()), 200


@blueprint.get("/learn/data/export.zip")
@open_to_all
def export() -> Answer:
    """Everything as JSON, the attempts as a table, and each certificate: its text, its PDF, where it is."""
    if not learners_here():
        raise NotFound()
    answer = Response(_zip(), mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="training-record.zip"'
    return answer


@blueprint.post("/learn/data/erase")
@open_to_all
def erase() -> Answer:
    """Forget the reader as a learner; what stays was said on the page before."""
    form = EraseForm()
    if not form.validate_on_submit():
        return _data_page(form), 422
    linking.erase(actor(), clock.now())
    flash(_("Your name, address and access to your training are erased."), "success")
    return forget(redirect(url_for("training.catalogue"), 303))


@files.get("/learn/calendar/<learner_id>.ics")
@open_to_all
def calendar(learner_id: str) -> Response:
    """The meetings of a learner, for who has the secret address; ``lang`` says in which language."""
    if not opens(request.args.get("k", ""), f"calendar:{learner_id}"):
        raise NotFound()
    asked = request.args.get("lang", "")
    speak(asked if asked in LANGS else lang())
    host = urlsplit(current_app.config["PORTAL"].base_url).hostname or "portal"
    body = calendars.feed(_("My training"), meetings_of([learner_id]), host, clock.now())
    answer = Response(body, mimetype="text/calendar")
    answer.headers["Cache-Control"] = "private, max-age=900"
    return answer


def _data_page(form: EraseForm) -> str:
    return render_template(
        "training/data.html", form=form, learners=learners_here(), taken=learners.enrolments_of(actor())
    )


def _feed_url(learner_id: str) -> str:
    base = current_app.config["PORTAL"].base_url
    path = url_for("training_files.calendar", learner_id=learner_id)
    return f"{base}{path}?lang={lang()}&k={key_for(f'calendar:{learner_id}')}"


def _zip() -> bytes:
    held = io.BytesIO()
    numbers = {each.certificate: None for each in learners.enrolments_of(actor()) if each.certificate}
    found = [certificates.by_number(number) for number in numbers]
    base = current_app.config["PORTAL"].base_url
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("training.json", json.dumps(record_of(actor()), ensure_ascii=False, indent=1))
        archive.writestr("attempts.csv", _table())
        archive.writestr("certificates.txt", "".join(f"{base}/c/{number}\r\n" for number in numbers))
        for certificate in found:
            archive.writestr(f"certificates/{certificate.number}.json", certificate.payload)
            if file := _printed(certificate):
                archive.write(file, f"certificates/{certificate.number}.pdf")
    return held.getvalue()


def _printed(certificate: CertificateView) -> Path | None:
    """The holder's PDF, where it is printed and still holds."""
    name = certificate.documents.get(certificate.main_variant) if certificate.state.is_live else None
    file = folder() / name if name else None
    return file if file and file.is_file() else None


def _table() -> str:
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(ATTEMPT_COLUMNS)
    writer.writerows([neutral(cell) for cell in row] for row in attempt_rows(actor()))
    return text.getvalue()
