"""What can be done with footprints: one module per chapter."""

from portal.footprint.commands.saving import save_footprint

__all__ = ["save_footprint"]
