"""Letters of accounts, and tidying up."""

from typing import Any

from flask import current_app

from portal import jobs
from portal.accounts import queries, rules, telling
from portal.accounts.commands import (
    entering,
    invited,
    notices,
    passkeys,
    readdressing,
    resetting,
    tries,
    verifying,
)
from portal.accounts.queries import Credentials
from portal.accounts.visit import keys
from portal.config import Config
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.web.i18n import speak
from portal.web.letters import send_letter

KEEPER = Actor.system("accounts")


@jobs.handles("accounts.letter")
def write_letter(payload: dict[str, Any]) -> None:
    """Look up whom the letter is for, make its link, and send it.

    Who asks for a letter learns nothing about the address: it is here that the occasion becomes a letter.
    A link goes only to the address the account is known by, however it was spelt when it was asked for.
    """
    known = queries.credentials(payload["to"])
    template, link = _letter(payload, known)
    facts = {**payload["facts"], "link": link}
    to = known.email if known else payload["to"]
    send_letter({**payload, "to": to, "template": f"accounts/{template}", "facts": facts})


def _letter(payload: dict[str, Any], known: Credentials | None) -> tuple[str, str]:
    """Template and link for this occasion and person."""
    lang, facts, to = payload["lang"], payload["facts"], payload["to"]
    onward = {"next": facts["next"]} if "next" in facts else {}
    match occasion := payload["occasion"]:
        case "sign_up" if known and not known.is_confirmed:
            token = entering.confirmation_token(keys(), known.person_id, known.password_hash, clock.now())
            return "letter_confirm", _address("accounts.confirm", lang, k=token, **onward)
        case "sign_up":
            return "letter_known", _address("accounts.sign_in", lang, **onward)
        case "reset" if known:
            token = resetting.reset_token(keys(), known.person_id, known.password_hash, clock.now())
            return "letter_reset", _address("accounts.reset", lang, k=token)
        case "reset":
            return "letter_unknown", _address("accounts.sign_up", lang)
        case "invitation":
            token = invited.invitation_token(keys(), facts["id"], rules.email_key(to))
            return "letter_invitation", _address("accounts.invitation", lang, k=token)
        case "new_address" if known:
            return "letter_known", _address("accounts.sign_in", lang)
        case "new_address":
            token = readdressing.confirmation_token(keys(), facts["change"])
            return "letter_new_address", _address("accounts.confirm_address", lang, k=token)
        case "old_address":
            token = readdressing.undo_token(keys(), facts["change"])
            return "letter_old_address", _address("accounts.undo_address", lang, k=token)
        case _:
            return f"letter_{occasion}", _address("accounts.reset", lang)


@jobs.handles("accounts.news")
def write_news(payload: dict[str, Any]) -> None:
    """Send one piece of news by letter, to the address and in the language the person has by now."""
    news = queries.news(payload["id"])
    if news is None:
        return
    reader = queries.person(news.person_id)
    speak(reader.lang)
    shown = telling.shown(news)
    facts = {
        "heading": shown.subject, "text": shown.text,
        "link": current_app.config["PORTAL"].base_url + shown.path,
        "choices": _address("accounts.notification_choices", reader.lang),
    }  # fmt: skip
    letter = {"id": news.id, "to": reader.email, "lang": reader.lang, "facts": facts}
    send_letter({**letter, "template": "accounts/letter_news"})


def _address(endpoint: str, lang: str, **values: str) -> str:
    """Full address of a page, from the configured base and never from a request."""
    config: Config = current_app.config["PORTAL"]
    path = current_app.url_map.bind("portal.invalid").build(endpoint, {"lang": lang, **values})
    return config.base_url + path


@jobs.every(seconds=3600)
def tidy() -> None:
    """Forget counted tries after a day and sessions two months after they were last used."""
    tries.forget_old(clock.now())
    entering.forget_old_sessions(clock.now())
    passkeys.forget_old_challenges(clock.now())
    notices.forget_old(clock.now())


@jobs.every(seconds=24 * 3600)
def remind_of_marks() -> None:
    """Organisations whose mark ends are told in time; the letter waits for the reader's morning."""
    verifying.remind(KEEPER, clock.now())
