"""Finds the files that a client's glob means, and names them the same on every machine."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path

from connectors.base import SourceError


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
    base = _fixed_folder(pattern)
    found = base.glob(str(pattern.relative_to(base)))
    # A hidden file is a spreadsheet's lock or a copy that is still under way.
    paths = sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    if not paths:
        missing = not base.is_dir()
        reason = f"the folder {base} does not exist" if missing else "no file matches"
        raise SourceError(
            f"{pattern}: {reason}",
            advice="Put the till's exports there, or mend the source's path.",
            configuration=missing,
        )
    return [PosFile(path.relative_to(base).as_posix(), path) for path in paths]


def _fixed_folder(pattern: Path) -> Path:
    """The last folder before the first wildcard."""
    folder = pattern.parent
    while glob.has_magic(str(folder)):
        folder = folder.parent
    return folder
