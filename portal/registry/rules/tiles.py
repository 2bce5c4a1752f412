"""The log as static files: C2SP tlog-tiles, so that any file server can publish it and any client read it.

A tile holds up to 256 hashes of one level of the tree: tile ``level/n`` begins with the hash of the
complete subtree of 256^level leaves whose number is n·256. A bundle holds up to 256 records, each after
its length in two bytes. Full ones never change; the last of a row is partial and says its width.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 256
LEVEL_BITS: Final = 8
MOST_LEVELS: Final = 8  # 256^8 leaves are more than any log will have
LONGEST_RECORD: Final = 2**16 - 1
_PATH: Final = re.compile(r"(?:x[0-9]{3}/){0,5}[0-9]{3}")
_PARTIAL: Final = re.compile(r"(?P<path>.+)\.p/(?P<width>[1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level (None for a bundle of records), its number in the row, how wide it is."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """As in an address or a folder, below ``tile/``: ``0/x001/234``, ``entries/000.p/17``."""
        kind = "entries" if self.level is None else str(self.level)
        partial = "" if self.is_full else f".p/{self.width}"
        return f"{kind}/{_grouped(self.number)}{partial}"

    @property
    def is_full(self) -> bool:
        return self.width == WIDTH

    @property
    def node_level(self) -> int:
        """The level of the tree (0 are leaves) whose nodes this tile holds."""
        return (self.level or 0) * LEVEL_BITS

    @property
    def first(self) -> int:
        return self.number * WIDTH

    @property
    def end(self) -> int:
        """After the last of its nodes, or of its records."""
        return self.first + self.width

    def is_within(self, size: int) -> bool:
        """Whether a log of so many records has all of it."""
        return self.end <= size >> self.node_level


def read_path(text: str) -> Tile | None:
    """The tile that an address below ``tile/`` names, None when it names none."""
    kind, _, rest = text.partition("/")
    partial = _PARTIAL.fullmatch(rest)
    path, width = (partial["path"], int(partial["width"])) if partial else (rest, WIDTH)
    if not _PATH.fullmatch(path) or width > WIDTH:
        return None
    if kind != "entries" and kind not in map(str, range(MOST_LEVELS)):
        return None
    number = int(path.replace("x", "").replace("/", ""))
    tile = Tile(None if kind == "entries" else int(kind), number, width)
    return tile if tile.path == text else None


def tiles_of(size: int, known: int = 0) -> Iterator[Tile]:
    """Every tile and bundle of a log of ``size`` records that one of ``known`` records did not have."""
    yield from _row(None, size, known)
    for level in range(MOST_LEVELS):
        bits = level * LEVEL_BITS
        yield from _row(level, size >> bits, known >> bits)


def bundle(records: Iterable[bytes]) -> bytes:
    """Records as a bundle holds them. Raises ValueError for one that is too long for a log."""
    parts = []
    for record in records:
        if len(record) > LONGEST_RECORD:
            raise ValueError("a record of a log has at most 65,535 bytes")
        parts += [len(record).to_bytes(2, "big"), record]
    return b"".join(parts)


def _row(level: int | None, end: int, known: int) -> Iterator[Tile]:
    if end == known:
        return
    for number in range(known // WIDTH, -(-end // WIDTH)):
        yield Tile(level, number, min(end - number * WIDTH, WIDTH))


def _grouped(number: int) -> str:
    """1234067 as ``x001/x234/067``."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *high, low = (digits[start : start + 3] for start in range(0, len(digits), 3))
    return "".join(f"x{part}/" for part in high) + low
