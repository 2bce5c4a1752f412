"""Pages of the training room, one module per subject."""

from portal.training.views import items

blueprints = (items.blueprint,)
