"""What every lot costs and has cost, for everybody: a page and a file."""

from flask import Response, render_template, request

from portal.kernel.clock import text_of
from portal.kernel.money import PLACES
from portal.registry.queries import prices as read
from portal.registry.queries import register
from portal.web.exports import streamed
from portal.web.guard import open_to_all
from portal.web.limits import limited
from portal.web.page import page_blueprint, plain_blueprint

pages = page_blueprint("registry_prices", __name__)
files = plain_blueprint("registry_price_files", __name__)

PRICES = ("lot", "currency", "number", "minor_per_t", "from", "until", "reason")


@pages.get("/prices")
@open_to_all
def prices() -> str:
    """Every price per tonne that was ever in force, of all lots or of one, in all currencies or in one."""
    lot, currency = request.args.get("lot", ""), request.args.get("currency", "")
    told = read.history(lot, currency if currency in PLACES else "")
    return render_template(
        "registry/prices.html",
        prices=told,
        now=[each for each in told if each.until_at is None],
        lot=lot,
        currency=currency,
        lots=register.lots(limit=500),
        currencies=read.currencies(),
    )


@files.get("/prices.<any(csv, jsonl, xlsx):kind>")
@open_to_all
@limited("60/hour")
def table(kind: str) -> Response:
    """The same as a file; an empty ``until`` is in force."""
    rows = (
        (
            each.lot_code,
            each.per_tonne.currency,
            each.number,
            each.per_tonne.minor,
            text_of(each.from_at),
            text_of(each.until_at) if each.until_at else "",
            each.reason,
        )
        for each in read.history(request.args.get("lot", ""), request.args.get("currency", ""))
    )
    return streamed(kind, "prices", PRICES, rows)
