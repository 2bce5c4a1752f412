"""What every API blueprint shares: its place, open reads, limits, and the idempotency key of writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from flask import Blueprint, Flask, Response, current_app, request
from pydantic import BaseModel, ValidationError

from portal.kernel.errors import N_, InvalidInput
from portal.web import limits
from portal.web.i18n import _

Model = TypeVar("Model", bound=BaseModel)
Schema = Mapping[str, Any]  # a JSON Schema written by hand
PREFIX = "/api/v1"
READS = "600/minute"  # of one network, all public reads together


class BadRequestBody(InvalidInput):
    message = N_("%(field)s: %(reason)s")


class NotText(InvalidInput):
    message = N_("A text contains a zero byte.")


class NotJson(InvalidInput):
    message = N_("Send a JSON object with Content-Type: application/json.")


class NeedsIdempotencyKey(InvalidInput):
    message = N_("Send an Idempotency-Key header of 8 to 200 characters with every write.")


_WHOLE_NUMBER = N_("a whole number is needed")
_OBJECT = N_("an object is needed")
_OTHER = N_("it is not what the description of this API says")
_REASONS: Final[Mapping[str, str]] = {
    "missing": N_("it is missing"),
    "extra_forbidden": N_("it is not known here"),
    "json_invalid": N_("this is not JSON"),
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "finite_number": _WHOLE_NUMBER,
    "string_type": N_("a text is needed"),
    "bool_type": N_("true or false is needed"),
    "list_type": N_("a list is needed"),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "greater_than_equal": N_("at least %(ge)s is needed"),
    "less_than_equal": N_("at most %(le)s is possible"),
    "string_too_short": N_("at least %(min_length)s characters are needed"),
    "string_too_long": N_("at most %(max_length)s characters are possible"),
    "too_short": N_("at least %(min_length)s entries are needed"),
    "too_long": N_("at most %(max_length)s entries are possible"),
    "string_pattern_mismatch": N_("it has to be of the form %(pattern)s"),
}


def api_blueprint(room: str, import_name: str) -> Blueprint:
    """Routes under ``/api/v1``; public reads may be called from any site."""
    blueprint = Blueprint(f"{room}_api", import_name, url_prefix=PREFIX)

    @blueprint.before_request
    def keep_to_the_limit() -> None:
        operation = operation_of(request.endpoint)
        if operation and operation.is_public_read:
            limits.count(READS, "api")

    @blueprint.after_request
    def open_to_other_sites(response: Response) -> Response:
        operation = operation_of(request.endpoint)
        if operation and operation.is_public_read:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        return response

    return blueprint


def body(model: type[Model]) -> Model:
    """The request's JSON as this model. Raises NotJson, NotText, BadRequestBody (naming the first field)."""
    if request.mimetype != "application/json":
        raise NotJson()
    raw = request.get_data(cache=True)
    if b"\\u0000" in raw:
        raise NotText()
    try:
        return model.model_validate_json(raw)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        reason = _(_REASONS.get(first["type"], _OTHER), **first.get("ctx", {}))
        raise BadRequestBody(field=place, reason=reason) from None


def idempotency_key() -> str:
    """The header every write needs. Raises NeedsIdempotencyKey."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 8 <= len(key) <= 200 or not key.isprintable():
        raise NeedsIdempotencyKey()
    return key


@dataclass(frozen=True, slots=True)
class Operation:
    """One call as the API document describes it.

    ``query`` maps a parameter to what it means, or to its JSON Schema; ``body`` and ``answers`` are
    pydantic models or JSON Schemas; ``errors`` are the statuses that come as problem details;
    ``bearer``: ``Authorization: Bearer`` is needed; ``idempotent``: ``Idempotency-Key`` is.
    """

    summary: str
    tag: str = ""
    query: Mapping[str, str | Schema] = field(default_factory=dict)
    body: type[BaseModel] | None = None
    answers: Mapping[int, type[BaseModel] | Schema] = field(default_factory=dict)
    errors: tuple[int, ...] = ()
    bearer: bool = False
    idempotent: bool = False

    @property
    def is_public_read(self) -> bool:
        """Needs no key and changes nothing, even when its question comes in a body."""
        return not self.bearer and not self.idempotent


def describes(**operation: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Attach the OpenAPI operation of a view; the arguments are those of Operation."""

    def attach(view: Callable[..., Any]) -> Callable[..., Any]:
        view.__operation__ = Operation(**operation)  # type: ignore[attr-defined]
        return view

    return attach


def operation_of(endpoint: str | None) -> Operation | None:
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, "__operation__", None)


def install(app: Flask) -> None:
    limits.install(app)
