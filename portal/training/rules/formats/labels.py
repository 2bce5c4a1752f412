"""What the bank knows of an item and a foreign format has no place for, as tags: ``objective:store``."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.training.rules.formats.exchange import clean
from portal.training.rules.items import Item, Multiple, Numeric, Scoring

_NAMES: Final = ("objective", "difficulty", "source", "lesson", "unit", "scoring")


def labels_of_item(item: Item, lang: str) -> tuple[str, ...]:
    labels = {
        "objective": item.objective,
        "difficulty": str(item.difficulty or ""),
        "source": item.source.in_(lang),
        "lesson": item.lesson,
        "unit": item.task.unit if isinstance(item.task, Numeric) else "",
        "scoring": _scoring(item),
    }
    return tuple(f"{name}:{' '.join(text.split())}" for name, text in labels.items() if text)


def _scoring(item: Item) -> str:
    by_weight = not isinstance(item.task, Multiple) or item.task.scoring is Scoring.BY_WEIGHT
    return "" if by_weight or not isinstance(item.task, Multiple) else item.task.scoring.value


def labels_of(tags: Iterable[str]) -> dict[str, str]:
    """The tags that are ours, by name; others are none of the bank's business."""
    pairs = (tag.partition(":") for tag in tags)
    return {name: clean(text) for name, colon, text in pairs if colon and name in _NAMES}


def labelled(item: Item, labels: dict[str, str]) -> Item:
    difficulty, source = labels.get("difficulty", ""), labels.get("source", "")
    return replace(
        item,
        objective=labels.get("objective", ""),
        difficulty=int(difficulty) if difficulty in ("1", "2", "3", "4", "5") else 0,
        source=Bilingual(source, source),
        lesson=labels.get("lesson", ""),
    )
