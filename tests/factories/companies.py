"""Organisations with members, lists of recipients and requests, made by the rooms' own commands."""

from collections.abc import Sequence

from portal import jobs
from portal.accounts.commands import organisations
from portal.accounts.rules import Part
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.shop import jobs as shop_jobs
from portal.shop.commands import batches as commands
from portal.shop.queries import batches as queries
from portal.shop.queries.batches import BatchView
from portal.shop.rules.batches import BatchWishes, Recipient
from tests.factories import shop
from tests.factories.accounts import HOME, Somebody
from tests.factories.certificates import sequence_and_sign

CREDIT_CODE = "91110000600037341L"


def organisation(owner: Somebody, *members: tuple[Somebody, Part], credit_code: str) -> str:
    """Registered by ``owner``; the others are invited and have accepted."""
    made = organisations.create_organisation(
        owner.actor, Bilingual("林海公司", "Forest Sea Company"), credit_code, clock.now()
    )
    head = Actor(owner.id, organisations={made: Part.OWNER})
    for who, part in members:
        organisations.invite(head, made, who.email, part, HOME, clock.now())
        organisations.accept_invitation(who.actor, made, clock.now())
    return made


def opened(
    actor: Actor,
    recipients: Sequence[Recipient],
    *,
    kg: int = 2,
    organisation_id: str = "",
    is_named: bool = False,
) -> str:
    """A list that is kept and not bought; its id."""
    wishes = BatchWishes(
        organisation_id, "LOT-A", Mass.kg(kg), "Forest Sea", "Thank you", "", None, "en", is_named
    )
    return commands.open_batch(
        actor, new_id("bch"), wishes, recipients, None, clock.today(), clock.now()
    )  # fmt: skip


def bought(batch_id: str) -> str:
    """Paid with test money and retired, by the job; the order's id."""
    found = seen(batch_id)
    return shop.paid(quote=shop.quoted(found.mass.kg_down), purpose=batch_id, actor=Actor.guest(batch_id))


def shared_out() -> None:
    """Let certificates be issued, the log be signed, documents be printed, and the order be fulfilled."""
    shop_jobs.share_out()
    sequence_and_sign()
    jobs.drain()
    shop_jobs.share_out()


def seen(batch_id: str) -> BatchView:
    return queries.batch(shop.SYSTEM, batch_id)
