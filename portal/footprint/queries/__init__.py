"""What the room can be asked: one module per chapter."""

from portal.footprint.queries.drafts import draft, draft_by_code
from portal.footprint.queries.results import footprint, footprints_of

__all__ = ["draft", "draft_by_code", "footprint", "footprints_of"]
