"""What every API blueprint shares: its place, open CORS for reads, and the idempotency key of writes."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, request
from pydantic import BaseModel, ValidationError

from portal.kernel.errors import InvalidInput, N_

Model = TypeVar("Model", bound=BaseModel)
PREFIX = "/api/v1"


class BadRequestBody(InvalidInput):
    message = N_("%(field)s: %(reason)s")


class NotJson(InvalidInput):
    message = N_("Send a JSON object with Content-Type: application/json.")


class NeedsIdempotencyKey(InvalidInput):
    message = N_("Send an Idempotency-Key header of 8 to 200 characters with every write.")


def api_blueprint(room: str, import_name: str) -> Blueprint:
    """Routes under ``/api/v1``; public reads may be called from any site."""
    blueprint = Blueprint(f"{room}_api", import_name, url_prefix=PREFIX)

    @blueprint.after_request
    def open_to_other_sites(response: Response) -> Response:
        if request.method in ("GET", "OPTIONS") or request.path.endswith(("/evaluate", "/evaluate-batch")):
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        return response

    return blueprint


def body(model: type[Model]) -> Model:
    """The request's JSON as this model. Raises NotJson, BadRequestBody (naming the first field)."""
    if request.mimetype != "application/json":
        raise NotJson()
    raw = request.get_data(cache=True)
    try:
        return model.model_validate_json(raw)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadRequestBody(field=place, reason=first["msg"]) from None


def idempotency_key() -> str:
    """The header every write needs. Raises NeedsIdempotencyKey."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 8 <= len(key) <= 200 or not key.isprintable():
        raise NeedsIdempotencyKey()
    return key


def describes(**operation: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Attach the OpenAPI operation of a view: summary, parameters, requestBody model, answers."""

    def attach(view: Callable[..., Any]) -> Callable[..., Any]:
        view.__operation__ = operation  # type: ignore[attr-defined]
        return view

    return attach


def install(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 20 * 1024 * 1024
