"""GIFT banks of a pack: a file a language, read side by side, and changed one question at a time.

What is not changed stays as it is, line for line: comments, questions that cannot be read, and those of kinds
that are not taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.training.rules.formats import gift
from portal.training.rules.formats import gift_grammar as grammar
from portal.training.rules.formats.exchange import NotInThisFormat, NotWritable, with_carbon
from portal.training.rules.items import (
    MISSING,
    NOTHING,
    Item,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Pair,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
)

LANGS: Final = ("zh", "en")
Texts = Mapping[str, str]  # the two files by language


@dataclass(frozen=True, slots=True)
class Question:
    """An item with its place in each file that has it. ``is_joined``: the two languages are one item; else
    ``item`` is the side of the first language that has it."""

    item: Item
    blocks: Mapping[str, grammar.Block]
    is_joined: bool


def path_of(stem: str, lang: str) -> str:
    return f"bank/{stem}.{lang}.gift"


def side_by_side(texts: Texts) -> list[Question]:
    """The questions of both files, joined by their titles: those of the Chinese file, then the others."""
    sides = {
        lang: {each.item.id: each for each in gift.placed(texts.get(lang, ""), lang)[0]} for lang in LANGS
    }
    found = []
    for name in dict.fromkeys([*sides["zh"], *sides["en"]]):
        here = {lang: sides[lang][name] for lang in LANGS if name in sides[lang]}
        items = [each.item for each in here.values()]
        both = _joined(*items) if len(items) == len(LANGS) else None
        blocks = {lang: each.block for lang, each in here.items()}
        found.append(Question(with_carbon_apart(both or items[0]), blocks, both is not None))
    return found


def with_question(texts: Texts, was: Question | None, item: Item) -> dict[str, str]:
    """The files with ``item`` in the place of ``was``, or at their ends; a side without a text is taken out.

    Raises TextMissing, NotInThisFormat, NotWritable, NoRightAnswer.
    """
    if item.variant is not None:
        raise NotInThisFormat(kind="variant")
    told = [pair.feedback for pair in item.task.pairs] if isinstance(item.task, Matching) else []
    for feedback in told:
        if feedback != MISSING:
            raise NotWritable(text=(feedback.zh or feedback.en)[:40])
    changed = dict(texts)
    for lang in LANGS:
        block = was.blocks.get(lang) if was else None
        if item.stem.in_(lang).strip():
            changed[lang] = _with(changed.get(lang, ""), block, gift.question_of(item, lang))
        elif block and was and was.item.stem.in_(lang).strip():
            changed[lang] = _without(changed[lang], block)
    return changed


def without_question(texts: Texts, was: Question) -> dict[str, str]:
    """The files without it."""
    return {**texts, **{lang: _without(texts[lang], block) for lang, block in was.blocks.items()}}


def titled(text: str, lang: str) -> str:
    """With a title for every question that has none: it was called after its line, and lines move."""
    lines = text.split("\n")
    for each in gift.placed(text, lang)[0]:
        read = grammar.read_block(each.block)
        if isinstance(read, grammar.Question) and not read.title:
            at = each.block.line - 1
            lines[at] = f"::{each.item.id}::{lines[at].lstrip()}"
    return "\n".join(lines)


def _with(text: str, block: grammar.Block | None, question: grammar.Question) -> str:
    new = grammar.write([replace(question, category="")]).rstrip("\n").split("\n")
    lines = text.split("\n") if text else []
    known = list(grammar.blocks(text))
    if block is None:
        holds = known[-1].category if known else ""
        first, last, kept = len(lines), len(lines), [""] if lines and lines[-1].strip() else []
        is_last = True
    else:
        holds, first, last = block.category, block.first - 1, block.last
        kept = [line for line in lines[first:last] if grammar.is_category(line) or grammar.is_remark(line)]
        is_last = block.first == known[-1].first
    if question.category != holds:
        kept += [grammar.category_line(question.category), ""]
        new += [] if is_last else ["", grammar.category_line(holds)]
    return _ended([*lines[:first], *kept, *new, *lines[last:]])


def _without(text: str, block: grammar.Block) -> str:
    """Categories stay where they hold for what follows. So does one of the blank lines around it."""
    lines = text.split("\n")
    before, rest = lines[: block.first - 1], lines[block.last :]
    if block.first == list(grammar.blocks(text))[-1].first:
        while before and (not before[-1].strip() or grammar.is_category(before[-1])):
            before.pop()
        return _ended([*before, *rest])
    kept = [line for line in lines[block.first - 1 : block.last] if grammar.is_category(line)]
    if not kept and rest and not rest[0].strip():
        rest = rest[1:]
    return _ended([*before, *kept, *rest])


def _ended(lines: Sequence[str]) -> str:
    text = "\n".join(lines).rstrip("\n")
    return f"{text}\n" if text else ""


def with_carbon_apart(item: Item) -> Item:
    """With the answer that stands for carbon (``exchange.with_carbon``) as what is told of it again."""
    task = item.task
    if not isinstance(task, Numeric):
        return item
    for at, answer in enumerate(task.answers):
        if answer.credit == NOTHING and answer.value is not None and answer.feedback != MISSING:
            rest = (*task.answers[:at], *task.answers[at + 1 :])
            apart = replace(task, answers=rest, if_carbon=answer.feedback)
            if with_carbon(apart) == task.answers:
                return replace(item, task=apart)
    return item


# --- two sides of one item ----------------------------------------------------------------------------


def _joined(zh: Item, en: Item) -> Item | None:
    """One item of two; None when their answers do not correspond."""
    task = _joined_task(zh.task, en.task)
    if task is None or zh.markup is not en.markup:
        return None
    source = Bilingual(zh.source.zh, en.source.en or zh.source.en)
    return replace(
        zh, stem=_both(zh.stem, en.stem), feedback=_both(zh.feedback, en.feedback), task=task, source=source
    )  # fmt: skip


def _both(zh: Bilingual, en: Bilingual) -> Bilingual:
    return Bilingual(zh.zh, en.en)


def _joined_task(zh: Task, en: Task) -> Task | None:
    match zh, en:
        case Single(), Single():
            options = _joined_options(zh.options, en.options)
            return Single(options) if options else None
        case Multiple(), Multiple() if zh.scoring is en.scoring:
            options = _joined_options(zh.options, en.options)
            return Multiple(options, zh.scoring) if options else None
        case ShortAnswer(), ShortAnswer():
            answers = _joined_options(zh.answers, en.answers)
            return ShortAnswer(answers) if answers else None
        case TrueFalse(), TrueFalse() if zh.is_true is en.is_true:
            return TrueFalse(zh.is_true, _both(zh.if_wrong, en.if_wrong), _both(zh.if_right, en.if_right))
        case Numeric(), Numeric():
            numbers = _joined_numbers(zh.answers, en.answers)
            return replace(zh, answers=numbers) if numbers else None
        case Matching(), Matching() if len(zh.pairs) == len(en.pairs):
            pairs = zip(zh.pairs, en.pairs, strict=True)
            return Matching(tuple(Pair(_both(a.prompt, b.prompt), _both(a.match, b.match)) for a, b in pairs))
    return None


def _joined_options(zh: tuple[Option, ...], en: tuple[Option, ...]) -> tuple[Option, ...] | None:
    if [option.credit for option in zh] != [option.credit for option in en]:
        return None
    return tuple(
        Option(
            _both(a.text, b.text),
            a.credit,
            _both(a.feedback, b.feedback) if a.feedback != MISSING else MISSING,
        )
        for a, b in zip(zh, en, strict=True)
    )


def _joined_numbers(
    zh: tuple[NumericAnswer, ...], en: tuple[NumericAnswer, ...]
) -> tuple[NumericAnswer, ...] | None:
    def number(answer: NumericAnswer) -> NumericAnswer:
        return replace(answer, feedback=MISSING)

    if [number(answer) for answer in zh] != [number(answer) for answer in en]:
        return None
    return tuple(replace(a, feedback=_both(a.feedback, b.feedback)) for a, b in zip(zh, en, strict=True))
