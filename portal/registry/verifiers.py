"""The two programs by which anyone checks a certificate without us: one file each, offline.

They live under static/verify and import nothing of the portal. ``verify.html`` is put together from its
parts here, because the part that checks is also what the log's pages use in the browser.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

from portal.config import ROOT

FOLDER = ROOT / "static" / "verify"
PYTHON = "verify_certificate.py"
PAGE = "verify.html"


@cache
def program() -> bytes:
    """``verify_certificate.py``: the standard library of Python 3.8 and nothing else."""
    return (FOLDER / PYTHON).read_bytes()


@cache
def page() -> bytes:
    """``verify.html``: one file whose policy allows no network."""
    shell, style, checks, behaviour = (
        _part(name) for name in ("page.html", "page.css", "verify.js", "page.js")
    )
    whole = shell.replace("<!-- style -->", f"<style>\n{style}</style>")
    return whole.replace(
        "<!-- script -->", f'<script type="module">\n{checks}\n{behaviour}</script>'
    ).encode()


def digests() -> dict[str, str]:
    """SHA-256 of each, in hex: what to compare a copy from elsewhere with."""
    return {PYTHON: sha256(program()).hexdigest(), PAGE: sha256(page()).hexdigest()}


def _part(name: str) -> str:
    return Path(FOLDER / name).read_text("utf-8")
