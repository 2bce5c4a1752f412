"""Fields yield the kernel's values, keep what was typed, and say what is wrong beside it."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from portal.accounts.forms import SecretField
from portal.kernel.errors import Refused
from portal.kernel.mass import Mass
from portal.web.forms import (
    EmailField,
    LineField,
    MassField,
    PortalForm,
    Required,
    TextField,
    clean_line,
    first_error,
)
from tests.web.conftest import EverythingForm

GOOD = {"must": "x", "choice": "a", "day": "2026-01-31"}


@pytest.fixture
def client(room: Flask) -> FlaskClient:
    """A visitor without a token: what comes from elsewhere is tried in test_headers."""
    room.config["WTF_CSRF_ENABLED"] = False
    return room.test_client()


def send(client: FlaskClient, lang: str = "en", **fields: Any) -> TestResponse:
    return client.post(f"/{lang}/tried/form", data=GOOD | fields)


def error_of(client: FlaskClient, field: str, value: Any, lang: str = "en") -> str:
    answer = send(client, lang, **{field: value})
    assert answer.status_code == 422, answer.text
    errors = answer.get_json()["errors"]
    assert set(errors) == {field}
    return str(errors[field][0])


def test_values_are_the_kernels(client: FlaskClient):
    answer = send(client, mass="1,250.5", money="20.00", whole="7", line="  a\tb ", email="Li@Example.CN")
    assert answer.status_code == 200
    assert answer.get_json()["values"] == {
        "mass": "Mass(grams=1250500)", "money": "Money(minor=2000, currency='CNY')", "whole": "7",
    }  # fmt: skip
    assert answer.get_json()["line"] == "a b"
    assert answer.get_json()["email"] == "Li@example.cn"


NO_NUMBERS = [
    "NaN",
    "sNaN",
    "Infinity",
    "-inf",
    "1e999",
    "1e999999999",
    "１２",
    "1_000",
    "1.234,5",
    "0x1F",
    "two",
    "½",
]


@pytest.mark.parametrize("field", ["mass", "money", "whole"])
@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_told_in_both_languages(client: FlaskClient, field: str, text: str):
    assert f"“{text}” is not a number" in error_of(client, field, text)
    assert text in error_of(client, field, text, "zh")


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("mass", "0", "must be more than zero"),
        ("mass", "-5", "must be more than zero"),
        ("mass", "-0", "must be more than zero"),
        ("mass", "0.0001", "too many decimal places"),
        ("mass", "1" * 16, "is not a number"),
        ("money", "0", "must be more than zero"),
        ("money", "-1", "must be more than zero"),
        ("money", "0.001", "too many decimal places"),
        ("whole", "0", "from 1 to 100"),
        ("whole", "101", "from 1 to 100"),
        ("whole", "1.5", "from 1 to 100"),
        ("line", "x" * 11, "at most 10 characters"),
        ("text", "x\n" * 11, "at most 20 characters"),
        ("email", "no address", "like name@example.com"),
        ("email", "a@b", "like name@example.com"),
        ("email", "x" * 300 + "@example.cn", "at most 254"),
        ("must", "", "Please fill this in."),
        ("must", " \u3000", "Please fill this in."),
        ("must", "\u202e\u200b", "Please fill this in."),
        ("choice", "c", "Not a valid choice"),
        ("day", "2026-02-30", "Not a valid date"),
        ("day", "yesterday", "Not a valid date"),
        ("day", "0001-01-01", "between 1900 and 2999"),
        ("day", "9999-12-31", "between 1900 and 2999"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(client: FlaskClient, field: str, text: str, said: str):
    assert said in error_of(client, field, text)
    chinese = error_of(client, field, text, "zh")
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese), chinese


@pytest.mark.parametrize("character", ["x", "字", "🌲"])
@pytest.mark.parametrize(
    "field", ["line", "text", "email", "mass", "money", "whole", "must", "choice", "day"]
)
def test_a_text_of_200_000_characters_is_refused_and_never_cut(
    client: FlaskClient, field: str, character: str
):
    answer = send(client, **{field: character * 200_000})
    if field == "must":
        assert answer.get_json()["errors"]["must"] == ["Please use at most 200 characters."]
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("field", "is_there"),
    [
        (LineField(validators=[Required()]), False),
        (TextField(validators=[Required()]), False),
        (MassField(validators=[Required()]), False),
        (SecretField(autocomplete="off"), True),  # of which every sign counts
    ],
)
def test_a_field_of_blanks_is_an_empty_one(room: Flask, field: Any, is_there: bool):
    class OneForm(PortalForm):
        class Meta:
            csrf = False

        text = field

    with room.test_request_context("/en/"):
        assert OneForm(MultiDict({"text": "   "})).validate() == is_there


@pytest.mark.parametrize(
    ("field", "typed", "is_looked_at"),
    [
        (LineField(max=10), "x" * 11, False),
        (TextField(max=10), "x" * 11, False),
        (EmailField(), "x" * 300 + "@example.cn", False),
        (SecretField(autocomplete="off"), "x" * 2_000, False),
        # The control: a text that fits, and one that the field itself refuses for another reason.
        (LineField(max=10), "x" * 10, True),
        (TextField(max=10), "x" * 10, True),
        (EmailField(), "nobody", True),
        (SecretField(autocomplete="off"), "x" * 10, True),
    ],
)
def test_no_validator_looks_at_a_text_over_its_cap(room: Flask, field: Any, typed: str, is_looked_at: bool):
    """Neither the field's own nor the form's."""
    looked: list[str] = []

    class OneForm(PortalForm):
        class Meta:
            csrf = False

        text = field

        def validate_text(self, _field: Any) -> None:
            looked.append("the form's")

    with room.test_request_context("/en/"):
        form = OneForm(MultiDict({"text": typed}))
        form.text.validators = [*form.text.validators, lambda _form, _field: looked.append("its own")]
        form.validate()
        assert looked == (["its own", "the form's"] if is_looked_at else [])
        if not is_looked_at:
            (said,) = form.errors["text"]
            assert said.startswith("Please use at most")


def test_what_is_far_too_large_is_a_clear_answer(client: FlaskClient):
    for size, kind in ((3_000_000, "multipart/form-data"), (21_000_000, "application/x-www-form-urlencoded")):
        answer = client.post("/en/tried/form", data={"line": "x" * size}, content_type=kind)
        assert answer.status_code == 413
        assert "That file or text is too large" in answer.text
    many = {f"f{n}": (io.BytesIO(b"x"), "x") for n in range(600)}
    assert client.post("/en/tried/form", data=many).status_code == 413


# --- what is typed on one line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  伊春\u3000市 ", "伊春 市"),
        ("a\r\nBcc: b@c.d", "a Bcc: b@c.d"),
        ("abc\u202edef", "abcdef"),
        ("e\u0301", "é"),
        ("a\u2028b\u2029c", "a b c"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\u2066isolate\u2069", "isolate"),
        ("\x1b[31mred", "[31mred"),
        ("\u202e\u200b ", ""),
    ],
)
def test_a_line_is_one_line_without_tricks(typed: str, kept: str):
    assert clean_line(typed) == kept


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str):
    once = clean_line(text)
    assert clean_line(once) == once
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u2028\u2029]", once)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{7*7}}", "%(x)s", "' OR 1=1 --", "javascript:alert(1)"]
)
def test_a_text_that_looks_like_code_is_kept_as_text(client: FlaskClient, text: str):
    assert send(client, must=text).get_json()["must"] == text


# --- what does not belong there


def test_a_file_where_words_are_wanted_is_left_out(client: FlaskClient):
    for field in ("line", "text", "email", "mass", "day", "choice", "must"):
        fields = {name: value for name, value in GOOD.items() if name != field}
        answer = client.post("/en/tried/form", data={**fields, field: (io.BytesIO(b"x"), "x.txt")})
        assert answer.status_code in (200, 422), field


@pytest.mark.parametrize("body", ["[1, 2]", "{}", '{"must": 7}', "null", '"x"', "{", "[" * 10_000])
def test_json_is_no_form(client: FlaskClient, body: str):
    answer = client.post("/en/tried/form", data=body, content_type="application/json")
    assert answer.status_code == 422


def test_one_field_sent_twice_is_its_first(client: FlaskClient):
    data = [("must", "first"), ("must", "second"), ("choice", "a"), ("day", "2026-01-31")]
    answer = client.post("/en/tried/form", data="&".join(f"{k}={v}" for k, v in data),
                         content_type="application/x-www-form-urlencoded")  # fmt: skip
    assert answer.get_json()["must"] == "first"


def test_fields_nobody_asked_for_change_nothing(client: FlaskClient):
    answer = send(client, role="admin", price="0", __class__="x")
    assert answer.status_code == 200


# --- a command's refusal


class TooLate(Refused):
    message = "Only %(left)s are left."


def test_a_refusal_can_be_laid_beside_its_field(room: Flask):
    with room.test_request_context("/en/tried/form", method="POST"):
        form = EverythingForm(formdata=None)
        assert not form.has_errors
        form.blame("mass", TooLate(left=Mass.kg(3)))
        assert form.has_errors
        assert first_error(form) is form.mass
        assert form.mass.errors == ["仅剩 3 kg CO₂e。"] or "3 kg" in form.mass.errors[0]


def test_what_was_typed_stands_in_the_field_again(room: Flask):
    with room.test_request_context("/en/tried/form", method="POST", data={"mass": "１２ <b>"}):
        form = EverythingForm(meta={"csrf": False})
        form.validate()
        assert 'value="１２ &lt;b&gt;"' in form.mass()
