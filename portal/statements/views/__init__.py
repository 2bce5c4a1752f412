"""Pages of statements: for everybody, for organisers, for attendees."""

from portal.statements.views import organiser, public, sharing
from portal.statements.views.pages import blueprint, links

blueprints = (blueprint, links)
__all__ = ["blueprints", "organiser", "public", "sharing"]
