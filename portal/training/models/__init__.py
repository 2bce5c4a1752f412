"""Tables of training, one module per subject; all are imported here, so that every table is known."""

from portal.training.models import attempts, classes, courses, drafting, following, learners, outcomes, voices

__all__ = ["attempts", "classes", "courses", "drafting", "following", "learners", "outcomes", "voices"]
