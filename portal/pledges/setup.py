"""What pledges give to letters: their address."""

from flask import Flask

from portal.pledges.links import pledge_url


def install(app: Flask) -> None:
    app.jinja_env.globals["pledge_url"] = pledge_url
