"""The small course pack of tests/data/training as files, and faults to plant in it."""

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "training" / "pack"


def pack_files() -> dict[str, bytes]:
    return {
        f.relative_to(FOLDER).as_posix(): f.read_bytes() for f in sorted(FOLDER.rglob("*")) if f.is_file()
    }


def planted(file: str, old: str, new: str) -> dict[str, bytes]:
    """The pack with one text exchanged once; ``old`` must be there."""
    files = pack_files()
    text = files[file].decode()
    assert old in text, old
    return files | {file: text.replace(old, new, 1).encode()}
