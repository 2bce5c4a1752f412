"""The yearly statement: on the page, as CSV, and as a PDF for the books."""

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from portal.accounts import queries as accounts
from portal.certificates.rules.claims import EFFECT_OF, EFFECTS
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.registry.sheets import Row, csv_file
from portal.shop.queries import statements as queries
from portal.shop.queries.statements import Statement
from portal.shop.till import till
from portal.shop.words.planting import words_of_order
from portal.web import limits, press
from portal.web.guard import actor, signed_in
from portal.web.i18n import _, lang
from portal.web.i18n import day as day_words
from portal.web.page import page_blueprint
from portal.web.pdf import STATEMENT

blueprint = page_blueprint("yearly_statement", __name__)

_SECONDS = 60.0  # a company's year can be long
Answer = str | Response


@blueprint.get("/account/statement")
@signed_in
def index() -> Answer:
    """Choose the year and whose; then everything of it."""
    found, whose, name = _asked()
    return render_template(
        "shop/statement.html",
        statement=found,
        whose=whose,
        name=name,
        parties=_parties(),
        years=queries.years_of(actor(), whose, clock.today()),
        effects=EFFECTS,
        effect_of=EFFECT_OF,
        words_of=words_of_order,
    )


def _asked() -> tuple[Statement, str, str]:
    """The statement, whose it is (an organisation's id or empty), and its name. Raises NotFound."""
    whose = request.args.get("for", "")
    year = request.args.get("year", clock.today().year, int)
    if not 2000 <= year <= clock.today().year:
        raise NotFound()
    found = queries.statement(actor(), whose, year, counts_tests=till().provider.test)
    return found, whose, dict(_parties())[whose] if whose else accounts.person(actor().id).name


def _parties() -> list[tuple[str, str]]:
    own = [
        (each.id, each.name.in_(lang()) or each.name.zh or each.name.en)
        for each in accounts.organisations_of(actor())
    ]
    return [("", _("Myself")), *own]


@blueprint.get("/account/statement.csv")
@signed_in
def as_csv() -> Answer:
    """A row per range, so that every gram can be found, and per planting; no order is without a row."""
    found, _whose, _name = _asked()
    head: Row = [
        _("Order"), _("Ordered on"), _("Paid on"), _("State"), _("Currency"), _("Total"), _("Given back"),
        _("Project"), _("Type"), _("Effect"), _("Serial numbers"), _("Kilograms"), _("Certificate"),
        _("Test"), _("Seedlings"),
    ]  # fmt: skip
    answer = FlaskResponse(csv_file([head, *_rows(found)]), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="statement-{found.year}.csv"'
    return answer


def _rows(statement: Statement) -> list[Row]:
    rows: list[Row] = []
    for order in statement.orders:
        back = sum(refund.amount.minor for refund in order.refunds if refund.state == "succeeded")
        start: list[str | int] = [
            order.id, day_words(order.created_at), day_words(order.paid_at) if order.paid_at else "",
            words_of_order(order.state, order.lines).label, order.total.currency,
            _plain(order.total.minor), _plain(back),
        ]  # fmt: skip
        test = _("TEST") if order.is_test else ""
        for line in order.lines:
            for part in line.ranges:
                effect = EFFECTS[EFFECT_OF[part.project_type]].in_(lang())
                name = part.project_name.in_(lang()) or part.project_name.en
                rows.append(
                    [
                        *start, name, part.project_type.value, effect, part.full_serial,
                        _plain(part.mass.grams, 3), line.certificate or "", test, "",
                    ]
                )  # fmt: skip
            if not line.ranges:
                rows.append([*start, "", "", "", "", _plain(line.mass.grams, 3), "", test, ""])
        for each in order.seedlings:
            name = each.campaign.parcel_name.in_(lang()) or each.campaign.parcel_name.en
            kind = _("Planting contribution")
            rows.append([*start, name, kind, "", "", "", each.certificate or "", test, each.seedlings])
    return rows


def _plain(units: int, digits: int = 2) -> str:
    """An integer of minor units as a plain decimal, exactly."""
    whole, part = divmod(units, 10**digits)
    return f"{whole}.{part:0{digits}d}"


@blueprint.get("/account/statement.pdf")
@signed_in
@limits.limited("20/hour")
def as_pdf() -> Answer:
    """Raises NoPango and its kin: 503 with the line that installs what is missing."""
    found, _whose, name = _asked()
    now = clock.now()
    page = render_template(
        "shop/pdf_statement.html",
        statement=found,
        name=name,
        at=clock.text_of(now),
        made_at=now,
        effects=EFFECTS,
        effect_of=EFFECT_OF,
        words_of=words_of_order,
    )
    pdf = press.shared().print(page, now, design=STATEMENT, seconds=_SECONDS)
    answer = FlaskResponse(pdf, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="statement-{found.year}.pdf"'
    return answer
