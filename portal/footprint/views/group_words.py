"""What is published of a campaign as tables in words, for its page and its files."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.footprint.queries.groups import CampaignView, Published, RawRow
from portal.footprint.rules.group_figures import by_category
from portal.footprint.rules.groups import ALL, BINS, GROUPS, NO_ANSWER, POOL
from portal.footprint.views.group_forms import cell_words, text_of
from portal.kernel.mass import Mass
from portal.registry.sheets import Cell
from portal.web.i18n import _, lang, number


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    label: str
    people: int
    mean: Mass
    median: Mass


@dataclass(frozen=True, slots=True)
class Table:
    """``name`` as in rules/groups.py; a table may count fewer people than another: the newest wait."""

    name: str
    title: str
    rows: list[Row]

    @property
    def people(self) -> int:
        return sum(row.people for row in self.rows)


def total_of(published: Published) -> Row:
    return _row(ALL, _("All"), published.figures[ALL][ALL])


def categories_of(view: CampaignView, published: Published) -> list[tuple[str, Mass]]:
    found = published.figures[ALL][ALL]["categories"]
    return [
        (title.in_(lang()), Mass(found[key])) for key, title in view.model.categories.items() if key in found
    ]


def bins_of(published: Published) -> list[Row]:
    """The distribution, from the smallest footprints to the largest."""
    cells = published.figures.get(BINS, {})
    if not cells:
        return []
    starts = sorted(map(int, cells))
    ends: list[int | None] = [*starts[1:], None]
    return [
        _row(str(start), _between(start, end), cells[str(start)])
        for start, end in zip(starts, ends, strict=True)
    ]


def _between(start: int, end: int | None) -> str:
    if end is None:
        return _("%(from)s t and more", **{"from": _tonnes(start)})
    if start == 0:
        return _("under %(to)s t", to=_tonnes(end))
    return _("%(from)s to %(to)s t", **{"from": _tonnes(start), "to": _tonnes(end)})


def _tonnes(grams: int) -> str:
    return number(Decimal(grams) / 1_000_000)


def tables_of(view: CampaignView, published: Published) -> list[Table]:
    """By sub-group, by the organiser's questions, and by both together; only what is published."""
    names: list[tuple[str, str, dict[str, str]]] = [
        (GROUPS, _("By sub-group"), {name: name for name in view.groups})
    ]
    for place, question in enumerate(view.questions):
        answers = {key: cell_words(question, key) for key in (*question.cells, NO_ANSWER)}
        names.append((f"q{place}", text_of(question.text), answers))
    for place, question in enumerate(view.questions):
        both = {
            f"{group}\n{key}": f"{group} · {cell_words(question, key)}"
            for group in view.groups
            for key in (*question.cells, NO_ANSWER)
        }
        title = _("By sub-group and: %(question)s", question=text_of(question.text))
        names.append((f"by{place}", title, both))
    return [
        _table(name, title, words, published) for name, title, words in names if name in published.figures
    ]


def _table(name: str, title: str, words: dict[str, str], published: Published) -> Table:
    cells = published.figures[name]
    rows = [
        _row(key, label, cells[key])
        for key, label in (words | {POOL: _("Others together")}).items()
        if key in cells
    ]
    return Table(name, title, rows)


def _row(key: str, label: str, cell: dict[str, Any]) -> Row:
    return Row(key, label, cell["n"], Mass(cell["mean_g"]), Mass(cell["median_g"]))


# ---- files


def figures_file(view: CampaignView, published: Published) -> list[list[Cell]]:
    """All that is published, one cell of a table on each line, in kilograms per person."""
    head: list[Cell] = [
        _("Table"), _("Group"), _("People"),
        _("Average, kg CO₂e per person"), _("Median, kg CO₂e per person"),
    ]  # fmt: skip
    total = total_of(published)
    rows = [head, _line(_("All"), total)]
    for title, mass in categories_of(view, published):
        rows.append([_("By category"), title, total.people, mass.kg_down, ""])
    rows += [_line(_("Distribution"), row) for row in bins_of(published)]
    for table in tables_of(view, published):
        rows += [_line(table.title, row) for row in table.rows]
    return rows


def _line(title: str, row: Row) -> list[Cell]:
    return [title, row.label, row.people, row.mean.kg_down, row.median.kg_down]


def rows_file(view: CampaignView, raw: list[RawRow]) -> list[list[Cell]]:
    """One line for each person, without what they answered to the calculator's questions."""
    model = view.model
    head: list[Cell] = [_("kg CO₂e per person"), *(title.in_(lang()) for title in model.categories.values())]
    if view.groups:
        head.append(_("Sub-group"))
    head += [text_of(question.text) for question in view.questions]
    return [head, *(_raw_line(view, row) for row in raw)]


def _raw_line(view: CampaignView, row: RawRow) -> list[Cell]:
    parts = by_category(view.model, row.worked)
    line: list[Cell] = [
        Mass(row.worked.per_person).kg_down,
        *(Mass(grams).kg_down for grams in parts.values()),
    ]
    if view.groups:
        line.append(row.group or _("Others together"))
    for question, text in zip(view.questions, row.extras, strict=True):
        line.append(text if question.kind == "whole" and text else cell_words(question, text))
    return line
