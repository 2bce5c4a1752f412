"""Both languages are complete, fresh and consistent; each gate is shown to close."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import catalogues

CONFIG = "[python: portal/**.py]\n[jinja2: templates/**.html]\n"
ZH = "translations/zh_Hans_CN/LC_MESSAGES/portal.po"


def test_the_catalogues_are_fresh_and_complete():
    assert catalogues.faults() == []


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A checkout with three texts, translated into both languages."""
    (tmp_path / "portal").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "babel.cfg").write_text(CONFIG)
    (tmp_path / "portal" / "views.py").write_text(
        '_("Hello %(name)s")\nN_("Sold out.")\nngettext("%(n)s lot", "%(n)s lots", n)\n'
    )
    (tmp_path / "templates" / "home.html").write_text('{% trans %}Read <a href="x">more</a>{% endtrans %}')
    catalogues.update(tmp_path)
    translate(tmp_path, "Hello %(name)s", "%(name)s,您好")
    translate(tmp_path, "Sold out.", "已售罄。")
    translate(tmp_path, 'Read <a href="x">more</a>', '阅读<a href="x">更多</a>')
    translate(tmp_path, "%(n)s lot", "%(n)s 个批次")
    return tmp_path


def translate(root: Path, msgid: str, msgstr: str) -> None:
    file = root / ZH
    catalogue = catalogues._read(file, "zh_Hans_CN")
    message = catalogue[msgid]
    message.string = (msgstr,) if isinstance(message.id, tuple | list) else msgstr
    catalogues._write(file, catalogue)


def test_complete_catalogues_are_not_blamed(small: Path):
    assert catalogues.faults(small) == []


def test_updating_again_changes_nothing(small: Path):
    before = (small / ZH).read_text()
    assert catalogues.update(small) == 0
    assert (small / ZH).read_text() == before


def _new_text(root: Path) -> None:
    (root / "portal" / "more.py").write_text('_("A new text")')


def _text_gone(root: Path) -> None:
    (root / "templates" / "home.html").write_text("")


def _untranslated(root: Path) -> None:
    translate(root, "Sold out.", "")


def _fuzzy(root: Path) -> None:
    file = root / ZH
    file.write_text(file.read_text().replace('msgid "Sold out."', '#, fuzzy\nmsgid "Sold out."'))


def _lost_place(root: Path) -> None:
    translate(root, "Hello %(name)s", "您好")


def _lost_tag(root: Path) -> None:
    translate(root, 'Read <a href="x">more</a>', "阅读更多")


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (_new_text, "lacks"),
        (_text_gone, "still has"),
        (_untranslated, "not translated"),
        (_fuzzy, "fuzzy"),
        (_lost_place, "placeholders differ"),
        (_lost_tag, "tags differ"),
    ],
)
def test_a_planted_fault_is_found(plant: Callable[[Path], None], complaint: str, small: Path):
    plant(small)
    assert any(complaint in fault for fault in catalogues.faults(small))
