"""For programs: the models with their questions and factors, and evaluation, singly or a thousand at once."""

from typing import Annotated, Any

from flask import current_app, request
from pydantic import BaseModel, ConfigDict, Field, RootModel

from portal.footprint.rules import library
from portal.footprint.rules.answers import from_program
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.model import Factor, Model
from portal.footprint.rules.results import digest, estimate, line_facts
from portal.kernel.bilingual import Bilingual
from portal.web.api import api_blueprint, body, describes
from portal.web.guard import open_to_all

blueprint = api_blueprint("footprint", __name__)

MOST = 1_000
Sets = Annotated[list[dict[str, Any]], Field(max_length=MOST)]


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


@blueprint.get("/footprint/models")
@open_to_all
@describes(summary="Footprint models", tag="footprint")
def footprint_models() -> dict[str, Any]:
    return {"models": [_listed(model) for model in library.models()]}


@blueprint.get("/footprint/models/<model_id>")
@open_to_all
@describes(summary="One model: questions, factors, rules and versions", tag="footprint")
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
@describes(summary="Evaluate one set of answers", body=EvaluateBody, tag="footprint")
def footprint_evaluate(model_id: str) -> dict[str, Any]:
    sent = body(EvaluateBody)
    return _evaluated(library.model(model_id, sent.version), sent.region or _city(), sent.answers)


@blueprint.post("/footprint/models/<model_id>/evaluate-batch")
@open_to_all
@describes(summary="Evaluate up to 1,000 sets of answers", body=BatchRequest, tag="footprint")
def footprint_evaluate_batch(model_id: str) -> dict[str, Any]:
    sent = body(BatchRequest).batch
    model, region = library.model(model_id, sent.version), sent.region or _city()
    results = []
    for index, answers in enumerate(sent.answers):
        try:
            results.append(_evaluated(model, region, answers))
        except BadAnswer as fault:
            fault.params["index"] = index
            raise
    return {"results": results}


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


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else value


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
