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
from connectors.pos_files.exports import Opened, PosFile, hidden

_ESCAPED = re.compile(r"\[([*?[])\]")


def local_files(pattern: Path) -> list[PosFile]:
    """The files that ``pattern`` matches, in the order of their paths.

    Raises:
        SourceError: the folder that it starts in does not exist.
    """
    base, wanted = _parted(pattern)
    if not base.is_dir():
        raise SourceError(
            f"{base / wanted}: the folder {base} does not exist",
            advice="Put the till's exports there, or mend the source's path.",
            configuration=True,
        )
    paths = sorted(path for path in base.glob(str(wanted)) if path.is_file() and not hidden(path.name))
    return [PosFile(path.relative_to(base).as_posix(), partial(_opened, path)) for path in paths]


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
