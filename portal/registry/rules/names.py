"""How a project is put in order among others."""

from pypinyin import lazy_pinyin

from portal.kernel.bilingual import Bilingual


def sort_key(name: Bilingual) -> str:
    """The Chinese name in pinyin without tones, else the English one: small letters, one space apart."""
    text = " ".join(lazy_pinyin(name.zh)) if name.zh else name.en
    return " ".join(text.casefold().split())
