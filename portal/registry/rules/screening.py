"""Is this project here already, under another name or another registry's number?"""

from enum import StrEnum


class LikenessKind(StrEnum):
    """Why two projects may be one."""

    NUMBER = "number"
    NAME = "name"
    PARCEL = "parcel"
