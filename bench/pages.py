"""Pages: what ours cost beside bare Flask pages of equal size, in process, CPU of one thread.

The baselines do what no page can do without: route, read the row by its key where ours does, fill a Jinja
template, answer. Everything between that and ours (language, session, guards, layout, components, formatting,
security headers) is the price of being this portal, and must stay under 1/0.6 of the bare page.
"""

from collections.abc import Callable

from flask import Flask, render_template
from sqlalchemy import Engine, text

from bench.measure import Figure, side_by_side
from bench.site import fresh_portal, get
from portal.db import db
from portal.footprint import commands as footprints
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.web.links import key_for
from tests.factories.certificates import issued

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title></head>
<body><main><h1>{{ title }}</h1><table>
{% for row in rows %}<tr class="row"><th scope="row">{{ row.name }}</th>
<td class="number">{{ row.value }}</td><td><a href="/zh/things/{{ row.id }}">{{ row.note }}</a></td></tr>
{% endfor %}</table></main></body></html>
"""


def run() -> list[Figure]:
    """Result and home page (aim: 0.6 of the bare page), verify page (aim: 0.5 of the bare look-up)."""
    with fresh_portal() as portal:
        with portal.app_context():
            saved = footprints.save_footprint(
                Actor.guest(), "household-cn", None, portal.config["PORTAL"].city_code, {}, clock.now(), "zh"
            )
            result = f"/zh/footprints/{saved}?k={key_for(saved)}"
            number = issued().number
            engine = db.engine
        row = text("SELECT total_g, created_at FROM footprint WHERE id = :id")
        paper = text("SELECT * FROM certificate WHERE number = :n")
        return [
            _figure("pages.result", portal, result, _reader(engine, row, {"id": saved})),
            _figure(
                "pages.verify", portal, f"/zh/certificates/{number}", _reader(engine, paper, {"n": number})
            ),
            _figure("pages.home", portal, "/zh/", None),
        ]


def _figure(name: str, portal: Flask, path: str, read: Callable[[], object] | None) -> Figure:
    ours, size = get(portal, path)
    baseline, _ = get(bare_page(size, read), "/page")
    return side_by_side(name, ours, baseline)


def bare_page(size: int, read: Callable[[], object] | None) -> Flask:
    """A Flask site with one page of ``size`` bytes (within one row), as plain as can be."""
    site = Flask("bare")
    template = site.jinja_env.from_string(_PAGE)  # compiled once, as a template file would be
    rows = [
        {"id": n, "name": f"第 {n} 行", "value": n * 1234, "note": "plain text & more"} for n in range(10_000)
    ]

    def page() -> str:
        if read:
            read()
        return render_template(template, title="页面", rows=rows[: site.config["ROWS"]])

    site.add_url_rule("/page", view_func=page)
    site.config["ROWS"] = 0
    empty = get(site, "/page")[1]
    site.config["ROWS"] = 100
    per_row = (get(site, "/page")[1] - empty) / 100
    site.config["ROWS"] = max(1, round((size - empty) / per_row))
    return site


def _reader(engine: Engine, statement: object, parameters: dict[str, object]) -> Callable[[], object]:
    def read() -> object:
        with engine.connect() as connection:
            return connection.execute(statement, parameters).one()  # type: ignore[call-overload]

    return read
