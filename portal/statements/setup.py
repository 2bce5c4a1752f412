"""What statements give to letters: their address."""

from flask import Flask

from portal.statements.links import statement_url


def install(app: Flask) -> None:
    app.jinja_env.globals["statement_url"] = statement_url
