"""The banks of a pack, whichever kind of file holds them: their items as records, changed one at a time.

``units`` is the file ``bank/units.yml``, with both languages in one item; ``units.gift`` the two files
``bank/units.zh.gift`` and ``bank/units.en.gift``. A pack is its files by path; so is what changes of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.kernel.errors import PortalError
from portal.training.rules.formats.exchange import LeftOut
from portal.training.rules.items import Item
from portal.training.rules.packs import gift_banks
from portal.training.rules.packs.bank import item_as_it_stands, written_bank
from portal.training.rules.packs.records import records_of, with_record, without_record

Files = Mapping[str, bytes]
USUAL: Final = "items"
_GIFT: Final = ".gift"


@dataclass(frozen=True, slots=True)
class Held:
    """An item of a bank as a record, and its first and last line in each file that has it."""

    bank: str
    index: int
    value: dict[str, Any]
    lines: Mapping[str, tuple[int, int]]

    @property
    def id(self) -> str:
        return str(self.value.get("id", ""))

    def has(self, file: str, line: int) -> bool:
        """Whether it stands there."""
        first, last = self.lines.get(file, (1, 0))
        return first <= line <= last


def bank_of(path: str) -> str:
    """The bank that a file belongs to; ``""`` for a file of no bank."""
    name = path.removeprefix("bank/")
    if name == path:
        return ""
    for ending, kind in ((".yml", ""), *((f".{lang}.gift", _GIFT) for lang in gift_banks.LANGS)):
        if name.endswith(ending):
            return name.removesuffix(ending) + kind
    return ""


def banks_of(paths: Iterable[str]) -> list[str]:
    """The banks by name; one to begin with where there is none."""
    return sorted({bank for path in paths if (bank := bank_of(path))}) or [USUAL]


def paths_of(bank: str) -> tuple[str, ...]:
    """The files of a bank."""
    if is_gift(bank):
        return tuple(gift_banks.path_of(bank.removesuffix(_GIFT), lang) for lang in gift_banks.LANGS)
    return (f"bank/{bank}.yml",)


def is_gift(bank: str) -> bool:
    return bank.endswith(_GIFT)


def held_in(files: Files, bank: str) -> list[Held]:
    """Its items in order, sound or not; of GIFT those that can be read."""
    if is_gift(bank):
        paths = dict(zip(gift_banks.LANGS, paths_of(bank), strict=True))
        return [
            Held(bank, index, _record(each.item), {
                paths[lang]: (block.first, block.last) for lang, block in each.blocks.items()
            })
            for index, each in enumerate(gift_banks.side_by_side(_texts(files, bank)))
        ]  # fmt: skip
    (path,) = paths_of(bank)
    return [
        Held(bank, index, record.value, {path: (record.first_line, record.last_line)})
        for index, record in enumerate(records_of(files.get(path, b"")) or ())
    ]


def all_held(files: Files) -> list[Held]:
    """Every item of every bank."""
    return [each for bank in banks_of(files) for each in held_in(files, bank)]


def as_they_stand(held: Iterable[Held]) -> tuple[tuple[Item, ...], tuple[LeftOut, ...]]:
    """The items, finished or not, and those that are misshapen, each with what is wrong with it."""
    items, left_out = list[Item](), list[LeftOut]()
    for each in held:
        try:
            items.append(item_as_it_stands(each.value))
        except PortalError as reason:
            left_out.append(LeftOut(each.id, reason))
    return tuple(items), tuple(left_out)


def with_values(files: Files, bank: str, values: Mapping[int, Mapping[str, Any]]) -> dict[str, bytes]:
    """The files of the bank with these records in their places; behind the last place they are added.

    Raises what keeps a record from being a question of GIFT: a text that is missing, a kind it has not.
    """
    if is_gift(bank):
        return _gift_with(files, bank, values)
    (path,) = paths_of(bank)
    data = files.get(path, b"")
    for index in sorted(values):
        data = with_record(data, index, values[index])
    return {path: data}


def without_value(files: Files, bank: str, index: int) -> dict[str, bytes]:
    """The files of the bank without this item."""
    if is_gift(bank):
        texts = _titled(files, bank)
        return _files(bank, gift_banks.without_question(texts, gift_banks.side_by_side(texts)[index]))
    (path,) = paths_of(bank)
    return {path: without_record(files[path], index)}


def with_new(files: Files, bank: str, items: Sequence[Item]) -> dict[str, bytes]:
    """The files of the bank with these items at its end. Raises what ``with_values`` raises."""
    if is_gift(bank):
        texts = _titled(files, bank)
        for item in items:
            texts = gift_banks.with_question(texts, None, item)
        return _files(bank, texts)
    (path,) = paths_of(bank)
    data = files.get(path, b"")
    return {path: (data if records_of(data) else b"") + written_bank(items)}


def _gift_with(files: Files, bank: str, values: Mapping[int, Mapping[str, Any]]) -> dict[str, bytes]:
    texts = _titled(files, bank)
    for index in sorted(values):
        found = gift_banks.side_by_side(texts)
        was = found[index] if index < len(found) else None
        texts = gift_banks.with_question(texts, was, item_as_it_stands(values[index]))
    return _files(bank, texts)


def _record(item: Item) -> dict[str, Any]:
    return (records_of(written_bank([item])) or [])[0].value


def _texts(files: Files, bank: str) -> dict[str, str]:
    read = (files.get(path, b"").decode("utf-8-sig", "replace") for path in paths_of(bank))
    texts = (text.replace("\r\n", "\n").replace("\r", "\n") for text in read)
    return dict(zip(gift_banks.LANGS, texts, strict=True))


def _titled(files: Files, bank: str) -> dict[str, str]:
    return {lang: gift_banks.titled(text, lang) for lang, text in _texts(files, bank).items()}


def _files(bank: str, texts: Mapping[str, str]) -> dict[str, bytes]:
    return {path: texts[lang].encode() for lang, path in zip(gift_banks.LANGS, paths_of(bank), strict=True)}
