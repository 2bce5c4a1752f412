"""The offline page: one file with a model's JavaScript, its questions in both languages and nothing to fetch.

It is a download, opened from a disk or a memory stick. Its script and style stand inside it, which our own
pages may not do; the portal's policy does not reach a file, so the file brings one that allows no network.
"""

import json
from pathlib import Path

from flask import Response, current_app
from markupsafe import escape

from portal.footprint.rules import library, offline
from portal.footprint.rules.answers_file import FORMAT
from portal.footprint.rules.compiler import Compiled, compile_model
from portal.footprint.views.pages import blueprint, region_asked
from portal.kernel.errors import N_
from portal.web.catalogues import texts
from portal.web.guard import open_to_all
from portal.web.i18n import LANGS, lang

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; form-action 'none'"
_PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<{style}>
{css}</{style}>
</head>
<body>
<main id="page"></main>
<{script} type="application/json" id="facts">{facts}</{script}>
<{script}>
{generated}
{behaviour}</{script}>
</body>
</html>
"""


@blueprint.get("/calculator/<model_id>/offline.html")
@open_to_all
def offline_file(model_id: str) -> Response:
    model = library.model(model_id)
    compiled = compile_model(model, region_asked())
    answer = Response(page_of(compiled), content_type="text/html; charset=utf-8")
    name = f"{model.id}-{model.version}-{compiled.place.region}.html"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def page_of(compiled: Compiled) -> str:
    """The whole file."""
    folder = Path(str(current_app.static_folder)) / "offline"
    facts = offline.facts(compiled) | {
        "format": FORMAT,
        "lang": lang(),
        "site": _in_both(current_app.config["PORTAL"].base_url, translate=False),
        "words": {key: _in_both(text) for key, text in _words().items()},
    }
    return _PAGE.format(
        lang={"zh": "zh-CN", "en": "en"}[lang()],
        policy=_POLICY,
        title=escape(compiled.model.title.in_(lang())),
        style="style",
        script="script",
        css=(folder / "page.css").read_text("utf-8"),
        # "<" never stands in data, so that no text can end the element.
        facts=json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        generated=offline.generated(compiled),
        behaviour=(folder / "page.js").read_text("utf-8"),
    )


def _in_both(text: str, *, translate: bool = True) -> dict[str, str]:
    return {each: texts(each).gettext(text) if translate else text for each in LANGS}


def _words() -> dict[str, str]:
    """What the page says beside the model's own words."""
    return {
        "intro": N_("This page works without a network. Nothing you enter leaves this device."),
        "total": N_("Total so far"),
        "averages": N_("Questions without an answer count with their average."),
        "parts": N_("Where it comes from"),
        "part": N_("Part"),
        "kg": N_("kg CO₂e"),
        "answers": N_("Questions"),
        "unknown": N_("I don’t know"),
        "number": N_("Write a number with digits, for example 80 or 1.5."),
        "whole": N_("Write a whole number."),
        "between": N_("The answer must be between {low} and {high}."),
        "shares": N_("Fill in all of the shares, so that they add up to 100 per cent."),
        "save": N_("Save the answers as a file"),
        "saved": N_("Saved. Open the file in the portal’s calculator to see ranges and what to change:"),
        "wrong": N_("Please correct the marked answers first."),
        "version": N_("Model and version"),
        "place": N_("Place"),
        "range": N_("The range is worked out by the portal; this page shows the middle value only."),
    }
