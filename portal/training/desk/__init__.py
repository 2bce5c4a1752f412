"""The classroom: pages of those who run classes."""

from portal.training.desk import attendance, cohorts, learners, nudges, papers, progress, sessions
from portal.training.desk.attendance import links
from portal.training.desk.pages import attending, blueprint

blueprints = (blueprint, attending, links)
__all__ = [
    "attendance",
    "blueprints",
    "cohorts",
    "learners",
    "nudges",
    "papers",
    "progress",
    "sessions",
]
