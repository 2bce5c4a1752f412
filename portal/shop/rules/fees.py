"""Fees and limits as the city sets them: terms of sale from the values of a sheet, and back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.kernel.mass import Mass
from portal.kernel.money import PLACES
from portal.shop.rules.terms import PaymentKind, Terms


def decided(terms: Terms, values: Mapping[str, Any], number: int) -> Terms:
    """These terms with what was decided instead; their version names the decision, for orders to keep."""
    return replace(
        terms,
        version=f"{terms.version}.{number}",
        owner_ppm=values["owner"],
        planter_ppm=values["planter"],
        registry_minor_per_t={currency: values[f"registry_{currency}"] for currency in PLACES},
        payment_ppm={kind: values[kind.value] for kind in PaymentKind},
        least=Mass(values["least"]),
        most=Mass(values["most"]),
    )


def values_of(terms: Terms) -> dict[str, Any]:
    """What a sheet holds that says the same."""
    return {
        "owner": terms.owner_ppm,
        "planter": terms.planter_ppm,
        **{kind.value: terms.payment_ppm[kind] for kind in PaymentKind},
        **{f"registry_{currency}": terms.registry_minor_per_t[currency] for currency in PLACES},
        "least": terms.least.grams,
        "most": terms.most.grams,
    }
