"""Quizzes of a course: the final one draws from every objective, each module has one to practise with, and so
has each lesson that items name.

What a learner is asked follows from the seed alone: the same seed asks the same, anywhere and for ever.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Final, TypeVar, assert_never

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, NotFound
from portal.training.rules.figures import grouped
from portal.training.rules.items import (
    Calculator,
    Item,
    Matching,
    Multiple,
    Numeric,
    Ordering,
    Register,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
)
from portal.training.rules.packs.course import Course, Module
from portal.training.rules.variants import draw

T = TypeVar("T")
FINAL: Final = "final"
FINAL_TITLE: Final = Bilingual("结业测验", "Final quiz")
LESSON: Final = "lesson:"


class UnknownQuiz(NotFound):
    message = N_("This course has no such quiz.")


@dataclass(frozen=True, slots=True)
class Quiz:
    """``final``, the id of a module or ``lesson:<id>``, and how many questions it asks."""

    id: str
    title: Bilingual
    questions: int

    @property
    def is_final(self) -> bool:
        return self.id == FINAL


def quizzes_of(course: Course, items: Iterable[Item], titles: Mapping[str, Bilingual]) -> tuple[Quiz, ...]:
    """One for each lesson and each module that has questions to practise, in order, then the final one.

    ``titles`` are those of the lessons by id.
    """
    bank = tuple(items)
    practice = [
        Quiz(name, title, questions)
        for module in course.modules
        for name, title, questions in (
            *((LESSON + each, titles[each], len(items_of_lesson(each, bank))) for each in module.lessons),
            (module.id, module.title, len(_practised(module, bank))),
        )
    ]
    final = Quiz(FINAL, FINAL_TITLE, sum(map(len, _by_objective(course, bank).values())))
    return (*(quiz for quiz in practice if quiz.questions), final)


def items_of_lesson(lesson: str, items: Iterable[Item]) -> tuple[Item, ...]:
    """The items that name this lesson, in the order of the bank."""
    return tuple(item for item in items if item.lesson == lesson)


def drawn(course: Course, items: Iterable[Item], quiz: str, seed: int) -> tuple[Item, ...]:
    """The questions of a quiz as the learner with this seed is asked them. Raises UnknownQuiz.

    The final quiz takes ``per_objective`` items of each objective, those of one objective together;
    practice asks all there are. Numbers are drawn and options shuffled: see ``Item.order``.
    """
    return tuple(laid_out(item, seed) for item in _chosen(course, tuple(items), quiz, seed))


def drawn_again(
    items: Mapping[str, Item], names: Iterable[str], seed: int, write: Callable[[Decimal], str] = grouped
) -> tuple[Item, ...]:
    """The same questions once more, by the ids that an attempt has kept and its seed."""
    return tuple(laid_out(items[name], seed, write) for name in names)


def laid_out(item: Item, seed: int, write: Callable[[Decimal], str] = grouped) -> Item:
    """The item as the learner with this seed sees it: numbers filled in, options in an order of its own."""
    count = _parts(item.task)
    order = _shuffled(range(count), f"{seed}/{item.id}/order")
    if isinstance(item.task, Ordering) and list(order) == sorted(order):
        order = order[1:] + order[:1]  # not shown solved
    return replace(draw(item, str(seed), write).item, order=order)


def _chosen(course: Course, items: tuple[Item, ...], quiz: str, seed: int) -> tuple[Item, ...]:
    if quiz == FINAL:
        groups = _by_objective(course, items, seed).values()
        return tuple(item for group in groups for item in group)
    for module in course.modules:
        if module.id == quiz:
            return _practised(module, items)
        if quiz.removeprefix(LESSON) in module.lessons and quiz.startswith(LESSON):
            return items_of_lesson(quiz.removeprefix(LESSON), items)
    raise UnknownQuiz()


def _by_objective(course: Course, items: tuple[Item, ...], seed: int = 0) -> dict[str, tuple[Item, ...]]:
    groups: dict[str, tuple[Item, ...]] = {}
    for objective in course.objectives:
        bank = {item.id: item for item in items if item.objective == objective.id}
        names = _shuffled(tuple(bank), f"{seed}/{objective.id}")[: course.per_objective]
        groups[objective.id] = tuple(bank[name] for name in names)
    return groups


def _practised(module: Module, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items of the module's objectives or lessons, in the order of the bank."""
    return tuple(
        item for item in items if item.objective in module.objectives or item.lesson in module.lessons
    )


def _parts(task: Task) -> int:
    """How many parts of a task are shown in shuffled order."""
    match task:
        case Single(options=parts) | Multiple(options=parts):
            return len(parts)
        case Matching(pairs=pairs):
            return len(pairs)
        case Ordering(steps=steps):
            return len(steps)
        case Register(projects=projects):
            return len(projects)
        case TrueFalse() | Numeric() | ShortAnswer() | Calculator():
            return 0
    assert_never(task)


def _shuffled(parts: Sequence[T], seed: str) -> tuple[T, ...]:
    """In an order that follows from the seed: each part by the hash of its name under it."""
    return tuple(sorted(parts, key=lambda part: sha256(f"{seed}/{part}".encode()).digest()))
