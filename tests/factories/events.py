"""Events for tests, made through the room's own commands: a conference of 300 in Yichun."""

from datetime import UTC, date, datetime
from hashlib import sha256

from portal.footprint.commands import events
from portal.footprint.commands.attendees import report_journey
from portal.footprint.queries import events as read
from portal.footprint.rules.activity import COLUMNS, Table
from portal.footprint.rules.attendees import Report, read_report
from portal.footprint.rules.events import EventDraft, Stage
from portal.kernel.actor import Actor

ORGANISER = Actor("usr_01JORGANISER0000000000000A")
STRANGER = Actor("usr_01JSTRANGER00000000000000B")
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 24), date(2026, 11, 25)
DRAFT = EventDraft("林业碳汇年会", "230700", FIRST, LAST)
GUESS = {
    "people": "300", "days": "2", "share_local": "0.4", "share_car": "0.1", "share_rail": "0.3",
    "share_air": "0.2", "nights": "320",
}  # fmt: skip

# What twenty people answer: band, km, mode, class, people in the car.
JOURNEYS = (
    ("b20", "", "bus", "", ""), ("b20", "", "walk", "", ""), ("b20", "", "car", "", "2"),
    ("b20", "", "bus", "", ""), ("b20", "", "taxi", "", "1"), ("b20", "", "metro", "", ""),
    ("b400", "", "rail", "", ""), ("b400", "", "hsr", "", ""), ("b400", "", "car", "", "3"),
    ("b400", "", "ecar", "", "1"), ("b400", "", "coach", "", ""), ("b400", "", "rail", "", ""),
    ("b1000", "", "rail", "", ""), ("b1000", "", "hsr", "", ""), ("", "1,290", "air", "economy", ""),
    ("", "1290", "air", "economy", ""), ("b2000", "", "air", "business", ""), ("b2000", "", "hsr", "", ""),
    ("b4000", "", "air", "economy", ""), ("", "7400.5", "air", "premium", ""),
)  # fmt: skip


def an_event(actor: Actor = ORGANISER, draft: EventDraft = DRAFT) -> str:
    return events.open_event(actor, draft, NOW)


def an_estimated_event(actor: Actor = ORGANISER, **answers: str) -> str:
    event_id = an_event(actor)
    events.keep_inventory(actor, event_id, Stage.ESTIMATE, GUESS | answers, NOW, "zh")
    return event_id


def with_actuals(event_id: str, actor: Actor = ORGANISER, **answers: str) -> str:
    """Answers by hand as the actual inventory; returns the footprint's id."""
    return events.keep_inventory(actor, event_id, Stage.ACTUAL, GUESS | answers, NOW, "zh")


def a_frozen_event(actor: Actor = ORGANISER) -> str:
    event_id = an_estimated_event(actor)
    with_actuals(event_id, actor, people="280")
    freeze(event_id, actor)
    return event_id


def freeze(event_id: str, actor: Actor = ORGANISER) -> None:
    actual = read.file_of(actor, event_id).actual
    assert actual
    events.freeze(actor, event_id, actual.footprint.digest, "筹备期差旅未计入", "", NOW)


def reports(count: int = len(JOURNEYS)) -> list[Report]:
    return [read_report(*journey) for journey in JOURNEYS[:count]]


def surveyed(event_id: str, count: int = len(JOURNEYS), actor: Actor = ORGANISER) -> str:
    """Open the survey and let so many browsers answer; returns its code."""
    events.open_survey(actor, event_id, FIRST, LAST, NOW)
    code = read.event(actor, event_id).code
    for number, report in enumerate(reports(count)):
        report_journey(code, f"browser-{number}", report, NOW)
    return code


def table(*rows: tuple[str, ...], head: tuple[str, ...] | None = None, encoding: str = "utf-8") -> Table:
    """A file's rows below the usual heading."""
    cells = [list(head or (title.en for title in COLUMNS.values())), *(list(row) for row in rows)]
    return Table(sha256(repr(cells).encode()).hexdigest(), encoding, tuple(enumerate(cells, start=1)))
