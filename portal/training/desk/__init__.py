"""Training for those who work on it: the classroom of trainers, the desk of authors."""

from portal.training.desk import authoring, classroom

blueprints = (*classroom.blueprints, *authoring.blueprints)
