"""The basket between two pages: a cookie of its own, which a guest keeps and signing in does not lose."""

from datetime import timedelta

from flask import current_app, request
from werkzeug.wrappers import Response

from portal.shop.rules.basket import Basket

COOKIE = "basket"
KEPT = timedelta(days=30)


def basket_now() -> Basket:
    """What this visitor has put in so far."""
    return Basket.read(request.cookies.get(COOKIE, ""))


def keep(answer: Response, basket: Basket) -> Response:
    """The answer, after which the visitor has this basket; an empty one leaves no cookie."""
    if basket.is_empty:
        answer.delete_cookie(COOKIE)
        return answer
    answer.set_cookie(
        COOKIE,
        basket.text,
        max_age=KEPT,
        secure=current_app.config["PORTAL"].is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer
