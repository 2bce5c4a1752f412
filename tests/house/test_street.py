"""The import contracts of pyproject.toml: each is broken on purpose in a small portal, and says so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from portal.config import ROOT

SOUND = {
    "__init__.py": "",
    "config.py": "",
    "db.py": "import flask_sqlalchemy\n",
    "guards.py": "",
    "audit.py": "import portal.db\n",
    "jobs.py": "import portal.db\n",
    "kernel/__init__.py": "",
    "kernel/mass.py": "",
    "web/__init__.py": "",
    "web/forms.py": "import flask\n",
    "registry/__init__.py": "",
    "registry/rules.py": "import portal.kernel.mass\n",
    "registry/policy.py": "import portal.registry.rules\n",
    "registry/models.py": "import portal.db\n",
    "registry/queries.py": "import portal.registry.models\n",
    "registry/commands.py": "import portal.registry.queries\n",
    "shop/__init__.py": "",
    "shop/commands.py": "import portal.registry.commands\n",
    "shop/stripe_gateway.py": "import stripe\n",
    "shop/views.py": "import portal.shop.commands, portal.shop.stripe_gateway, portal.web.forms, flask\n",
    "pledges/__init__.py": "",
    "certificates/__init__.py": "",
    "web/pdf.py": "import weasyprint\n",
}

# Contract → the file that breaks it and the import that does.
FAULTS = [
    ("street", "registry/views.py", "import portal.shop.commands\n"),
    ("street", "pledges/queries.py", "import portal.shop.commands\n"),
    ("street", "newroom/__init__.py", ""),
    ("storeys", "registry/queries.py", "import portal.registry.commands\n"),
    ("storeys", "shop/commands.py", "import portal.shop.views\n"),
    ("pure", "registry/rules.py", "import sqlalchemy\n"),
    ("pure", "registry/policy.py", "import portal.db\n"),
    ("no-flask", "shop/commands.py", "import flask\n"),
    ("no-flask", "registry/models.py", "import werkzeug\n"),
    ("door", "shop/queries.py", "import portal.registry.models\n"),
    ("one-hand", "shop/views.py", "import stripe\n"),
    ("one-hand", "desk/views.py", "import weasyprint\n"),
]


def test_a_sound_street_keeps_every_contract(tmp_path: Path):
    assert broken_contracts(tmp_path, SOUND) == set()


@pytest.mark.parametrize(("contract", "file", "text"), FAULTS)
def test_a_planted_import_breaks_its_contract(contract: str, file: str, text: str, tmp_path: Path):
    package = str(Path(file).parent / "__init__.py")
    assert contract in broken_contracts(tmp_path, SOUND | {package: "", file: text})


def broken_contracts(folder: Path, files: dict[str, str]) -> set[str]:
    """Ids of the contracts that import-linter finds broken in a portal of these files."""
    for name, text in files.items():
        file = folder / "portal" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()",
         "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return set(re.findall(r"^([\w-]+): .*\bBROKEN\b", done.stdout, flags=re.M))
