"""Put the shop to work in an application: its till, its hook, its words for letters."""

from datetime import date, datetime

from flask import Flask

from portal.config import Config
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.shop import hooks
from portal.shop.links import claim_url, gift_url, giving_url, order_url, planting_url
from portal.shop.sandbox_gateway import SandboxGateway
from portal.shop.stripe_gateway import StripeGateway
from portal.shop.till import Till
from portal.web.links import key_for


def install(app: Flask) -> None:
    app.extensions["portal.till"] = till_for(app.config["PORTAL"])
    app.extensions["portal.csrf"].exempt(hooks.blueprint)
    app.jinja_env.globals.update(
        order_url=order_url, gift_url=gift_url, claim_url=claim_url, gift_key=key_for
    )
    app.jinja_env.globals["planting_url"] = planting_url
    app.jinja_env.globals["giving_url"] = giving_url
    # Letters carry plain JSON; these make values of it again.
    app.jinja_env.filters["as_mass"] = Mass
    app.jinja_env.filters["as_money"] = Money
    app.jinja_env.filters["as_instant"] = datetime.fromisoformat
    app.jinja_env.filters["as_day"] = date.fromisoformat


def till_for(config: Config) -> Till:
    """Stripe when there is a key, else the sandbox; the sandbox goes on answering for its own old orders."""
    stripe = None
    if config.stripe_secret_key:
        stripe = StripeGateway(
            config.stripe_secret_key, config.stripe_webhook_secrets, config.stripe_api_base or None
        )
    return Till(SandboxGateway(_pay_url), stripe)


def _pay_url(session_id: str, lang: str) -> str:
    return f"/{lang}/sandbox/{session_id}"
