"""The form of a lesson: what was sent as blocks again, and blocks added, taken out and moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.kernel.bilingual import Bilingual
from portal.kernel.numbers import whole
from portal.training.rules.packs.pairs import PairedBlock, PairedLesson, new_block_id

MAX_BLOCKS = 300


@dataclass(slots=True)
class Row:
    """A block as it stands in the form: the id it had, and whether its translation is called up to date."""

    was: str
    block: PairedBlock
    is_fresh: bool = False


@dataclass(slots=True)
class LessonSheet:
    """A lesson as it was sent; ``revisions`` by language are those that the author has seen."""

    title: Bilingual
    minutes: str
    completion: str
    rows: list[Row]
    revisions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, lesson: PairedLesson, revisions: dict[str, int]) -> "LessonSheet":
        rows = [Row(block.id, block) for block in lesson.blocks]
        return cls(lesson.title, lesson.minutes, lesson.completion, rows, revisions)

    @classmethod
    def sent(cls, form: Mapping[str, str]) -> "LessonSheet":
        rows = [_row(form, f"b-{number}-") for number in range(min(_number(form, "count"), MAX_BLOCKS))]
        title = Bilingual(*(" ".join(form.get(f"title-{lang}", "").split()) for lang in ("zh", "en")))
        seen = {lang: _number(form, f"revision-{lang}") for lang in ("zh", "en")}
        minutes = form.get("minutes", "").strip()
        return cls(title, minutes, form.get("completion", "read"), rows, seen)

    def rearrange(self, action: str) -> int | None:
        """Do what a button says: ``add:3``, ``remove:2``, ``up:2``, ``down:2``; the row that was touched."""
        verb, _colon, at = action.partition(":")
        here = whole(at, 0)
        if verb == "add" and len(self.rows) < MAX_BLOCKS:
            name = new_block_id(row.block.id for row in self.rows)
            self.rows.insert(here, Row("", PairedBlock(name, "", "")))
            return here
        there = here + {"up": -1, "down": 1}.get(verb, 0)
        if here not in range(len(self.rows)) or there not in range(len(self.rows)):
            return None
        if verb == "remove":
            del self.rows[here]
            return None
        self.rows[here], self.rows[there] = self.rows[there], self.rows[here]
        return there


def _row(form: Mapping[str, str], at: str) -> Row:
    zh, en = (form.get(f"{at}{lang}", "").replace("\r\n", "\n").strip() for lang in ("zh", "en"))
    wish = new_block_id((), form.get(f"{at}id", "")) if form.get(f"{at}id", "").strip() else ""
    return Row(form.get(f"{at}was", ""), PairedBlock(wish, zh, en), f"{at}fresh" in form)


def _number(form: Mapping[str, str], name: str) -> int:
    return whole(form.get(name, ""), 0)
