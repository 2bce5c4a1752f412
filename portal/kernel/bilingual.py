"""A text in both languages of the portal, where an empty side shows as missing, never as the other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bilingual:
    zh: str
    en: str

    def in_(self, lang: str) -> str:
        """The text in ``zh`` or ``en``; ``""`` when that side is missing."""
        return {"zh": self.zh, "en": self.en}[lang]

    @property
    def is_complete(self) -> bool:
        return bool(self.zh.strip()) and bool(self.en.strip())
