"""A model for the offline page: its questions and words as plain data, and which of them concern somebody."""

from portal.footprint.rules.compiler import Compiled, option_number
from portal.footprint.rules.expressions import javascript, names
from portal.footprint.rules.model import Model, Question
from portal.kernel.bilingual import Bilingual

Both = dict[str, str]


def both(text: Bilingual) -> Both:
    return {"zh": text.zh, "en": text.en}


def facts(compiled: Compiled) -> dict[str, object]:
    """Everything the page shows, in both languages. Expert questions are left out."""
    model = compiled.model
    return {
        "id": model.id,
        "version": model.version,
        "digest": model.digest,
        "region": compiled.place.region,
        "place": both(compiled.place.title),
        "title": both(model.title),
        "boundary": both(model.boundary),
        "categories": {key: both(title) for key, title in model.categories.items()},
        "groups": {
            key: {"ask": both(group.ask), "hint": both(group.hint)} for key, group in model.groups.items()
        },
        "questions": [_question(question) for question in model.questions.values()],
        "rules": [[rule.category, both(rule.title)] for rule in model.rules.values()],
    }


def _question(question: Question) -> dict[str, object]:
    return {
        "key": question.key,
        "kind": question.kind,
        "section": question.section,
        "group": question.group,
        "asked": not question.expert and not question.is_skipped,
        "ask": both(question.title if question.group else question.ask),
        "hint": both(question.hint),
        "unsure": both(question.unsure),
        "unit": both(question.unit_label),
        "low": float(question.low),
        "high": float(question.high),
        "whole": question.whole,
        "options": [[o.key, both(o.title), option_number(question, o.key)] for o in question.options],
    }


def relevance(compiled: Compiled) -> str:
    """JavaScript ``relevant(answers)``: for each question whether its conditions hold for these answers."""
    model = compiled.model
    code = {key: f"q{place}" for place, key in enumerate(model.questions)}
    code |= {a.name: repr(a.number) for a in model.assumptions.values()}
    code |= {f.name: repr(f.number) for f in compiled.place.factors.values()}
    lines = [f"  let [{', '.join(f'q{place}' for place in range(len(model.questions)))}] = answers;"]
    lines += [
        f"  if ({code[key]} === null) {code[key]} = {_default(model, question, code)};"
        for key, question in model.questions.items()
        if not question.expert
    ]
    said: dict[str, str] = {}
    for key, question in model.questions.items():
        tests = [javascript(test, code, model.options) for test in question.when]
        parents = dict.fromkeys(name for test in question.when for name in names(test) if name in said)
        tests += [said[name] for name in parents if said[name] != "true"]
        said[key] = f"({' && '.join(tests)})" if tests else "true"
    return "\n".join(
        ["function relevant(answers) {", *lines, f"  return [{', '.join(said.values())}];", "}", ""]
    )


def _default(model: Model, question: Question, code: dict[str, str]) -> str:
    if question.is_choice:
        return repr(option_number(question, question.default))
    return javascript(question.default_node, code, model.options)


def generated(compiled: Compiled) -> str:
    """The model as plain JavaScript without modules, which a page from a file may not load."""
    return compiled.javascript.replace("export function", "function").replace(
        "export const", "const"
    ) + relevance(compiled)
