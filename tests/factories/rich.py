"""A household model with all that the question flow can meet, made from the first released one.

Short and full form, sections, questions that concern only some, quantities and years, a version for schools.
Independent of what later versions ask, so that these stories do not change with them.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from portal.footprint.rules import library

VERSION = "9.0.0"
EXPRESS = ("heating", "home_area", "people", "electricity", "diet")
SECTIONS = {
    "heating": ("heating", "home_area", "insulation"),
    "electricity": ("people", "electricity"),
    "travel": ("car_km", "car_occupants", "bus_km", "rail_km", "flights"),
    "food": ("diet",),
    "things": ("clothes",),
}
WHEN = {"insulation": "heating != 'none'", "car_occupants": "car_km > 0"}
STRAIGHT = """
[quantity.heat_need.expert]
min = "0"
max = "2000"
measure = "meter"
section = "heating"
unit_label = { zh = "吉焦", en = "GJ" }
ask = { zh = "一年用了多少热量？", en = "How much heat in a year?" }
hint = { zh = "热力公司的账单上有。", en = "It is on the heat supplier’s bill." }
"""
# Every answer of the first version is kept but one.
MIGRATION = (
    "from = '1.0.0'\n"
    + "".join(f"[{key}]\nkeep = true\n" for keys in SECTIONS.values() for key in keys if key != "clothes")
    + """
[clothes]
drop = { zh = "不再询问。", en = "It is not asked any more." }
"""
)
MORE = """
[audience.school]
title = { zh = "学校版", en = "For schools" }
skip = ["flights"]
[audience.school.question.people]
ask = { zh = "你家有几口人？", en = "How many live in your home?" }

[year.2022]
title = { zh = "2022 年", en = "2022" }
[year.2022.factor.grid]
value = "0.5366"
year = "2022"
"""


def rich_text() -> str:
    text = (files("portal.footprint") / "models" / "household-cn" / "1.0.0" / "model.toml").read_text("utf-8")
    text = text.replace('version = "1.0.0"', f'version = "{VERSION}"', 1)
    for section, keys in SECTIONS.items():
        for key in keys:
            added = f'[question.{key}]\nsection = "{section}"\n'
            added += "express = true\n" if key in EXPRESS else ""
            added += f'when = ["{WHEN[key]}"]\n' if key in WHEN else ""
            text = text.replace(f"[question.{key}]\n", added, 1)
    text = text.replace(
        'rises_with = ["home_area", "insulation"]', 'rises_with = ["home_area", "insulation", "heat_need"]'
    )
    text = re.sub(
        r"(\[quantity\.heat_need\]\n(?:[^\n\[]+\n)+)", lambda found: found[1] + STRAIGHT, text, count=1
    )
    return text + MORE


@contextmanager
def rich_shelf(folder: Path) -> Iterator[None]:
    """The shelf of models with this one on it, the newest household, for as long as the test takes."""
    model_id, version, text = "household-cn", VERSION, rich_text()
    real, shelf = library._SHELF, folder / "models"
    shutil.copytree(Path(str(real)), shelf)
    (shelf / model_id / version).mkdir()
    (shelf / model_id / version / "model.toml").write_text(text, "utf-8")
    (shelf / model_id / version / "migration.toml").write_text(MIGRATION, "utf-8")
    lock = json.loads((shelf / "lock.json").read_text())
    lock[f"{model_id}/{version}"] = sha256(text.encode()).hexdigest()
    (shelf / "lock.json").write_text(json.dumps(lock))
    library._SHELF = shelf
    _forget()
    try:
        yield
    finally:
        library._SHELF = real
        _forget()


def _forget() -> None:
    for kept in (library.lock, library._model, library.migration):
        kept.cache_clear()
