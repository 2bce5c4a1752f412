"""Pages of the training room, one module per subject."""

from portal.training.views import (
    catalogue,
    following,
    items,
    joining,
    learning,
    pages,
    possessions,
    quizzes,
    record,
)

blueprints = (items.blueprint, pages.blueprint, pages.files)
__all__ = ["blueprints", "catalogue", "following", "joining", "learning", "possessions", "quizzes", "record"]
