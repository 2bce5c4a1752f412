"""Tables of pledges, one module per subject; all are imported here, so that every table is known."""

from portal.pledges.models import course, letters, promise, together

__all__ = ["course", "letters", "promise", "together"]
