"""Gifts for tests, made by the shop's own commands."""

from datetime import date

from portal import jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.shop import jobs as shop_jobs
from portal.shop.commands import gifts as commands
from portal.shop.queries import gifts as queries
from portal.shop.queries.gifts import GiftView
from portal.shop.rules.gifts import Taker, Wishes
from tests.factories import shop
from tests.factories.certificates import sequence_and_sign

WISHES = Wishes("Wang Fang", "Li Hua", "", "For your wedding", "All the best\nfrom us", None, "en")
TAKER = Taker("Li Hua", "hua@example.cn", False, "en")


def drafted(wishes: Wishes = WISHES, actor: Actor | None = None, today: date | None = None) -> str:
    """A gift that is written and not paid; its id."""
    gift_id = new_id("gft")
    commands.draft_gift(
        actor or Actor.guest(gift_id), gift_id, wishes, today or clock.today(), clock.now()
    )  # fmt: skip
    return gift_id


def ready(wishes: Wishes = WISHES, kg: int = 100) -> GiftView:
    """A gift that is paid and whose certificate is printed and sent."""
    gift_id = drafted(wishes)
    shop.paid(kg, purpose=gift_id, actor=Actor.guest(gift_id))
    printed()
    return seen(gift_id)


def printed() -> None:
    """Let the log be signed, certificates printed, orders fulfilled."""
    sequence_and_sign()
    jobs.drain()
    shop_jobs.finish()


def seen(gift_id: str) -> GiftView:
    return queries.gift(shop.SYSTEM, gift_id)


def claimed(gift: GiftView, taker: Taker = TAKER) -> list[str]:
    """Claim; the new numbers."""
    return commands.claim_gift(Actor.guest(), gift.code, taker, clock.now())
