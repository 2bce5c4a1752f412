"""Answers as a file: written so that another program, a spreadsheet or we ourselves can read them again.

Two spellings of the same facts: JSON for programs, CSV with the questions' words for people. A file is
taken wholly or not at all, by the version of the model it was made with; a newer one is the migration's task.
"""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any

from portal.footprint.rules import library
from portal.footprint.rules.answers import Given, from_texts
from portal.footprint.rules.drafts import Journey, UnknownForm
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.model import FORMS, Model
from portal.kernel.canonical import read_json
from portal.kernel.cells import neutral
from portal.kernel.clock import text_of
from portal.kernel.errors import N_, InvalidInput

FORMAT = "footprint answers 1"
MOST_BYTES = 200_000
ANSWER, OWN = "q-", "own-"
_HEAD = ("format", "model", "version", "digest", "region", "year", "audience", "form", "saved_at")
_COLUMNS = ["name", "value", "title", "in_words"]


class FileTooLarge(InvalidInput):
    message = N_(
        "This file is larger than 200 kB. A file of answers is much smaller; choose the one you saved here."
    )


class NotAnAnswersFile(InvalidInput):
    message = N_("This is not a file of answers that was saved here (JSON or CSV).")


class BrokenAnswersFile(InvalidInput):
    message = N_("This file of answers is damaged near “%(where)s”. Nothing was taken from it.")


class OtherModel(InvalidInput):
    message = N_(
        "This file was made with another edition of “%(model)s”, version %(version)s, than the one we "
        "released. Nothing was taken from it."
    )


class NotText(BadAnswer):
    message = N_("In a file, every answer stands as text in quotation marks.")


@dataclass(frozen=True, slots=True)
class Words:
    """How a CSV names things to people: a heading by field, an answer by question."""

    heading: Callable[[str], str]
    title: Callable[[str], str]
    answer: Callable[[str, str], str]


def head_of(journey: Journey, digest: str, now: datetime) -> dict[str, str]:
    """What stands above the answers. ``digest`` is the model file's SHA-256; the time is UTC."""
    return {
        "format": FORMAT,
        "model": journey.model_id,
        "version": journey.version,
        "digest": digest,
        "region": journey.region,
        "year": journey.year,
        "audience": journey.audience,
        "form": journey.form,
        "saved_at": text_of(now),
    }


def as_json(journey: Journey, digest: str, now: datetime) -> str:
    facts = {
        **head_of(journey, digest, now),
        "answers": dict(journey.answers),
        "own": dict(journey.own),
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def as_csv(journey: Journey, digest: str, now: datetime, words: Words) -> str:
    """UTF-8 text with the mark by which spreadsheets know it; every cell is harmless as a formula."""
    sheet = StringIO()
    line = csv.writer(sheet, lineterminator="\r\n").writerow
    line(_COLUMNS)
    for name, value in head_of(journey, digest, now).items():
        line(map(neutral, (name, value, words.heading(name), "")))
    for key, value in journey.answers.items():
        line(map(neutral, (ANSWER + key, value, words.title(key), words.answer(key, value))))
    for key, value in journey.own.items():
        line(map(neutral, (OWN + key, value, words.title(key), "")))
    return "\ufeff" + sheet.getvalue()


def read(content: bytes) -> Journey:
    """The journey in a file, every answer checked by the version it was made with.

    Raises FileTooLarge, NotAnAnswersFile, BrokenAnswersFile, OtherModel, UnknownModel, UnknownVersion,
    UnknownRegion, UnknownForm, and BadAnswer with the question it concerns.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge()
    text = _text(content)
    facts = _from_json(text) if text.lstrip().startswith("{") else _from_csv(text)
    head = {name: _texts(facts, name) for name in _HEAD}
    if head["format"] != FORMAT:
        raise NotAnAnswersFile()
    if unknown := facts.keys() - {*_HEAD, "answers", "own"}:
        raise BrokenAnswersFile(where=min(unknown)[:60])
    model = library.model(head["model"], head["version"], head["audience"])
    if head["digest"] != model.digest:
        raise OtherModel(model=model.title, version=model.version)
    if head["form"] not in FORMS:
        raise UnknownForm(form=head["form"][:20])
    own = _own(facts)
    model.place(head["region"], head["year"], own)
    return Journey(
        model_id=model.id,
        version=model.version,
        form=head["form"],
        region=head["region"],
        year=head["year"],
        audience=head["audience"],
        answers=_answers(model, facts),
        own=own,
    )


def _text(content: bytes) -> str:
    """UTF-8, or what spreadsheets in China save as."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotAnAnswersFile()


def _from_json(text: str) -> dict[str, Any]:
    try:
        facts = read_json(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except ValueError:
        raise NotAnAnswersFile() from None
    if not isinstance(facts, dict):
        raise NotAnAnswersFile()
    return facts


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice would be read differently by different readers."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BrokenAnswersFile(where=key[:60])
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise BrokenAnswersFile(where=name)


def _from_csv(text: str) -> dict[str, Any]:
    """Name and value of each line; spreadsheets may have put semicolons or tabs between them."""
    first = text.split("\n", 1)[0].strip().lower()
    between = next((mark for mark in (",", ";", "\t") if first.startswith(f"name{mark}value")), None)
    if between is None:
        raise NotAnAnswersFile()
    facts: dict[str, Any] = {"answers": {}, "own": {}}
    try:
        rows = [
            row for row in csv.reader(StringIO(text, newline=""), delimiter=between, strict=True) if any(row)
        ]
    except csv.Error:
        raise NotAnAnswersFile() from None
    for row in rows[1:]:
        _take(facts, row)
    return facts


def _take(facts: dict[str, Any], row: list[str]) -> None:
    if len(row) < 2:
        raise BrokenAnswersFile(where=row[0][:60])
    name, value = (cell.removeprefix("'").strip() for cell in row[:2])
    part, key = facts, name
    if name.startswith(ANSWER):
        part, key = facts["answers"], name.removeprefix(ANSWER)
    elif name.startswith(OWN):
        part, key = facts["own"], name.removeprefix(OWN)
    elif name not in _HEAD:
        raise BrokenAnswersFile(where=name[:60])
    if key in part:
        raise BrokenAnswersFile(where=name[:60])
    part[key] = value


def _texts(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str):
        raise NotAnAnswersFile() if value is None else BrokenAnswersFile(where=name)
    return value


def _answers(model: Model, facts: Mapping[str, Any]) -> Given:
    """Raises BadAnswer for what is no text, too: a number would be read differently by different programs."""
    answers = facts.get("answers")
    if not isinstance(answers, dict):
        raise BrokenAnswersFile(where="answers")
    for key, value in answers.items():
        if key in model.questions and not isinstance(value, str):
            raise NotText(key=key, question=model.questions[key].title)
    return from_texts(model, answers)


def _own(facts: Mapping[str, Any]) -> dict[str, str]:
    own = facts.get("own", {})
    if not isinstance(own, dict) or not all(isinstance(value, str) for value in own.values()):
        raise BrokenAnswersFile(where="own")
    return dict(own)
