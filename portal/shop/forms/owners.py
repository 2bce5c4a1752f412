"""The form of who shares a project's money; it yields kernel values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice

from portal.kernel.bilingual import Bilingual
from portal.shop.rules.origins import Origin
from portal.shop.rules.owners import MOST_PAYEES, PAYEE_NAME_MAX, OwnerShare
from portal.web.forms import LineField, PortalForm, Required, UnitsField
from portal.web.i18n import lazy_gettext


class Line(NamedTuple):
    """The four fields of one payee."""

    payee: Field
    name_zh: Field
    name_en: Field
    share: Field

    @property
    def is_used(self) -> bool:
        return any(field.data for field in self)


class SharesForm(PortalForm):
    """Payees of a project with their shares, a line each; empty lines are left out."""

    origin = SelectField(lazy_gettext("Project or planting"))
    reason = LineField(
        lazy_gettext("Reason"),
        description=lazy_gettext("For example the number of the contract"),
        validators=[Required()],
        max=300,
    )

    @property
    def lines(self) -> list[Line]:
        return [Line(*(self[f"{name}_{place}"] for name in Line._fields)) for place in _PLACES]

    @property
    def shares(self) -> list[OwnerShare]:
        """What was typed, once the form is valid."""
        return [
            OwnerShare(
                line.payee.data or "",
                Bilingual(line.name_zh.data or "", line.name_en.data or ""),
                line.share.value or 0,
            )
            for line in self.lines
            if line.is_used
        ]

    @classmethod
    def of(cls, origin: str, shares: Sequence[OwnerShare]) -> Self:
        """As it is before anything is typed: with what is in force."""
        told: dict[str, Any] = {"origin": origin}
        for place, each in zip(_PLACES, shares, strict=False):
            told |= {
                f"payee_{place}": each.payee, f"name_zh_{place}": each.name.zh,
                f"name_en_{place}": each.name.en, f"share_{place}": each.percent,
            }  # fmt: skip
        return cls(formdata=None, data=told)

    def offer(self, names: Mapping[Origin, str]) -> Self:
        """Itself, with these projects and plantings to choose from."""
        self.origin.choices = [SelectChoice(str(origin), name) for origin, name in names.items()]
        return self


_PLACES = range(1, MOST_PAYEES + 1)
for _place in _PLACES:
    _which = str(_place)
    _fields: dict[str, Any] = {
        "payee": LineField(
            lazy_gettext("Payee %(number)s: short code", number=_which),
            max=20,
            render_kw={"autocomplete": "off"},
        ),
        "name_zh": LineField(
            lazy_gettext("Payee %(number)s: name in Chinese", number=_which), max=PAYEE_NAME_MAX
        ),
        "name_en": LineField(
            lazy_gettext("Payee %(number)s: name in English", number=_which), max=PAYEE_NAME_MAX
        ),
        "share": UnitsField(lazy_gettext("Payee %(number)s: share", number=_which), per=100, unit="%"),
    }
    for _name, _field in _fields.items():
        setattr(SharesForm, f"{_name}_{_place}", _field)
