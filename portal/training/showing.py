"""Questions as pages show them: their texts as markup, their parts in the order one learner sees them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup as Html

from portal.footprint.rules.answers import shown
from portal.footprint.rules.method import answer_words
from portal.kernel.bilingual import Bilingual
from portal.training.forms.responses import Sent, Typed, fields_of
from portal.training.forms.sandbox import sandbox as sandbox
from portal.training.rules.grading import Mark, Response
from portal.training.rules.grading import rule_of as rule_of
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
from portal.training.rules.markup import MediaUrl, to_html, to_phrase, to_words
from portal.training.rules.registers import may_issue
from portal.training.rules.scenarios import Calculation, model_of
from portal.training.rules.solutions import right_response as right_response
from portal.training.rules.units import unit_choices as unit_choices
from portal.web.i18n import _, number

_KINDS: Final[dict[type, str]] = {
    Single: "single", Multiple: "multiple", TrueFalse: "true_false", Numeric: "numeric", Matching: "matching",
    Ordering: "ordering", ShortAnswer: "short", Calculator: "calculator", Register: "register",
}  # fmt: skip
_LONG: Final = 30
# The whole part of a number that is typed plainly. Four digits of a year are no thousands.
_NUMBER: Final = re.compile(r"^-?[1-9][0-9]{3,14}(?![0-9,])(?!\s*(?:年|years?$|yr$|a$))")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a question: ``value`` is what the page sends for it, ``index`` the author's place."""

    value: str
    index: int
    text: Bilingual


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem's first paragraph, as a phrase, and what comes after it."""

    lead: Html
    rest: Html


@dataclass(frozen=True, slots=True)
class Answered:
    """A line of a response; ``is_right`` is None where only the whole can be right."""

    text: Html
    is_right: bool | None = None


def kind_of(task: Task) -> str:
    """The word that a bank has for this kind of task."""
    return _KINDS[type(task)]


def block(item: Item, text: Bilingual, lang: str, media_url: MediaUrl | None = None) -> Html:
    """A text of the item as paragraphs."""
    return Html(to_html(text.in_(lang), item.markup, media_url))  # noqa: S704  sanitised


def phrase(item: Item, text: Bilingual, lang: str, media_url: MediaUrl | None = None) -> Html:
    """A text of the item as it may stand in a label."""
    return Html(to_phrase(text.in_(lang), item.markup, media_url))  # noqa: S704  sanitised


def words(item: Item, text: Bilingual, lang: str) -> str:
    return to_words(text.in_(lang), item.markup)


def options(item: Item) -> list[Part]:
    """Options or projects, as they are shown."""
    match item.task:
        case Single(options=found) | Multiple(options=found):
            return _parts(item, [option.text for option in found])
        case Register(projects=projects):
            return _parts(item, [project.text for project in projects])
    return []


def matches(item: Item, task: Matching) -> list[Part]:
    """What belongs to the prompts, as it is shown; equal ones once."""
    parts = _parts(item, [pair.match for pair in task.pairs])
    return list({part.text: part for part in reversed(parts)}.values())[::-1]


def needs_letters(item: Item, parts: Iterable[Part], lang: str) -> bool:
    """Whether the parts are too long or too rich for a list to choose from, so that letters name them."""
    return any(
        len(words(item, part.text, lang)) > _LONG or "<img" in phrase(item, part.text, lang) for part in parts
    )


def steps(item: Item, task: Ordering, values: Mapping[str, list[str]], prefix: str) -> list[Part]:
    """The steps as they are shown: in the learner's own order once there is a whole one."""
    parts = _parts(item, list(task.steps))
    ranks = {part.value: next(iter(values.get(f"{prefix}-{part.value}", [])), "") for part in parts}
    if sorted(ranks.values()) == sorted(str(rank) for rank in range(1, len(parts) + 1)):
        parts.sort(key=lambda part: int(ranks[part.value]))
    return parts


def stem(item: Item, lang: str, media_url: MediaUrl | None = None) -> Stem:
    """The stem with its first paragraph apart, as a legend holds phrases only."""
    html = to_html(item.stem.in_(lang), item.markup, media_url)
    first, end, rest = html.partition("</p>")
    if end and first.startswith("<p>"):
        return Stem(Html(first.removeprefix("<p>")), Html(rest.strip()))  # noqa: S704  sanitised
    lead = Html('<span class="visually-hidden">{}</span>').format(words(item, item.stem, lang))
    return Stem(lead, Html(html))  # noqa: S704  sanitised


def letter(number: int) -> str:
    """A, B, C … by number from 0."""
    return chr(ord("A") + number)


def answered(item: Item, response: Response, lang: str, media_url: MediaUrl | None = None) -> list[Answered]:
    """A response as lines to read, each with whether it is right where that can be said of a line."""
    match item.task, response:
        case ((Single() | Multiple() | Register()), frozenset()):
            return [
                Answered(phrase(item, part.text, lang, media_url), _is_right(item.task, part.index))
                for part in options(item)
                if part.index in response
            ]
        case TrueFalse(is_true=is_true), bool():
            return [Answered(Html.escape(_("True") if response else _("False")), response is is_true)]
        case Numeric(unit=unit), str():
            return [Answered(Html.escape(_grouped(_with_words(unit, response, lang))))]
        case ShortAnswer(), str():
            return [Answered(Html.escape(response))]
        case Matching() as task, tuple():
            return _pairs_answered(item, task, response, lang, media_url)
        case Ordering(steps=found), tuple():
            return [
                Answered(phrase(item, found[step], lang, media_url) if step is not None else Html("–"))
                for step in response
            ]
        case Calculator() as task, Calculation():
            return _calculation_answered(task, response, lang)
    return []


def _is_right(task: Task, index: int) -> bool | None:
    match task:
        case Single(options=found) | Multiple(options=found):
            return found[index].is_right
        case Register(projects=projects):
            return may_issue(projects[index])
    return None


def _with_words(unit: str, response: str, lang: str) -> str:
    for each, said in sorted(unit_choices(unit), key=lambda choice: -len(choice[0])):
        if response.endswith(f" {each}"):
            return f"{response.removesuffix(f' {each}')} {said.in_(lang)}"
    return response


def _grouped(quantity: str) -> str:
    """With the thousands of its number apart, as everywhere here; a number written otherwise stays so."""
    return _NUMBER.sub(lambda found: number(found[0]), quantity)


def _pairs_answered(
    item: Item, task: Matching, response: tuple[int | None, ...], lang: str, media_url: MediaUrl | None
) -> list[Answered]:
    found = []
    for pair, taken in zip(task.prompts, response, strict=True):
        match = task.pairs[taken].match if taken is not None else None
        said = phrase(item, match, lang, media_url) if match else Html("–")
        line = Html("{} → {}").format(phrase(item, pair.prompt, lang, media_url), said)
        found.append(Answered(line, match == pair.match))
    return found


def _calculation_answered(task: Calculator, response: Calculation, lang: str) -> list[Answered]:
    model, right = model_of(task), dict(task.answers)
    place = model.place(response.region).title.in_(lang)
    lines = [Answered(Html.escape(place), response.region == task.region if task.region else None)]
    for key, text in response.answers:
        question = model.questions[key]
        said = answer_words(question, shown(question, text), lang)
        line = Html("{}: {}").format(question.title.in_(lang), said)
        lines.append(Answered(line, right.get(key) == text if right else None))
    return lines


def values(item: Item, response: Response | None, prefix: str, typed: Sent | None = None) -> Typed:
    """What stands in the fields: what was typed and not taken, else the response."""
    if typed is not None:
        return {name: typed.getlist(name) for name in typed if name.startswith(prefix)}
    return fields_of(item, response, prefix)


def percent(mark: Mark) -> int:
    """The credit in whole per cent; what is not the whole is never shown as the whole."""
    return int(mark.credit * 100)


def _parts(item: Item, texts: list[Bilingual]) -> list[Part]:
    return [Part(str(place), index, texts[index]) for place, index in enumerate(item.shown(len(texts)))]
