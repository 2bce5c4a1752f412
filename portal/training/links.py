"""Addresses for letters: never from the Host header."""

from flask import current_app

from portal.web.links import key_for


def follow_up_url(enrolment_id: str, months: int, lang: str) -> str:
    """Where a learner is asked what became of it; its key opens these questions and nothing else."""
    base = current_app.config["PORTAL"].base_url
    return f"{base}/{lang}/learn/follow-up/{enrolment_id}/{months}?k={key_for(enrolment_id)}"
