"""The gift that this browser is about to buy: kept in a cookie of its own until it is paid.

The address carries it, too; but whoever wanders off to the calculator, signs in or changes the language on
the way must not end up with a plain purchase.
"""

from flask import Response, request

from portal.kernel.errors import NotFound
from portal.kernel.ids import is_id
from portal.shop.queries import gifts as queries
from portal.shop.queries.gifts import GiftView
from portal.web.guard import actor, opened_now
from portal.web.links import key_for, opens

_COOKIE = "gift"
_KEPT_SECONDS = 7 * 24 * 3600


def in_hand() -> GiftView | None:
    """The gift in this browser, while nothing is paid for it; opens it to this request."""
    gift_id, _dot, key = request.cookies.get(_COOKIE, "").partition(".")
    if not is_id(gift_id, "gft") or not opens(key, gift_id):
        return None
    opened_now(gift_id)
    try:
        found = queries.gift(actor(), gift_id)
    except NotFound:
        return None
    return found if found.is_open else None


def purpose_of(asked: str) -> str:
    """What a purchase is for: what the address says, else the gift in hand.

    A gift's id alone is no right to it: without its key in the cookie or the address it is left out.
    """
    if asked.startswith(("gft_", "bch_")) and actor().holds(asked):
        return asked
    gift = in_hand()
    if gift and asked in ("", gift.id):
        return gift.id
    return "" if asked.startswith(("gft_", "bch_")) else asked


def take_in_hand(answer: Response, gift_id: str) -> Response:
    answer.set_cookie(
        _COOKIE,
        f"{gift_id}.{key_for(gift_id)}",
        max_age=_KEPT_SECONDS,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer


def put_down(answer: Response) -> Response:
    answer.delete_cookie(_COOKIE)
    return answer
