"""What differs between two states of a course, as pages show it: counted first, then part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from flask import request

from portal.training.desk.authoring.pages import whole_number
from portal.training.rules.packs.differences import FileDifference, Patience, differences, stretch
from portal.web.paging import Page

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Comparison:
    """All ``files`` that differ, each with its place among the ``count`` differences, and those of this page,
    from ``first`` on. Their words are compared with this page's own ``patience``."""

    files: list[tuple[FileDifference, int]]
    count: int
    first: int
    page: Page[FileDifference]
    patience: Patience

    @property
    def last(self) -> int:
        return self.first + sum(file.count for file in self.page.items)

    @property
    def is_long(self) -> bool:
        return len(self.files) > 1 or self.count > PAGE


def compared(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Comparison:
    """The page of the differences that this request asks for; the first where it asks for none of them."""
    found = differences(before, after)
    *places, count = accumulate((file.count for file in found), initial=0)
    asked = whole_number(request.args.get("cursor", ""))
    first = asked if asked < count else 0
    further = str(first + PAGE) if first + PAGE < count else None
    page = Page(stretch(found, first, PAGE), further)
    return Comparison(list(zip(found, places, strict=True)), count, first, page, Patience())
