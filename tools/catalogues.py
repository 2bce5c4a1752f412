"""The translations: bring them up to date, and check that nothing is missing in either language.

python -m tools.catalogues update   after a text in code or templates has changed; then translate what is new
python -m tools.catalogues          what is wrong, one line each; part of ./run check
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans_CN", "en")
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}

# A date in the header would change the file although no text has changed.
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"%\(\w+\)[sd]|%%")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")


def template_of(root: Path) -> Path:
    return root / "translations" / "portal.pot"


def catalogue_of(root: Path, locale: str) -> Path:
    return root / "translations" / locale / "LC_MESSAGES" / "portal.po"


def extract(root: Path = ROOT) -> Catalog:
    """Every translatable text of code and templates, as babel.cfg says where they are."""
    with open(root / "babel.cfg") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog(project="forest-carbon-portal", charset="utf-8", creation_date=_NO_DATE)
    for file, _line, ids, comments, context in extract_from_dir(
        root, methods, options, keywords=KEYWORDS, comment_tags=("L10N:",), strip_comment_tags=True,
        directory_filter=_is_ours,
    ):  # fmt: skip
        # Without line numbers: a catalogue changes when a text changes, not when code above it moves.
        found.add(ids, locations=[(file, 0)], auto_comments=comments, context=context)
    return found


def _is_ours(folder: str | Path) -> bool:
    return Path(folder).name not in {
        ".venv",
        ".git",
        "node_modules",
        "static",
        "instance",
        "tests",
        "__pycache__",
    }


# --- checking ---------------------------------------------------------------------------------------


def faults(root: Path = ROOT) -> list[str]:
    """What is wrong with the template and with each language; empty when all is well."""
    wanted = _keys(extract(root))
    wrong = list(_freshness(template_of(root), wanted, root))
    for locale in LOCALES:
        file = catalogue_of(root, locale)
        wrong += _freshness(file, wanted, root)
        if file.exists():
            wrong += [f"{file.relative_to(root)}: {fault}" for fault in _message_faults(_read(file, locale))]
    return wrong


def _freshness(file: Path, wanted: set[object], root: Path) -> Iterator[str]:
    name = file.relative_to(root)
    if not file.exists():
        yield f"{name} is missing: python -m tools.catalogues update"
        return
    held = _keys(_read(file))
    yield from (f"{name} lacks {key!r}" for key in sorted(map(str, wanted - held)))
    yield from (
        f"{name} still has {key!r}, which nothing says any more" for key in sorted(map(str, held - wanted))
    )


def _message_faults(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if message.id:
            yield from (f"{fault}: {message.id!r}" for fault in _faults_of(message))


def _faults_of(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield "fuzzy"
    texts = list(message.string) if isinstance(message.string, tuple | list) else [message.string]
    if not all(texts):
        yield "not translated"
        return
    sources = list(message.id) if isinstance(message.id, tuple | list) else [message.id]
    for text in texts:
        # The singular may say "one" in words: any form of the source is a fair model.
        if not any(_same(_PLACE, text, source) for source in sources):
            yield f"placeholders differ in {text!r}"
        if not any(_same(_TAG, text, source) for source in sources):
            yield f"tags differ in {text!r}"


def _same(pattern: re.Pattern[str], one: str, other: str) -> bool:
    return set(pattern.findall(one)) == set(pattern.findall(other))


def _keys(catalogue: Catalog) -> set[object]:
    return {
        (m.context, *m.id) if isinstance(m.id, tuple | list) else (m.context, m.id) for m in catalogue if m.id
    }


# --- updating ---------------------------------------------------------------------------------------


def update(root: Path = ROOT) -> int:
    """Write the template, carry every translation over, and return how many Chinese texts are wanted."""
    template = extract(root)
    _write(template_of(root), template)
    untranslated = 0
    for locale in LOCALES:
        file = catalogue_of(root, locale)
        catalogue = (
            _read(file, locale) if file.exists() else Catalog(locale=Locale.parse(locale), charset="utf-8")
        )
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        for message in catalogue:
            if locale == "en" and message.id and not _is_translated(message):
                message.string = message.id  # the source is written in English
            untranslated += bool(message.id) and not _is_translated(message)
        _write(file, catalogue)
    return untranslated


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _read(file: Path, locale: str | None = None) -> Catalog:
    with open(file, "rb") as opened:
        return read_po(opened, locale=locale)


def _write(file: Path, catalogue: Catalog) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "wb") as opened:
        write_po(opened, catalogue, width=100, sort_output=True, omit_header=False, include_lineno=False)


def main(arguments: list[str]) -> int:
    if arguments == ["update"]:
        wanted = update()
        print(f"{wanted} texts are not translated yet" if wanted else "all texts are translated")
        return 0
    if arguments:
        print(__doc__)
        return 2
    wrong = faults()
    print("\n".join(wrong) if wrong else "catalogues: fresh, complete in both languages, placeholders equal")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
