"""What a model must hold to be used at all: cheap enough to be checked whenever it is loaded."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from portal.footprint.rules.dimensions import check_dimensions
from portal.footprint.rules.expressions import Node, names
from portal.footprint.rules.model import CONFIDENCES, KINDS, MEASURES, Factor, Model, Question
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_

_CODE = re.compile(r"[0-9]{6}")
_YEAR = re.compile(r"(19|20)[0-9]{2}")
# Stands in footprints and declarations for good, word for word; pages say it in the reader's language.
_WARMINGS = frozenset({N_("AR6, 100 years")})
_TEXTS = ("title", "ask", "hint", "unsure", "basis", "why", "missing", "quality_why", "review_why")


def faults_at_load(model: Model) -> list[str]:
    return [
        *check_dimensions(model),
        *_names_clash(model),
        *_unused(model),
        *(fault for factor in all_factors(model) for fault in _factor_faults(factor)),
        *(fault for question in model.questions.values() for fault in _question_faults(question)),
        *_default_faults(model),
        *_rule_faults(model),
        *_group_faults(model),
        *_place_faults(model),
        *_missing_texts(model),
        *([] if model.gwp in _WARMINGS else [f"gwp: {model.gwp!r} has no words in either language"]),
    ]


def all_factors(model: Model) -> Iterator[Factor]:
    """The national factors, those of places, and those of single years."""
    yield from model.factors.values()
    for year in model.years.values():
        yield from year.factors.values()
    for overlay in model.overlays.values():
        yield from overlay.factors.values()
        for factors in overlay.years.values():
            yield from factors.values()


def _names_clash(model: Model) -> list[str]:
    seen: set[str] = {"total"}
    faults = []
    ordinary = {question.key for question in model.ordinary}
    for section in (model.factors, model.assumptions, ordinary, model.quantities):
        faults += [f"{name}: the name is used twice" for name in section if name in seen]
        seen |= set(section)
    return faults


def _unused(model: Model) -> list[str]:
    used = {name for rule in model.rules.values() for name in names(rule.node)}
    used |= {name for quantity in model.quantities.values() for name in names(quantity.node)}
    used |= {name for measure in model.measures.values() for name in names(measure.node)}
    for question in model.ordinary:
        used |= {name for test in question.when for name in names(test)}
        used |= set() if question.is_choice else set(names(question.default_node))
    things = [*model.factors, *model.assumptions, *model.questions, *model.quantities]
    return [f"{name}: nothing uses it" for name in things if name not in used]


def _factor_faults(factor: Factor) -> list[str]:
    low, high = factor.sane
    name = f"factor {factor.name} ({factor.region} {factor.year})"
    faults = [] if low <= factor.value <= high else [f"{name}: {factor.value} is outside {low} to {high}"]
    needed = {"region": factor.region, "licence": factor.licence, "source": factor.source.title}
    faults += [f"{name}: no {what}" for what, text in needed.items() if not text]
    if not factor.year and factor.review_why is None:
        faults.append(f"{name}: no year, and no reason for its date of review")
    if factor.confidence not in CONFIDENCES:
        faults.append(f"{name}: unknown confidence {factor.confidence!r}")
    if len(factor.quality) != 5 or any(score not in (1, 2, 3, 4, 5) for score in factor.quality):
        faults.append(f"{name}: quality must be five scores from 1 to 5")
    return faults


def _default_faults(model: Model) -> list[str]:
    """How sure the defaults are: said of every question or, in models from before that, of none."""
    asked = [question for question in model.questions.values() if not question.expert]
    if not any(question.confidence or question.review_by for question in asked):
        return []
    return [
        f"question {question.key}: its default has no known confidence or no date of review"
        for question in asked
        if question.confidence not in CONFIDENCES or question.review_by is None
    ]


def _question_faults(question: Question) -> list[str]:
    name = f"question {question.key}"
    faults = [] if question.kind in KINDS else [f"{name}: unknown kind {question.kind!r}"]
    if question.measure not in MEASURES:
        faults.append(f"{name}: unknown measure {question.measure!r}")
    if question.gsd2_default < 1:
        faults.append(f"{name}: gsd2_default below 1")
    if question.is_choice:
        keys = [option.key for option in question.options]
        if question.default not in keys or (question.lowest and question.lowest not in keys):
            faults.append(f"{name}: its default or lowest is not an option")
        if len({option.value is None for option in question.options}) != 1:
            faults.append(f"{name}: either all options have a value or none")
    elif not Decimal(0) <= question.low < question.high:
        faults.append(f"{name}: no range from min to max")
    elif (
        not question.expert
        and not any(names(question.default_node))
        and not question.low <= Decimal(question.default) <= question.high
    ):
        faults.append(f"{name}: its default is outside its range")
    return faults


def _group_faults(model: Model) -> list[str]:
    """Shares are asked together: one after the other, under the same conditions, in a group of their own."""
    faults = []
    for question in model.questions.values():
        name = f"question {question.key}"
        if (question.kind == "share") != bool(question.group) or question.group not in {"", *model.groups}:
            faults.append(f"{name}: a share belongs to a group, and a group has shares only")
        if question.section and question.section not in model.categories:
            faults.append(f"{name}: unknown section {question.section!r}")
        leans = {part for test in question.when for part in names(test) if part in model.questions}
        for key in sorted(leans):
            asked = model.questions[key]
            if not asked.is_choice and model.factors.keys() & set(names(asked.default_node)):
                faults.append(f"{name}: when looks at {key}, whose default rests on factors of a place")
    for group in model.groups:
        members = [question for question in model.questions.values() if question.group == group]
        if len({(question.section, question.express, question.when) for question in members}) != 1:
            faults.append(f"group {group}: its shares are not asked together")
        if [len(page) for page in model.steps if page[0].group == group] not in ([], [len(members)]):
            faults.append(f"group {group}: its shares do not follow one another")
    return faults


def _place_faults(model: Model) -> list[str]:
    """Places, years and audiences that golden cases and overlays speak of."""
    faults = [f"audience {a.key}: no question {key!r}" for a in model.audiences.values() for key in a.skip
              if key not in model.questions]  # fmt: skip
    faults += [
        f"overlay {code}: not an administrative code" for code in model.overlays if not _CODE.fullmatch(code)
    ]
    faults += [f"year {year}: not a year" for year in model.known_years() if not _YEAR.fullmatch(year)]
    for case in model.cases.values():
        if case.year and case.year not in model.known_years():
            faults.append(f"case {case.key}: no factors of {case.year}")
        if case.audience and case.audience not in model.audiences:
            faults.append(f"case {case.key}: no audience {case.audience!r}")
    faults += [f"measure {m.key}: shown {m.shown!r}" for m in model.measures.values()
               if m.shown not in ("", "apart")]  # fmt: skip
    return faults


def _rule_faults(model: Model) -> list[str]:
    """Each rule says of every question in it how it moves, and nothing else; of quantities it may say so."""
    faults = []
    parts = {quantity.key: set(names(quantity.node)) for quantity in model.quantities.values()}
    for rule in model.rules.values():
        if rule.category not in model.categories:
            faults.append(f"rule {rule.key}: unknown category {rule.category!r}")
        if rule.scope not in ("1", "2", "3") or rule.whose not in ("yours", "city"):
            faults.append(f"rule {rule.key}: unknown scope or whose")
        if rule.mee and rule.mee not in model.mee:
            faults.append(f"rule {rule.key}: unknown class {rule.mee!r}")
        used = _reached(rule.node, parts)
        declared = {*rule.rises_with, *rule.falls_with, *rule.switched_by}
        wanted = {question.key for question in model.ordinary} & used
        if declared - (used & model.quantities.keys()) != wanted:
            faults.append(f"rule {rule.key}: declares {sorted(declared)}, depends on {sorted(wanted)}")
    return faults


def _reached(node: Node, parts: Mapping[str, set[str]]) -> set[str]:
    """Every name in a tree, and in the quantities it is worked out from."""
    found, waiting = set[str](), set(names(node))
    while waiting:
        found |= waiting
        waiting = {name for key in waiting & parts.keys() for name in parts[key]} - found
    return found


def _missing_texts(model: Model) -> list[str]:
    return [
        f"{path}: Chinese or English text is missing" for path, text in texts(model) if not text.is_complete
    ]


def texts(model: Model) -> Iterator[tuple[str, Bilingual]]:
    """Every text of the model, with where it stands."""
    for name in ("title", "intro", "boundary", "gwp_note"):
        yield name, getattr(model, name)
    yield from ((f"category.{key}", text) for key, text in model.categories.items())
    yield from ((f"mee.{key}", text) for key, text in model.mee.items())
    sections = (
        model.groups, model.questions, model.assumptions, model.factors, model.quantities, model.rules,
        model.measures, model.references, model.actions, model.overlays, model.years, model.audiences,
    )  # fmt: skip
    for section in sections:
        for key, thing in section.items():
            for name in _TEXTS:
                if isinstance(text := getattr(thing, name, None), Bilingual):
                    yield f"{type(thing).__name__.lower()}.{key}.{name}", text
    for question in model.questions.values():
        if question.unit_label != Bilingual("", ""):
            yield f"question.{question.key}.unit_label", question.unit_label
        yield from ((f"question.{question.key}.{option.key}", option.title) for option in question.options)
