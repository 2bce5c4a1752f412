"""Where the money went, for everybody: what each party was promised, what was paid out, what is owed."""

from collections.abc import Iterator

from flask import Response, render_template

from portal.kernel import clock
from portal.kernel.clock import text_of
from portal.shop.queries import money as queries
from portal.shop.queries import origins
from portal.shop.queries.owners import splits_in_force
from portal.shop.rules.payouts import by_project
from portal.shop.till import till
from portal.shop.words.orders import party_words
from portal.web.exports import Cell, streamed
from portal.web.guard import open_to_all
from portal.web.limits import limited
from portal.web.page import page_blueprint, plain_blueprint

pages = page_blueprint("shop_money", __name__)
files = plain_blueprint("shop_money_files", __name__)

MONTHS = ("month", "party", "currency", "came_in_minor", "paid_out_minor", "closed", "test")
PAYOUTS = (
    "payout", "party", "month", "amount_minor", "currency", "confirmed_at", "test", "for", "code", "payee",
)  # fmt: skip
PROJECTS = ("month", "for", "code", "currency", "came_in_minor", "paid_out_minor", "closed", "test", "payee")


@pages.get("/money")
@open_to_all
def money() -> str:
    """Sums of each party, month by month, and every pay-out."""
    test = till().provider.test
    balances, payouts = origins.balances(test, clock.now()), queries.payouts_done(test)
    splits, rows = splits_in_force(clock.now()), by_project(balances)
    return render_template(
        "shop/where_money_went.html",
        accounts=queries.accounts(test, clock.now()),
        months=queries.months(test, clock.now()),
        rows=rows,
        splits=splits,
        names=origins.names_of(
            {each.origin for each, _row in rows if each.origin}
            | {each.origin for each in payouts if each.origin}
            | set(splits)
        ),
        payouts=payouts,
        party_words=party_words(),
        is_test=test,
    )


@files.get("/money/months.<any(csv, jsonl, xlsx):kind>")
@open_to_all
@limited("60/hour")
def months(kind: str) -> Response:
    """Month by month, per party and currency, in minor units."""
    test = till().provider.test

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in queries.months(test, clock.now()):
            came, gone = each.came, each.paid_out
            closed = int(each.is_closed)
            yield each.period, each.party.value, came.currency, came.minor, gone.minor, closed, int(test)

    return streamed(kind, "where-the-money-went", MONTHS, rows())


@files.get("/money/payouts.<any(csv, jsonl, xlsx):kind>")
@open_to_all
@limited("60/hour")
def payouts(kind: str) -> Response:
    """Every pay-out that a second person confirmed."""
    test = till().provider.test

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in queries.payouts_done(test):
            at = text_of(each.decided_at) if each.decided_at else ""
            amount = each.amount
            of = each.origin
            told = (of.kind.value, of.code, of.payee) if of else ("", "", "")
            yield (
                each.id, each.party.value, each.period, amount.minor, amount.currency, at, int(test), *told,
            )  # fmt: skip

    return streamed(kind, "payouts", PAYOUTS, rows())


@files.get("/money/projects.<any(csv, jsonl, xlsx):kind>")
@open_to_all
@limited("60/hour")
def projects(kind: str) -> Response:
    """Month by month, per project or planting and currency, in minor units."""
    test = till().provider.test

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in origins.months(test, clock.now()):
            origin, came, gone = each.origin, each.came, each.paid_out
            yield (
                each.period, origin.kind.value, origin.code, came.currency, came.minor, gone.minor,
                int(each.is_closed), int(test), origin.payee,
            )  # fmt: skip

    return streamed(kind, "money-of-projects", PROJECTS, rows())
