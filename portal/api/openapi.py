"""One OpenAPI 3.1 document from what the rooms say about their calls.

The rooms' views carry an Operation (``describes`` in portal/web/api.py); routes come from the URL map,
schemas from pydantic. Nothing is written twice, and a test walks the routes for what was forgotten.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import IntegerConverter, Rule

from portal.web.api import PREFIX, Operation

Document = dict[str, Any]
VERSION = "1.0.0"
REF = "#/components/schemas/{model}"
_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Any call can be unreadable (a NUL character, say); the other errors depend on what a call takes.
_ALWAYS = (400,)

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `type` names the error and never changes; `title` is for people, in their "
    "language. Further members say what was wrong: grams end in `_g`, minor units in `_minor`.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/not-enough-credits"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    },
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Made by the client and kept for every repetition of the same write: it has one effect.",
    "schema": {"type": "string", "pattern": "^[!-~]{8,200}$"},
}
BEARER = {"type": "http", "scheme": "bearer", "description": "The `token` of the order."}
ABOUT = (
    "Amounts are integers: grams of CO₂e (`_g`) and minor units of money (`_minor`). Public reads need no "
    "key, may be called from any web page and are limited to 600 a minute from one network. Every write "
    "needs an `Idempotency-Key`. Lists are read in parts: give `next` back as `cursor`."
)


@dataclass(frozen=True, slots=True)
class Call:
    """One verb at one path."""

    room: str
    name: str
    verb: str
    rule: Rule
    operation: Operation

    @property
    def path(self) -> str:
        """As OpenAPI writes it, below the prefix: ``/lots/{code}``."""
        return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", self.rule.rule.removeprefix(PREFIX))

    @property
    def tag(self) -> str:
        return self.operation.tag or self.room

    @property
    def errors(self) -> list[int]:
        """Statuses of problem details: what the room named, and what follows from the call's shape."""
        found = {*_ALWAYS, *self.operation.errors}
        if self.rule.arguments:
            found.add(404)
        if self.operation.query or self.operation.body:
            found.add(422)
        if self.operation.body:
            found.add(413)
        if self.operation.is_public_read:
            found.add(429)
        return sorted(found)


def calls(app: Flask) -> Iterator[Call]:
    """Every described call, in the order of paths."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        room, _api, name = rule.endpoint.partition("_api.")
        operation = getattr(app.view_functions[rule.endpoint], "__operation__", None)
        if name and operation:
            for verb in sorted((rule.methods or set()).intersection(_VERBS)):
                yield Call(room, name, verb, rule, operation)


def document(app: Flask, title: str, base_url: str) -> Document:
    """The whole document. ``base_url`` is the site's address without a slash at its end."""
    found = list(calls(app))
    names, schemas = _schemas(found)
    paths: Document = {}
    for call in found:
        paths.setdefault(call.path, {})[call.verb.lower()] = _operation(call, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": VERSION, "description": ABOUT},
        "servers": [{"url": base_url + PREFIX}],
        "tags": [{"name": tag} for tag in sorted({call.tag for call in found})],
        "paths": paths,
        "components": {
            "schemas": schemas | {"Problem": PROBLEM},
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY},
            "securitySchemes": {"bearer": BEARER},
        },
    }


def _schemas(found: list[Call]) -> tuple[Mapping[Any, Any], Document]:
    """Where each model stands among the components, and the components."""
    models = {
        model
        for call in found
        for model in (call.operation.body, *call.operation.answers.values())
        if isinstance(model, type) and issubclass(model, BaseModel)
    }
    ordered = sorted(models, key=lambda model: (model.__module__, model.__name__))
    # "validation": what has a default may be left out, in a body and in an answer.
    places, whole = models_json_schema([(model, "validation") for model in ordered], ref_template=REF)
    return {model: place for (model, _mode), place in places.items()}, whole.get("$defs", {})


def _operation(call: Call, names: Mapping[Any, Any]) -> Document:
    operation = call.operation
    described: Document = {
        "operationId": f"{call.room}.{call.name}",
        "summary": operation.summary,
        "tags": [call.tag],
        "parameters": [*_parameters(call)],
        "responses": {
            **{str(status): _answer(status, schema, names) for status, schema in _answers(operation).items()},
            **{str(status): _problem(status) for status in call.errors},
        },
    }
    if operation.body:
        content = {"application/json": {"schema": names[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    if operation.bearer:
        described["security"] = [{"bearer": []}]
    return described


def _answers(operation: Operation) -> Mapping[int, Any]:
    return operation.answers or {200: {"type": "object"}}


def _parameters(call: Call) -> Iterator[Document]:
    for name in call.rule.arguments & set(re.findall(r"\{([^{}]+)\}", call.path)):
        is_whole = isinstance(call.rule._converters[name], IntegerConverter)
        schema = {"type": "integer", "minimum": 0} if is_whole else {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    for name, about in call.operation.query.items():
        given = {"type": "string", "description": about} if isinstance(about, str) else dict(about)
        required, text = given.pop("required", False), given.pop("description", "")
        yield {"name": name, "in": "query", "required": required, "description": text, "schema": given}
    if call.operation.idempotent:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}


def _answer(status: int, schema: Any, names: Mapping[Any, Any]) -> Document:
    shape = names[schema] if isinstance(schema, type) else schema
    return {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": shape}}}


def _problem(status: int) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    answer: Document = {
        "description": HTTPStatus(status).phrase,
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status == 429:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        answer["headers"] = {"Retry-After": seconds}
    return answer
