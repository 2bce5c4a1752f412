"""Asking for a letter: recorded with the deed, written by the worker (see portal/accounts/jobs.py).

What is recorded names an address and an occasion, never a link: the token is made when the letter is
written, so that the queue holds nothing one could sign in with.
"""

from datetime import datetime

from portal import jobs
from portal.kernel.ids import new_id


def ask_for(occasion: str, email: str, lang: str, now: datetime, **facts: str) -> None:
    """Record that a letter about ``occasion`` goes to ``email``."""
    letter_id = new_id("let")
    payload = {"id": letter_id, "occasion": occasion, "to": email, "lang": lang, "facts": facts}
    jobs.enqueue("accounts.letter", payload, key=letter_id, now=now)
