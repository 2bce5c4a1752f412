"""Answers as they are listed: on the check page, on the result page, before a file is used."""

from dataclasses import dataclass

from portal.footprint.forms import CHECK, Sheet
from portal.footprint.rules.answers import shown
from portal.footprint.rules.method import answer_words
from portal.footprint.rules.model import Question
from portal.footprint.views.addresses import urls_of
from portal.footprint.views.progress import section_title
from portal.web.i18n import _, lang


@dataclass(frozen=True, slots=True)
class Row:
    """One answer as the check page and the result page list it."""

    title: str
    text: str
    is_default: bool
    href: str
    key: str = ""
    section: str = ""
    is_open: bool = False


def rows_of(sheet: Sheet) -> list[Row]:
    """Every question of the model in its order, answered or not."""
    asked = {question.key for step in sheet.steps for question in step}
    here, full, expert = (urls_of(each) for each in (sheet, sheet.but(form="full"), sheet.but(form="expert")))
    rows = []
    for question in sheet.model.questions.values():
        is_asked = question.key in asked
        url = here if is_asked else expert if question.expert else full
        rows.append(_row(sheet, question, url(question.key, CHECK), is_asked=is_asked))
    return rows


def _row(sheet: Sheet, question: Question, href: str, *, is_asked: bool) -> Row:
    said = question.key in sheet.given
    text = (
        answer_words(question, shown(question, sheet.given[question.key]), lang())
        if said
        else _("I don’t know")
    )
    return Row(
        question.title.in_(lang()),
        text,
        not said,
        href,
        question.key,
        question.section,
        is_asked and not said and not question.expert,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the check page."""

    title: str
    rows: list[Row]


def parts_of(sheet: Sheet, rows: list[Row]) -> list[Part]:
    """What this visitor was asked or has answered, by section; what does not concern them is left out."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        question = sheet.model.questions[row.key]
        if row.is_open or (not row.is_default and sheet.model.is_relevant(question, sheet.given)):
            parts.setdefault(row.section, []).append(row)
    return [Part(section_title(sheet, name), listed) for name, listed in parts.items()]
