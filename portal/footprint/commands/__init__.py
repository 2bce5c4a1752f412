"""What can be done with footprints: one module per chapter."""

from portal.footprint.commands.saving import save_footprint
from portal.footprint.commands.sending import send_result

__all__ = ["save_footprint", "send_result"]
