"""For programs: the models with their questions and factors, and evaluation, singly or a thousand at once."""

from typing import Annotated, Any, Literal

from flask import current_app, request
from pydantic import BaseModel, ConfigDict, Field, RootModel

from portal.footprint.rules import library
from portal.footprint.rules.answers import from_program
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.model import Factor, Model
from portal.footprint.rules.results import digest, estimate, line_facts
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_
from portal.web.api import api_blueprint, body, describes
from portal.web.guard import open_to_all
from portal.web.i18n import lang

blueprint = api_blueprint("footprint", __name__)

MOST = 1_000
Sets = Annotated[list[dict[str, Any]], Field(max_length=MOST)]


class EvaluatedLine(BaseModel):
    """One rule's part, in grams; ``quality`` from A (metered) to D (a default)."""

    rule: str
    category: str
    grams: int
    low_g: int
    high_g: int
    quality: Literal["A", "B", "C", "D"]


class Evaluated(BaseModel):
    """A result. ``digest`` is the model's; ``result_digest`` rests on model, region, answers and lines."""

    model: str
    version: str
    digest: str
    region: str
    fallen_back: list[str]
    total_g: int
    low_g: int
    high_g: int
    lines: list[EvaluatedLine]
    defaulted: list[str]
    narrowing: list[str]
    result_digest: str


class EvaluatedBatch(BaseModel):
    """Results in the order of the answer sets."""

    results: list[Evaluated]


class EvaluateBody(BaseModel):
    """Answers by question: a number, an option's key, or true and false. A key left out is "I don't know"."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = Field(None, max_length=20)
    region: str | None = Field(
        None, max_length=20, description="Six-digit administrative code, such as 230700."
    )
    answers: dict[str, Any]


class BatchBody(BaseModel):
    """Up to a thousand sets of answers for one model, version and region."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = Field(None, max_length=20)
    region: str | None = Field(
        None, max_length=20, description="Six-digit administrative code, such as 230700."
    )
    answers: Sets


class BatchRequest(RootModel[BatchBody | Sets]):
    """A batch with its version and region, or just the list of answer sets."""

    root: BatchBody | Sets

    @property
    def batch(self) -> BatchBody:
        if isinstance(self.root, BatchBody):
            return self.root
        return BatchBody(version=None, region=None, answers=self.root)


class BothOut(BaseModel):
    zh: str
    en: str


class ModelOut(BaseModel):
    id: str
    title: BothOut
    version: str
    digest: str


class ModelsOut(BaseModel):
    models: list[ModelOut]


class OptionOut(BaseModel):
    key: str
    title: BothOut


class RegionOut(BaseModel):
    code: str
    title: BothOut


class QuestionOut(BaseModel):
    """``default`` is what is taken for "I don't know": a number, or an option's key."""

    key: str
    kind: str
    unit: str
    unit_label: BothOut
    min: float | None
    max: float | None
    whole: bool
    group: str | None
    options: list[OptionOut]
    default: float | str
    title: BothOut
    ask: BothOut
    unsure: BothOut
    basis: BothOut


class SourceOut(BaseModel):
    title: str
    url: str
    row: str


class FactorOut(BaseModel):
    """``value`` is a decimal as text, exactly as published."""

    name: str
    key: str
    value: str
    unit: str
    title: BothOut
    region: str
    year: str | int
    gases: str
    source: SourceOut
    licence: str
    confidence: str
    quality: list[int]
    review_by: str


class RuleOut(BaseModel):
    key: str
    title: BothOut
    category: str
    scope: str | int
    expr: str
    rises_with: list[str]
    falls_with: list[str]


class VersionOut(BaseModel):
    version: str
    digest: str


class OneModelOut(ModelOut):
    unit: str
    gwp: str
    boundary: BothOut
    region: str
    fallen_back: list[str]
    regions: list[RegionOut]
    questions: list[QuestionOut]
    factors: list[FactorOut]
    rules: list[RuleOut]
    versions: list[VersionOut]


class EmissionLineOut(BaseModel):
    """``quality`` from A (metered) to D (a default of ours)."""

    rule: str
    category: str
    grams: int
    low_g: int
    high_g: int
    quality: str


class EvaluationOut(BaseModel):
    """``defaulted``: questions left out. ``narrowing``: those whose answer would narrow the range most."""

    model: str
    version: str
    digest: str
    region: str
    fallen_back: list[str]
    total_g: int
    low_g: int
    high_g: int
    lines: list[EmissionLineOut]
    defaulted: list[str]
    narrowing: list[str]
    result_digest: str


class EvaluationsOut(BaseModel):
    results: list[EvaluationOut]


PLACED = {
    "version": "a version of the model; the newest when left out",
    "region": "six-digit administrative code",
}


@blueprint.get("/footprint/models")
@open_to_all
@describes(summary=N_("Footprint models"), tag="footprint", answers={200: ModelsOut})
def footprint_models() -> dict[str, Any]:
    return {"models": [_listed(model) for model in library.models()]}


@blueprint.get("/footprint/models/<model_id>")
@open_to_all
@describes(
    summary=N_("One model: questions, factors, rules and versions"),
    tag="footprint",
    query=PLACED,
    answers={200: OneModelOut},
)
def footprint_model(model_id: str) -> dict[str, Any]:
    model = library.model(model_id, request.args.get("version"))
    place = model.place(request.args.get("region") or _city())
    return {
        **_listed(model),
        "unit": model.unit_text,
        "gwp": model.gwp,
        "boundary": _both(model.boundary),
        "region": place.region,
        "fallen_back": list(place.fallen_back),
        "regions": [{"code": o.code, "title": _both(o.title)} for o in model.overlays.values()],
        "questions": _questions(model, place.region),
        "factors": [_factor(factor) for factor in place.factors.values()],
        "rules": [
            {
                "key": rule.key,
                "title": _both(rule.title),
                "category": rule.category,
                "scope": rule.scope,
                "expr": rule.expr,
                "rises_with": list(rule.rises_with),
                "falls_with": list(rule.falls_with),
            }
            for rule in model.rules.values()
        ],
        "versions": [
            {"version": version, "digest": library.lock()[f"{model.id}/{version}"]}
            for version in library.versions(model.id)
        ],
    }


@blueprint.post("/footprint/models/<model_id>/evaluate")
@open_to_all
@describes(
    summary=N_("Evaluate one set of answers"),
    tag="footprint",
    body=EvaluateBody,
    answers={200: EvaluationOut},
)
def footprint_evaluate(model_id: str) -> dict[str, Any]:
    sent = body(EvaluateBody)
    model = library.model(model_id, sent.version)
    try:
        return _evaluated(model, sent.region or _city(), sent.answers)
    except BadAnswer as fault:
        raise _named(fault) from None


@blueprint.post("/footprint/models/<model_id>/evaluate-batch")
@open_to_all
@describes(
    summary=N_("Evaluate up to 1,000 sets of answers"),
    tag="footprint",
    body=BatchRequest,
    answers={200: EvaluationsOut},
)
def footprint_evaluate_batch(model_id: str) -> dict[str, Any]:
    sent = body(BatchRequest).batch
    model, region = library.model(model_id, sent.version), sent.region or _city()
    results = []
    for index, answers in enumerate(sent.answers):
        try:
            results.append(_evaluated(model, region, answers))
        except BadAnswer as fault:
            raise _named(fault, index=index) from None
    return {"results": results}


def _named(fault: BadAnswer, **place: int) -> BadAnswer:
    """The same fault with its question named in the caller's language, and its place in a batch."""
    spoken = {
        name: text.in_(lang()) if isinstance(text, Bilingual) else text for name, text in fault.params.items()
    }
    return type(fault)(**spoken, **place)


def _city() -> str:
    return str(current_app.config["PORTAL"].city_code)


def _evaluated(model: Model, region: str, answers: dict[str, Any]) -> dict[str, Any]:
    given = from_program(model, answers)
    result = estimate(model, region, given)
    grams = {line.rule: line.grams for line in result.lines}
    return {
        "model": model.id,
        "version": model.version,
        "digest": model.digest,
        "region": region,
        "fallen_back": list(result.fallen_back),
        "total_g": result.total_g,
        "low_g": result.low_g,
        "high_g": result.high_g,
        "lines": line_facts(result.lines),
        "defaulted": list(result.defaulted),
        "narrowing": list(result.narrowing),
        "result_digest": digest(model.digest, region, given, grams),
    }


def _listed(model: Model) -> dict[str, Any]:
    return {"id": model.id, "title": _both(model.title), "version": model.version, "digest": model.digest}


def _both(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _questions(model: Model, region: str) -> list[dict[str, Any]]:
    unknown = compile_model(model, region).resolve((None,) * len(model.questions))
    return [
        {
            "key": question.key,
            "kind": question.kind,
            "unit": question.unit_text,
            "unit_label": _both(question.unit_label),
            "min": None if question.is_choice else _plain(float(question.low)),
            "max": None if question.is_choice else _plain(float(question.high)),
            "whole": question.whole,
            "group": question.group or None,
            "options": [{"key": option.key, "title": _both(option.title)} for option in question.options],
            "default": question.default if question.is_choice else _plain(value),
            "title": _both(question.title),
            "ask": _both(question.ask),
            "unsure": _both(question.unsure),
            "basis": _both(question.basis),
        }
        for question, value in zip(model.questions.values(), unknown, strict=True)
    ]


def _plain(value: float | None) -> int | float | None:
    return int(value) if value is not None and value.is_integer() else value


def _factor(factor: Factor) -> dict[str, Any]:
    return {
        "name": factor.name,
        "key": factor.key,
        "value": str(factor.value),
        "unit": factor.unit_text,
        "title": _both(factor.title),
        "region": factor.region,
        "year": factor.year,
        "gases": factor.gases,
        "source": {"title": factor.source.title, "url": factor.source.url, "row": factor.source.row},
        "licence": factor.licence,
        "confidence": factor.confidence,
        "quality": list(factor.quality),
        "review_by": factor.review_by.isoformat(),
    }
