"""Addresses on paper and on the wall; never from the Host header."""

import segno
from flask import current_app
from markupsafe import Markup

from portal.web.i18n import lang
from portal.web.links import key_for


def base() -> str:
    return str(current_app.config["PORTAL"].base_url)


def join_url(join_code: str) -> str:
    """Where a phone comes into the class; its language is chosen there."""
    return f"{base()}/learn/join/{join_code}"


def typed_url(page: str) -> str:
    """An address to type from paper: ``join`` for the class's code, ``code`` for a personal one."""
    return f"{base()}/{lang()}/learn/{page}"


def calendar_url(cohort_id: str) -> str:
    """Where calendar programs find the sessions; the key in it opens nothing else."""
    return f"{base()}/{lang()}/classes/{cohort_id}/sessions.ics?k={key_for(cohort_id)}"


def attend_url(session_id: str, code: str) -> str:
    """What the wall shows while people sign in; the phone's language is chosen there."""
    return f"{base()}/attend/{session_id}/{code}"


def drawn(address: str) -> Markup:
    """The address as a QR code for a page."""
    code = segno.make(address, error="m", micro=False)
    # Drawn by segno from modules, no text in it.
    return Markup(code.svg_inline(border=2, omitsize=True, svgclass="qr-code", lineclass=None))  # noqa: S704


def pictured(address: str) -> str:
    """The same as a picture for paper, a ``data:`` address."""
    return segno.make(address, error="m", micro=False).png_data_uri(scale=1, border=2)
