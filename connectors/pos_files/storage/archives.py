"""Zip archives: each member is a file of its own, named ``archive.zip/member.csv``."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from connectors.pos_files.errors import DamagedError, FileError
from connectors.pos_files.storage.exports import Opened, PosFile, failing, hidden
from connectors.pos_files.storage.settling import unless_unfinished
from connectors.pos_files.storage.unpacking import Unpacked, buffered, too_large

_ENDING = ".zip"

# Systems put these beside their tables; a member of any other name is read, or said to be none.
_NO_TABLES = frozenset({".pdf", ".md", ".html", ".htm", ".json", ".xml", ".png", ".jpg", ".jpeg", ".docx"})

_ENCRYPTED_FLAG = 0x1


def members(file: PosFile, limit: int) -> list[PosFile]:
    """What an archive holds, which may unpack to ``limit`` bytes; a file that is none is itself."""
    if not file.name.lower().endswith(_ENDING):
        return [file]
    try:
        with file.open() as opened, unless_unfinished(opened):
            found = _listed(opened, limit)
    except (FileError, OSError) as error:
        return [PosFile(file.name, partial(failing, error))]
    return [PosFile(f"{file.name}/{member}", partial(_opened, file, member, limit)) for member in found]


def _listed(opened: Opened, limit: int) -> list[str]:
    try:
        with zipfile.ZipFile(opened.handle) as archive:
            found = [
                member
                for member in archive.infolist()
                if not (member.is_dir() or hidden(member.filename) or _is_no_table(member.filename))
            ]
    except zipfile.BadZipFile:
        raise _damaged() from None
    if not found:
        raise FileError("holds no table", "Put the till's exports into it.")
    if sum(member.file_size for member in found) > limit:
        raise too_large(limit)
    return sorted(member.filename for member in found)


def _is_no_table(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _NO_TABLES


@contextmanager
def _opened(file: PosFile, name: str, limit: int) -> Iterator[Opened]:
    with file.open() as opened, unless_unfinished(opened):
        try:
            archive = zipfile.ZipFile(opened.handle)
            member = archive.getinfo(name)
            if member.flag_bits & _ENCRYPTED_FLAG:
                raise FileError("is protected with a password", "Pack it without one.")
            stream = archive.open(member)
        except KeyError:
            raise FileNotFoundError(name) from None
        except zipfile.BadZipFile:
            raise _damaged() from None
        except NotImplementedError as error:
            raise FileError(
                f"is packed in a way that cannot be read ({error})", "Pack it as a plain zip."
            ) from None
        # A member's stream never gives more than the size that was checked above.
        with archive, stream:
            yield Opened(
                buffered(Unpacked(cast(BinaryIO, stream), limit)),
                member.file_size,
                opened.changed_ns,
                member.file_size,
                version=f"crc32:{member.CRC:08x}",
                unpacked=True,
                local=opened.local,
            )


def _damaged() -> DamagedError:
    return DamagedError("is no zip archive, or a damaged one", "Pack or copy it again.")
