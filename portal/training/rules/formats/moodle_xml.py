"""Moodle XML in and out: ``<quiz>`` with a ``<question type=…>`` each."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import (
    EmptyText,
    LeftOut,
    NoRightAnswer,
    NotInThisFormat,
    NotTheFormat,
    OptionsOutside,
    Problem,
    Reading,
    TextMissing,
    TypeUnsupported,
    Writing,
    choices,
    clean,
    credit,
    decimal,
    filled,
    multiple,
    plain,
    side,
    unique,
    verdicts,
    weights,
    with_carbon,
)
from portal.training.rules.formats.labels import labelled, labels_of, labels_of_item
from portal.training.rules.formats.nodes import Element, Node, element, read_xml, written
from portal.training.rules.items import (
    FULL,
    MISSING,
    NOTHING,
    OPTIONS,
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Ordering,
    Pair,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
)
from portal.training.rules.markup import to_html

_FORMATS: Final = {
    "html": Markup.HTML,
    "markdown": Markup.MARKDOWN,
    "plain_text": Markup.PLAIN,
    "moodle_auto_format": Markup.MOODLE,
}
_NAMES: Final = {markup: name for name, markup in _FORMATS.items()}


def read(data: bytes, lang: str) -> Reading:
    """Items in ``lang``. Raises what ``read_xml`` raises, NotTheFormat, TooManyItems."""
    root = read_xml(data)
    if root.name != "quiz":
        raise NotTheFormat()
    category, items, problems = "", [], []
    for number, node in enumerate(root.all("question"), start=1):
        kind = node.attributes.get("type", "")
        if kind == "category":
            category = _text(node.first("category"))
            continue
        name = _text(node.first("name"))
        try:
            items.append(_item(node, kind, name or f"q{number}", category, lang))
        except PortalError as reason:
            problems.append(Problem(node.line, reason, name))
    return Reading(unique(items), tuple(problems))


# --- in -----------------------------------------------------------------------------------------------


def _text(node: Node | None) -> str:
    """The characters of the ``<text>`` inside."""
    return clean(node.value("text")) if node else ""


def _item(node: Node, kind: str, name: str, category: str, lang: str) -> Item:
    stem = node.first("questiontext")
    if not _text(stem):
        raise EmptyText()
    markup = _markup(stem)
    tags = node.first("tags")
    labels = labels_of(_text(tag) for tag in (tags.all("tag") if tags else ()))
    item = Item(
        id=" ".join(name.split()),
        stem=side(_text(stem), lang),
        task=_Reader(node, markup, lang, labels).task(kind),
        category=category,
        feedback=side(_in(node.first("generalfeedback"), markup), lang),
        markup=markup,
    )
    return labelled(item, labels)


def _markup(node: Node | None) -> Markup:
    return _FORMATS.get(node.attributes.get("format", "") if node else "", Markup.MOODLE)


def _in(node: Node | None, markup: Markup) -> str:
    """The text in the item's markup: HTML is made of any other."""
    text = _text(node)
    own = _markup(node) if node and "format" in node.attributes else markup
    return text if own is markup or not text else to_html(text, own)


class _Reader:
    """One question's answers; what they have in common is named once."""

    def __init__(self, node: Node, markup: Markup, lang: str, labels: dict[str, str]) -> None:
        self.node, self.markup, self.lang, self.labels = node, markup, lang, labels

    def task(self, kind: str) -> Task:
        match kind:
            case "multichoice":
                return self._choice()
            case "truefalse":
                return self._true_false()
            case "numerical":
                return self._numeric()
            case "shortanswer":
                return ShortAnswer(filled(tuple(self._options())))
            case "matching":
                return self._matching()
            case "ordering":
                steps = tuple(option.text for option in self._options())
                if len(steps) not in OPTIONS:
                    raise OptionsOutside(count=len(steps))
                return Ordering(steps)
        raise TypeUnsupported(kind=kind[:30])

    def _options(self) -> Iterator[Option]:
        for answer in self.node.all("answer"):
            yield Option(
                side(_in(answer, self.markup), self.lang),
                credit(answer.attributes.get("fraction", "0")),
                self._feedback(answer),
            )

    def _feedback(self, answer: Node) -> Bilingual:
        return side(_in(answer.first("feedback"), self.markup), self.lang)

    def _choice(self) -> Task:
        options = choices(self._options())
        if self.node.value("single") in ("false", "0"):
            return multiple(options, self.labels.get("scoring", ""))
        if not any(option.is_right for option in options):
            raise NoRightAnswer()
        return Single(options)

    def _true_false(self) -> Task:
        found = list(self.node.all("answer"))
        answers = dict(zip(verdicts(map(_text, found)), found, strict=True))
        is_true = credit(answers[True].attributes.get("fraction", "0")) > 0
        return TrueFalse(is_true, self._feedback(answers[not is_true]), self._feedback(answers[is_true]))

    def _numeric(self) -> Task:
        answers = tuple(
            NumericAnswer(
                None if _text(answer) == "*" else decimal(_text(answer)),
                abs(decimal(answer.value("tolerance") or "0")),
                credit(answer.attributes.get("fraction", "0")),
                self._feedback(answer),
            )
            for answer in self.node.all("answer")
        )
        if not any(answer.credit > 0 for answer in answers):
            raise NoRightAnswer()
        return Numeric(answers, self.labels.get("unit") or self._unit())

    def _unit(self) -> str:
        """The unit that counts once; others are multiples of it."""
        units = self.node.first("units")
        named = {unit.value("multiplier"): unit.value("unit_name") for unit in units} if units else {}
        return clean(named.get("1", ""))

    def _matching(self) -> Task:
        pairs = tuple(
            Pair(side(_in(sub, self.markup), self.lang), side(_text(sub.first("answer")), self.lang))
            for sub in self.node.all("subquestion")
        )
        matching = Matching(pairs)
        if len(matching.prompts) < 2 or any(pair.match == MISSING for pair in pairs):
            raise EmptyText()
        return matching


# --- out ----------------------------------------------------------------------------------------------


def write(items: Iterable[Item], lang: str) -> Writing:
    """A ``<quiz>`` of those items that Moodle XML can hold, in ``lang``."""
    root, left_out, category = element("quiz"), list[LeftOut](), ""
    for item in items:
        try:
            question = _question(item, lang)
        except PortalError as reason:
            left_out.append(LeftOut(item.id, reason))
            continue
        if item.category != category:
            category = item.category
            root.append(element("question", element("category", _words(category)), type="category"))
        root.append(question)
    ElementTree.indent(root)
    return Writing(written(root), tuple(left_out))


def _words(text: str) -> Element:
    return element("text", text=clean(text))


def _question(item: Item, lang: str) -> Element:
    if not clean(item.stem.in_(lang)):
        raise TextMissing()
    writer = _Writer(item.markup, lang)
    kind, parts = writer.task(item.task)
    head = [
        element("name", _words(item.id)),
        writer.marked_up("questiontext", item.stem.in_(lang)),
        writer.marked_up("generalfeedback", item.feedback.in_(lang)),
        element("defaultgrade", text="1"),
    ]
    tags = [element("tag", _words(tag)) for tag in labels_of_item(item, lang)]
    return element("question", *head, *parts, *([element("tags", *tags)] if tags else []), type=kind)


class _Writer:
    """One item's answers in one language and markup."""

    def __init__(self, markup: Markup, lang: str) -> None:
        self.markup, self.lang = markup, lang

    def task(self, task: Task) -> tuple[str, list[Element]]:
        match task:
            case Single():
                shares = [option.credit for option in task.options]
                if not any(share > 0 for share in shares):
                    raise NoRightAnswer()
                return "multichoice", [element("single", text="true"), *self._options(task.options, shares)]
            case Multiple():
                options = self._options(task.options, weights(task))
                return "multichoice", [element("single", text="false"), *options]
            case TrueFalse():
                return "truefalse", [self._verdict(task, True), self._verdict(task, False)]
            case Numeric():
                units = [element("units", _unit(task.unit))] if task.unit else []
                return "numerical", [*map(self._number, with_carbon(task)), *units]
            case ShortAnswer():
                shares = [option.credit for option in task.answers]
                return "shortanswer", [*self._options(task.answers, shares, is_typed=True)]
            case Matching():
                return "matching", [*map(self._pair, task.pairs)]
            case Ordering():
                steps = tuple(Option(step, Decimal(place)) for place, step in enumerate(task.steps, start=1))
                return "ordering", [*self._options(steps, [step.credit for step in steps])]
        raise NotInThisFormat(kind=type(task).__name__)

    def marked_up(self, name: str, text: str) -> Element:
        return element(name, _words(text), format=_NAMES[self.markup])

    def _there(self, text: str) -> str:
        if not clean(text):
            raise TextMissing()
        return text

    def _options(
        self, options: tuple[Option, ...], shares: list[Decimal], is_typed: bool = False
    ) -> Iterator[Element]:
        for option, share in zip(options, shares, strict=True):
            text = self._there(option.text.in_(self.lang))
            form = {} if is_typed else {"format": _NAMES[self.markup]}
            told = self.marked_up("feedback", option.feedback.in_(self.lang))
            yield element("answer", _words(text), told, fraction=plain(share), **form)

    def _verdict(self, task: TrueFalse, said: bool) -> Element:
        is_right = said is task.is_true
        told = task.if_right if is_right else task.if_wrong
        return element(
            "answer",
            _words(str(said).lower()),
            self.marked_up("feedback", told.in_(self.lang)),
            fraction=plain(FULL if is_right else NOTHING),
            format="plain_text",
        )

    def _number(self, answer: NumericAnswer) -> Element:
        return element(
            "answer",
            _words("*" if answer.value is None else plain(answer.value)),
            self.marked_up("feedback", answer.feedback.in_(self.lang)),
            element("tolerance", text=plain(answer.tolerance)),
            fraction=plain(answer.credit),
            format="plain_text",
        )

    def _pair(self, pair: Pair) -> Element:
        prompt = pair.prompt.in_(self.lang)
        if pair.prompt != MISSING:
            self._there(prompt)
        match = element("answer", _words(self._there(pair.match.in_(self.lang))))
        return element("subquestion", _words(prompt), match, format=_NAMES[self.markup])


def _unit(name: str) -> Element:
    return element("unit", element("multiplier", text="1"), element("unit_name", text=clean(name)))
