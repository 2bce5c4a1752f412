"""Do we live as we said? Each convention holds here, and each is shown to find a planted fault."""

from pathlib import Path

import pytest

from portal.config import ROOT
from tests.house import conventions
from tests.house.conventions import CONVENTIONS, Convention

# A small checkout that keeps every convention: each fault below is planted into a copy of it.
SOUND = {
    "docs/house.md": "db.py money.py `kernel`\n| 8 | `shop` (what is sold) |\n",
    "portal/db.py": "def transaction(session):\n    session.commit()\n",
    "portal/shop/__init__.py": '"""Shop: what is bought."""\n',
    "portal/shop/rules.py": "HALF = 1 // 2\n",
    "portal/shop/views.py": '@shop.get("/")\n@open_to_all\ndef buy():\n    return "shop/offset.html"\n',
    "templates/shop/offset.html": '<h1>{{ _("Offset") }}</h1>\n',
}

# Convention → a file that breaks it.
FAULTS: list[tuple[Convention, str, str]] = [
    (conventions.only_db_commits, "portal/shop/commands.py", "def buy(session):\n    session.commit()\n"),
    (conventions.rooms_have_charters, "portal/shop/__init__.py", "import os\n"),
    (conventions.rooms_have_charters, "portal/market/rules.py", "X = 1\n"),
    (conventions.the_map_is_true, "portal/market/__init__.py", '"""Market: who trades."""\n'),
    (conventions.the_map_is_true, "portal/kernel/tide.py", ""),
    (conventions.the_map_is_true, "docs/house.md", "db.py money.py\n| 8 | `shop` · `market` |\n"),
    (conventions.modules_have_names, "portal/shop/helpers.py", ""),
    (
        conventions.only_the_clock_tells_time,
        "portal/shop/rules.py",
        "import datetime\nNOW = datetime.datetime.now()\n",
    ),
    (conventions.only_the_clock_tells_time, "portal/shop/queries.py", "DAY = date.today()\n"),
    (conventions.time_is_given, "portal/shop/commands.py", "def lapse(order, now=None):\n    pass\n"),
    (conventions.time_is_given, "portal/shop/rules.py", "def is_over(*, today=None):\n    pass\n"),
    (conventions.rules_know_no_floats, "portal/shop/rules.py", "FEE = 0.05\n"),
    (conventions.rules_know_no_floats, "portal/kernel/money.py", 'X = float("1")\n'),
    (
        conventions.views_carry_one_guard,
        "portal/shop/views.py",
        '@blueprint.get("/x")\ndef bare():\n    return ""\n',
    ),
    (
        conventions.views_carry_one_guard,
        "portal/shop/desk.py",
        '@blueprint.route("/x")\n@staff(Role.ADMIN)\n@open_to_all\ndef twice():\n    return ""\n',
    ),
    (
        conventions.texts_can_be_found,
        "portal/shop/forms.py",
        'from portal.web.i18n import lazy_gettext as _l\nASK = _l("How much?")\n',
    ),
    (conventions.templates_are_used, "templates/shop/forgotten.html", ""),
    (
        conventions.templates_use_what_they_import,
        "templates/shop/offset.html",
        '{% from "m.html" import tag, num as n %}{{ tag(1) }}',
    ),
    (conventions.templates_hold_no_script_or_style, "templates/shop/offset.html", '<p style="color: red">'),
    (
        conventions.templates_hold_no_script_or_style,
        "templates/shop/offset.html",
        "<script>alert(1)</script>",
    ),
    (
        conventions.templates_hold_no_script_or_style,
        "templates/shop/offset.html",
        '<a href="/" onclick="x()">',
    ),
    (conventions.nothing_points_outside, "portal/shop/queries.py", 'open("../sha' + 'red/data/x.csv")\n'),
    (conventions.nothing_points_outside, "requirements.txt", "--index-url https://py" + "pi.org/simple\n"),
]


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: c.__name__)
def test_the_house_keeps_its_conventions(convention: Convention):
    assert convention(ROOT) == []


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: c.__name__)
def test_a_sound_house_is_not_blamed(convention: Convention, tmp_path: Path):
    build(tmp_path, SOUND)
    assert convention(tmp_path) == []


@pytest.mark.parametrize(
    ("convention", "file", "text"), FAULTS, ids=[f"{c.__name__}-{f}" for c, f, _ in FAULTS]
)
def test_a_planted_fault_is_found(convention: Convention, file: str, text: str, tmp_path: Path):
    build(tmp_path, SOUND | {file: text})
    assert len(convention(tmp_path)) == 1


def test_every_convention_has_a_planted_fault():
    assert {convention for convention, _, _ in FAULTS} == set(CONVENTIONS)


def build(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
