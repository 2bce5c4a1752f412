"""Land: outlines that are checked, measured on the ellipsoid, and kept from being counted twice."""

from enum import StrEnum


class Tenure(StrEnum):
    """By what right the land is used; what is not clear cannot be credited."""

    STATE = "state"
    COLLECTIVE = "collective"
    CONTRACTED = "contracted"
    LEASED = "leased"
    UNCLEAR = "unclear"
