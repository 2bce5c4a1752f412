"""The document is valid, whole and true: every route is in it, and every answer is as it says."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from portal.api import openapi
from portal.kernel.actor import Actor
from portal.ops import audit
from portal.web.api import PREFIX, describes
from portal.web.guard import open_to_all
from portal.web.links import key_for
from tests.factories import groups, shop, witnesses
from tests.factories.planting import make_planting
from tests.factories.witnesses import a_witness, signed_line

OWN = {"api.document", "api.docs"}  # the document does not describe itself


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").get_json()


def undescribed(app: Flask) -> list[str]:
    """Routes of the API that the document lacks."""
    told = {(call.rule.rule, call.verb) for call in openapi.calls(app)}
    return [
        f"{verb} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX) and rule.endpoint not in OWN
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if (rule.rule, verb) not in told
    ]


def test_the_document_is_valid_openapi(document):
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_a_broken_document_is_found(document):
    document["paths"]["/lots"]["get"]["responses"] = {"200": {"content": {}}}  # a description is wanted
    with pytest.raises(OpenAPIValidationError):
        validate(document, cls=OpenAPIV31SpecValidator)


def test_every_route_is_in_the_document(app):
    assert undescribed(app) == []


def _nothing() -> dict[str, str]:
    return {}


def test_a_forgotten_route_is_found(app: Flask):
    careless = Blueprint("careless_api", __name__, url_prefix=PREFIX)
    careless.get("/forgotten", endpoint="forgotten")(open_to_all(_nothing))
    careless.get("/told", endpoint="told")(describes(summary="Told")(open_to_all(lambda: _nothing())))
    app.register_blueprint(careless)
    assert undescribed(app) == [f"GET {PREFIX}/forgotten"]


PROMISED = [
    "GET /footprint/models", "GET /footprint/models/{model_id}", "POST /footprint/models/{model_id}/evaluate",
    "POST /footprint/models/{model_id}/evaluate-batch", "POST /footprint/models/{model_id}/compare",
    "GET /footprint/models/{model_id}/versions", "GET /footprint/factors",
    "GET /footprint/campaigns/{campaign_id}",
    "GET /projects", "GET /projects/{code}", "GET /lots",
    "GET /lots/{code}", "GET /planting", "GET /register", "POST /orders", "GET /orders/{order_id}",
    "GET /certificates/{number}", "GET /log/checkpoint", "GET /log/entries",
    "GET /log/audits", "GET /log/witnesses", "POST /log/cosignatures",
    "GET /log/proof/inclusion", "GET /log/proof/consistency", "GET /schemas/{kind}.json",
]  # fmt: skip


def test_what_was_promised_is_there(document):
    told = {f"{verb.upper()} {path}" for path, verbs in document["paths"].items() for verb in verbs}
    assert told == set(PROMISED)


def test_every_answer_has_a_schema_and_every_write_its_key(document):
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            shape = good[0]["content"]["application/json"]["schema"]
            assert "$ref" in shape or "properties" in shape or path.startswith("/schemas/"), path
            names = [p.get("name") or p["$ref"].rsplit("/", 1)[1] for p in operation["parameters"]]
            is_write = verb == "post" and not path.endswith(("/evaluate", "/evaluate-batch", "/compare"))
            assert ("IdempotencyKey" in names) == is_write, path


# --- answers are as the document says ------------------------------------------------------------------


class Conversation:
    """Calls the API and holds each answer against the document."""

    def __init__(self, client: FlaskClient, document: dict[str, Any]) -> None:
        self.client, self.document = client, document
        self.seen: set[str] = set()

    def ask(self, verb: str, template: str, *, expect: int = 200, **places: Any) -> Any:
        names = {
            name: quote(str(places.pop(name)), safe="") for name in list(places) if f"{{{name}}}" in template
        }
        answer = self.client.open(PREFIX + template.format(**names), method=verb, **places)
        assert answer.status_code == expect, answer.get_data(as_text=True)
        told = self.document["paths"][template][verb.lower()]["responses"][str(expect)]["content"]
        assert answer.mimetype in told
        check(answer.get_json(), told[answer.mimetype]["schema"], self.document)
        if expect < 400:
            self.seen.add(f"{verb} {template}")
        return answer.get_json()


def check(answer: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    """Raises ValidationError. Strict: a member the document does not name is wrong as well."""
    parts = json.loads(json.dumps(document["components"]))
    parts["schemas"].pop("Problem") if "Problem" not in str(schema) else None
    for part in _objects(parts["schemas"]):
        if "properties" in part and part.get("title"):
            part.setdefault("additionalProperties", False)
    Draft202012Validator({**schema, "components": parts}).validate(answer)


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for inner in part.values():
            yield from _objects(inner)


def test_every_answer_is_as_the_document_says(client: FlaskClient, document, order_id):
    talk = Conversation(client, document)
    (model, *_) = talk.ask("GET", "/footprint/models")["models"]
    for each in ("household-cn", "event-cn"):
        talk.ask("GET", "/footprint/models/{model_id}", model_id=each)
    talk.ask("POST", "/footprint/models/{model_id}/evaluate", model_id=model["id"], json={"answers": {}})
    talk.ask(
        "POST", "/footprint/models/{model_id}/evaluate-batch", model_id=model["id"], json=[{}, {"people": 2}]
    )
    sides = {"before": {"answers": {}}, "after": {"answers": {"people": 3}}}
    talk.ask("POST", "/footprint/models/{model_id}/compare", model_id=model["id"], json=sides)
    talk.ask("GET", "/footprint/models/{model_id}/versions", model_id=model["id"])
    talk.ask("GET", "/footprint/factors")
    campaign_id = groups.a_campaign()
    groups.answers_of(campaign_id, 6)
    talk.ask("GET", "/footprint/campaigns/{campaign_id}", campaign_id=campaign_id)
    (project,) = talk.ask("GET", "/projects")["items"]
    talk.ask("GET", "/projects/{code}", code=project["code"])
    (lot,) = talk.ask("GET", "/lots")["items"]
    (serial,) = talk.ask("GET", "/lots/{code}", code=lot["code"])["serials"]
    (found,) = talk.ask("GET", "/register", query_string={"serial": serial})["items"]
    assert found["serial"] == serial
    campaign = make_planting()
    (planting,) = talk.ask("GET", "/planting")["plantings"]
    assert planting["code"] == campaign.code
    a_witness()
    signed = {"size": witnesses.head().size, "line": signed_line()}
    key = {"Idempotency-Key": "a witness's line"}
    talk.ask("POST", "/log/cosignatures", expect=201, json=signed, headers=key)
    (witness,) = talk.ask("GET", "/log/witnesses")["items"]
    assert witness["size"] == signed["size"]
    audit.verify_and_keep(Actor.system("audit"))
    (report,) = talk.ask("GET", "/log/audits")["items"]
    assert report["ok"]
    head = talk.ask("GET", "/log/checkpoint")
    entries = talk.ask("GET", "/log/entries")["items"]
    assert len(entries) == head["size"]
    talk.ask("GET", "/log/proof/inclusion", query_string={"idx": 0})
    talk.ask("GET", "/log/proof/consistency", query_string={"from": 1})
    talk.ask("GET", "/schemas/{kind}.json", kind=json.loads(entries[0]["body"])["kind"])
    placed = talk.ask(
        "POST", "/orders", expect=201, json=_order(100), headers={"Idempotency-Key": "a new order"}
    )
    bearer = {"Authorization": f"Bearer {placed['token']}"}
    assert (
        talk.ask("GET", "/orders/{order_id}", order_id=placed["id"], headers=bearer)["state"]
        == "awaiting_payment"
    )
    done = {"Authorization": f"Bearer {key_for(order_id)}"}
    (number,) = talk.ask("GET", "/orders/{order_id}", order_id=order_id, headers=done)["certificates"]
    assert talk.ask("GET", "/certificates/{number}", number=number)["mass_g"] == 100_000
    assert talk.seen == set(PROMISED)


def test_errors_are_problem_details_as_the_document_says(client: FlaskClient, document, order_id):
    talk = Conversation(client, document)
    problem = talk.ask("GET", "/lots/{code}", code="NONE", expect=404)
    assert problem["type"] == "/problems/unknown-lot"
    talk.ask("GET", "/orders/{order_id}", order_id=order_id, expect=404)
    talk.ask("GET", "/log/proof/inclusion", query_string={"idx": "first"}, expect=422)
    talk.ask("POST", "/orders", json=_order(100), expect=422)
    short = talk.ask(
        "POST", "/orders", json=_order(10_000), headers={"Idempotency-Key": "too much of it"}, expect=409
    )
    assert short["left_kg"] == 9_900


def test_an_answer_that_differs_is_found(document):
    lots = document["paths"]["/lots"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    check({"items": [], "next": None}, lots, document)
    for wrong in ({"items": []}, {"items": [], "next": 3}, {"items": [], "next": None, "more": 1}):
        with pytest.raises(ValidationError):
            check(wrong, lots, document)


def _order(kg: int) -> dict[str, Any]:
    return {
        "lines": [{"kg": kg}], "beneficiary": {"name": shop.BUYER.name}, "email": shop.BUYER.email,
        "lang": "en", "consent_retire_now": True,
    }  # fmt: skip
