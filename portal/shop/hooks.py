"""Where the payment provider tells us that something happened. Signed, and still only a hint."""

import structlog
from flask import Response, request
from prometheus_client import Counter

from portal.kernel import clock
from portal.shop import collecting
from portal.shop.provider import NotASignature
from portal.shop.stripe_gateway import StripeGateway
from portal.shop.till import till
from portal.web.guard import open_to_all
from portal.web.page import plain_blueprint

blueprint = plain_blueprint("shop_hooks", __name__, url_prefix="/hooks")
log = structlog.get_logger("hooks")

REFUSED = Counter(
    "portal_hook_refused_total", "Calls of the payment hook that were not signed by the provider"
)
HEARD = Counter("portal_hook_events_total", "Signed events of the payment provider", ["outcome"])


@blueprint.post("/stripe")
@open_to_all
def stripe() -> Response:
    """200: heard, do not send again. 400: not signed. 503 (by ProviderUnavailable): send again."""
    provider = till().provider
    try:
        if not isinstance(provider, StripeGateway):
            raise NotASignature()
        event = provider.event(
            request.get_data(cache=False), request.headers.get("Stripe-Signature", ""), clock.now()
        )
    except NotASignature:
        REFUSED.inc()
        return Response("not signed\n", status=400, mimetype="text/plain")
    hear = collecting.hear if event.subscription_id else till().hear
    outcome = hear(event, clock.now())
    HEARD.labels(outcome.value).inc()
    log.info("event", id=event.id, kind=event.kind, outcome=outcome.value)
    return Response("heard\n", mimetype="text/plain")
