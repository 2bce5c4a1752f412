"""Form fields that yield the kernel's values, and say what is wrong beside the field."""

import unicodedata
from decimal import Decimal
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Optional, StopValidation, ValidationError

from portal.kernel import clock
from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.kernel.numbers import parse_decimal, to_units
from portal.web.i18n import _, lang, lazy_gettext, message

__all__ = [
    "BooleanField",
    "EmailField",
    "InputRequired",
    "LineField",
    "MassField",
    "MoneyField",
    "Optional",
    "PortalForm",
    "RadioField",
    "SelectField",
    "TextField",
    "UnitsField",
]


class PortalForm(FlaskForm):
    """CSRF-protected; errors of commands can be laid beside the field that caused them."""

    class Meta(FlaskForm.Meta):
        # WTForms' own few messages come from its own catalogues.
        get_translations = DefaultMeta.get_translations
        locales = property(lambda _meta: (lang(),))

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was posted, files for file fields only: a file where words are wanted is left out."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if not form.is_submitted():
                return None
            wanted = {field.name for field in form if isinstance(field, FileField)}
            files = [pair for pair in request.files.items(multi=True) if pair[0] in wanted]
            return CombinedMultiDict((MultiDict(files), request.form))

    def validate(self, extra_validators: Any = None) -> bool:
        """As the field's validators say, and of days that they are of our time."""
        extra = dict(extra_validators or {})
        for name, field in self._fields.items():
            if isinstance(field, DateField):
                extra[name] = [*extra.get(name, ()), _of_our_time]
        return bool(super().validate(extra))

    def blame(self, field: str, error: PortalError) -> None:
        """Show a command's refusal beside this field."""
        target = self[field]
        target.errors = [*target.errors, message(error)]

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(field.errors for field in self)


def _of_our_time(_form: Any, field: DateField) -> None:
    if field.data and not clock.is_of_our_time(field.data):
        raise ValidationError(_("Choose a day between 1900 and 2999."))


class Required(InputRequired):
    def __init__(self, text: str | None = None) -> None:
        super().__init__(lazy_gettext("Please fill this in.") if text is None else text)

    def __call__(self, form: Any, field: Field) -> None:
        """A text that has nothing in it once it is cleaned is none; of a password every sign counts."""
        is_blank = isinstance(field.data, str) and not field.data.strip()
        if is_blank and not isinstance(field, PasswordField):
            raise StopValidation(self.message)
        super().__call__(form, field)


class TooLong(StopValidation):
    """Refuses a text over its cap before any other validator looks at it, however dear that one is."""

    def __init__(self, most: int) -> None:
        super().__init__(_("Please use at most %(max)s characters.", max=most))


def clean_line(text: str) -> str:
    """NFC, trimmed, on one line, without control and direction-changing characters."""
    text = unicodedata.normalize("NFC", text)
    kept = (c if unicodedata.category(c) not in ("Cc", "Zl", "Zp") else " " for c in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) != "Cf").split())


class LineField(StringField):
    """One line of text, cleaned, at most ``max`` characters; longer text is refused, never cut."""

    data: Any  # text once the form is valid and the field required, which types cannot tell

    def __init__(self, *args: Any, max: int = 200, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"maxlength": max, **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)
        self.max = max

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = clean_line(valuelist[0]) if valuelist else None

    def pre_validate(self, form: Any) -> None:
        if self.data and len(self.data) > self.max:
            raise TooLong(self.max)


class TextField(TextAreaField):
    """Several lines of text, at most ``max`` characters."""

    def __init__(self, *args: Any, max: int = 2000, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max = max

    def pre_validate(self, form: Any) -> None:
        if self.data and len(self.data) > self.max:
            raise TooLong(self.max)


class EmailField(LineField):
    """An e-mail address, checked for its shape only; ``data`` is the normalised address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"type": "email", "autocomplete": "email", "inputmode": "email"})
        super().__init__(*args, max=254, **kwargs)

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if not self.data:
            return
        try:
            self.data = validate_email(
                self.data, check_deliverability=False, test_environment=True
            ).normalized
        except EmailNotValidError:
            raise ValidationError(_("Write an e-mail address like name@example.com.")) from None


class _ValueField(StringField):
    """Keeps what was typed, so that nothing is lost, and the value it means in ``value``."""

    value: Any = None

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else (str(self.data) if self.data is not None else "")

    def pre_validate(self, form: Any) -> None:
        self.value = None
        # What is left out of a form that shows a number again is still that number.
        text = str(self.data or "").strip()
        if not text:
            return
        try:
            self.value = self.parse(text)
        except InvalidInput as error:
            raise ValidationError(message(error)) from None


class MassField(_ValueField):
    """Kilograms as typed; ``value`` is a Mass greater than zero."""

    def parse(self, text: str) -> Mass:
        return Mass.kg(text).quantity()


class MoneyField(_ValueField):
    """An amount of ``currency`` as typed; ``value`` is Money, more than zero."""

    def __init__(self, *args: Any, currency: str = "CNY", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def parse(self, text: str) -> Money:
        return Money.of(text, self.currency).payable()


class OutOfRange(InvalidInput):
    message = N_("Give a whole number from %(low)s to %(high)s.")


class WholeField(_ValueField):
    """A whole number from ``low`` to ``high`` as typed; ``value`` is an int."""

    def __init__(self, *args: Any, low: int, high: int, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"inputmode": "numeric"})
        super().__init__(*args, **kwargs)
        self.low, self.high = low, high

    def parse(self, text: str) -> int:
        number = parse_decimal(text)
        if number != number.to_integral_value() or not self.low <= number <= self.high:
            raise OutOfRange(low=self.low, high=self.high)
        return int(number)


class NumberOutOfRange(InvalidInput):
    message = N_("Give a number from %(low)s to %(high)s.")


class NumberField(_ValueField):
    """A decimal number from ``low`` to ``high`` as typed; ``value`` is a Decimal."""

    def __init__(self, *args: Any, low: Decimal, high: Decimal, **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"inputmode": "decimal"})
        super().__init__(*args, **kwargs)
        self.low, self.high = low, high

    def parse(self, text: str) -> Decimal:
        number = parse_decimal(text)
        if not self.low <= number <= self.high:
            raise NumberOutOfRange(low=f"{self.low:f}", high=f"{self.high:f}")
        return number


def first_error(form: PortalForm) -> Field | None:
    return next((field for field in form if field.errors), None)


class UnitsField(_ValueField):
    """An amount that is counted in integers, ``per`` of them to what is typed; ``value`` is their number."""

    def __init__(self, *args: Any, per: int, unit: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("render_kw", {"inputmode": "decimal"})
        super().__init__(*args, **kwargs)
        self.per, self.unit = per, unit

    def parse(self, text: str) -> int:
        return to_units(text, self.per)
