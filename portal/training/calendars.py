"""Meetings as an iCalendar feed (RFC 5545) that phones and mail programs subscribe to."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event

from portal.training.queries.meetings import Meeting
from portal.web.i18n import _, lang

_REFRESH: Final = "PT1H"


def feed(name: str, meetings: Iterable[Meeting], host: str, now: datetime) -> bytes:
    """The feed in the reader's language, each time by the clock of its class. A cancelled meeting stays, and
    says so."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{host}//training//{lang().upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-published-ttl", _REFRESH)
    for meeting in meetings:
        calendar.add_component(_event(meeting, host, now))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(meeting: Meeting, host: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{meeting.id}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", meeting.starts_at.astimezone(meeting.zone))
    event.add("dtend", meeting.ends_at.astimezone(meeting.zone))
    event.add("summary", f"{meeting.course.in_(lang())} · {_title(meeting)}")
    event.add("location", meeting.place)
    event.add("description", meeting.cohort)
    event.add("status", "CANCELLED" if meeting.is_cancelled else "CONFIRMED")
    return event


def _title(meeting: Meeting) -> str:
    return meeting.title or _("Meeting %(number)s", number=meeting.number)
