"""The classroom: pages of those who run classes."""

from portal.training.desk import (
    attendance,
    calendar,
    cohorts,
    figures,
    learners,
    nudges,
    paper,
    papers,
    progress,
    sessions,
    voices,
)
from portal.training.desk.attendance import links
from portal.training.desk.pages import attending, blueprint

blueprints = (blueprint, attending, links)
__all__ = [
    "attendance",
    "blueprints",
    "calendar",
    "cohorts",
    "figures",
    "learners",
    "nudges",
    "paper",
    "papers",
    "progress",
    "sessions",
    "voices",
]
