"""What a sheet may hold: checked before it is stored, so that a page never meets what it cannot show."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from portal.kernel.clock import is_of_our_time
from portal.kernel.errors import N_, InvalidInput
from portal.settings.rules.sheets import HOLIDAY, PLACES_IN_TEXTS, SALE, Field, Kind, Sheet

Values = Mapping[str, Any]

_PLACE: Final = re.compile(r"\{([^{}\n]*)\}")
_NUMBERS: Final = (Kind.SHARE, Kind.MONEY, Kind.GRAMS)


class BadSetting(InvalidInput):
    """What cannot stand in ``field``; ``lang`` names the side of a text in two languages, or ``""``."""

    message = N_("Please check what you entered.")

    def __init__(self, field: str, lang: str = "", **params: object) -> None:
        super().__init__(**params)
        self.field, self.lang = field, lang


class SideMissing(BadSetting):
    message = N_("Fill in both languages, or neither.")


class TooLongSetting(BadSetting):
    message = N_("Please use at most %(max)s characters.")


class NotAsWritten(BadSetting):
    message = N_("This is not written as such a number or address is.")


class UnknownPlace(BadSetting):
    message = N_("{%(place)s} is not a place that is filled in. There are: %(places)s.")


class NumberTooLarge(BadSetting):
    message = N_("This number is too large or below zero.")


class NotADay(BadSetting):
    message = N_("Write a day like 2027-02-06.")


class DaysTheWrongWay(BadSetting):
    message = N_("The last day is before the first.")


class DaysMissing(BadSetting):
    message = N_("A notice needs a first and a last day.")


class LimitsTheWrongWay(BadSetting):
    message = N_("The least is more than the most.")


class WholeKilogramsWanted(BadSetting):
    message = N_("Give whole kilograms, at least one.")


class UnknownSetting(BadSetting):
    message = N_("There is no such setting.")


def checked(sheet: Sheet, values: Values) -> dict[str, Any]:
    """The values as they are stored: every field of the sheet, nothing else.

    Raises BadSetting, of the first field that is wrong.
    """
    if stranger := next(iter(values.keys() - sheet.keys), None):
        raise UnknownSetting(stranger)
    kept = {field.key: _checked(field, values.get(field.key)) for field in sheet.fields}
    if sheet is HOLIDAY:
        _check_days(kept)
    if sheet is SALE:
        _check_limits(kept)
    return kept


def _checked(field: Field, value: Any) -> Any:
    if field.bilingual:
        return _both(field, value or {})
    if field.kind is Kind.FLAG:
        return bool(value)
    if field.kind in _NUMBERS:
        if type(value) is not int or not 0 <= value <= field.most:
            raise NumberTooLarge(field.key)
        return value
    if field.kind is Kind.DAY:
        return _day(field, value or "")
    return _text(field, "", value or "")


def _both(field: Field, value: Mapping[str, str]) -> dict[str, str]:
    sides = {lang: _text(field, lang, value.get(lang) or "") for lang in ("zh", "en")}
    for lang, other in (("zh", "en"), ("en", "zh")):
        if sides[other] and not sides[lang]:
            raise SideMissing(field.key, lang)
    return sides


def _text(field: Field, lang: str, value: str) -> str:
    text = value.replace("\r\n", "\n").strip()
    if len(text) > field.most:
        raise TooLongSetting(field.key, lang, max=field.most)
    if text and field.pattern and not re.fullmatch(field.pattern, text):
        raise NotAsWritten(field.key, lang)
    for place in _PLACE.findall(text):
        if place not in PLACES_IN_TEXTS:
            known = " ".join(f"{{{each}}}" for each in PLACES_IN_TEXTS)
            raise UnknownPlace(field.key, lang, place=place[:40], places=known)
    return text


def _day(field: Field, value: str) -> str:
    if not value:
        return ""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise NotADay(field.key) from None
    if not is_of_our_time(day):
        raise NotADay(field.key)
    return day.isoformat()


def _check_days(kept: dict[str, Any]) -> None:
    first, last = kept["first"], kept["last"]
    if kept["notice"]["zh"] and not (first and last):
        raise DaysMissing("last" if first else "first")
    if first and last and last < first:
        raise DaysTheWrongWay("last")


def _check_limits(kept: dict[str, Any]) -> None:
    for key in ("least", "most"):
        if kept[key] < 1_000 or kept[key] % 1_000:
            raise WholeKilogramsWanted(key)
    if kept["least"] > kept["most"]:
        raise LimitsTheWrongWay("least")


def filled(text: str, places: Mapping[str, str]) -> str:
    """The text with its places filled. A place that nobody has filled in yet stays empty."""
    return _PLACE.sub(lambda place: places.get(place[1], ""), text)
