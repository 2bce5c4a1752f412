"""The bank of a pack: ``bank/*.yml`` with both languages in one item, or a ``.gift`` file a language."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import (
    MAX_ITEMS,
    NoRightAnswer,
    OptionsOutside,
    TooManyItems,
    decimal,
    plain,
)
from portal.training.rules.items import (
    FULL,
    MISSING,
    NOTHING,
    OPTIONS,
    Calculator,
    Fact,
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Ordering,
    Pair,
    Parameter,
    Register,
    RegisterCase,
    RegisterProject,
    Scoring,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
    Variant,
)
from portal.training.rules.packs.documents import Entry, Fields, bilingual_of, entry_of, text_of, written
from portal.training.rules.packs.faults import (
    BadId,
    KeyMissing,
    Notes,
    ToleranceMissing,
    TranslationMissing,
    ValueShape,
)

KINDS: Final = (
    "single", "multiple", "true_false", "numeric", "matching", "ordering", "short", "calculator", "register",
)  # fmt: skip
_TRUTH: Final = ("true", "false")
Found = tuple[Item, int]


def read_bank(data: bytes, notes: Notes) -> list[Found]:
    """Items of a YAML file with their lines; what is wrong is noted, and such an item left out."""
    text = text_of(data, notes)
    entry = entry_of(text, notes) if text is not None else None
    if entry is None:
        return []
    if not isinstance(entry.value, list):
        notes.add(entry.line, ValueShape(key="-", wanted="[…]"))
        return []
    if len(entry.value) > MAX_ITEMS:
        notes.add(entry.line, TooManyItems(limit=MAX_ITEMS))
        return []
    found = ((_item(Fields(each, notes)), each.line) for each in entry.value)
    return [(item, line) for item, line in found if item]


def item_as_it_stands(value: Mapping[str, Any]) -> Item:
    """The item of a record, also where a text, a source or an objective is missing yet.

    Raises whatever else is wrong with it: what is misshapen is never left out in silence.
    """
    notes = Notes("")
    entry = entry_of(written(dict(value)), notes)
    fields = Fields(entry or Entry({}, 1), notes)
    fault: PortalError | None = None
    try:
        item = _made(fields, fields.word("type", KINDS))
        fields.finish()
    except PortalError as reason:
        fault = reason
    noted = (each.reason for each in notes.findings if not _is_unfinished(each.reason))
    if fault := next(noted, fault):
        raise fault
    return item if "difficulty" in value else replace(item, difficulty=0)


def _is_unfinished(reason: PortalError) -> bool:
    """Wrong with a course that is published, and no more than unfinished while it is written."""
    if isinstance(reason, KeyMissing):
        return reason.params["key"] == "objective"
    return isinstance(reason, TranslationMissing | BadId | ToleranceMissing)


def _item(fields: Fields) -> Item | None:
    kind = fields.word("type", KINDS)
    try:
        item = _made(fields, kind)
    except PortalError as reason:
        fields.notes.add(fields.line, reason)
        return None
    return item if fields.finish() else None


def _made(fields: Fields, kind: str) -> Item:
    head: dict[str, Any] = {
        "id": fields.id(),
        "stem": fields.bilingual("stem", required=True),
        "objective": fields.text("objective", required=True),
        "difficulty": int(fields.number("difficulty", 1, 5, default="3")),
        "source": fields.either("source"),
        "category": fields.text("category"),
        "lesson": fields.text("lesson"),
        "feedback": fields.bilingual("feedback"),
        "markup": Markup(fields.word("markup", tuple(Markup), default="markdown")),
    }
    return Item(task=_task(kind, fields), variant=_variant(fields), **head)


def _task(kind: str, fields: Fields) -> Task:
    match kind:
        case "single":
            return Single(_options(fields, "options"))
        case "multiple":
            scoring = fields.word("scoring", tuple(Scoring), default=Scoring.RIGHT_MINUS_WRONG)
            return Multiple(_options(fields, "options"), Scoring(scoring))
        case "true_false":
            is_true = fields.word("answer", ("true", "false")) == "true"
            return TrueFalse(is_true, fields.bilingual("if_wrong"), fields.bilingual("if_right"))
        case "numeric":
            return _numeric(fields)
        case "matching":
            return Matching(tuple(_pair(pair) for pair in fields.groups("pairs", required=True)))
        case "ordering":
            steps = fields.entries("steps", required=True)
            if len(steps) not in OPTIONS:
                raise OptionsOutside(count=len(steps))
            return Ordering(tuple(bilingual_of(step, "steps", fields.notes) for step in steps))
        case "short":
            return ShortAnswer(_answers(fields))
        case "calculator":
            return _calculator(fields)
    return _register(fields)


def _options(fields: Fields, key: str) -> tuple[Option, ...]:
    options = _answers(fields, key, "false")
    if len(options) not in OPTIONS:
        raise OptionsOutside(count=len(options))
    return options


def _answers(fields: Fields, key: str = "answers", default: str = "true") -> tuple[Option, ...]:
    options = tuple(_option(group, default) for group in fields.groups(key, required=True))
    if not any(option.is_right for option in options):
        raise NoRightAnswer()
    return options


def _option(fields: Fields, default: str) -> Option:
    text = fields.bilingual("text", required=True)
    is_right = fields.word("right", ("true", "false"), default=default) == "true"
    credit = fields.number("credit", -100, 100, default=plain(FULL if is_right else NOTHING))
    option = Option(text, credit, fields.bilingual("feedback"))
    fields.finish()
    return option


def _numeric(fields: Fields) -> Numeric:
    answers = tuple(_number(group) for group in fields.groups("answers", required=True))
    if not any(answer.credit > 0 for answer in answers):
        raise NoRightAnswer()
    return Numeric(answers, fields.text("unit"), fields.bilingual("if_carbon"))


def _number(fields: Fields) -> NumericAnswer:
    value = fields.text("value", required=True)
    number = None if value == "*" else decimal(value)
    tolerance = fields.text("tolerance", required=False)
    if number is not None and not tolerance:
        fields.notes.add(fields.line, ToleranceMissing(item=value[:40]))
    answer = NumericAnswer(
        number,
        _tolerance(tolerance or "0", number or NOTHING),
        fields.number("credit", -100, 100, default="100"),
        fields.bilingual("feedback"),
    )
    fields.finish()
    return answer


def _tolerance(text: str, value: Decimal) -> Decimal:
    """``0.02`` in the item's unit or ``0.5 %`` of the value."""
    if text.rstrip().endswith("%"):
        return abs(value) * decimal(text.rstrip()[:-1]) / 100
    return abs(decimal(text))


def _pair(fields: Fields) -> Pair:
    pair = Pair(fields.bilingual("prompt"), fields.bilingual("match", True), fields.bilingual("feedback"))
    fields.finish()
    return pair


def _calculator(fields: Fields) -> Calculator:
    return Calculator(
        model=fields.text("model", required=True),
        result=int(fields.number("result", 0, 10**15)),
        tolerance=fields.number("tolerance", 0, 100),
        factors=fields.texts("factors"),
        lines=fields.texts("lines"),
        region=fields.text("region"),
        answers=tuple(fields.words("answers").items()),
    )


def _register(fields: Fields) -> Register:
    projects = []
    for group in fields.groups("projects", required=True):
        may = group.word("may_issue", ("true", "false")) == "true"
        text, reason = group.bilingual("text", True), group.bilingual("reason", True)
        facts = tuple(map(_fact, group.groups("facts")))
        projects.append(RegisterProject(text, may, reason, facts, _case(group)))
        group.finish()
    if len(projects) not in OPTIONS:
        raise OptionsOutside(count=len(projects))
    return Register(tuple(projects))


def _case(fields: Fields) -> RegisterCase | None:
    if not fields.has("case"):
        return None
    group = Fields(Entry(fields.mapping("case"), fields.line_of("case")), fields.notes)
    case = RegisterCase(
        type=group.text("type", required=True),
        state=group.text("state") or "registered",
        is_approved=group.word("approved", _TRUTH, default="true") == "true",
        overlaps=group.word("overlaps", _TRUTH, default="false") == "true",
        owes=group.word("owes", _TRUTH, default="false") == "true",
        verified=_tonnes(group, "verified"),
        buffer=_tonnes(group, "buffer"),
        asks=_tonnes(group, "asks"),
        rules=group.text("rules"),
        begun=_day(group, "begun"),
        answers=tuple(group.words("answers").items()),
    )
    group.finish()
    return case


def _tonnes(fields: Fields, key: str) -> int | None:
    return int(fields.number(key, 1, 10**12)) if fields.has(key) else None


def _day(fields: Fields, key: str) -> str:
    text = fields.text(key)
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        fields.notes.add(fields.line_of(key), ValueShape(key=key, wanted="2021-04-01"))
        return ""


def _fact(fields: Fields) -> Fact:
    fact = Fact(fields.bilingual("name", required=True), fields.bilingual("value", required=True))
    fields.finish()
    return fact


def _variant(fields: Fields) -> Variant | None:
    if not fields.has("variant"):
        return None
    group = Fields(Entry(fields.mapping("variant"), fields.line_of("variant")), fields.notes)
    variant = Variant(
        parameters=tuple(_parameter(each) for each in group.groups("parameters", required=True)),
        formula=group.text("formula", required=True),
        tolerance_percent=group.number("tolerance_percent", 0, 50),
        decimals=int(group.number("decimals", 0, 9, default="2")),
        factors=tuple(_factor(each) for each in group.groups("factors")),
    )
    group.finish()
    return variant


def _parameter(fields: Fields) -> Parameter:
    name = fields.text("name", required=True)
    low, high, step = (fields.number(key, -(10**12), 10**12) for key in ("low", "high", "step"))
    fields.finish()
    return Parameter(name, low, high, step)


def _factor(fields: Fields) -> tuple[str, str, Decimal]:
    found = fields.text("name", True), fields.text("key", True), fields.number("value", -(10**12), 10**12)
    fields.finish()
    return found


# --- writing ------------------------------------------------------------------------------------------


def written_bank(items: Iterable[Item]) -> bytes:
    """The YAML of these items; reading it gives them back."""
    return written([_without_empty(_mapping(item)) for item in items]).encode()


def _mapping(item: Item) -> dict[str, Any]:
    kind, answers = _written_task(item.task)
    return {
        "id": item.id,
        "type": kind,
        "objective": item.objective,
        "difficulty": str(item.difficulty or ""),
        "source": item.source.en if item.source.zh == item.source.en else _sides(item.source),
        "category": item.category,
        "lesson": item.lesson,
        "markup": "" if item.markup is Markup.MARKDOWN else item.markup.value,
        "stem": _sides(item.stem),
        **answers,
        "feedback": _sides(item.feedback),
        "variant": _written_variant(item.variant),
    }


def _without_empty(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value not in ("", None, {}, [])}


def _sides(text: Bilingual) -> dict[str, str]:
    return {} if text == MISSING else {"zh": text.zh, "en": text.en}


def _written_task(task: Task) -> tuple[str, dict[str, Any]]:
    match task:
        case Single():
            return "single", {"options": [*map(_written_option, task.options)]}
        case Multiple():
            return "multiple", {
                "scoring": task.scoring.value,
                "options": [*map(_written_option, task.options)],
            }
        case TrueFalse():
            told = {"if_wrong": _sides(task.if_wrong), "if_right": _sides(task.if_right)}
            return "true_false", {"answer": str(task.is_true).lower(), **told}
        case Numeric():
            answers = [_without_empty(_written_number(answer)) for answer in task.answers]
            return "numeric", {"unit": task.unit, "answers": answers, "if_carbon": _sides(task.if_carbon)}
        case Matching():
            return "matching", {"pairs": [*map(_written_pair, task.pairs)]}
        case Ordering():
            return "ordering", {"steps": [_sides(step) for step in task.steps]}
        case ShortAnswer():
            return "short", {"answers": [*map(_written_option, task.answers)]}
        case Calculator():
            return "calculator", {
                "model": task.model,
                "result": str(task.result),
                "tolerance": plain(task.tolerance),
                "factors": list(task.factors),
                "lines": list(task.lines),
                "region": task.region,
                "answers": dict(task.answers),
            }
        case Register():
            return "register", {"projects": [*_projects(task)]}


def _written_pair(pair: Pair) -> dict[str, Any]:
    sides = {"prompt": pair.prompt, "match": pair.match, "feedback": pair.feedback}
    return _without_empty({key: _sides(text) for key, text in sides.items()})


def _written_option(option: Option) -> dict[str, Any]:
    share = {"right": "true"} if option.credit == FULL else {"credit": plain(option.credit)}
    return _without_empty({"text": _sides(option.text), **share, "feedback": _sides(option.feedback)})


def _written_number(answer: NumericAnswer) -> dict[str, Any]:
    return {
        "value": "*" if answer.value is None else plain(answer.value),
        "tolerance": "" if answer.value is None else plain(answer.tolerance),
        "credit": "" if answer.credit == FULL else plain(answer.credit),
        "feedback": _sides(answer.feedback),
    }


def _projects(task: Register) -> Iterator[dict[str, Any]]:
    for project in task.projects:
        may = str(project.may_issue).lower()
        facts = [{"name": _sides(fact.name), "value": _sides(fact.value)} for fact in project.facts]
        yield _without_empty(
            {
                "text": _sides(project.text),
                "facts": facts,
                "may_issue": may,
                "reason": _sides(project.reason),
                "case": _written_case(project.case),
            }
        )


def _written_case(case: RegisterCase | None) -> dict[str, Any]:
    """What a case says beyond what goes without saying."""
    if case is None:
        return {}
    amounts = {"verified": case.verified, "buffer": case.buffer, "asks": case.asks}
    return _without_empty(
        {
            "type": case.type,
            "state": case.state,
            "approved": "" if case.is_approved else "false",
            "overlaps": "true" if case.overlaps else "",
            "owes": "true" if case.owes else "",
            **{key: str(amount) for key, amount in amounts.items() if amount is not None},
            "rules": case.rules,
            "begun": case.begun,
            "answers": dict(case.answers),
        }
    )


def _written_variant(variant: Variant | None) -> dict[str, Any]:
    if variant is None:
        return {}
    return _without_empty(
        {
            "parameters": [
                {"name": p.name, "low": plain(p.low), "high": plain(p.high), "step": plain(p.step)}
                for p in variant.parameters
            ],
            "formula": variant.formula,
            "tolerance_percent": plain(variant.tolerance_percent),
            "decimals": str(variant.decimals),
            "factors": [
                {"name": name, "key": key, "value": plain(value)} for name, key, value in variant.factors
            ],
        }
    )
