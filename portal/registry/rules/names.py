"""How a project is put in order among others."""

from portal.kernel.bilingual import Bilingual


def sort_key(name: Bilingual) -> str:
    """The Chinese name in pinyin without tones, else the English one: small letters, one space apart."""
    text = " ".join(_pinyin(name.zh)) if name.zh else name.en
    return " ".join(text.casefold().split())


def _pinyin(text: str) -> list[str]:
    # Here, not above: its dictionary takes 55 MB, and most processes never name a project.
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)
