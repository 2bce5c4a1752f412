"""Whether it holds today, by the dates that it states."""

from datetime import UTC, datetime

from portal.certificates.rules.inspection.handed import Answer, Finding, Handed
from portal.kernel.errors import N_


def period(handed: Handed, now: datetime) -> Finding:
    """Whether it holds today by the dates it states."""
    try:
        since, until = dates_of(handed)
    except (ValueError, OverflowError, OSError):
        return Finding(Answer.NO, N_("Its dates cannot be read."))
    if since and now < since:
        return Finding(Answer.NO, N_("It is not valid before %(day)s."), {"day": since.date().isoformat()})
    if until and now > until:
        return Finding(Answer.NO, N_("It expired on %(day)s."), {"day": until.date().isoformat()})
    if until:
        return Finding(Answer.YES, N_("It is valid until %(day)s."), {"day": until.date().isoformat()})
    if since:
        day = since.date().isoformat()
        return Finding(Answer.YES, N_("It is valid since %(day)s and does not expire."), {"day": day})
    return Finding(Answer.UNKNOWN, N_("It states no dates."))


def dates_of(handed: Handed) -> tuple[datetime | None, datetime | None]:
    """From when and until when it holds; a token has dates of its own, and the narrower ones count.

    Raises ValueError, OverflowError, OSError.
    """
    since, until = (_instant(handed.document.get(name)) for name in ("validFrom", "validUntil"))
    if handed.token is None:
        return since, until
    first, last = (_second(handed.token.claims.get(name)) for name in ("nbf", "exp"))
    return max(filter(None, (since, first)), default=None), min(filter(None, (until, last)), default=None)


def _second(told: object) -> datetime | None:
    """An instant in seconds since 1970, as tokens write it."""
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise ValueError("no number")
    return datetime.fromtimestamp(told, UTC)


def _instant(text: object) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("without a time zone")
    return at
