"""What can be done with footprints: one module per chapter."""

from portal.footprint.commands.drafts import forget_old_drafts, save_draft
from portal.footprint.commands.saving import save_footprint
from portal.footprint.commands.sending import send_result

__all__ = ["forget_old_drafts", "save_draft", "save_footprint", "send_result"]
