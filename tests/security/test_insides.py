"""What the source does not do, read from the source: each look has a planted fault that it finds."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from portal.config import ROOT

# Modules that reach beyond the process, and the only files that may use them; docs/threat-model.md says why.
REACHING = {
    "smtplib": {"web/letters.py"},
    "stripe": {"shop/stripe_gateway.py"},
    "socket": {"ops/serving.py", "web/press.py", "web/pdf.py", "web/scanning.py"},
    "subprocess": {"ops/dump_gateway.py", "web/press.py"},
    "urllib.request": set(),
    "http.client": set(),
    "requests": set(),
    "httpx": set(),
    "aiohttp": set(),
    "ftplib": set(),
    "telnetlib": set(),
    "pickle": set(),
    "marshal": set(),
    "shelve": set(),
}
# Chance that anybody may guess: the plan of a check that is the same each time.
GUESSABLE = {"footprint/rules/checks.py"}
# Codes of authenticator apps are HMAC-SHA-1 by their standard (RFC 6238).
HMAC_SHA1 = {"accounts/totp.py"}
# RS256 of other issuers' tokens is checked, as RFC 7518 has it; nothing is signed or sealed with it.
RS256 = {"certificates/rules/tokens.py"}
# The compiler of footprint models, whose formulas come from reviewed files of the checkout.
COMPILES = {"footprint/rules/compiler.py"}
# Where the browser is given HTML that our own server has made and escaped.
OWN_MARKUP = {"author.js", "training-items.js"}

Look = Callable[[str, ast.Module], list[str]]


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the portal, parsed once."""
    files = sorted((ROOT / "portal").rglob("*.py"))
    return tuple(
        (each.relative_to(ROOT / "portal").as_posix(), ast.parse(each.read_text())) for each in files
    )


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def called(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Calls of something with a name, by that name."""
    return ((_name(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def reaches_out(place: str, tree: ast.Module) -> list[str]:
    names = {*imported(tree)}
    return [f"{place} uses {name}" for name, may in REACHING.items() if name in names and place not in may]


def runs_what_was_typed(place: str, tree: ast.Module) -> list[str]:
    wrong = []
    for name, call in called(tree):
        shell = any(key.arg == "shell" and ast.unparse(key.value) != "False" for key in call.keywords)
        is_code = name in ("eval", "exec", "os.system", "os.popen") and place not in COMPILES
        is_yaml = name == "yaml.load" and "BaseLoader" not in ast.unparse(call)
        if shell or is_code or is_yaml:
            wrong.append(f"{place}:{call.lineno} {ast.unparse(call)[:80]}")
    return wrong


def makes_templates(place: str, tree: ast.Module) -> list[str]:
    known = ("render_template_string", "from_string", "Template")
    return [f"{place}:{call.lineno}" for name, call in called(tree) if name.rpartition(".")[2] in known]


def takes_weak_chance(place: str, tree: ast.Module) -> list[str]:
    is_weak = "random" in {*imported(tree)} and place not in GUESSABLE
    return [f"{place} uses random; take secrets"] if is_weak else []


def makes_its_own_cryptography(place: str, tree: ast.Module) -> list[str]:
    if place in HMAC_SHA1 | RS256:
        return []
    weak = re.compile(r"\b(md5|sha1|SHA1|MD5|ECB|DES|ARC4|PKCS1v15)\b")
    return [
        f"{place}:{node.lineno} {name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and weak.fullmatch(name := node.attr if isinstance(node, ast.Attribute) else node.id)
    ]


LOOKS: dict[str, tuple[Look, str]] = {
    "reaches out": (reaches_out, "from urllib.request import urlopen"),
    "shell or code": (runs_what_was_typed, "import subprocess\nsubprocess.run(name, shell=True)"),
    "templates": (makes_templates, "env.from_string(typed)"),
    "chance": (takes_weak_chance, "import random"),
    "cryptography": (makes_its_own_cryptography, "import hashlib\nhashlib.md5(b'')"),
}


def found_by(look: Look) -> list[str]:
    return [fault for place, tree in sources() for fault in look(place, tree)]


@pytest.mark.parametrize("name", LOOKS)
def test_a_planted_fault_is_found(name: str):
    look, planted = LOOKS[name]
    assert look("shop/planted.py", ast.parse(planted))


def test_nothing_typed_reaches_a_shell_or_becomes_code():
    assert found_by(runs_what_was_typed) == []


def test_nothing_typed_becomes_a_template():
    assert found_by(makes_templates) == []


def test_the_portal_talks_to_these_and_to_nobody_else():
    assert found_by(reaches_out) == []
    told = (ROOT / "docs" / "threat-model.md").read_text()
    for name, places in REACHING.items():
        assert all(f"`{place}`" in told for place in places), f"who uses {name} is not written down"


def test_chance_that_must_not_be_guessed_comes_from_secrets():
    assert found_by(takes_weak_chance) == []


def test_cryptography_comes_from_libraries():
    assert found_by(makes_its_own_cryptography) == []


# --- Scripts in the browser ----------------------------------------------------------------------------

MARKUP = re.compile(r"\b(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function")
LEAKY = re.compile(r"sessionStorage|indexedDB|postMessage|addEventListener\(\s*[\"']message[\"']|__proto__")


def faults_of_script(name: str, text: str) -> list[str]:
    wrong = [f"{name}: {found[0]}" for found in LEAKY.finditer(text)]
    if name not in OWN_MARKUP:
        wrong += [f"{name}: {found[0]}" for found in MARKUP.finditer(text)]
    return wrong


def test_scripts_write_texts_and_never_markup():
    scripts = [*(ROOT / "static").rglob("*.js")]
    assert len(scripts) > 10
    assert [fault for each in scripts for fault in faults_of_script(each.name, each.read_text())] == []
    for planted in ("x.innerHTML = typed", "window.postMessage(1, '*')", "a.__proto__.b = 1"):
        assert faults_of_script("planted.js", planted)


# --- Addresses that somebody types ----------------------------------------------------------------------


def test_no_request_goes_to_an_address_that_somebody_typed(app: Flask):
    """No field takes an address to fetch, and what could fetch is given nothing to do it with."""
    assert found_by(reaches_out) == []
    forms = {place: tree for place, tree in sources() if "forms" in place}
    for place, tree in forms.items():
        assert not [name for name in imported(tree) if name.endswith(("URLField", "URL"))], place
    readers = {place for place, tree in sources() if any(name.startswith("pyld") for name in imported(tree))}
    assert readers == {f"certificates/rules/{name}.py" for name in ("integrity", "canonical")}
    # JSON-LD names contexts by their addresses: those that are not bundled are refused.
    assert "nothing is fetched" in (ROOT / "portal/certificates/rules/integrity.py").read_text()


def test_no_address_answers_trace(app: Flask):
    assert not [rule for rule in app.url_map.iter_rules() if "TRACE" in (rule.methods or ())]
    for path in ("/en/about", "/api/v1/lots", "/static/css/tokens.css"):
        assert app.test_client().open(path, method="TRACE").status_code == 405


def test_the_looks_see_the_whole_source():
    assert len([*sources()]) > 300
    assert (Path(ROOT) / "portal").is_dir()
