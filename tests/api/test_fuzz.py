"""Whatever is sent, the answer is one the document knows, and never a fault of ours."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Any, NamedTuple

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import APIOperation, Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.registry.queries.register import lot, serials_of_lot
from portal.web.links import key_for
from tests.api.conftest import ManyNetworks
from tests.factories.groups import a_campaign
from tests.factories.shop import seen
from tests.factories.witnesses import a_witness, head, signed_line

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EACH = int(os.environ.get("API_FUZZ", "8"))  # examples per call: well over a hundred in all; more by hand
FEWER = max(2, EACH // 4)  # for each of those who ask besides a guest


class Place(NamedTuple):
    """What exists at a path: parts of a request that reach the deeper code."""

    path: dict[str, str] = {}
    query: dict[str, str] = {}
    body: dict[str, Any] = {}


def fuzz(
    app: Flask,
    places: Mapping[str, Place],
    each: int = EACH,
    bearer: str = "",
    people: Sequence[Actor | None] = (None,),
) -> Counter[tuple[str, str, int]]:
    """Send generated requests to every call, each as every one of ``people``; how often each status came.

    Raises FailureGroup.
    """
    api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", ManyNetworks(app))
    statuses: Counter[tuple[str, str, int]] = Counter()
    for found in api.get_all_operations():
        operation = found.ok()
        statuses += _send(app, operation, places.get(operation.path, Place()), each, bearer, people)
    return statuses


def _send(
    app: Flask, operation: APIOperation, place: Place, each: int, bearer: str, people: Sequence[Actor | None]
) -> Counter[tuple[str, str, int]]:
    statuses: Counter[tuple[str, str, int]] = Counter()
    turns = cycle((True, False))

    @given(case=operation.as_strategy())
    @settings(max_examples=each, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    def send(case: Case) -> None:
        if next(turns):
            _aim(case, place)
        if bearer:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {bearer}"}
        for person in people:
            if person:
                app.extensions["portal.person"] = partial(_it_is, person)
            answer = case.call()
            statuses[case.method, case.path, answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

    send()
    return statuses


def _it_is(person: Actor) -> Actor:
    return person


def _aim(case: Case, place: Place) -> None:
    """Point a generated request at something that exists; the rest of it stays as generated."""
    case.path_parameters = {**(case.path_parameters or {}), **place.path}
    case.query = {**(case.query or {}), **place.query}
    if place.body:
        body = (case.body if isinstance(case.body, dict) else {}) | place.body
        case.body = {name: value for name, value in body.items() if value is not None}


@pytest.fixture
def places(order_id: str) -> dict[str, Place]:
    number = seen(order_id).certificates[0]
    a_witness()
    newest = {"version": "1.0.0", "region": "230700"}
    wanted = {
        "budget_minor": None, "lines": [{"kg": 100}], "email": "lin@example.cn",
        "beneficiary": {"name": "林"}, "currency": "CNY", "purpose": None,
    }  # fmt: skip
    return {
        "/certificates/{number}": Place({"number": number}),
        "/footprint/models/{model_id}": Place({"model_id": "household-cn"}, newest),
        "/footprint/models/{model_id}/evaluate": Place(
            {"model_id": "household-cn"}, body=newest | {"answers": {}}
        ),
        "/footprint/models/{model_id}/evaluate-batch": Place(
            {"model_id": "event-cn"}, body=newest | {"answers": [{}]}
        ),
        "/footprint/models/{model_id}/compare": Place(
            {"model_id": "event-cn"},
            body={"before": newest | {"answers": {}}, "after": newest | {"answers": {"people": 7}}},
        ),
        "/footprint/models/{model_id}/versions": Place({"model_id": "event-cn"}),
        "/footprint/campaigns/{campaign_id}": Place({"campaign_id": a_campaign()}),
        "/log/cosignatures": Place(body={"size": head().size, "line": signed_line()}),
        "/log/proof/inclusion": Place(query={"idx": "0", "size": "2"}),
        "/log/proof/consistency": Place(query={"from": "1", "to": "2"}),
        "/lots/{code}": Place({"code": "LOT-A"}),
        "/orders": Place(body=wanted),
        "/orders/{order_id}": Place({"order_id": order_id}),
        "/projects/{code}": Place({"code": "HLYC-0001"}),
        "/register": Place(query={"serial": serials_of_lot(lot("LOT-A").id)[0]}),
        "/schemas/{kind}.json": Place({"kind": "attribution"}),
    }


def test_nothing_undocumented_comes_back(app: Flask, places: dict[str, Place]):
    app.config["PROPAGATE_BUGS"] = False  # a bug is to answer 500 here, as it does outside tests
    statuses = fuzz(app, places)
    assert statuses.total() >= 100
    reached = {(verb, path) for verb, path, status in statuses if status < 300}
    # Without the order's token there is no order; the test below has it.
    assert {(verb, path) for verb, path, _ in statuses} - reached == {("GET", "/orders/{order_id}")}


def test_a_bearer_of_the_token_is_answered_as_documented(app: Flask, order_id: str):
    app.config["PROPAGATE_BUGS"] = False
    api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", ManyNetworks(app))
    bearer = {"Authorization": f"Bearer {key_for(order_id)}"}
    case = api["/orders/{order_id}"]["GET"].Case(path_parameters={"order_id": order_id}, headers=bearer)
    answer = case.call()
    assert answer.status_code == 200
    case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize("who", ["bearer", "bearer of another order"])
def test_whoever_asks_is_answered_as_documented(
    app: Flask, places: dict[str, Place], order_id: str, who: str
):
    app.config["PROPAGATE_BUGS"] = False
    bearers = {"bearer": key_for(order_id), "bearer of another order": key_for(new_id("ord"))}
    statuses = fuzz(app, places, FEWER, bearers[who])
    assert (statuses["GET", "/orders/{order_id}", 200] > 0) is (who == "bearer"), statuses


def test_every_role_is_answered_as_documented(app: Flask, places: dict[str, Place], order_id: str):
    """Roles are given to the API here although it never looks at a cookie: none may break it either."""
    app.config["PROPAGATE_BUGS"] = False
    people = [Actor(f"usr_of_role_{role}", frozenset({Role.CITIZEN, role})) for role in Role]
    statuses = fuzz(app, places, FEWER, people=people)
    asked = Counter[tuple[str, str]]()
    for (verb, path, _status), times in statuses.items():
        asked[verb, path] += times
    assert {times % len(people) for times in asked.values()} == {0}, "each request went out as every role"
    opened = statuses["GET", "/orders/{order_id}", 200]
    assert 0 < opened < asked["GET", "/orders/{order_id}"], "the control: roles are seen, and differ"


@pytest.mark.parametrize("fault", ["bug", "undocumented"])
def test_a_planted_fault_is_found(app: Flask, places: dict[str, Place], fault: str):
    app.config["PROPAGATE_BUGS"] = False

    def faulty(**_places: str) -> tuple[dict[str, str], int]:
        if fault == "bug":
            raise ZeroDivisionError
        return {}, 418

    app.view_functions["registry_api.lots"] = _like(app.view_functions["registry_api.lots"], faulty)
    with pytest.raises((FailureGroup, BaseExceptionGroup)):
        fuzz(app, places)


def _like(view: object, faulty: object) -> object:
    faulty.__dict__.update(view.__dict__)  # type: ignore[attr-defined]
    return faulty
