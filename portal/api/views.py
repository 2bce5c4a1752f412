"""The API's document, and a page that people can read."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Response, current_app, g, jsonify, make_response, render_template, request

from portal.api import openapi
from portal.api.openapi import Document
from portal.web.api import PREFIX
from portal.web.guard import open_to_all
from portal.web.i18n import LANGS, _
from portal.web.page import plain_blueprint

blueprint = plain_blueprint("api", __name__, url_prefix=PREFIX)


@blueprint.get("/openapi.json")
@open_to_all
def document() -> Response:
    """OpenAPI 3.1."""
    answer = jsonify(_document())
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@blueprint.get("/docs")
@open_to_all
def docs() -> Response:
    """The same, to be read: in the language of ``?lang=``, else in the browser's."""
    if request.args.get("lang") in LANGS:
        g.lang = request.args["lang"]
    whole = _document()
    entries = sorted(_entries(whole), key=lambda entry: entry.tag)
    groups = {tag: list(some) for tag, some in groupby(entries, key=lambda entry: entry.tag)}
    answer = make_response(
        render_template("api/docs.html", groups=groups, titles=_titles(), server=whole["servers"][0]["url"])
    )
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


def _document() -> Document:
    """Made once per process: it depends on nothing but the installation."""
    if "portal.openapi" not in current_app.extensions:
        config = current_app.config["PORTAL"]
        title = f"{config.site_name.en} · {config.site_name.zh}"
        current_app.extensions["portal.openapi"] = openapi.document(current_app, title, config.base_url)
    return current_app.extensions["portal.openapi"]


def _titles() -> dict[str, str]:
    return {
        "certificates": _("Certificates"),
        "footprint": _("Footprints"),
        "log": _("Transparency log"),
        "orders": _("Orders"),
        "register": _("Projects, lots and serials"),
    }


@dataclass(frozen=True, slots=True)
class _Field:
    """One member of a body or an answer."""

    name: str
    kind: str
    about: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """One call as the page shows it."""

    tag: str
    verb: str
    path: str
    summary: str
    parameters: list[Document]
    body: list[_Field]
    answers: list[tuple[str, list[_Field]]]
    errors: list[str]
    needs_token: bool

    @property
    def anchor(self) -> str:
        return f"{self.verb}{self.path}".replace("/", "-").replace("{", "").replace("}", "")


def _entries(whole: Document) -> list[_Entry]:
    return [
        _entry(whole, path, verb, operation)
        for path, verbs in whole["paths"].items()
        for verb, operation in verbs.items()
    ]


def _entry(whole: Document, path: str, verb: str, operation: Document) -> _Entry:
    def fields(content: Any) -> list[_Field]:
        return _fields(whole, content["content"]["application/json"]["schema"])

    answers = operation["responses"]
    good = {status: answer for status, answer in answers.items() if status.startswith("2")}
    return _Entry(
        operation["tags"][0], verb.upper(), path, operation["summary"],
        [_resolved(whole, parameter) for parameter in operation["parameters"]],
        fields(operation["requestBody"]) if "requestBody" in operation else [],
        [(status, fields(answer)) for status, answer in good.items()],
        sorted(set(answers) - set(good)), "security" in operation,
    )  # fmt: skip


def _resolved(whole: Document, part: Document) -> Document:
    while "$ref" in part:
        found: Any = whole
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _fields(whole: Document, schema: Document) -> list[_Field]:
    """The members of an object; of a choice of shapes, those of the first that is an object."""
    schema = _resolved(whole, schema)
    for choice in schema.get("anyOf", ()):
        if "properties" in _resolved(whole, choice):
            schema = _resolved(whole, choice)
            break
    required = schema.get("required", ())
    return [
        _Field(name, _kind(part), part.get("description", ""), name in required)
        for name, part in schema.get("properties", {}).items()
    ]


def _kind(part: Document) -> str:
    """A schema in a few words: ``integer``, ``list of LineOut``, ``string or null``."""
    if "$ref" in part:
        return str(part["$ref"].rsplit("/", 1)[1])
    if "anyOf" in part:
        return " | ".join(_kind(choice) for choice in part["anyOf"])
    if part.get("type") == "array":
        return f"[{_kind(part.get('items', {}))}]"
    kind = part.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)
