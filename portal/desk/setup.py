"""What the desk gives to its layout: which pages this reader may open."""

from flask import Flask

from portal.desk.opening import may_open


def install(app: Flask) -> None:
    app.jinja_env.globals["may_open"] = may_open
