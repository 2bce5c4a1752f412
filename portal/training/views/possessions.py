"""What training shows on the account's first page."""

from portal.accounts import home
from portal.accounts.home import Tile
from portal.certificates import possessions
from portal.kernel.actor import Actor
from portal.training.queries.courses import version
from portal.training.queries.learners import enrolments_of
from portal.web.i18n import _, both


@home.tile(50)
def my_training(of: Actor) -> Tile:
    taken = enrolments_of(of)
    text = (
        _("The last: %(course)s", course=both(version(taken[0].version_id).title))
        if taken
        else _("No course begun yet.")
    )
    return Tile(
        _("My training"), "training.record", len(taken), text, _("Look at the courses"), "training.catalogue"
    )


@possessions.things
def learnt(of: Actor) -> list[str]:
    return [each.certificate for each in enrolments_of(of) if each.certificate]
