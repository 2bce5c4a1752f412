"""What training gives to its pages: questions as they are shown, and addresses for letters."""

from flask import Flask

from portal.training import showing
from portal.training.links import follow_up_url


def install(app: Flask) -> None:
    app.jinja_env.globals["showing"] = showing
    app.jinja_env.globals["follow_up_url"] = follow_up_url
