"""For programs: the models with their questions and factors, and evaluation, singly or a thousand at once."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from flask import current_app, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from portal.footprint.queries import groups
from portal.footprint.rules import library
from portal.footprint.rules.answers import from_program
from portal.footprint.rules.campaigns import UnknownCampaign
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.groups import ALL
from portal.footprint.rules.model import Factor, Model, Place, own_pairs
from portal.footprint.rules.results import digest, estimate, line_facts
from portal.footprint.rules.versions import Basis, migrate, why_changed
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_
from portal.kernel.numbers import whole
from portal.web.api import api_blueprint, body, describes
from portal.web.guard import actor, open_to_all
from portal.web.i18n import lang

blueprint = api_blueprint("footprint", __name__)

MOST = 1_000
Sets = Annotated[list[dict[str, Any]], Field(max_length=MOST)]


class Placing(BaseModel):
    """By which version, where, when and for whom it is worked out, and with which own factors."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = Field(None, max_length=20)
    region: str | None = Field(
        None, max_length=20, description="Six-digit administrative code, such as 230700."
    )
    year: str | None = Field(
        None, max_length=20, description="Year of the factors; the newest when left out."
    )
    audience: str | None = Field(None, max_length=60, description="For whom the questions are put.")
    own: dict[str, str] = Field(
        default_factory=dict, max_length=200, description="Own factors by name, as decimal texts."
    )


class EvaluateBody(Placing):
    """Answers by question: a number, an option's key, or true and false. A key left out is "I don't know"."""

    answers: dict[str, Any]


class BatchBody(Placing):
    """Up to a thousand sets of answers, all worked out alike."""

    answers: Sets


class CompareBody(BaseModel):
    """Two evaluations of one model, the older version first."""

    model_config = ConfigDict(extra="forbid")

    before: EvaluateBody
    after: EvaluateBody


def _as_batch(sent: object) -> object:
    """A bare list is the answers. Said beforehand, so that what is wrong is named by its field alone."""
    return {"answers": sent} if isinstance(sent, list) else sent


class BatchRequest(RootModel[BatchBody]):
    """A batch with its version and region, or just the list of answer sets."""

    root: Annotated[BatchBody, BeforeValidator(_as_batch, json_schema_input_type=BatchBody | Sets)]


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
    """``default`` is what is taken for "I don't know": a number, or an option's key.

    ``express``: part of the short form. ``when``: asked only if all of these hold. ``expert``: replaces the
    quantity of the same name; while it is left out (``default`` null) the formula holds.
    """

    key: str
    kind: str
    unit: str
    unit_label: BothOut
    min: float | None
    max: float | None
    whole: bool
    group: str | None
    options: list[OptionOut]
    default: float | str | None
    express: bool
    section: str | None
    when: list[str]
    expert: bool
    title: BothOut
    ask: BothOut
    unsure: BothOut
    basis: BothOut
    confidence: str | None
    review_by: str | None


class SourceOut(BaseModel):
    title: str
    url: str
    row: str


class FactorOut(BaseModel):
    """``value`` is a decimal as text, exactly as published; ``overdue``: its date of review has passed."""

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
    overdue: bool


class FactorOfModelOut(FactorOut):
    """``overlay``: the region or year it stands for (``230000``, ``2022``, ``230000/2022``), if not all."""

    model: str
    version: str
    overlay: str | None


class FactorsOut(BaseModel):
    items: list[FactorOfModelOut]
    next: str | None


class RuleOut(BaseModel):
    key: str
    title: BothOut
    category: str
    scope: str | int
    expr: str
    rises_with: list[str]
    falls_with: list[str]
    switched_by: list[str]
    mee: str | None


class VersionOut(BaseModel):
    version: str
    digest: str


class ReleasedOut(VersionOut):
    """``takes_over``: the version whose answers it takes over, by its migration file."""

    released: str
    takes_over: str | None


class VersionsOut(BaseModel):
    versions: list[ReleasedOut]


class AudienceOut(BaseModel):
    key: str
    title: BothOut


class OneModelOut(ModelOut):
    unit: str
    gwp: str
    boundary: BothOut
    region: str
    fallen_back: list[str]
    year: str | None
    audience: str | None
    regions: list[RegionOut]
    years: list[str]
    audiences: list[AudienceOut]
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
    """A result. ``digest`` is the model's; ``result_digest`` rests on model, place, answers, factors, lines.

    ``defaulted``: questions left out. ``narrowing``: those whose answer would narrow the range most. ``own``:
    the own factors it rests on; such a result is to be marked "with own factors".
    """

    model: str
    version: str
    digest: str
    region: str
    year: str | None
    audience: str | None
    own: dict[str, str]
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


class CauseOut(BaseModel):
    """One reason for the difference. ``kind`` is answer, shares, place, year, own, factor or method."""

    kind: Literal["answer", "shares", "place", "year", "own", "factor", "method"]
    key: str
    title: BothOut
    grams: int
    before: str
    after: str


class DroppedOut(BaseModel):
    key: str
    title: BothOut
    why: BothOut


class ComparedOut(BaseModel):
    """``causes`` add up to ``difference_g``. ``dropped``: old answers that the new version does not take."""

    before: EvaluationOut
    after: EvaluationOut
    difference_g: int
    causes: list[CauseOut]
    dropped: list[DroppedOut]


PLACED = {
    "version": "a version of the model; the newest when left out",
    "region": "six-digit administrative code",
    "year": "year of the factors; the newest when left out",
    "audience": "for whom the questions are put",
}
FACTORS = 100


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
    asked = request.args
    model = library.model(model_id, asked.get("version"), asked.get("audience", ""))
    place = model.place(asked.get("region") or _city(), asked.get("year", ""))
    return {
        **_listed(model),
        "unit": model.unit_text,
        "gwp": model.gwp,
        "boundary": _both(model.boundary),
        "region": place.region,
        "year": place.year or None,
        "audience": model.audience or None,
        "fallen_back": list(place.fallen_back),
        "years": model.known_years(),
        "audiences": [{"key": a.key, "title": _both(a.title)} for a in model.audiences.values()],
        "regions": [{"code": o.code, "title": _both(o.title)} for o in model.overlays.values()],
        "questions": _questions(model, place),
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
                "switched_by": list(rule.switched_by),
                "mee": rule.mee or None,
            }
            for rule in model.rules.values()
        ],
        "versions": [
            {"version": version, "digest": library.lock()[f"{model.id}/{version}"]}
            for version in library.versions(model.id)
        ],
    }


@blueprint.get("/footprint/models/<model_id>/versions")
@open_to_all
@describes(summary=N_("Released versions of a model"), tag="footprint", answers={200: VersionsOut})
def footprint_versions(model_id: str) -> dict[str, Any]:
    library.model(model_id)  # an unknown one has no versions either
    return {"versions": [_released(library.model(model_id, each)) for each in library.versions(model_id)]}


@blueprint.get("/footprint/factors")
@open_to_all
@describes(
    summary=N_("Every factor of the newest models, with source, year, region and date of review"),
    tag="footprint",
    query={"cursor": "the ``next`` of the page before"},
    answers={200: FactorsOut},
)
def footprint_factors() -> dict[str, Any]:
    rows = [row for model in library.models() for row in _all_factors(model)]
    start = whole(request.args.get("cursor", "0"), len(rows))
    end = start + FACTORS
    return {"items": rows[start:end], "next": str(end) if end < len(rows) else None}


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
    try:
        return _evaluated(_basis(model_id, sent))
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
    sent, results = body(BatchRequest).root, []
    for index, answers in enumerate(sent.answers):
        try:
            results.append(_evaluated(_basis(model_id, sent, answers)))
        except BadAnswer as fault:
            raise _named(fault, index=index) from None
    return {"results": results}


@blueprint.post("/footprint/models/<model_id>/compare")
@open_to_all
@describes(
    summary=N_("Why a number changed: causes between two evaluations that add up to the gram"),
    tag="footprint",
    body=CompareBody,
    answers={200: ComparedOut},
)
def footprint_compare(model_id: str) -> dict[str, Any]:
    sent, sides = body(CompareBody), []
    for side in ("before", "after"):
        try:
            sides.append(_basis(model_id, getattr(sent, side)))
            sides[-1].model.place(sides[-1].region, sides[-1].year, sides[-1].own)
        except BadAnswer as fault:
            raise _named(fault, side=side) from None
    before, after = sides
    causes = why_changed(before, after)
    told = {"before": _evaluated(before), "after": _evaluated(after)}
    return {
        **told,
        "difference_g": told["after"]["total_g"] - told["before"]["total_g"],
        "causes": [{**asdict(cause), "title": _both(cause.title)} for cause in causes],
        "dropped": [
            {"key": gone.key, "title": _both(gone.title), "why": _both(gone.why)}
            for gone in migrate(before.model, after.model, before.given).dropped
        ],
    }


def _named(fault: BadAnswer, **place: int | str) -> BadAnswer:
    """The same fault with its question named in the caller's language and in both, and its place."""
    spoken: dict[str, object] = {}
    for name, value in fault.params.items():
        spoken[name] = value.in_(lang()) if isinstance(value, Bilingual) else value
        if name == "question" and isinstance(value, Bilingual):
            spoken |= {"question_zh": value.zh, "question_en": value.en}
    return type(fault)(**spoken, **place)


def _city() -> str:
    return str(current_app.config["PORTAL"].city_code)


def _basis(model_id: str, sent: Placing, answers: dict[str, Any] | None = None) -> Basis:
    """What a request wants evaluated. Raises UnknownModel and its kin, BadAnswer."""
    model = library.model(model_id, sent.version, sent.audience or "")
    said = answers if isinstance(answers, dict) else getattr(sent, "answers", {})
    return Basis(
        model, sent.region or _city(), from_program(model, said), sent.year or "", own_pairs(sent.own)
    )


def _evaluated(basis: Basis) -> dict[str, Any]:
    model, own = basis.model, dict(basis.own)
    result = estimate(model, basis.region, basis.given, basis.year, basis.own)
    grams = {line.rule: line.grams for line in result.lines}
    return {
        "model": model.id,
        "version": model.version,
        "digest": model.digest,
        "region": basis.region,
        "year": basis.year or None,
        "audience": model.audience or None,
        "own": own,
        "fallen_back": list(result.fallen_back),
        "total_g": result.total_g,
        "low_g": result.low_g,
        "high_g": result.high_g,
        "lines": line_facts(result.lines),
        "defaulted": list(result.defaulted),
        "narrowing": list(result.narrowing),
        "result_digest": digest(
            model.digest,
            basis.region,
            basis.given,
            grams,
            year=basis.year,
            audience=model.audience,
            own=own,
        ),
    }


def _listed(model: Model) -> dict[str, Any]:
    return {"id": model.id, "title": _both(model.title), "version": model.version, "digest": model.digest}


def _both(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _released(model: Model) -> dict[str, Any]:
    migration = library.migration(model.id, model.version)
    return {
        "version": model.version,
        "digest": model.digest,
        "released": model.released.isoformat(),
        "takes_over": migration.of if migration else None,
    }


def _all_factors(model: Model) -> Iterator[dict[str, Any]]:
    """Every factor table of a model, and what it stands for."""
    tables: dict[str | None, Mapping[str, Factor]] = {None: model.factors}
    tables |= {year.key: year.factors for year in model.years.values()}
    for code, overlay in model.overlays.items():
        tables[code] = overlay.factors
        tables |= {f"{code}/{year}": factors for year, factors in overlay.years.items()}
    for overlaid, factors in tables.items():
        for factor in factors.values():
            yield {"model": model.id, "version": model.version, "overlay": overlaid, **_factor(factor)}


def _questions(model: Model, place: Place) -> list[dict[str, Any]]:
    unknown = compile_model(model, place.region, place.year).resolve((None,) * len(model.questions))
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
            "express": question.express,
            "section": question.section or None,
            "when": list(question.when_text),
            "expert": question.expert,
            "title": _both(question.title),
            "ask": _both(question.ask),
            "unsure": _both(question.unsure),
            "basis": _both(question.basis),
            "confidence": question.confidence or None,
            "review_by": question.review_by.isoformat() if question.review_by else None,
        }
        for question, value in zip(model.questions.values(), unknown, strict=True)
        if not question.is_skipped
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
        "overdue": factor.review_by < clock.today(),
    }


# ---- campaigns: what is published, and nothing else


class CampaignCellOut(BaseModel):
    """Grams per person. ``key`` is a sub-group, an option's place, yes, no, or where a band or bin begins.

    It is "" for the others together; crossed tables have a sub-group and an answer on two lines.
    """

    key: str
    people: int
    mean_g: int
    median_g: int


class CampaignTableOut(BaseModel):
    """``all``, ``bins``, ``groups``, ``q0`` … by own questions, ``by0`` … crossed with sub-groups."""

    name: str
    cells: list[CampaignCellOut]


class CampaignOut(BaseModel):
    """``tables`` is empty while fewer than five have answered."""

    id: str
    model: str
    version: str
    opens: str
    closes: str
    categories: dict[str, int]
    tables: list[CampaignTableOut]


@blueprint.get("/footprint/campaigns/<campaign_id>")
@open_to_all
@describes(
    summary=N_("Published figures of a campaign"),
    tag="footprint",
    answers={200: CampaignOut},
    errors=(404,),
)
def footprint_campaign(campaign_id: str) -> dict[str, Any]:
    view = groups.campaign(campaign_id)
    if view.is_private:
        raise UnknownCampaign()
    published = groups.published(actor(), view)
    figures = published.figures if published else {}
    return {
        "id": view.id,
        "model": view.model_id,
        "version": view.version,
        "opens": view.opens.isoformat(),
        "closes": view.closes.isoformat(),
        "categories": figures[ALL][ALL]["categories"] if figures else {},
        "tables": [
            {
                "name": name,
                "cells": [
                    {"key": key, "people": cell["n"], "mean_g": cell["mean_g"], "median_g": cell["median_g"]}
                    for key, cell in sorted(cells.items())
                ],
            }
            for name, cells in sorted(figures.items())
        ],
    }
