"""The texts of each language, read once per process from the catalogues as translators keep them."""

import re
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.config import ROOT

FOLDER = ROOT / "translations"
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
# As the sign follows a number: after a space at which no line ends, and in Chinese (as in CLDR) at once.
PERCENT = {"zh": "%", "en": "\u00a0%"}
_SIGN = re.compile(r"(?<=[0-9s]) %(?=%|[^(\w]|$)")  # after 95 or %(share)s, doubled where places are filled


@cache
def texts(language: str) -> NullTranslations:
    """Translations into ``zh`` or ``en``. Without a catalogue every text stays as it is in the code."""
    file = FOLDER / _LOCALES[language] / "LC_MESSAGES" / "portal.po"
    if not file.exists():
        return NullTranslations()
    # Compiled in memory: there is no second file that could be older than the first.
    compiled = BytesIO()
    with open(file, "rb") as source:
        catalogue = read_po(source, locale=_LOCALES[language])
    for message in catalogue:
        told = message.string  # of a text with a plural, one for each form
        if isinstance(told, str):
            message.string = _SIGN.sub(PERCENT[language], told)
        elif told:
            message.string = tuple(_SIGN.sub(PERCENT[language], each) for each in told)
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
