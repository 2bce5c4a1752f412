"""What the office gives to the application: what is closed takes nobody new, an auditor changes nothing."""

import re
from typing import Final

from flask import Flask, Response, request

from portal.office.tables import of_page
from portal.web.city import check_open
from portal.web.guard import only_reads

# Where something new is begun, by the switch that closes it. What was begun is finished elsewhere.
BEGINNINGS: Final = {
    "sales": ("shop.buy", "shop.named_buy", "shop_basket.buy", "batches.buy", "requests.accept",
              "shop_api.place_order"),
    "gifts": ("gifts.make", "batches.keep"),
    "monthly": ("shop_giving.start",),
    "planting": ("shop.planting_buy", "shop_basket.add_seedlings"),
    "accounts": ("accounts.sign_up",),
    "groups": ("footprint.group_new", "pledges.new_group", "pledges.new_challenge"),
}  # fmt: skip
_SWITCH: Final = {endpoint: switch for switch, names in BEGINNINGS.items() for endpoint in names}
# Forms never stand inside one another, and every page of ours is valid HTML. Signing out stays.
_CHANGING: Final = re.compile(
    r'<form\b(?=[^>]*\bmethod="post")(?![^>]*\baction="/(?:zh|en)/account/).*?</form>', re.DOTALL
)


def install(app: Flask) -> None:
    """Refuse to begin what is closed; take the forms that change something off an auditor's pages."""
    app.jinja_env.globals.update(only_reads=only_reads, tables_of=of_page)

    @app.before_request
    def only_open() -> None:
        switch = _SWITCH.get(request.endpoint or "")
        if switch and request.method == "POST":
            check_open(switch)

    @app.after_request
    def only_look(response: Response) -> Response:
        is_page = response.mimetype == "text/html" and not response.is_streamed
        if is_page and request.method == "GET" and only_reads():
            response.set_data(_CHANGING.sub("", response.get_data(as_text=True)))
        return response
