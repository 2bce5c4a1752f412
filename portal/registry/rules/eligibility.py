"""May this project be credited? Rules as versioned data, held against what its papers say."""

from enum import StrEnum


class Verdict(StrEnum):
    """Of a whole assessment."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    OPEN = "open"  # something is not known yet


class Finding(StrEnum):
    """Of one rule."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    OPEN = "open"
