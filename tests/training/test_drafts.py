"""Drafts change step by step, nobody overwrites unseen, steps are undone, and two people publish."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed, PortalError
from portal.training.commands import drafting, offering
from portal.training.queries import courses, drafts
from portal.training.rules.courses import PackUnsound
from portal.training.rules.drafts import (
    AskedAlready,
    ChangedSinceAsked,
    DraftClosed,
    FileChanged,
    NobodyAsked,
    NothingChanged,
    PathForbidden,
    ReasonMissing,
    SecondPersonNeeded,
    StepOvertaken,
    first_files,
    without_folder,
)
from portal.training.rules.packs.course import files_of_zip
from tests.factories.drafts import AUTHOR, BANK, EDITOR, LESSON_EN, a_draft
from tests.factories.training import NOW, a_version, files_of

SOUND = files_of("everyone")
LATER = NOW + timedelta(minutes=5)


@pytest.mark.usefixtures("any_app")
def test_nobody_overwrites_what_they_have_not_seen():
    draft_id = a_draft()
    seen = drafts.file(draft_id, BANK).revision
    drafting.save(AUTHOR, draft_id, {BANK: b"- id: mine\n"}, {BANK: seen}, NOW)
    with pytest.raises(FileChanged):
        drafting.save(EDITOR, draft_id, {BANK: b"- id: theirs\n"}, {BANK: seen}, LATER)
    held = drafts.file(draft_id, BANK)
    assert (held.data, held.changed_by) == (b"- id: mine\n", AUTHOR.id)
    drafting.save(EDITOR, draft_id, {BANK: b"- id: theirs\n"}, {BANK: held.revision}, LATER)  # having seen it


@pytest.mark.usefixtures("app")
def test_a_step_over_several_files_is_saved_and_undone_as_one():
    draft_id = a_draft()
    before = drafts.files(draft_id)
    changes = {BANK: b"[]\n", LESSON_EN: None, "bank/new.yml": b"[]\n"}
    step = drafting.save(AUTHOR, draft_id, changes, {BANK: 1, LESSON_EN: 1}, NOW)
    assert LESSON_EN not in drafts.files(draft_id)
    assert step
    drafting.undo(AUTHOR, draft_id, step, LATER)
    assert drafts.files(draft_id) == before
    undone = drafts.changes(draft_id)[0].step
    drafting.undo(AUTHOR, draft_id, undone, LATER + timedelta(minutes=1))  # and brought back
    assert LESSON_EN not in drafts.files(draft_id)
    drafting.put_back(AUTHOR, draft_id, LESSON_EN, 1, LATER + timedelta(minutes=2))
    assert drafts.file(draft_id, LESSON_EN).data == before[LESSON_EN]


@pytest.mark.usefixtures("any_app")
def test_a_sitting_is_one_step_until_somebody_else_or_a_pause_comes_between():
    draft_id, at = a_draft(), NOW

    def written(who: Actor, text: str, minutes: int, *, by_itself: bool = True) -> str | None:
        nonlocal at
        at += timedelta(minutes=minutes)
        seen = drafts.file(draft_id, BANK).revision
        return drafting.save(who, draft_id, {BANK: text.encode()}, {BANK: seen}, at, by_itself=by_itself)

    first = written(AUTHOR, "# a\n", 1)
    assert written(AUTHOR, "# ab\n", 29) == first
    assert written(AUTHOR, "# abc\n", 31) != first  # somebody came back
    assert written(EDITOR, "# abcd\n", 1) not in (first, written(AUTHOR, "# abcde\n", 1))
    asked = written(AUTHOR, "# abcdef\n", 1, by_itself=False)  # a button makes a step of its own
    last = written(AUTHOR, "# abcdefg\n", 1)
    assert last != asked
    assert drafts.file_at(draft_id, BANK, 3) == b"# ab\n"
    drafting.undo(AUTHOR, draft_id, str(last), at)
    assert drafts.file(draft_id, BANK).data == b"# abcdef\n"


@pytest.mark.usefixtures("app")
def test_what_changed_again_is_not_undone_behind_somebodys_back():
    draft_id = a_draft()
    step = drafting.save(AUTHOR, draft_id, {BANK: b"[]\n"}, {BANK: 1}, NOW)
    drafting.save(EDITOR, draft_id, {BANK: b"# mine\n[]\n"}, {BANK: 2}, LATER)
    assert step
    with pytest.raises(StepOvertaken):
        drafting.undo(AUTHOR, draft_id, step, LATER)
    with pytest.raises(NothingChanged):
        drafting.undo(AUTHOR, draft_id, "stp_none", LATER)
    assert drafting.save(EDITOR, draft_id, {BANK: b"# mine\n[]\n"}, {BANK: 3}, LATER) is None  # nothing new


@pytest.mark.usefixtures("app")
def test_only_authors_write_and_only_files_of_a_course():
    draft_id = a_draft()
    with pytest.raises(NotAllowed):
        drafting.save(Actor("usr_x", frozenset({Role.TRAINER})), draft_id, {}, {}, NOW)
    for path in ("../x.yml", "bank/X.yml", "notes.docx", "media/a.exe", "lessons/1-x.zh.md"):
        with pytest.raises(PathForbidden):
            drafting.save(AUTHOR, draft_id, {path: b"x"}, {}, NOW)
    drafting.put_away(AUTHOR, draft_id, NOW)
    with pytest.raises(DraftClosed):
        drafting.save(AUTHOR, draft_id, {BANK: b""}, {BANK: 1}, NOW)
    assert [each.id for each in drafts.drafts(AUTHOR, closed=True)] == [draft_id]
    drafting.take_out(AUTHOR, draft_id, NOW)
    assert [each.id for each in drafts.drafts(AUTHOR)] == [draft_id]


@pytest.mark.usefixtures("any_app")
def test_a_second_person_publishes_exactly_what_was_offered():
    draft_id = a_draft(SOUND)
    offering.offer(AUTHOR, draft_id, "first version", NOW)
    with pytest.raises(AskedAlready):
        offering.offer(EDITOR, draft_id, "", NOW)
    with pytest.raises(NotAllowed):
        offering.accept(AUTHOR, draft_id, NOW)
    plan = SOUND["course.yml"] + b"# later\n"
    drafting.save(AUTHOR, draft_id, {"course.yml": plan}, {"course.yml": 1}, NOW)
    with pytest.raises(ChangedSinceAsked):
        offering.accept(EDITOR, draft_id, LATER)
    offering.take_back(AUTHOR, draft_id, LATER)
    offering.offer(EDITOR, draft_id, "", LATER)
    with pytest.raises(SecondPersonNeeded):
        offering.accept(EDITOR, draft_id, LATER)
    other = Actor("usr_of_another_editor", frozenset({Role.EDITOR}))
    version_id = offering.accept(other, draft_id, LATER)
    assert files_of_zip(courses.pack_of(version_id)) == {**SOUND, "course.yml": plan}
    found = drafts.draft(AUTHOR, draft_id)
    assert (found.published_as, found.is_closed) == (version_id, True)
    for attack in (
        "UPDATE training_draft_request SET asked_by = answered_by WHERE answer = 'published'",
        "UPDATE training_draft_request SET answer = NULL",
        "UPDATE training_draft_request SET answered_by = NULL",
    ):
        with pytest.raises(DatabaseError), transaction() as session:
            session.execute(text(attack))
    with transaction() as session:  # the control: what is not a second name of the one who asked
        session.execute(
            text("UPDATE training_draft_request SET asked_by = 'usr_y' WHERE answer = 'published'")
        )


@pytest.mark.usefixtures("app")
def test_an_unsound_draft_is_not_offered_and_a_returned_one_says_why():
    unsound = a_draft({"course.yml": b"id: x\n"})
    with pytest.raises(PackUnsound):
        offering.offer(AUTHOR, unsound, "", NOW)
    draft_id = a_draft(SOUND)
    with pytest.raises(NobodyAsked):
        offering.return_it(EDITOR, draft_id, "why", NOW)
    offering.offer(AUTHOR, draft_id, "", NOW)
    with pytest.raises(ReasonMissing):
        offering.return_it(EDITOR, draft_id, " ", NOW)
    offering.return_it(EDITOR, draft_id, "Lesson 3 needs a source.", LATER)
    offer = drafts.draft(AUTHOR, draft_id).offer
    assert offer
    assert (offer.answer, offer.reason) == ("returned", "Lesson 3 needs a source.")
    offering.offer(AUTHOR, draft_id, "done", LATER)  # and again


@pytest.mark.usefixtures("app")
def test_a_draft_from_a_version_is_that_version_until_it_changes():
    version_id = a_version()
    files = files_of_zip(courses.pack_of(version_id))
    draft_id = drafting.begin(AUTHOR, "everyone", files, NOW, based_on=version_id)
    assert drafts.files(draft_id) == files
    assert drafts.findings(draft_id) == []
    drafting.save(AUTHOR, draft_id, {"course.yml": b""}, {"course.yml": 1}, NOW)
    assert drafts.findings(draft_id)  # read anew


def test_a_new_course_says_what_it_needs_and_a_folder_in_a_zip_is_opened():
    files = first_files("trees", Bilingual("树", "Trees"), "everyone", "zh")
    assert set(files) == {"track.yml", "course.yml"}
    assert without_folder({f"trees/{name}": data for name, data in files.items()}) == files
    assert without_folder({"a/x": b"", "b/y": b""}) == {"a/x": b"", "b/y": b""}
    assert issubclass(PathForbidden, PortalError)
