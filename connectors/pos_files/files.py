"""Finds the files that a client's glob means, and names them the same on every machine.

Where a folder around the glob is called like one (``acme [old]``), the settings have its signs escaped, as
:func:`glob.escape` does.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path

from connectors.base import SourceError

_ESCAPED = re.compile(r"\[([*?[])\]")


@dataclass(frozen=True)
class PosFile:
    """One export: where it lies, and its name below the folder that the glob starts in."""

    name: str
    path: Path


def matching_files(pattern: Path) -> list[PosFile]:
    """The files that ``pattern`` matches, in the order of their paths.

    Raises:
        SourceError: there is none.
    """
    base, wanted = _parted(pattern)
    found = base.glob(str(wanted))
    # A hidden file is a spreadsheet's lock or a copy that is still under way.
    paths = sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    if not paths:
        missing = not base.is_dir()
        reason = f"the folder {base} does not exist" if missing else "no file matches"
        raise SourceError(
            f"{base / wanted}: {reason}",
            advice="Put the till's exports there, or mend the source's path.",
            configuration=missing,
        )
    return [PosFile(path.relative_to(base).as_posix(), path) for path in paths]


def readable(pattern: Path) -> Path:
    """``pattern`` with the folders around it as they are called."""
    base, wanted = _parted(pattern)
    return base / wanted


def _parted(pattern: Path) -> tuple[Path, Path]:
    """The last folder before the first wildcard, as it is called, and the glob below it."""
    folders: list[str] = []
    for part in pattern.parts[:-1]:
        name = _ESCAPED.sub(r"\1", part)
        if glob.escape(name) != part:
            break
        folders.append(name)
    return Path(*folders), Path(*pattern.parts[len(folders) :])
