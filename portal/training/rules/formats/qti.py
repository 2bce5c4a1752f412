"""QTI 2.1 and 3.0 in and out for the six closed types, as a content package or a single item file.

Texts become XHTML. The two versions differ in their names only: ``simpleChoice`` and ``qti-simple-choice``.
Sources: IMS QTI 2.1 and 1EdTech QTI 3.0 information models; the names below are those of their schemas.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_uppercase
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import (
    GAP,
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
    weights,
    with_carbon,
)
from portal.training.rules.formats.fragments import block
from portal.training.rules.formats.nodes import Element, Node, element, inner_html, read_xml, written
from portal.training.rules.formats.packages import is_zip, unpacked, zipped
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
    Single,
    Task,
    TrueFalse,
)
from portal.training.rules.markup import sanitised, to_html

_TRUE_FALSE: Final = {"true": Bilingual("正确", "True"), "false": Bilingual("错误", "False")}
_SHARE: Final = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class Version:
    """How one version of QTI spells what both have."""

    name: str
    namespace: str
    package: str
    kebab: bool

    def spelled(self, name: str) -> str:
        return "qti-" + _kebab(name) if self.kebab else name

    def attribute(self, name: str) -> str:
        return _kebab(name) if self.kebab else name


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()


QTI_21: Final = Version("qti21", "http://www.imsglobal.org/xsd/imsqti_v2p1", "imsqti_item_xmlv2p1", False)
QTI_30: Final = Version("qti30", "http://www.imsglobal.org/xsd/imsqtiasi_v3p0", "imsqti_item_xmlv3p0", True)
_CP: Final = "http://www.imsglobal.org/xsd/imscp_v1p1"


# --- out ----------------------------------------------------------------------------------------------


def write(items: Iterable[Item], lang: str, version: Version) -> Writing:
    """A content package (ZIP) with a file per item, in ``lang``; the same items give the same bytes."""
    files, left_out = dict[str, bytes](), list[LeftOut]()
    for item in items:
        try:
            files[f"items/item-{len(files) + 1:04}.xml"] = _Writer(version, lang, item).document()
        except PortalError as reason:
            left_out.append(LeftOut(item.id, reason))
    if not files:
        return Writing(b"", tuple(left_out))  # a package of no item is refused wherever it is taken to
    return Writing(zipped({"imsmanifest.xml": _manifest(version, list(files)), **files}), tuple(left_out))


def _manifest(version: Version, files: list[str]) -> bytes:
    resources = [
        element(
            "resource", element("file", href=file), identifier=f"R{number}", type=version.package, href=file
        )
        for number, file in enumerate(files, start=1)
    ]
    root = element(
        "manifest",
        element("organizations"),
        element("resources", *resources),
        xmlns=_CP,
        identifier="items",
    )
    ElementTree.indent(root)
    return written(root)


class _Writer:
    """One item as an ``assessmentItem``."""

    def __init__(self, version: Version, lang: str, item: Item) -> None:
        self.version, self.lang, self.item = version, lang, item

    def made(self, name: str, /, *children: Element, text: str = "", **attributes: str) -> Element:
        named = {self.version.attribute(key): value for key, value in attributes.items()}
        return element(self.version.spelled(name), *children, text=text, **named)

    def marked_up(self, name: str, text: Bilingual, **attributes: str) -> Element:
        named = {self.version.attribute(key): value for key, value in attributes.items()}
        name = name if name == "div" else self.version.spelled(name)
        return block(name, text.in_(self.lang), self.item.markup, **named)

    def there(self, text: Bilingual) -> Bilingual:
        """The text, which something must be left of as HTML. Raises TextMissing."""
        if not to_html(clean(text.in_(self.lang)), self.item.markup):
            raise TextMissing()
        return text

    def _looks(self, text: Bilingual) -> str:
        return to_html(text.in_(self.lang), self.item.markup)

    def document(self) -> bytes:
        declared, interaction, outcome = self._parts()
        processing = [*outcome]
        declarations = [declared, self._outcome("SCORE", "float")]
        if _has_feedback(self.item.task, self.lang):
            cardinality = "multiple" if isinstance(self.item.task, Multiple) else "single"
            declarations.append(self._outcome("FEEDBACK", "identifier", cardinality))
            processing.append(self._set("FEEDBACK", self.made("variable", identifier="RESPONSE")))
        feedback = []
        if self.item.feedback.in_(self.lang):
            declarations.append(self._outcome("GENERAL", "identifier"))
            processing.append(self._set("GENERAL", self._value("identifier", "general")))
            feedback.append(
                self.made(
                    "modalFeedback",
                    self._in_version(self.marked_up("div", self.item.feedback)),
                    outcomeIdentifier="GENERAL",
                    identifier="general",
                    showHide="show",
                )
            )
        body = self.made("itemBody", self.marked_up("div", self.there(self.item.stem)), *interaction)
        root = self.made(
            "assessmentItem",
            *declarations,
            body,
            self.made("responseProcessing", *processing),
            *feedback,
            identifier=self.item.id,
            title=self.item.id,
            adaptive="false",
            timeDependent="false",
        )
        root.set("xmlns", self.version.namespace)
        root.set("xml:lang", {"zh": "zh-CN", "en": "en"}[self.lang])
        return written(root)

    def _in_version(self, shown: Element) -> Element:
        """QTI 3 wants feedback inside a content body; 2.1 takes it as it is."""
        return self.made("contentBody", shown) if self.version.kebab else shown

    # Each task gives its response declaration, its interaction and its response processing.

    def _parts(self) -> tuple[Element, list[Element], list[Element]]:
        match self.item.task:
            case Single() as task:
                if not any(option.is_right for option in task.options):
                    raise NoRightAnswer()
                return self._choice(task.options, [option.credit for option in task.options], "single")
            case Multiple() as task:
                return self._choice(task.options, weights(task), "multiple")
            case TrueFalse() as task:
                return self._true_false(task)
            case Numeric() as task:
                return self._numeric(task)
            case Matching() as task:
                return self._matching(task)
            case Ordering() as task:
                return self._ordering(task)
        raise NotInThisFormat(kind=type(self.item.task).__name__)

    def _outcome(self, name: str, kind: str, cardinality: str = "single") -> Element:
        return self.made("outcomeDeclaration", identifier=name, cardinality=cardinality, baseType=kind)

    def _set(self, outcome: str, value: Element) -> Element:
        return self.made("setOutcomeValue", value, identifier=outcome)

    def _value(self, kind: str, text: str) -> Element:
        return self.made("baseValue", text=text, baseType=kind)

    def _response(self, cardinality: str, kind: str, right: list[str], *more: Element) -> Element:
        correct = self.made("correctResponse", *(self.made("value", text=text) for text in right))
        return self.made(
            "responseDeclaration",
            correct,
            *more,
            identifier="RESPONSE",
            cardinality=cardinality,
            baseType=kind,
        )

    def _mapping(self, shares: Iterable[tuple[str, Decimal]]) -> Element:
        entries = [
            self.made("mapEntry", mapKey=key, mappedValue=plain(share / 100))
            for key, share in shares
            if share
        ]
        return self.made("mapping", *entries, lowerBound="0", upperBound="1", defaultValue="0")

    def _mapped(self) -> Element:
        return self._set("SCORE", self.made("mapResponse", identifier="RESPONSE"))

    def _choice(
        self, options: tuple[Option, ...], shares: list[Decimal], cardinality: str
    ) -> tuple[Element, list[Element], list[Element]]:
        keys = [*ascii_uppercase[: len(options)]]
        right = [key for key, share in zip(keys, shares, strict=True) if share > 0]
        declared = self._response(
            cardinality,
            "identifier",
            right[:1] if cardinality == "single" else right,
            self._mapping(zip(keys, shares, strict=True)),
        )
        shown = [
            self._told(key, self.marked_up("div", self.there(o.text)), o.feedback)
            for key, o in zip(keys, options, strict=True)
        ]
        limit = "1" if cardinality == "single" else "0"
        return declared, [self._choices(shown, limit)], [self._mapped()]

    def _told(self, key: str, text: Element, told: Bilingual) -> Element:
        """A choice with the feedback that is shown to who takes it."""
        choice = self.made("simpleChoice", text, identifier=key)
        if told.in_(self.lang):
            feedback = self._in_version(self.marked_up("div", told))
            choice.append(
                self.made(
                    "feedbackBlock",
                    feedback,
                    outcomeIdentifier="FEEDBACK",
                    identifier=key,
                    showHide="show",
                )
            )
        return choice

    def _true_false(self, task: TrueFalse) -> tuple[Element, list[Element], list[Element]]:
        right = str(task.is_true).lower()
        declared = self._response("single", "identifier", [right], self._mapping([(right, FULL)]))
        shown = []
        for key, text in _TRUE_FALSE.items():
            told = task.if_right if key == right else task.if_wrong
            shown.append(self._told(key, element("div", text=text.in_(self.lang)), told))
        return declared, [self._choices(shown, "1")], [self._mapped()]

    def _choices(self, shown: list[Element], limit: str) -> Element:
        return self.made(
            "choiceInteraction", *shown, responseIdentifier="RESPONSE", shuffle="false", maxChoices=limit
        )

    def _numeric(self, task: Numeric) -> tuple[Element, list[Element], list[Element]]:
        answers = [answer for answer in with_carbon(task) if answer.value is not None and answer.credit > 0]
        if not answers or len(answers) != sum(answer.credit > 0 for answer in task.answers):
            raise NoRightAnswer()
        first = answers[0]
        declared = self._response("single", "float", [plain(first.value or NOTHING)])
        entry = self.made("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="15")
        line = element("p", entry)
        if task.unit:
            line.append(element("span", text=clean(task.unit)))
        branches = [self._branch(number, answer) for number, answer in enumerate(answers)]
        return declared, [line], [self.made("responseCondition", *branches)]

    def _branch(self, number: int, answer: NumericAnswer) -> Element:
        equal = self.made(
            "equal",
            self.made("variable", identifier="RESPONSE"),
            self._value("float", plain(answer.value or NOTHING)),
            toleranceMode="absolute",
            tolerance=f"{plain(answer.tolerance)} {plain(answer.tolerance)}",
        )
        scored = self._set("SCORE", self._value("float", plain(answer.credit / 100)))
        return self.made("responseElseIf" if number else "responseIf", equal, scored)

    def _matching(self, task: Matching) -> tuple[Element, list[Element], list[Element]]:
        # Matches that look alike are one: a learner could not tell them apart.
        shown = {pair.match: self._looks(pair.match) for pair in task.pairs}
        matches = {looks: match for match, looks in reversed(shown.items())}
        places = {looks: f"M{number}" for number, looks in enumerate(dict.fromkeys(shown.values()), start=1)}
        prompts = task.prompts
        if len(prompts) > len(ascii_uppercase):
            raise OptionsOutside(count=len(prompts))
        right = [f"P{number} {places[shown[pair.match]]}" for number, pair in enumerate(prompts, start=1)]
        share = (FULL / len(right)).quantize(_SHARE * 100)
        declared = self._response(
            "multiple", "directedPair", right, self._mapping((pair, share) for pair in right)
        )
        sides = (
            [(f"P{number}", pair.prompt, "1") for number, pair in enumerate(prompts, start=1)],
            [(key, matches[looks], "0") for looks, key in places.items()],
        )
        sets = [
            self.made(
                "simpleMatchSet",
                *(
                    self.made(
                        "simpleAssociableChoice",
                        self.marked_up("div", self.there(text)),
                        identifier=key,
                        matchMax=limit,
                    )
                    for key, text, limit in column
                ),
            )
            for column in sides
        ]
        interaction = self.made(
            "matchInteraction",
            *sets,
            responseIdentifier="RESPONSE",
            shuffle="true",
            maxAssociations=str(len(prompts)),
        )
        return declared, [interaction], [self._mapped()]

    def _ordering(self, task: Ordering) -> tuple[Element, list[Element], list[Element]]:
        keys = [f"S{number}" for number in range(1, len(task.steps) + 1)]
        declared = self._response("ordered", "identifier", keys)
        shown = [
            self.made("simpleChoice", self.marked_up("div", self.there(step)), identifier=key)
            for key, step in zip(keys, task.steps, strict=True)
        ]
        interaction = self.made("orderInteraction", *shown, responseIdentifier="RESPONSE", shuffle="true")
        match = self.made(
            "match",
            self.made("variable", identifier="RESPONSE"),
            self.made("correct", identifier="RESPONSE"),
        )
        scored = self.made("responseIf", match, self._set("SCORE", self._value("float", "1")))
        return declared, [interaction], [self.made("responseCondition", scored)]


def _has_feedback(task: Task, lang: str) -> bool:
    """Whether an option of a choice has something to say."""
    match task:
        case Single(options=options) | Multiple(options=options):
            return any(option.feedback.in_(lang) for option in options)
        case TrueFalse(if_wrong=wrong, if_right=right):
            return bool(wrong.in_(lang) or right.in_(lang))
    return False


# --- in -----------------------------------------------------------------------------------------------


def read(data: bytes, lang: str) -> Reading:
    """Items of a package or of one item file, of either version, in ``lang``.

    Raises what ``read_xml`` and ``unpacked`` raise, NotTheFormat, TooManyItems.
    """
    items, problems = [], list[Problem]()
    for name, content in _item_files(data):
        try:
            root = plainly_named(read_xml(content))
        except PortalError as reason:
            problems.append(Problem(1, reason, name))
            continue
        if root.name == "manifest" or root.name == "assessmentTest":
            continue
        title = " ".join(root.attributes.get("identifier", "").split()) or name
        try:
            items.append(_Reader(root, lang).item(title))
        except PortalError as reason:
            problems.append(Problem(root.line, reason, title))
    if not items and not problems:
        raise NotTheFormat()
    return Reading(unique(items), tuple(problems))


def _item_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    if not is_zip(data):
        yield "", data
        return
    for name, content in sorted(unpacked(data).items()):
        if name.endswith(".xml"):
            yield name, content


def plainly_named(root: Node) -> Node:
    """QTI 3's names as those of 2.1, so that one reader reads both."""
    for node in root.walk():
        if node.name.startswith("qti-"):
            node.name = _camel(node.name.removeprefix("qti-"))
            node.attributes = {_camel(name): value for name, value in node.attributes.items()}
    return root


def _camel(name: str) -> str:
    head, *rest = name.split("-")
    return head + "".join(part.capitalize() for part in rest)


class _Reader:
    """One ``assessmentItem``."""

    def __init__(self, root: Node, lang: str) -> None:
        self.root, self.lang = root, lang

    def item(self, name: str) -> Item:
        body = self.root.first("itemBody")
        if self.root.name != "assessmentItem" or body is None:
            raise NotTheFormat()
        found = [node for node in body.walk() if node.name.endswith("Interaction")]
        if len(found) != 1:
            raise TypeUnsupported(kind=f"{len(found)} interactions")
        task = self._task(found[0], body)
        stem = self._stem(body, found[0])
        if not stem.in_(self.lang):
            raise EmptyText()
        general = self.root.first("modalFeedback")
        return Item(
            id=name,
            stem=stem,
            task=task,
            feedback=self._html(general) if general else MISSING,
            markup=Markup.HTML,
        )

    def _stem(self, body: Node, interaction: Node) -> Bilingual:
        """What stands around the interaction, and the prompt inside it."""
        shown = [
            escape(part.strip()) if isinstance(part, str) else self._text(part)
            for part in _around(body, interaction).content
        ]
        return side(sanitised("".join(shown)), self.lang)

    def _text(self, node: Node) -> str:
        """Inner HTML; a wrapping ``div``, as we write it, is taken off."""
        node = _unwrapped(node)
        if node.name in ("div", "simpleChoice", "simpleAssociableChoice", "prompt", "contentBody"):
            return inner_html(node)
        return inner_html(Node("", {}, node.line, [node]))

    def _html(self, node: Node) -> Bilingual:
        return side(sanitised(self._text(node)), self.lang)

    def _choice_text(self, node: Node) -> Bilingual:
        kept = [part for part in node.content if not _is_feedback(part)]
        return self._html(Node(node.name, {}, node.line, kept))

    def _choice_feedback(self, node: Node) -> Bilingual:
        told = next((part for part in node if _is_feedback(part)), None)
        return self._html(Node("div", {}, told.line, told.content)) if told else MISSING

    def _task(self, node: Node, body: Node) -> Task:
        readers: dict[str, Callable[[Node, Node], Task]] = {
            "choiceInteraction": self._choice,
            "textEntryInteraction": self._numeric,
            "matchInteraction": self._matching,
            "orderInteraction": self._ordering,
        }
        if node.name not in readers:
            raise TypeUnsupported(kind=node.name[:40])
        return readers[node.name](node, body)

    def _declared(self, node: Node) -> Node:
        wanted = node.attributes.get("responseIdentifier", "")
        for declared in self.root.all("responseDeclaration"):
            if declared.attributes.get("identifier") == wanted:
                return declared
        raise NoRightAnswer()

    def _right(self, declared: Node) -> list[str]:
        correct = declared.first("correctResponse")
        return [" ".join(value.text.split()) for value in correct.all("value")] if correct else []

    def _shares(self, declared: Node) -> dict[str, Decimal]:
        mapping = declared.first("mapping")
        if mapping is None:
            return dict.fromkeys(self._right(declared), FULL)
        return {
            entry.attributes.get("mapKey", ""): credit(_percent(entry.attributes.get("mappedValue", "0")))
            for entry in mapping.all("mapEntry")
        }

    def _choice(self, node: Node, body: Node) -> Task:
        declared = self._declared(node)
        shares = self._shares(declared)
        found = {choice.attributes.get("identifier", ""): choice for choice in node.all("simpleChoice")}
        if set(found) == set(_TRUE_FALSE):
            is_true = shares.get("true", NOTHING) > 0
            right, wrong = found[str(is_true).lower()], found[str(not is_true).lower()]
            return TrueFalse(is_true, self._choice_feedback(wrong), self._choice_feedback(right))
        is_several = declared.attributes.get("cardinality") == "multiple"
        if is_several and declared.first("mapping") is None and shares:
            share = (FULL / len(shares)).quantize(_SHARE)
            shares = dict.fromkeys(shares, share)
        options = choices(
            Option(self._choice_text(choice), shares.get(key, NOTHING), self._choice_feedback(choice))
            for key, choice in found.items()
        )
        if is_several:
            return multiple(options, "")
        if not any(option.is_right for option in options):
            raise NoRightAnswer()
        return Single(options)

    def _numeric(self, node: Node, body: Node) -> Task:
        declared = self._declared(node)
        if declared.attributes.get("baseType") not in ("float", "integer"):
            raise TypeUnsupported(kind="text entry")
        answers = [*self._equals()]
        if not answers:
            answers = [NumericAnswer(decimal(value)) for value in self._right(declared)]
        if not any(answer.credit > 0 for answer in answers):
            raise NoRightAnswer()
        units = [unit.text for line in body.walk() if (unit := _unit_behind(line, node))]
        return Numeric(tuple(answers), clean(units[0]) if units else "")

    def _equals(self) -> Iterator[NumericAnswer]:
        """Every comparison of the response processing with what it earns."""
        for branch in self.root.walk():
            if branch.name not in ("responseIf", "responseElseIf"):
                continue
            equal, scored = branch.first("equal"), branch.first("setOutcomeValue")
            if equal is None or scored is None:
                continue
            tolerance = (equal.attributes.get("tolerance", "0").split() or ["0"])[0]
            yield NumericAnswer(
                decimal(equal.value("baseValue")),
                abs(decimal(tolerance)),
                credit(_percent(scored.value("baseValue") or "1")),
            )

    def _matching(self, node: Node, body: Node) -> Task:
        sets = [
            {
                choice.attributes.get("identifier", ""): choice
                for choice in column.all("simpleAssociableChoice")
            }
            for column in node.all("simpleMatchSet")
        ]
        if len(sets) != 2:
            raise TypeUnsupported(kind="matchInteraction")
        pairs, used = list[Pair](), set[str]()
        for pair in self._right(self._declared(node)):
            prompt, _, match = pair.partition(" ")
            if prompt not in sets[0] or match not in sets[1]:
                raise NoRightAnswer()
            used.add(match)
            pairs.append(Pair(self._choice_text(sets[0][prompt]), self._choice_text(sets[1][match])))
        pairs += [Pair(MISSING, self._choice_text(sets[1][key])) for key in sets[1] if key not in used]
        matching = Matching(tuple(pairs))
        if len(matching.prompts) < 2:
            raise NoRightAnswer()
        return matching

    def _ordering(self, node: Node, body: Node) -> Task:
        found = {choice.attributes.get("identifier", ""): choice for choice in node.all("simpleChoice")}
        order = self._right(self._declared(node))
        if sorted(order) != sorted(found) or len(order) not in OPTIONS:
            raise NoRightAnswer()
        steps = filled(tuple(Option(self._choice_text(found[key])) for key in order))
        return Ordering(tuple(step.text for step in steps))


def _around(node: Node, interaction: Node) -> Node:
    """The element with a prompt or a gap for the interaction; feedback and what is left empty are gone."""
    kept = list[Node | str]()
    unit = _unit_behind(node, interaction)
    for place, part in enumerate(node.content):
        if part is interaction:
            prompt = part.first("prompt")
            is_within = any(_says_something(each) for each in node.content[place + 1 :] if each is not unit)
            if prompt is not None:
                kept.append(Node("div", {}, part.line, prompt.content))
            elif is_within and part.name == "textEntryInteraction":
                kept.append(GAP)
        elif isinstance(part, Node) and any(each is interaction for each in part.walk()):
            around = _around(part, interaction)
            if any(map(_says_something, around.content)):
                kept.append(around)
        elif part is not unit and not _is_feedback(part):
            kept.append(part)
    return Node(node.name, node.attributes, node.line, kept)


def _says_something(part: Node | str) -> bool:
    return isinstance(part, Node) or bool(part.strip())


def _unit_behind(line: Node, interaction: Node) -> Node | None:
    """The ``span`` right behind the interaction in its line, where we write the unit."""
    places = [place for place, part in enumerate(line.content) if part is interaction]
    behind = [part for place in places for part in line.content[place + 1 :] if _says_something(part)]
    found = behind[0] if behind else None
    return found if isinstance(found, Node) and found.name == "span" else None


def _percent(share: str) -> str:
    return plain(decimal(share) * 100)


def _is_feedback(part: Node | str) -> bool:
    return isinstance(part, Node) and part.name in ("feedbackInline", "feedbackBlock")


def _unwrapped(node: Node) -> Node:
    """The innermost of elements that hold nothing but one ``div`` or content body."""
    while True:
        said = [part for part in node.content if isinstance(part, Node) or part.strip()]
        only = said[0] if len(said) == 1 else None
        if not (isinstance(only, Node) and only.name in ("div", "contentBody")):
            return node
        node = only
