"""What the room can be asked: one module per chapter."""

from portal.footprint.queries.results import footprint, footprints_of

__all__ = ["footprint", "footprints_of"]
