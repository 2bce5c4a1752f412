"""Why the portal keeps what about whom, as data: the notice, the copy and the consents are made of it.

The texts stand in ``data/purposes.toml``. What rests on consent has versions of its text, each in force from
a day on, so that it can always be said to which words somebody agreed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotFound


class Basis(StrEnum):
    """What allows it: PIPL art. 13, GDPR art. 6."""

    CONTRACT = "contract"
    LAW = "law"
    INTEREST = "interest"
    CONSENT = "consent"


class UnknownPurpose(NotFound):
    pass


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The words of a consent from a day on."""

    version: str
    since: date
    words: Bilingual

    @property
    def sha256(self) -> str:
        return sha256(f"{self.words.zh}\n{self.words.en}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: what is stored for it, who sees it, how long, and what allows it."""

    id: str
    title: Bilingual
    basis: Basis
    law: Bilingual
    stored: Bilingual
    seen: Bilingual
    kept: Bilingual
    texts: tuple[ConsentText, ...] = ()

    @property
    def asks(self) -> bool:
        return self.basis is Basis.CONSENT

    def text_on(self, day: date) -> ConsentText:
        """The words in force on that day; before the first version, the first. Raises UnknownPurpose."""
        if not self.texts:
            raise UnknownPurpose()
        in_force = [text for text in self.texts if text.since <= day]
        return in_force[-1] if in_force else self.texts[0]


@cache
def purposes() -> tuple[Purpose, ...]:
    """All purposes, as the notice lists them."""
    text = (files("portal.privacy") / "data" / "purposes.toml").read_text("utf-8")
    return tuple(_purpose(each) for each in tomllib.loads(text)["purpose"])


def purpose(purpose_id: str) -> Purpose:
    """Raises UnknownPurpose."""
    for each in purposes():
        if each.id == purpose_id:
            return each
    raise UnknownPurpose()


def _purpose(data: Mapping[str, Any]) -> Purpose:
    texts = sorted((_text(each) for each in data.get("text", ())), key=lambda text: text.since)
    found = Purpose(
        data["id"], _both(data["title"]), Basis(data["basis"]), _both(data["law"]), _both(data["stored"]),
        _both(data["seen"]), _both(data["kept"]), tuple(texts),
    )  # fmt: skip
    if found.asks != bool(texts):
        raise ValueError(f"{found.id}: what rests on consent has words to agree to, and nothing else has")
    return found


def _text(data: Mapping[str, Any]) -> ConsentText:
    return ConsentText(data["version"], data["since"], _both(data))


def _both(data: Mapping[str, str]) -> Bilingual:
    both = Bilingual(data["zh"], data["en"])
    if not both.is_complete:
        raise ValueError(f"a text is missing in one language: {both}")
    return both
