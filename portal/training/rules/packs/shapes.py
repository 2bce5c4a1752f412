"""What a course, a track and each kind of item are made of, field by field: what their forms ask for.

Names and order are those of the files (``bank.read_bank``, ``course.read_course``), which stay the judges.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from portal.kernel.errors import N_
from portal.training.rules.items import Markup, Scoring
from portal.training.rules.packs.course import AUDIENCES


class Kind(Enum):
    LINE = auto()  # a text on one line
    PAIR = auto()  # a text in both languages
    EITHER = auto()  # a text in both languages, or one that is the same in both
    WORD = auto()  # one of a few words
    LIST = auto()  # texts, one a line
    ANSWERS = auto()  # texts by key, one a line as key=text
    GROUPS = auto()  # a list of mappings
    GROUP = auto()  # one mapping, or none


@dataclass(frozen=True, slots=True)
class Part:
    """A field: its key in the file, what it is called, and what it holds."""

    key: str
    label: str
    kind: Kind = Kind.LINE
    words: tuple[str, ...] = ()
    parts: "tuple[Part, ...]" = ()
    hint: str = ""
    is_required: bool = False


def _words(key: str, label: str, *words: str, required: bool = False) -> Part:
    return Part(key, label, Kind.WORD, words if required else ("", *words), is_required=required)


_TRUTH: Final = ("true", "false")
_FEEDBACK: Final = Part("feedback", N_("Feedback"), Kind.PAIR)
_OPTION: Final = (
    Part("text", N_("Text of the answer"), Kind.PAIR, is_required=True),
    _words("right", N_("Is it right?"), *_TRUTH),
    Part("credit", N_("Credit in percent"), hint=N_("Only for part of the marks: 50 earns half of them.")),
    _FEEDBACK,
)
_OPTIONS: Final = Part("options", N_("Answers"), Kind.GROUPS, parts=_OPTION)
_NUMBER: Final = (
    Part("value", N_("Right value"), hint=N_("A number, or * for any other number."), is_required=True),
    Part("tolerance", N_("May be off by"), hint=N_("In the item’s unit (0.02) or in percent (0.5 %).")),
    Part("credit", N_("Credit in percent")),
    _FEEDBACK,
)
_PROJECT: Final = (
    Part("text", N_("Project"), Kind.PAIR, is_required=True),
    Part(
        "facts",
        N_("Facts of its card"),
        Kind.GROUPS,
        parts=(
            Part("name", N_("What it is about"), Kind.PAIR, is_required=True),
            Part("value", N_("What the register says"), Kind.PAIR, is_required=True),
        ),
    ),
    _words("may_issue", N_("May it issue?"), *_TRUTH, required=True),
    Part("reason", N_("Reason"), Kind.PAIR, is_required=True),
    Part(
        "case",
        N_("A copy of it for the register’s rules, which then decide"),
        Kind.GROUP,
        parts=(
            Part("type", N_("Type"), hint="ARR, IFM, REDD, other"),
            Part("state", N_("State"), hint="registered, report_notice, verification, verified, suspended …"),
            _words("approved", N_("Has a second person approved the verification?"), *_TRUTH),
            _words("overlaps", N_("May it be another project that is there already?"), *_TRUTH),
            _words("owes", N_("Is a reversal not covered yet?"), *_TRUTH),
            Part("verified", N_("Tonnes verified")),
            Part("buffer", N_("Tonnes for the buffer")),
            Part("asks", N_("Tonnes it asks to issue")),
            Part("rules", N_("Rules of eligibility"), hint="arr/1"),
            Part("begun", N_("First day of the project"), hint="2021-04-01"),
            Part(
                "answers",
                N_("Answers that are not in order, by rule"),
                Kind.ANSWERS,
                hint=N_("One a line, as rule=answer."),
            ),
        ),
    ),
)
_VARIANT: Final = Part(
    "variant",
    N_("Numbers that differ from learner to learner"),
    Kind.GROUP,
    parts=(
        Part(
            "parameters",
            N_("Parameters"),
            Kind.GROUPS,
            parts=(
                Part("name", N_("Name in the text: [[name]]"), is_required=True),
                Part("low", N_("From"), is_required=True),
                Part("high", N_("To"), is_required=True),
                Part("step", N_("In steps of"), is_required=True),
            ),
        ),
        Part("formula", N_("Formula of the answer"), is_required=True),
        Part("tolerance_percent", N_("May be off by, in percent"), is_required=True),
        Part("decimals", N_("Decimals of the answer")),
        Part(
            "factors",
            N_("Published factors"),
            Kind.GROUPS,
            parts=(
                Part("name", N_("Name in the formula"), is_required=True),
                Part("key", N_("Key of the factor"), is_required=True),
                Part("value", N_("Value when the item was checked"), is_required=True),
            ),
        ),
    ),
)
_HEAD: Final = (
    Part("id", N_("Id"), hint=N_("Small letters, digits and hyphens."), is_required=True),
    Part("stem", N_("Question"), Kind.PAIR, is_required=True),
)
_FOOT: Final = (
    _FEEDBACK,
    Part("objective", N_("Objective"), is_required=True),
    _words("difficulty", N_("Difficulty"), "1", "2", "3", "4", "5"),
    Part("source", N_("Source of the answer"), Kind.EITHER, is_required=True),
    Part("category", N_("Category")),
    Part("lesson", N_("Lesson it belongs to, by id")),
    _words("markup", N_("Written as"), *(markup.value for markup in Markup)),
)
_TASKS: Final[dict[str, tuple[Part, ...]]] = {
    "single": (_OPTIONS,),
    "multiple": (_words("scoring", N_("Rule of marking"), *(rule.value for rule in Scoring)), _OPTIONS),
    "true_false": (
        _words("answer", N_("Is the statement true?"), *_TRUTH, required=True),
        Part("if_wrong", N_("Told to who answers wrongly"), Kind.PAIR),
        Part("if_right", N_("Told to who answers rightly"), Kind.PAIR),
    ),
    "numeric": (
        Part("unit", N_("Unit"), hint=N_("Such as t CO2, 亩, kg/m3.")),
        Part("answers", N_("Answers"), Kind.GROUPS, parts=_NUMBER),
        Part("if_carbon", N_("Told to who gives carbon and not CO₂"), Kind.PAIR),
        _VARIANT,
    ),
    "matching": (
        Part("pairs", N_("Pairs"), Kind.GROUPS, parts=(
            Part("prompt", N_("Left side"), Kind.PAIR, hint=N_("Without one, the right side misleads.")),
            Part("match", N_("Right side"), Kind.PAIR, is_required=True),
            _FEEDBACK,
        )),
    ),
    "ordering": (Part("steps", N_("Steps in their right order"), Kind.GROUPS),),
    "short": (Part("answers", N_("Accepted answers"), Kind.GROUPS, parts=_OPTION),),
    "calculator": (
        Part("model", N_("Model of the calculator"), hint="household-cn", is_required=True),
        Part("result", N_("Result in grams of CO₂e"), is_required=True),
        Part("tolerance", N_("May be off by, in percent"), is_required=True),
        Part("factors", N_("Choices that must be made"), Kind.LIST,
             hint=N_("One a line, as question=option.")),
        Part("lines", N_("Lines that must not be forgotten"), Kind.LIST, hint=N_("One a line.")),
        Part("region", N_("Place to pick, a six-digit code")),
        _words("form", N_("How much is asked"), "short", "full"),
        Part(
            "answers",
            N_("Answers that solve it"),
            Kind.ANSWERS,
            hint=N_("One a line, as question=answer. The result is computed from them again."),
        ),
    ),
    "register": (Part("projects", N_("Projects"), Kind.GROUPS, parts=_PROJECT),),
}  # fmt: skip
COURSE: Final = (
    Part("id", N_("Id"), is_required=True),
    Part("version", N_("Version"), hint=N_("Higher than the last one published, such as 1.1.0."),
         is_required=True),
    Part("title", N_("Title"), Kind.PAIR, is_required=True),
    _words("language", N_("Written in; the other language is the translation"), "zh", "en", required=True),
    Part("hours", N_("Hours"), is_required=True),
    Part("pass_percent", N_("Percent of the marks that pass")),
    Part("attempts", N_("Attempts before there is a wait")),
    Part("wait_hours", N_("Hours to wait then")),
    Part(
        "quiz",
        N_("Final quiz"),
        Kind.GROUP,
        parts=(Part("per_objective", N_("Questions of each objective")),),
    ),
    Part("objectives", N_("Objectives"), Kind.GROUPS, parts=(
        Part("id", N_("Id"), is_required=True),
        Part("text", N_("What the learner can do afterwards"), Kind.PAIR, is_required=True),
    )),
    Part("modules", N_("Modules"), Kind.GROUPS, parts=(
        Part("id", N_("Id"), is_required=True),
        Part("title", N_("Title"), Kind.PAIR, is_required=True),
        Part("lessons", N_("Lessons, by id"), Kind.LIST, hint=N_("One a line, in their order.")),
        Part("objectives", N_("Objectives it practises, by id"), Kind.LIST, hint=N_("One a line.")),
        Part("also", N_("Lessons of other courses to read with it"), Kind.LIST,
             hint=N_("One a line, as course/lesson.")),
    )),
)  # fmt: skip
TRACK: Final = (
    Part("id", N_("Id"), is_required=True),
    Part("title", N_("Title"), Kind.PAIR, is_required=True),
    _words("audience", N_("Meant for"), *AUDIENCES, required=True),
    Part("courses", N_("Courses, by id"), Kind.LIST, hint=N_("One a line, in their order.")),
)
ITEM_KINDS: Final = tuple(_TASKS)


def item_shape(kind: str) -> tuple[Part, ...]:
    """The fields of an item of this kind; those that all have, for a kind that nobody knows."""
    return (*_HEAD, *_TASKS.get(kind, ()), *_FOOT)


def blank(part: Part) -> Any:
    """A new member of a list of groups."""
    return {each.key: [] if each.kind is Kind.GROUPS else "" for each in part.parts} if part.parts else {}


def new_item(kind: str, item_id: str) -> dict[str, Any]:
    """An item of this kind to be filled in, with room for two answers."""
    groups = {part.key: [blank(part), blank(part)] for part in _TASKS[kind] if part.kind is Kind.GROUPS}
    return {"id": item_id, "type": kind, **groups}


def texts_of(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a record with the way to it: ``options.2.text.zh``."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts_of(each, f"{at}.{key}" if at else str(key))
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from texts_of(each, f"{at}.{number}")
    else:
        yield at, str(value)
