"""What people are called on pages that others read: whoever is named there finds a line about it."""

from collections.abc import Iterable

from portal.accounts.queries import names_of
from portal.kernel.ids import is_id
from portal.web.guard import actor
from portal.web.looks import LISTS, Shown, has_shown


def named_here(ids: Iterable[str]) -> dict[str, str]:
    """Names by id, for this page. Other ids have none; nobody leaves a line about herself."""
    people = {each for each in ids if is_id(each, "usr")}
    has_shown(Shown.PERSON, sorted(people - {actor().id}), LISTS)
    return names_of(people)
