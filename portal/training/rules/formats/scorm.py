"""A course as a SCORM 1.2 or 2004 package in one language: a page per lesson and one with the quiz.

Lessons are complete when they were opened; the quiz reports its score and whether it was passed. Items that
a page alone cannot mark are left out and listed. Sources: ADL SCORM 1.2 and SCORM 2004 4th edition.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final
from xml.etree import ElementTree

from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import (
    LeftOut,
    NotInThisFormat,
    TextMissing,
    Writing,
    plain,
    weights,
)
from portal.training.rules.formats.fragments import block
from portal.training.rules.formats.nodes import Element, element, written
from portal.training.rules.formats.packages import zipped
from portal.training.rules.items import (
    FULL,
    NOTHING,
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    Option,
    Scoring,
    Single,
    TrueFalse,
)
from portal.training.rules.packs.course import Pack
from portal.training.rules.packs.lessons import Lesson

_DATA: Final = files("portal.training") / "data"
_TAGS: Final = {"zh": "zh-CN", "en": "en"}
_WORDS: Final = {
    "zh": {"quiz": "测验", "hand_in": "提交", "result": "得分：", "true": "正确", "false": "错误",
           "answer": "答案"},
    "en": {"quiz": "Quiz", "hand_in": "Hand in", "result": "Score: ", "true": "True", "false": "False",
           "answer": "Answer"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edition:
    """What differs between the two: name spaces, the schema's name, and how a page is called a SCO."""

    name: str
    schema_version: str
    packaging: str
    adlcp: str
    sco: str


SCORM_12: Final = Edition(
    "scorm12",
    "1.2",
    "http://www.imsproject.org/xsd/imscp_rootv1p1p2",
    "http://www.adlnet.org/xsd/adlcp_rootv1p2",
    "adlcp:scormtype",
)
SCORM_2004: Final = Edition(
    "scorm2004",
    "2004 4th Edition",
    "http://www.imsglobal.org/xsd/imscp_v1p1",
    "http://www.adlnet.org/xsd/adlcp_v1p3",
    "adlcp:scormType",
)
EDITIONS: Final = {edition.name: edition for edition in (SCORM_12, SCORM_2004)}


def write(pack: Pack, lang: str, edition: Edition) -> Writing:
    """The package as a ZIP file. Raises TextMissing when the course has no title in ``lang``."""
    if pack.course is None or not pack.course.title.in_(lang):
        raise TextMissing()
    lessons = [lesson for (_, side), lesson in sorted(pack.lessons.items()) if side == lang]
    pages = {f"{lesson.id}.html": (lesson.title, _lesson(lesson, lang)) for lesson in lessons}
    left_out: list[LeftOut] = []
    questions = list(_questions((item for item, _, _ in pack.items), lang, left_out))
    if questions:
        pages["quiz.html"] = (_WORDS[lang]["quiz"], _quiz(questions, lang, pack.course.pass_percent))
    own = {name: (_DATA / name).read_bytes() for name in ("scorm.js", "scorm.css")}
    media = {name: data for name, data in pack.files.items() if name.startswith("media/")}
    content = {name: page for name, (_, page) in pages.items()} | own | media
    titles = {name: title for name, (title, _) in pages.items()}
    manifest = _manifest(pack, lang, edition, titles, [*own, *media])
    return Writing(zipped({"imsmanifest.xml": manifest, **content}), tuple(left_out))


def _manifest(pack: Pack, lang: str, edition: Edition, titles: Mapping[str, str], shared: list[str]) -> bytes:
    course = pack.course
    assert course is not None  # noqa: S101  # write() has looked
    entries = [
        element(
            "item", element("title", text=title), identifier=f"ITEM-{number}", identifierref=f"PAGE-{number}"
        )
        for number, title in enumerate(titles.values(), start=1)
    ]
    organization = element(
        "organization", element("title", text=course.title.in_(lang)), *entries, identifier="COURSE"
    )
    resources = [
        element(
            "resource",
            *(element("file", href=file) for file in (name, *shared)),
            identifier=f"PAGE-{number}",
            type="webcontent",
            href=name,
            **{edition.sco: "sco"},
        )
        for number, name in enumerate(titles, start=1)
    ]
    metadata = element(
        "metadata",
        element("schema", text="ADL SCORM"),
        element("schemaversion", text=edition.schema_version),
    )
    root = element(
        "manifest",
        metadata,
        element("organizations", organization, default="COURSE"),
        element("resources", *resources),
        identifier=f"{course.id}-{lang}",
        version=course.version,
        xmlns=edition.packaging,
    )
    root.set("xmlns:adlcp", edition.adlcp)
    ElementTree.indent(root)
    return written(root)


def _page(title: str, lang: str, *body: Element, **data: str) -> bytes:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", text=title),
        element("link", rel="stylesheet", href="scorm.css"),
    )
    script = element("script", src="scorm.js", text=" ")
    root = element("html", head, element("body", element("h1", text=title), *body, script), lang=_TAGS[lang])
    for name, value in data.items():
        root.set(f"data-{name}", value)
    return (
        "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html") + "\n"
    ).encode()


def _lesson(lesson: Lesson, lang: str) -> bytes:
    blocks = [block("section", part.text, Markup.MARKDOWN, id=part.id) for part in lesson.blocks]
    return _page(lesson.title, lang, *blocks)


# --- the quiz -----------------------------------------------------------------------------------------


def _quiz(questions: list[Element], lang: str, pass_percent: Decimal) -> bytes:
    words = _WORDS[lang]
    result = element("p", element("output", id="result"), text=words["result"], role="status")
    form = element("form", *questions, element("button", text=words["hand_in"], type="submit"), result)
    return _page(words["quiz"], lang, form, **{"pass": plain(pass_percent)})


def _questions(items: Iterable[Item], lang: str, left_out: list[LeftOut]) -> Iterator[Element]:
    for number, item in enumerate(items, start=1):
        try:
            if item.variant or not item.stem.in_(lang):
                raise NotInThisFormat(kind="variant") if item.variant else TextMissing()
            key, fields = _parts(item, f"q{number}", lang)
        except PortalError as reason:
            left_out.append(LeftOut(item.id, reason))
            continue
        stem = block("legend", item.stem.in_(lang), item.markup)
        key_text = json.dumps(key, sort_keys=True)
        question = element("fieldset", stem, *fields, element("output"))
        question.set("data-key", key_text)
        yield question


def _parts(item: Item, name: str, lang: str) -> tuple[dict[str, Any], list[Element]]:
    """The key that the page marks by, and the fields."""
    match item.task:
        case Single(options=options):
            shares = [option.credit for option in options]
            return _key("by_weight", shares), _choices(options, name, "radio", item.markup, lang)
        case Multiple(options=options) as task:
            shares = weights(task) if task.scoring is Scoring.BY_WEIGHT else [o.credit for o in options]
            return _key(task.scoring.value, shares), _choices(options, name, "checkbox", item.markup, lang)
        case TrueFalse(is_true=is_true):
            shares = [FULL if said is is_true else NOTHING for said in (True, False)]
            said = [
                _label(name, "radio", element("span", text=_WORDS[lang][key])) for key in ("true", "false")
            ]
            return _key("by_weight", shares), said
        case Numeric() as task:
            return _numeric(task, name, lang)
        case Matching() as task:
            return _matching(task, name, item.markup, lang)
    raise NotInThisFormat(kind=type(item.task).__name__)


def _key(kind: str, shares: list[Decimal]) -> dict[str, Any]:
    return {"kind": kind, "credits": [_number(credit) for credit in shares]}


def _number(value: Decimal) -> Any:
    """For JavaScript, which has no decimals."""
    return int(value) if value == value.to_integral_value() else json.loads(plain(value))


def _choices(options: tuple[Option, ...], name: str, kind: str, markup: Markup, lang: str) -> list[Element]:
    if not all(option.text.in_(lang) for option in options):
        raise TextMissing()
    return [_label(name, kind, block("span", option.text.in_(lang), markup)) for option in options]


def _label(name: str, kind: str, text: Element) -> Element:
    return element("label", element("input", type=kind, name=name), text)


def _numeric(task: Numeric, name: str, lang: str) -> tuple[dict[str, Any], list[Element]]:
    answers = [
        {"value": _number(a.value), "tolerance": _number(a.tolerance), "credit": _number(a.credit)}
        for a in task.answers
        if a.value is not None and a.credit > 0
    ]
    field = element("input", type="text", name=name, inputmode="decimal")
    words = element(
        "span", text=f"{_WORDS[lang]['answer']} ({task.unit})" if task.unit else _WORDS[lang]["answer"]
    )
    return {"kind": "numeric", "answers": answers}, [element("label", words, field)]


def _matching(task: Matching, name: str, markup: Markup, lang: str) -> tuple[dict[str, Any], list[Element]]:
    matches = sorted({pair.match.in_(lang) for pair in task.pairs})
    if not all(matches):
        raise TextMissing()
    rows = []
    for number, pair in enumerate(task.prompts):
        select = element("select", *(element("option", text=match) for match in ("", *matches)))
        select.set("name", f"{name}-{number}")
        rows.append(element("label", block("span", pair.prompt.in_(lang), markup), select))
    return {"kind": "matching", "matches": [pair.match.in_(lang) for pair in task.prompts]}, rows
