"""The letter with a result. Its address is forgotten with the letter."""

from typing import Any

from flask import current_app

from portal import jobs
from portal.footprint.queries import footprint
from portal.footprint.rules import library
from portal.kernel.actor import Actor
from portal.web.letters import send_letter
from portal.web.links import key_for

WRITER = Actor.system("footprint-letter")


def result_url(footprint_id: str, lang: str, ending: str = "") -> str:
    """With its key, from the configured base URL and never from the Host header."""
    base = current_app.config["PORTAL"].base_url
    return f"{base}/{lang}/footprints/{footprint_id}{ending}?k={key_for(footprint_id)}"


@jobs.handles("footprint.result_letter", forgets=True)
def write_result_letter(payload: dict[str, Any]) -> None:
    """Send the number, its range and the links. ``payload``: ``id``, ``to``, ``lang``, ``footprint_id``."""
    found, lang = footprint(WRITER, payload["footprint_id"]), payload["lang"]
    facts = {
        "footprint": found,
        "model": library.model(found.model_id, found.version, found.audience),
        "link": result_url(found.id, lang),
        "paper": result_url(found.id, lang, ".pdf"),
    }
    send_letter({**payload, "template": "footprint/letter_result", "facts": facts})
