"""Letters: e-mail in the reader's language, written by the worker from facts recorded with the deed."""

import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import current_app, render_template

from portal import jobs
from portal.config import Config
from portal.db import assert_no_transaction
from portal.kernel import site
from portal.kernel.errors import Unavailable
from portal.web.i18n import speak


@jobs.handles("letter")
def send_letter(payload: dict[str, Any]) -> None:
    """Render ``<template>.txt`` (first line: subject) and hand it over. Raises Unavailable.

    ``payload``: ``id`` (unique per letter), ``to``, ``lang``, ``template``, ``facts``.
    """
    assert_no_transaction()
    if not payload["to"]:
        return  # a pupil, or somebody who was forgotten since: there is nobody to write to
    speak(payload["lang"])
    text = render_template(payload["template"] + ".txt", **payload["facts"])
    subject, _, body = text.partition("\n")
    config: Config = current_app.config["PORTAL"]
    letter = EmailMessage()
    # A subject is one header line whatever a name contains.
    letter["Subject"] = " ".join(subject.split())
    letter["To"] = payload["to"]
    host = urlsplit(config.base_url).hostname or "localhost"
    letter["From"] = Address(site.name().in_(payload["lang"]), "no-reply", host)
    # The same letter sent twice carries one id, so that mail programs can tell.
    letter["Message-ID"] = f"<{payload['id']}@{host}>" if payload.get("id") else make_msgid(domain=host)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(body.strip() + "\n")
    letter.add_alternative(_as_html(letter["Subject"], body), subtype="html")
    letter["Content-Language"] = payload["lang"]  # after the content, which clears what is said about it
    deliver(letter, config)


def _as_html(subject: str, body: str) -> str:
    """The same words for programs that show HTML: paragraphs, and addresses that can be pressed."""
    text, _, foot = body.strip().rpartition("\n-- \n")
    parts = [part.strip().splitlines() for part in re.split(r"\n\s*\n", text or foot) if part.strip()]
    return render_template(
        "layouts/letter.html", subject=subject, parts=parts, foot=foot.splitlines() if text else []
    )


def deliver(letter: EmailMessage, config: Config) -> None:
    """Hand over by SMTP, or keep as a file under ``instance/mail`` when no server is configured."""
    if not config.smtp_url:
        folder = Path(config.instance) / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]", "_", letter["Message-ID"].split("@")[0].strip("<"))
        (folder / f"{name}.eml").write_bytes(bytes(letter))
        return
    url = urlsplit(config.smtp_url)
    try:
        with smtplib.SMTP(url.hostname or "localhost", url.port or 25, timeout=10) as server:
            if parse_qs(url.query).get("tls"):
                server.starttls(context=ssl.create_default_context())
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as fault:
        raise Unavailable(service="mail") from fault
