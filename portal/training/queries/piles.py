"""How much waits at the desk of authors."""

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.pile import Pile
from portal.training import policy
from portal.training.models.drafting import DraftRequest
from portal.training.queries.behind import lessons_behind
from portal.training.queries.rechecking import items_to_recheck


def offers(actor: Actor) -> Pile:
    """Drafts offered for publishing that nobody has answered. Raises NotAllowed."""
    _check(actor)
    counted = select(func.count(), func.min(DraftRequest.asked_at)).where(DraftRequest.answer.is_(None))
    count, oldest = db.session.execute(counted).one()
    return Pile(count, oldest)


def rechecks(actor: Actor) -> Pile:
    """Published questions whose factor, model or rules have changed since. Raises NotAllowed."""
    _check(actor)
    return Pile(len(items_to_recheck()))


def translations(actor: Actor) -> Pile:
    """Lessons in writing whose translation has fallen behind its original. Raises NotAllowed."""
    behind = lessons_behind(actor)
    return Pile(len(behind), behind[0].since if behind else None)


def _check(actor: Actor) -> None:
    if not policy.may_read_courses(actor):
        raise NotAllowed()
