"""Every price outside the rules is worked out under the terms in force, never those that ship."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2] / "portal" / "shop"
# Name → how many arguments it takes when the terms are among them.
PRICES = {
    "make_quote": 3, "contribution": 4, "check_minimum": 3, "check_contribution": 3,
    "least_mass": 4, "most_mass": 5, "fill_up": 3, "least_seedlings": 3,
}  # fmt: skip


def forgetful(source: str) -> list[str]:
    """Calls that leave the terms out."""
    return [
        f"{call.func.id}:{call.lineno}"
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in PRICES
        if len(call.args) < PRICES[call.func.id] and "terms" not in {key.arg for key in call.keywords}
    ]


def test_no_price_is_worked_out_without_the_terms_in_force():
    files = [file for file in ROOT.rglob("*.py") if "rules" not in file.relative_to(ROOT).parts]
    found = {file.name: calls for file in files if (calls := forgetful(file.read_text()))}
    assert found == {}


def test_a_price_without_terms_is_found():
    """The control."""
    assert forgetful("make_quote([(offer, mass)], payment)\nmake_quote([(offer, mass)], payment, terms)") == [
        "make_quote:1"
    ]
