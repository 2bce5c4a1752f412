"""Forms of settings, made from what a sheet declares."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, Final

from wtforms import Field as FormField
from wtforms import HiddenField
from wtforms.validators import ValidationError

from portal.kernel import clock
from portal.kernel.clock import CITY
from portal.settings.rules.checks import BadSetting
from portal.settings.rules.sheets import Field, Kind, Sheet
from portal.web.forms import BooleanField, LineField, PortalForm, Required, TextField, UnitsField
from portal.web.i18n import _, lazy_gettext

# What is typed → how many integers make one of it.
PER: Final = {Kind.SHARE: 10_000, Kind.MONEY: 100, Kind.GRAMS: 1_000}


class SheetForm(PortalForm):
    """The fields of a sheet come before these."""

    reason: LineField
    from_day: LineField
    based_on: HiddenField

    @property
    def from_at(self) -> datetime | None:
        """Midnight of the day it is to begin, None for at once."""
        day = self.from_day.data
        return datetime.combine(date.fromisoformat(day), time(), CITY) if day else None

    @property
    def base(self) -> int:
        """The version that was on the page."""
        text = self.based_on.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1

    def validate_from_day(self, field: LineField) -> None:
        try:
            day = date.fromisoformat(field.data) if field.data else clock.today()
        except ValueError:
            raise ValidationError(_("Write a day like 2027-02-06.")) from None
        if not clock.is_of_our_time(day):
            raise ValidationError(_("Choose a day between 1900 and 2999."))


class NoteForm(PortalForm):
    """A word with a decision."""

    note = LineField(lazy_gettext("Note"), max=300)


def name_of(field: str, lang: str = "") -> str:
    """What a field is called in the form."""
    return f"{field}_{lang}" if lang else field


@cache
def form_of(sheet: Sheet) -> type[SheetForm]:
    """The form of a sheet, with the reason and the day it is to begin."""
    fields: dict[str, Any] = {}
    for field in sheet.fields:
        for lang in ("zh", "en") if field.bilingual else ("",):
            fields[name_of(field.key, lang)] = _field(field, lang)
    fields["from_day"] = LineField(
        lazy_gettext("In force from"),
        description=lazy_gettext("A day in Beijing, from midnight on. Empty: as soon as it is confirmed."),
        max=10, render_kw={"type": "date"},
    )  # fmt: skip
    fields["reason"] = LineField(
        lazy_gettext("Reason"), [Required()], max=500,
        description=lazy_gettext("Kept with the change for good, for example the decision it follows."),
    )  # fmt: skip
    fields["based_on"] = HiddenField()
    return type("FormOf" + sheet.key.title(), (SheetForm,), fields)


def _field(field: Field, lang: str) -> FormField:
    label = _label(field, lang)
    hint = lazy_gettext(field.hint) if field.hint else ""
    match field.kind:
        case Kind.PROSE:
            return TextField(label, description=hint, max=field.most, render_kw={"rows": 14})
        case Kind.FLAG:
            return BooleanField(label, description=hint)
        case Kind.DAY:
            return LineField(label, description=hint, max=10, render_kw={"type": "date"})
        case Kind.SHARE | Kind.MONEY | Kind.GRAMS:
            return UnitsField(label, [Required()], description=hint, per=PER[field.kind], unit=unit_of(field))
    return LineField(label, description=hint, max=field.most)


def _label(field: Field, lang: str) -> Any:
    label = lazy_gettext(field.label)
    match lang:
        case "zh":
            return lazy_gettext("%(label)s, in Chinese", label=label)
        case "en":
            return lazy_gettext("%(label)s, in English", label=label)
    return label


def unit_of(field: Field) -> str:
    """What stands behind a number."""
    if field.kind is Kind.MONEY:
        return field.key.rpartition("_")[2]
    return {Kind.SHARE: "%", Kind.GRAMS: "kg"}.get(field.kind, "")


def filled_form(sheet: Sheet, values: Mapping[str, Any], base: int) -> SheetForm:
    """The form as it stands now."""
    data: dict[str, Any] = {"based_on": str(base)}
    for field in sheet.fields:
        value = values.get(field.key)
        if field.bilingual:
            data |= {name_of(field.key, lang): (value or {}).get(lang, "") for lang in ("zh", "en")}
        elif field.kind is Kind.FLAG:
            data[field.key] = True if value is None else value
        elif field.kind in PER and value is not None:
            data[field.key] = shown_number(value, PER[field.kind])
        else:
            data[field.key] = value
    return form_of(sheet)(formdata=None, data=data)


def shown_number(value: int, per: int) -> str:
    """As somebody would type it."""
    return f"{(Decimal(value) / per).normalize():f}"


def values_from(sheet: Sheet, form: SheetForm) -> dict[str, Any]:
    """What was typed, as the sheet holds it."""
    return {field.key: _value(field, form) for field in sheet.fields}


def _value(field: Field, form: SheetForm) -> Any:
    if field.bilingual:
        return {lang: form[name_of(field.key, lang)].data or "" for lang in ("zh", "en")}
    given = form[field.key]
    return given.value if field.kind in PER else given.data


def blame(form: SheetForm, error: BadSetting) -> None:
    """Show what is wrong beside the field that it is about."""
    name = name_of(error.field, error.lang)
    form.blame(name if name in form else "reason", error)
