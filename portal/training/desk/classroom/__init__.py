"""The classroom: pages of those who run classes."""

from portal.training.desk.classroom import (
    attendance,
    calendar,
    cohorts,
    corrections,
    figures,
    following,
    learners,
    nudges,
    paper,
    papers,
    progress,
    sessions,
    voices,
)
from portal.training.desk.classroom.attendance import links
from portal.training.desk.classroom.pages import attending, blueprint

blueprints = (blueprint, attending, links)
__all__ = [
    "attendance",
    "blueprints",
    "calendar",
    "cohorts",
    "corrections",
    "figures",
    "following",
    "learners",
    "nudges",
    "paper",
    "papers",
    "progress",
    "sessions",
    "voices",
]
