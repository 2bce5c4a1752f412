"""Many certificates at once: issued in portions that can be repeated, printed by jobs, packed as one ZIP."""

import csv
import io
import zipfile

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.certificates import commands, queries
from portal.certificates.jobs import folder, pack
from portal.certificates.queries import NoSuchBatch
from portal.certificates.rules.batches import BatchIsFull, BatchTooLarge
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry.jobs import sequence_and_sign
from tests.factories.certificates import ACTOR, NOW, facts
from tests.web.printing import needs_press, words_of

__all__ = ["needs_press"]


def opened(total: int, owner: str = "org_1") -> str:
    batch_id = new_id("bat")
    commands.open_batch(ACTOR, batch_id, owner, total, "zh", NOW)
    return batch_id


def people(count: int) -> list:
    return [facts(holder_name=f"学员{n}") for n in range(1, count + 1)]


def test_a_portion_handed_in_again_gives_the_same_numbers(any_app: Flask):
    batch_id, told = opened(3), people(3)
    first = commands.issue_batch(ACTOR, batch_id, told[:2], NOW)
    again = commands.issue_batch(ACTOR, batch_id, told, NOW)
    assert again[:2] == first
    assert [each.number for each in queries.certificates_in(batch_id)] == again
    progress = queries.batch(batch_id).progress
    assert (progress.issued, progress.printed, progress.is_done) == (3, 0, False)
    commands.open_batch(ACTOR, batch_id, "org_1", 3, "zh", NOW)
    assert [batch.id for batch in queries.batches_of("org_1")] == [batch_id]


def test_a_portion_is_issued_wholly_or_not_at_all(any_app: Flask):
    batch_id, told = opened(2), people(3)
    with pytest.raises(BatchIsFull):
        commands.issue_batch(ACTOR, batch_id, told, NOW)
    assert queries.batch(batch_id).progress.issued == 0
    assert queries.for_subject(told[0].subject_id) is None


def test_what_a_batch_refuses(app: Flask):
    with pytest.raises(NoSuchBatch):
        commands.issue_batch(ACTOR, "bat_none", [], NOW)
    for total in (0, 5_001):
        with pytest.raises(BatchTooLarge):
            opened(total)
    with pytest.raises(NotAllowed):
        commands.open_batch(Actor.guest(), new_id("bat"), "org_1", 3, "zh", NOW)
    with pytest.raises(NotAllowed):
        commands.issue_batch(Actor.guest(), opened(1), people(1), NOW)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE certificate_batch SET total = 9",
        "DELETE FROM certificate_batch",
        "UPDATE certificate_batch_item SET position = 2",
        "DELETE FROM certificate_batch_item",
        "INSERT INTO certificate_batch_item (batch_id, position, certificate_id) "
        "SELECT batch_id, 2, certificate_id FROM certificate_batch_item",
        "UPDATE certificate_batch SET file = 'x'",
    ],
)
def test_the_database_refuses(any_app: Flask, attack: str):
    batch_id = opened(1)
    commands.issue_batch(ACTOR, batch_id, people(1), NOW)
    before = queries.batch(batch_id)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(attack))
    assert queries.batch(batch_id) == before


@pytest.mark.usefixtures("needs_press")
def test_a_batch_becomes_one_file_with_a_list_and_a_killed_job_goes_on_where_it_was(app: Flask):
    batch_id = opened(3)
    first, *rest = commands.issue_batch(ACTOR, batch_id, [facts(holder_name="=1+1"), *people(2)], NOW)
    sequence_and_sign()
    pack({"id": batch_id})  # too early: it comes back later
    assert not queries.batch(batch_id).progress.is_done
    assert len(queries.unprinted(batch_id)) == 3
    jobs.drain(clock.now())
    made = {number: (folder() / f"{number}.pdf").stat().st_mtime_ns for number in (first, *rest)}
    pack({"id": batch_id})
    pack({"id": batch_id})  # told twice, as a worker that died after the work would be
    batch = queries.batch(batch_id)
    assert (batch.progress.printed, batch.progress.is_done) == (3, True)
    assert made == {number: (folder() / f"{number}.pdf").stat().st_mtime_ns for number in made}
    with zipfile.ZipFile(folder() / str(batch.file)) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("certificates.csv").decode("utf-8-sig"))))
        assert [row[5] for row in rows[1:]] == archive.namelist()[:-1]
        assert "学员1" in words_of(archive.read(rows[2][5]))
    assert rows[1][2] != "=1+1", "a name is never a formula"
    assert rows[1][4].endswith(queries.by_number(first).key)
