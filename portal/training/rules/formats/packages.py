"""ZIP files of strangers, and our own: bounded when read, the same bytes for the same files when written."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final
from zipfile import ZIP_DEFLATED, BadZipFile, LargeZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from portal.kernel.errors import N_, InvalidInput

MAX_PACKED: Final = 50_000_000
MAX_FILES: Final = 2_000
MAX_UNPACKED: Final = 200_000_000
MAX_FILE: Final = 20_000_000
# Below this size a file may be packed as tightly as it likes: a page of spaces is no bomb.
_HARMLESS: Final = 1_000_000
MAX_RATIO: Final = 100


class ZipBroken(InvalidInput):
    message = N_("This ZIP file is damaged or encrypted.")


class ZipTooLarge(InvalidInput):
    message = N_("This ZIP file holds too much: at most %(files)s files and %(megabytes)s MB are unpacked.")


class ZipSuspicious(InvalidInput):
    message = N_("“%(name)s” in this ZIP file unpacks to far more than it should.")


class ZipNameForbidden(InvalidInput):
    message = N_("“%(name)s” is no name that a file in a ZIP file may have here.")


class ZipNameTwice(InvalidInput):
    message = N_("“%(name)s” is in this ZIP file twice, or differs from another name in letter case only.")


def is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files by name, folders left out.

    Raises ZipBroken, ZipTooLarge, ZipSuspicious, ZipNameForbidden, ZipNameTwice.
    """
    if len(data) > MAX_PACKED:
        raise _too_large()
    try:
        with ZipFile(BytesIO(data)) as packed:
            infos = [info for info in packed.infolist() if not info.filename.endswith("/")]
            _looked_over(infos)
            return {info.filename: _content(packed, info) for info in infos}
    except (
        BadZipFile,
        LargeZipFile,
        ZlibError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ):
        # What the library raises for broken, encrypted and exotic members alike.
        raise ZipBroken() from None


def _too_large() -> ZipTooLarge:
    return ZipTooLarge(files=MAX_FILES, megabytes=MAX_UNPACKED // 1_000_000)


def _looked_over(infos: list[ZipInfo]) -> None:
    """Refuses by the table of contents what need not be unpacked to be refused."""
    if len(infos) > MAX_FILES or sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise _too_large()
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if not is_safe_name(name) or _is_link(info):
            raise ZipNameForbidden(name=name[:80])
        if name.casefold() in seen:
            raise ZipNameTwice(name=name[:80])
        seen.add(name.casefold())
        if info.file_size > MAX_FILE or info.file_size > max(_HARMLESS, MAX_RATIO * info.compress_size):
            raise ZipSuspicious(name=name[:80])


def is_safe_name(name: str) -> bool:
    """Relative, without a way up, a drive, a back slash or a character that cannot be seen."""
    parts = PurePosixPath(name).parts
    return (
        0 < len(name) <= 200
        and name == "/".join(parts)
        and not any(part in (".", "..", "/") or part != part.strip() for part in parts)
        and "\\" not in name
        and ":" not in name
        and name.isprintable()
    )


def _is_link(info: ZipInfo) -> bool:
    return (info.external_attr >> 16) & 0o170000 == 0o120000


def _content(packed: ZipFile, info: ZipInfo) -> bytes:
    """Read up to what was announced and one more: a header may lie."""
    with packed.open(info) as file:
        content = file.read(info.file_size + 1)
    if len(content) > info.file_size:
        raise ZipSuspicious(name=info.filename[:80])
    return content


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file of these files, names in order, without times or owners."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, files[name], ZIP_DEFLATED, 9)
    return packed.getvalue()
