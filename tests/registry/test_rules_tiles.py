"""Tiles as a rule: one path each, all of a log and no more, bundles as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.rules import tiles
from portal.registry.rules.tiles import Tile


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(1, 999), "1/999"),
        (Tile(0, 1_234_067), "0/x001/x234/067"),
        (Tile(0, 1_000), "0/x001/000"),
        (Tile(3, 0, 17), "3/000.p/17"),
        (Tile(7, 0, 1), "7/000.p/1"),
        (Tile(None, 67, 255), "entries/067.p/255"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str):
    assert tile.path == path
    assert tiles.read_path(path) == tile


@pytest.mark.parametrize(
    "path",
    ["", "0", "0/0", "0/0000", "0/x000/001", "0/001/234", "8/000", "01/000", "-1/000", "entries/000.p/0",
     "entries/000.p/256", "entries/000.p/257", "entries/000.p/01", "0/000.p/", "0/x001/x234",
     "data/000", "../000", "０/000", "0/" + "x999/" * 9 + "999", "9" * 5_000 + "/000"],
)  # fmt: skip
def test_what_names_no_tile(path: str):
    assert tiles.read_path(path) is None


def test_tiles_cover_a_log_and_only_what_is_new_is_made_again():
    size = 70_000
    whole = list(tiles.tiles_of(size))
    assert len(whole) == len(set(whole))
    assert sum(t.width for t in whole if t.level is None) == size
    assert sum(t.width for t in whole if t.level == 0) == size
    assert sum(t.width for t in whole if t.level == 1) == size // 256
    assert [t.path for t in whole if t.level == 2] == ["2/000.p/1"]
    assert all(t.is_within(size) for t in whole)
    assert not any(t.is_within(t.end * 256 ** (t.level or 0) - 1) for t in whole)
    fresh = set(tiles.tiles_of(size, known=69_999))
    assert fresh == {t for t in whole if t.end * 256 ** (t.level or 0) > 69_999 and not t.is_full}


def test_a_log_of_one_record_has_one_bundle_and_one_tile():
    assert [tile.path for tile in tiles.tiles_of(1)] == ["entries/000.p/1", "0/000.p/1"]


@given(st.tuples(st.integers(0, 200_000), st.integers(0, 200_000)).map(sorted))
def test_what_is_new_is_what_the_smaller_log_did_not_have(sizes: list[int]):
    known, size = sizes
    assert set(tiles.tiles_of(size, known)) == {*tiles.tiles_of(size)} - {*tiles.tiles_of(known)}


def test_a_bundle_holds_each_record_after_its_length():
    longest = b"x" * 65_535
    assert tiles.bundle([b"", b"{}", longest, b""]) == b"\0\0\0\2{}\xff\xff" + longest + b"\0\0"
    with pytest.raises(ValueError):
        tiles.bundle([longest + b"x"])
