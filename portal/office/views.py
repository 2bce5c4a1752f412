"""The city's own pages for everybody: the terms of sale."""

from flask import current_app, render_template

from portal.kernel.money import Money
from portal.shop.conditions import conditions
from portal.shop.rules.terms import PaymentKind
from portal.web.guard import open_to_all
from portal.web.page import page_blueprint

blueprint = page_blueprint("office", __name__)


@blueprint.get("/terms")
@open_to_all
def terms() -> str:
    """What applies to a purchase: the city's own words, and the fees and limits in force."""
    found, currency = conditions(), current_app.config["PORTAL"].currency
    return render_template(
        "office/terms.html",
        terms=found, registry_fee=Money(found.registry_minor_per_t[currency], currency),
        card=PaymentKind.CARD, transfer=PaymentKind.TRANSFER,
    )  # fmt: skip
