"""Whatever is sent, the answer is one the document knows, and never a fault of ours."""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.web.links import key_for
from tests.api.conftest import ManyNetworks

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EACH = 8  # examples per call: well over a hundred in all


def fuzz(app: Flask, *, seconds_each: int = 30, **places: str) -> int:
    """Send generated requests to every call of the document; how many were sent. Raises FailureGroup."""
    api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", ManyNetworks(app))
    sent = 0
    for found in api.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=EACH, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        def send(case: Case) -> None:
            nonlocal sent
            sent += 1
            # Every other request is about something that exists, or the deeper code is never reached.
            if sent % 2 and case.path_parameters:
                case.path_parameters = {name: places.get(name, value) for name, value in case.path_parameters.items()}
            case.validate_response(case.call(), checks=CHECKS)

        send()
    return sent


@pytest.fixture
def places(order_id: str) -> dict[str, str]:
    from tests.factories.shop import seen

    return {
        "code": "LOT-A", "model_id": "household-cn", "kind": "attribution", "order_id": order_id,
        "number": seen(order_id).certificates[0],
    }  # fmt: skip


def test_nothing_undocumented_comes_back(app: Flask, places: dict[str, str]):
    app.config["PROPAGATE_BUGS"] = False  # a bug is to answer 500 here, as it does outside tests
    assert fuzz(app, **places) >= 100


def test_a_bearer_of_the_token_is_answered_as_documented(app: Flask, places: dict[str, str]):
    app.config["PROPAGATE_BUGS"] = False
    api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", ManyNetworks(app))
    case = api["/orders/{order_id}"]["GET"].Case(
        path_parameters={"order_id": places["order_id"]},
        headers={"Authorization": f"Bearer {key_for(places['order_id'])}"},
    )
    case.validate_response(case.call(), checks=CHECKS)


@pytest.mark.parametrize("fault", ["bug", "undocumented"])
def test_a_planted_fault_is_found(app: Flask, places: dict[str, str], fault: str):
    app.config["PROPAGATE_BUGS"] = False

    def faulty(**_places: str) -> tuple[dict[str, str], int]:
        if fault == "bug":
            raise ZeroDivisionError
        return {}, 418

    app.view_functions["registry_api.lots"] = _like(app.view_functions["registry_api.lots"], faulty)
    with pytest.raises((FailureGroup, BaseExceptionGroup)):
        fuzz(app, **places)


def _like(view: object, faulty: object) -> object:
    faulty.__dict__.update(view.__dict__)  # type: ignore[attr-defined]
    return faulty
