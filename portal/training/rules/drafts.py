"""Drafts of courses: how one begins, what it may hold, and what can stand in the way of a change."""

import re
from collections.abc import Mapping
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.training.rules.formats.packages import MAX_FILE, MAX_FILES
from portal.training.rules.packs.documents import written

MAX_DRAFT: Final = 50_000_000  # what a pack may weigh, so that its ZIP file can be read again
MAX_NOTE: Final = 500
_ID: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_PATH: Final = re.compile(
    rf"track\.yml|course\.yml|lessons/\d{{2}}-{_ID}\.(?:zh|en)\.md|bank/{_ID}(?:\.yml|\.(?:zh|en)\.gift)"
    r"|media/[a-z0-9]+(?:[.-][a-z0-9]+)*\.(?:svg|png|jpg|webp|mp3)"
)


class UnknownDraft(NotFound):
    message = N_("We could not find this draft. It may have been put away.")


class DraftClosed(Refused):
    message = N_("This draft was put away and cannot be changed. Take it out again first.")


class FileChanged(Refused):
    message = N_("Somebody saved “%(path)s” meanwhile. Both texts are shown; nothing of yours is lost.")


class PathForbidden(InvalidInput):
    message = N_(
        "“%(path)s” is no file of a course: small letters, digits and hyphens, such as bank/units.yml."
    )


class DraftTooLarge(InvalidInput):
    message = N_("A course holds at most %(files)s files, 20 MB in each and 50 MB together.")


class StepOvertaken(Refused):
    message = N_("What this step changed was changed again since. Put back single files in the history.")


class NothingChanged(Refused):
    message = N_("There is no such step in this draft’s history.")


class AskedAlready(Refused):
    message = N_("Somebody asked already for this draft to be published.")


class NobodyAsked(Refused):
    message = N_("Nobody asks any more for this draft to be published.")


class ChangedSinceAsked(Refused):
    message = N_("The draft was changed after it was offered. Look at it again, and ask anew.")


class SecondPersonNeeded(Refused):
    message = N_("Who offers a draft does not publish it: a second person looks at it first.")


class ReasonMissing(InvalidInput):
    message = N_("Say what is to be done before it can be published.")


def check_path(path: str) -> None:
    """Raises PathForbidden for what no pack of ours holds."""
    if not _PATH.fullmatch(path) or len(path) > 120:
        raise PathForbidden(path=path[:80])


def check_size(files: Mapping[str, int]) -> None:
    """``files`` are bytes by path. Raises DraftTooLarge."""
    sizes = files.values()
    if len(files) > MAX_FILES or sum(sizes) > MAX_DRAFT or max(sizes, default=0) > MAX_FILE:
        raise DraftTooLarge(files=MAX_FILES)


def without_folder(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a ZIP that holds the pack as one folder, as most programs make it; others as they are."""
    tops = {name.partition("/")[0] for name in files}
    if len(tops) != 1 or any("/" not in name for name in files):
        return dict(files)
    return {name.partition("/")[2]: data for name, data in files.items()}


def first_files(course: str, title: Bilingual, audience: str, language: str) -> dict[str, bytes]:
    """A course with nothing in it yet; the lint says what it needs next."""
    sides = {"zh": title.zh, "en": title.en}
    track = {"id": course, "title": sides, "audience": audience, "courses": [course]}
    plan = {
        "id": course, "version": "1.0.0", "title": sides, "language": language, "hours": "1",
        "pass_percent": "80", "attempts": "2", "wait_hours": "24", "objectives": [], "modules": [],
    }  # fmt: skip
    return {"track.yml": written(track).encode(), "course.yml": written(plan).encode()}
