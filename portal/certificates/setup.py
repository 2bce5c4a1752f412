"""What certificates keep for the life of the application."""

from flask import Flask

from portal.certificates.throttle import Guesses


def install(app: Flask) -> None:
    app.extensions["certificates.guesses"] = Guesses(app.config["PORTAL"].limits_storage)
