"""What was published: every version of a course, two of them side by side, and taking one out of use."""

from flask import render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.training import policy
from portal.training.commands.publishing import withdraw
from portal.training.desk.authoring.pages import AUTHORS, blueprint, files, given_out, must_be_sent, told
from portal.training.queries import courses
from portal.training.rules.packs.course import files_of_zip
from portal.training.rules.packs.differences import differences
from portal.web.guard import actor, staff
from portal.web.i18n import _


@blueprint.get("/author/versions/<version_id>")
@staff(*AUTHORS)
def version(version_id: str) -> str:
    """A version among the others of its course, and what it changed."""
    found = courses.version(version_id)
    others = courses.versions(found.course)
    wanted = request.args.get("before", "")
    older = [each for each in others if each.published_at < found.published_at]
    before = next((each for each in others if each.id == wanted), older[0] if older else None)
    changed = _between(before.id, version_id) if before and before.id != version_id else []
    return render_template(
        "author/version.html", version=found, others=others, before=before, found=changed,
        may_publish=policy.may_publish(actor()),
    )  # fmt: skip


def _between(before: str, after: str) -> list:
    return differences(*(files_of_zip(courses.pack_of(each)) for each in (before, after)))


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
