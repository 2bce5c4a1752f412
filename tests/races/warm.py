"""An application that is made once, with its pages compiled, and lent to every process forked from here."""

from importlib import import_module

from flask import Flask

_made: list[Flask] = []


def create_app() -> Flask:
    """For granian and flask: the application of the process that this one was forked from."""
    return _made[0]


def make(program: str) -> None:
    """``program`` is such as ``app:create_app``. Opens no connection: those belong to whoever serves."""
    module, _, name = program.partition(":")
    app = getattr(import_module(module), name)()
    for template in app.jinja_env.list_templates(extensions=["html", "txt"]):
        app.jinja_env.get_template(template)
    _made.append(app)
