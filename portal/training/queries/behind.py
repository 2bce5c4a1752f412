"""Translations in drafts whose original has changed since they were made."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.training.models.courses import DraftFile
from portal.training.queries import drafts
from portal.training.rules.packs.course import LESSON
from portal.training.rules.packs.pairs import Standing, read_pair

_Stand = tuple[tuple[str, int, datetime], ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """A lesson of a draft; ``since`` its original was changed last."""

    draft_id: str
    course: str
    lesson: str
    blocks: int
    since: datetime


def lessons_behind(actor: Actor) -> list[Behind]:
    """Lessons of open drafts with a translation that has fallen behind, the longest waiting first.

    Raises NotAllowed.
    """
    found = [
        Behind(draft.id, draft.course, lesson, blocks, since)
        for draft, stand in _stands(actor)
        for lesson, blocks, since in _behind(draft.id, draft.language, stand)
    ]
    return sorted(found, key=lambda each: (each.since, each.draft_id, each.lesson))


def _stands(actor: Actor) -> list[tuple[drafts.DraftView, _Stand]]:
    """Each open draft with its lessons' files and their revisions, in one question for all."""
    held = drafts.drafts(actor)
    asked = (
        select(DraftFile.draft_id, DraftFile.path, DraftFile.revision, DraftFile.changed_at)
        .where(DraftFile.draft_id.in_([each.id for each in held]), DraftFile.path.startswith("lessons/"))
        .order_by(DraftFile.path)
    )
    files = defaultdict[str, list[tuple[str, int, datetime]]](list)
    for row in db.session.execute(asked):
        files[row.draft_id].append((row.path, row.revision, row.changed_at))
    return [(each, tuple(files[each.id])) for each in held]


@lru_cache(maxsize=128)
def _behind(draft_id: str, original: str, stand: _Stand) -> tuple[tuple[str, int, datetime], ...]:
    """``stand`` is there to be compared: revisions only grow, so the same stand is the same texts."""
    changed = {path: at for path, _revision, at in stand}
    counted = ((name, _stale(draft_id, name, original)) for name in _names(changed))
    return tuple((name, stale, changed[f"lessons/{name}.{original}.md"]) for name, stale in counted if stale)


def _names(paths: dict[str, datetime]) -> list[str]:
    return sorted({found[1] for path in paths if (found := LESSON.fullmatch(path))})


def _stale(draft_id: str, name: str, original: str) -> int:
    """Blocks of a lesson whose translation is stale; a file that cannot be read is the lint's to tell."""
    zh, en = (drafts.file(draft_id, f"lessons/{name}.{lang}.md").data for lang in ("zh", "en"))
    pair = read_pair(zh, en, original)
    return sum(block.standing(original) is Standing.STALE for block in pair.blocks) if pair else 0
