"""What was published: every version of a course, two of them side by side, and taking one out of use."""

from flask import render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.training import policy
from portal.training.commands.publishing import withdraw
from portal.training.desk.authoring.carrying import EXPORTS, file_name, wanted, written_as
from portal.training.desk.authoring.comparing import Comparison, compared
from portal.training.desk.authoring.pages import AUTHORS, blueprint, files, given_out, must_be_sent, told
from portal.training.queries import courses
from portal.training.rules.packs.banks import bank_of
from portal.training.rules.packs.course import files_of_zip
from portal.web.guard import actor, staff
from portal.web.i18n import _, message


@blueprint.get("/author/versions/<version_id>")
@staff(*AUTHORS)
def version(version_id: str) -> str:
    """A version among the others of its course, and what it changed."""
    found = courses.version(version_id)
    others = courses.versions(found.course)
    wanted = request.args.get("before", "")
    older = [each for each in others if each.published_at < found.published_at]
    before = next((each for each in others if each.id == wanted), older[0] if older else None)
    changed = _between(before.id, version_id) if before and before.id != version_id else None
    return render_template(
        "author/version.html", version=found, others=others, before=before, found=changed,
        may_publish=policy.may_publish(actor()),
    )  # fmt: skip


@blueprint.get("/author/versions/<version_id>/export")
@staff(*AUTHORS, Role.TRAINER)
def give_out_version(version_id: str) -> str:
    """What a format can hold of a published version's items, and what not; then the file."""
    found, pack = courses.version(version_id), courses.content(version_id).pack
    name, language = wanted()
    writing, count = written_as(pack, name, language)
    banks = sorted({bank_of(file) for _item, file, _line in pack.items})
    return render_template(
        "author/version_export.html", version=found, name=name, language=language, count=count,
        formats=EXPORTS, has_file=bool(writing.data),
        left_out=[(each.item, message(each.reason)) for each in writing.left_out],
        asked=request.args, banks=banks, may_read_courses=policy.may_read_courses(actor()),
    )  # fmt: skip


@files.get("/author/versions/<version_id>/export-file")
@staff(*AUTHORS, Role.TRAINER)
def version_exported(version_id: str) -> AnyResponse:
    """The file itself."""
    found = courses.version(version_id)
    name, language = wanted()
    writing, _count = written_as(courses.content(version_id).pack, name, language)
    part = f"{request.args.get('bank') or found.course}-{found.version}"
    return given_out(writing.file, file_name(part, name, language), download=True)


def _between(before: str, after: str) -> Comparison:
    return compared(*(files_of_zip(courses.pack_of(each)) for each in (before, after)))


@blueprint.post("/author/versions/<version_id>/withdraw")
@staff(Role.EDITOR)
def withdraw_version(version_id: str) -> AnyResponse:
    must_be_sent()
    withdraw(actor(), version_id, clock.now())
    return told(_("Nobody begins this version any more; who is in it goes on."),
                "author.version", version_id=version_id)  # fmt: skip


@files.get("/author/versions/<version_id>/pack.zip")
@staff(*AUTHORS)
def version_file(version_id: str) -> AnyResponse:
    """The pack as it was published."""
    found = courses.version(version_id)
    return given_out(courses.pack_of(version_id), f"{found.course}-{found.version}.zip", download=True)
