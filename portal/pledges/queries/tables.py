"""Documents of pledges as a table to take away."""

from typing import Any

from sqlalchemy import Select, select

from portal.pledges.models.course import PledgeEvidence


def documents() -> Select[*tuple[Any, ...]]:
    """Without the words of whoever gave them."""
    return select(
        PledgeEvidence.id, PledgeEvidence.pledge_id, PledgeEvidence.sha256, PledgeEvidence.media_type,
        PledgeEvidence.bytes, PledgeEvidence.state, PledgeEvidence.given_at, PledgeEvidence.decided_by,
        PledgeEvidence.decided_at,
    ).order_by(PledgeEvidence.id)  # fmt: skip
