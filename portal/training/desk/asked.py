"""Questions and their figures in words, for trainers and for authors."""

from decimal import Decimal

from portal.training.queries.figures import AskedItem
from portal.training.rules.figures import PLACE
from portal.training.rules.items import Item, Multiple, Option, Single
from portal.training.rules.markup import to_words
from portal.web.i18n import lang


def words(item: Item) -> str:
    """The question without its markup; where each learner has another number, there is a gap."""
    return PLACE.sub("…", to_words(item.stem.in_(lang()) or item.stem.zh or item.stem.en, item.markup))


def figure(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def options(asked: AskedItem) -> list[tuple[str, bool, tuple[int, int, int]]]:
    """Options that were shown, whether they are right, and who took them by thirds from weak to strong."""
    task = asked.item.task
    if asked.figures is None or not isinstance(task, Single | Multiple):
        return []
    return [
        (_text(option, asked), option.is_right, asked.figures.taken.get(at, (0, 0, 0)))
        for at, option in enumerate(task.options)
    ]


def _text(option: Option, asked: AskedItem) -> str:
    return to_words(option.text.in_(asked.lang) or option.text.zh, asked.item.markup)
