"""News in the reader's language: the texts of its kind with what was told in their places, and its link."""

from dataclasses import dataclass
from typing import Any

from flask import current_app

from portal.accounts import notices
from portal.accounts.notices import NoSuchKind
from portal.accounts.queries import News
from portal.web.i18n import gettext, lang


@dataclass(frozen=True, slots=True)
class Shown:
    """``path`` is the page's address on this portal, with its language."""

    subject: str
    text: str
    path: str


def shown(news: News) -> Shown:
    """Raises NoSuchKind for news of a room that is gone."""
    kind = notices.kind_of(news.kind)
    places = {name: _in_words(value) for name, value in news.told.items()}
    address = current_app.url_map.bind("portal.invalid").build(
        kind.endpoint, {"lang": lang(), **{name: news.told[name] for name in kind.places}}
    )
    return Shown(gettext(kind.subject, **places), gettext(kind.text, **places), address)


def shown_or_none(news: News) -> Shown | None:
    try:
        return shown(news)
    except NoSuchKind:
        return None


def _in_words(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if ours := value.get("text"):
        return gettext(ours)
    return value.get(lang()) or value.get("zh") or value.get("en") or ""
