"""A small room of the tests' own, with a view for everything that a view can do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, g, jsonify, redirect, render_template_string, request, session
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response
from wtforms import DateField
from wtforms.fields.choices import SelectChoice

from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, Unavailable
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.web.forms import (
    BooleanField,
    EmailField,
    LineField,
    MassField,
    MoneyField,
    PortalForm,
    Required,
    SelectField,
    TextField,
    WholeField,
)
from portal.web.guard import actor, open_to_all, signed_in, staff
from portal.web.page import page_blueprint, plain_blueprint
from tests.conftest import portal_on


class LotsLeft(Refused):
    message = "Only %(left)s are left."


ERRORS: dict[str, Exception] = {
    "invalid": InvalidInput(),
    "not-allowed": NotAllowed(),
    "not-found": NotFound(),
    "refused": LotsLeft(left=Mass.kg(1_250), price=Money.cny("20")),
    "unavailable": Unavailable(),
    "bug": ZeroDivisionError("secret detail"),
    "no-database": OperationalError("SELECT secret", {}, Exception("connection lost")),
}


class EverythingForm(PortalForm):
    line = LineField("Line", max=10)
    text = TextField("Text", max=20)
    email = EmailField("E-mail")
    mass = MassField("Kilograms")
    money = MoneyField("Budget", currency="CNY")
    whole = WholeField("Tonnes", low=1, high=100)
    day = DateField("Day", validators=[])
    choice = SelectField("Choice", choices=[SelectChoice("a", "A"), SelectChoice("b", "B")])
    agreed = BooleanField("Agreed")
    must = LineField("Must", validators=[Required()])


pages = page_blueprint("tried", __name__)
plain = plain_blueprint("tried_plain", __name__)


@pages.get("/tried/raise/<name>")
@open_to_all
def page_error(name: str) -> str:
    raise ERRORS[name]


@plain.get("/api/v1/tried/raise/<name>")
@open_to_all
def api_error(name: str) -> str:
    raise ERRORS[name]


@plain.get("/api/v1/tried/abort/<int:status>")
@pages.get("/tried/abort/<int:status>")
@open_to_all
def stopped(status: int) -> str:
    abort(status)


@pages.route("/tried/form", methods=["GET", "POST"])
@open_to_all
def form() -> tuple[Any, int]:
    """A form's errors, values and what is typed, as JSON; the page itself on GET."""
    made = EverythingForm()
    if request.method == "GET":
        return render_template_string(
            '{% extends "layouts/public.html" %}{% from "components/field.html" import field %}'
            "{% block content %}<h1>A form</h1><form method='post'>{{ form.csrf_token }}"
            "{% for each in form if each.name != 'csrf_token' %}{{ field(each) }}{% endfor %}"
            "<button>Send</button></form>{% endblock %}",
            form=made,
        ), 200
    valid = made.validate_on_submit()
    values = {name: getattr(made[name], "value", None) for name in ("mass", "money", "whole")}
    said = {name: [str(error) for error in made[name].errors] for name in made.data if made[name].errors}
    return jsonify(
        errors=said, line=made.line.data, email=made.email.data, must=made.must.data, text=made.text.data,
        values={name: str(value) for name, value in values.items() if value is not None},
    ), 200 if valid else 422  # fmt: skip


@pages.get("/tried/who/<order_id>")
@open_to_all
def who(order_id: str) -> Response:
    return jsonify(id=actor().id, holds=actor().holds(order_id), keys=sorted(actor().keys))


@pages.get("/tried/person")
@signed_in
def person() -> str:
    return "signed in"


@pages.post("/tried/person")
@signed_in
def person_posts() -> str:
    return "posted"


@pages.get("/tried/finance")
@staff(Role.FINANCE, Role.ADMIN)
def finance() -> str:
    return "the books"


@pages.get("/tried/words")
@open_to_all
def words() -> str:
    g.pop("nothing", None)
    return render_template_string(request.args["template"], **TRIED)


@pages.get("/tried/session")
@open_to_all
def writes_session() -> str:
    session["seen"] = True
    return "seen"


@pages.get("/tried/away")
@open_to_all
def away() -> Response:
    return redirect(request.args["to"])


@pages.get("/tried/slash/")
@open_to_all
def slash() -> str:
    return "here"


TRIED: dict[str, Any] = {
    "name": "<b>& 伊春",
    "mass": Mass.kg("1234.567"),
    "price": Money.cny("1234.5"),
    "half": Bilingual("只有中文", ""),
    "error": ERRORS["refused"],
}


def open_room(app: Flask) -> Flask:
    """The tests' room in an application that has not answered yet."""
    app.register_blueprint(pages)
    app.register_blueprint(plain)
    app.config["PROPAGATE_BUGS"] = False
    return app


@pytest.fixture
def room(app: Flask) -> Flask:
    return open_room(app)


@pytest.fixture
def secure(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """As in production behind HTTPS."""
    with portal_on(sqlite_url, tmp_path, base_url="https://carbon.example.cn") as app:
        yield open_room(app)


def as_person(app: Flask, *roles: Role) -> None:
    """From here on whoever asks is this person."""
    app.extensions["portal.person"] = lambda: Actor("usr_1", frozenset(roles))
