"""Files of this machine.

Where a folder around the glob is called like one (``acme [old]``), the settings have its signs escaped, as
:func:`glob.escape` does.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from connectors.base import SourceError
from connectors.pos_files.errors import system_failure
from connectors.pos_files.storage.exports import Opened, PosFile, failing, hidden

_ESCAPED = re.compile(r"\[([*?[])\]")


def local_files(pattern: Path) -> list[PosFile]:
    """The files that ``pattern`` matches, in the order of their paths, and the folders that cannot be looked into.

    Raises:
        SourceError: the folder that it starts in does not exist or cannot be looked into.
    """
    base, wanted = _parted(pattern)
    try:
        return _matching(base, wanted)
    except OSError as error:
        failure = system_failure(error)
        raise SourceError(f"{base / wanted}: {failure}", advice=failure.advice, configuration=True) from None


def _matching(base: Path, wanted: Path) -> list[PosFile]:
    if not base.is_dir():
        raise SourceError(
            f"{base / wanted}: the folder {base} does not exist",
            advice="Put the till's exports there, or mend the source's path.",
            configuration=True,
        )
    if not glob.has_magic(str(wanted)):
        # A glob would take a file in a folder that is closed for one that is not there.
        (base / wanted).exists()
    paths = sorted(path for path in base.glob(str(wanted)) if path.is_file() and not hidden(path.name))
    files = [PosFile(path.relative_to(base).as_posix(), partial(_opened, path)) for path in paths]
    return files + _closed_folders(base, wanted)


def _closed_folders(base: Path, wanted: Path) -> list[PosFile]:
    """Folders in which files may match and that cannot be listed, as files that fail: a glob passes over them.

    Raises:
        OSError: ``base`` is one of them.
    """
    closed: dict[str, OSError] = {}
    for depth, part in enumerate(wanted.parts):
        if not glob.has_magic(part):
            continue
        for folder in base.glob("/".join(wanted.parts[:depth])) if depth else [base]:
            try:
                os.scandir(folder).close()
            except (NotADirectoryError, FileNotFoundError):
                continue
            except OSError as error:
                if folder == base:
                    raise
                closed[f"{folder.relative_to(base).as_posix()}/"] = error
    return [PosFile(name, partial(failing, error)) for name, error in closed.items()]


def unescaped(pattern: Path) -> Path:
    """``pattern`` with the folders around it as they are called."""
    base, wanted = _parted(pattern)
    return base / wanted


@contextmanager
def _opened(path: Path) -> Iterator[Opened]:
    with path.open("rb") as handle:
        status = os.fstat(handle.fileno())
        yield Opened(handle, status.st_size, status.st_mtime_ns, status.st_size)


def _parted(pattern: Path) -> tuple[Path, Path]:
    """The last folder before the first wildcard, as it is called, and the glob below it."""
    folders: list[str] = []
    for part in pattern.parts[:-1]:
        name = _ESCAPED.sub(r"\1", part)
        if glob.escape(name) != part:
            break
        folders.append(name)
    return Path(*folders), Path(*pattern.parts[len(folders) :])
