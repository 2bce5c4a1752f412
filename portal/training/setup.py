"""What training gives to its pages: questions as they are shown."""

from flask import Flask

from portal.training import showing


def install(app: Flask) -> None:
    app.jinja_env.globals["showing"] = showing
