"""The texts of each language, read once per process from the catalogues as translators keep them."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.config import ROOT

FOLDER = ROOT / "translations"
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


@cache
def texts(language: str) -> NullTranslations:
    """Translations into ``zh`` or ``en``. Without a catalogue every text stays as it is in the code."""
    file = FOLDER / _LOCALES[language] / "LC_MESSAGES" / "portal.po"
    if not file.exists():
        return NullTranslations()
    # Compiled in memory: there is no second file that could be older than the first.
    compiled = BytesIO()
    with open(file, "rb") as source:
        write_mo(compiled, read_po(source, locale=_LOCALES[language]))
    compiled.seek(0)
    return GNUTranslations(compiled)
