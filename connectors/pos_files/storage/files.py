"""Finds the files that a client's glob means, wherever they lie, and names them the same on every machine.

Each is named from the first wildcard on; what lies in an archive, ``archive.zip/member.csv``.
"""

from __future__ import annotations

from pathlib import Path

from config.sources import PosFilesSettings
from connectors.base import SourceError
from connectors.pos_files.storage.archives import members
from connectors.pos_files.storage.exports import PosFile
from connectors.pos_files.storage.local import local_files, unescaped


def matching_files(pattern: Path | str, settings: PosFilesSettings) -> list[PosFile]:
    """The files that ``pattern`` matches, in the order of their paths; archives as what they hold.

    Raises:
        SourceError: there is none, or their place cannot be reached.
    """
    if isinstance(pattern, Path):
        found = local_files(pattern)
    else:
        # Its clients are heavy, and most tills' files lie on this machine.
        from connectors.pos_files.storage.remote import remote_files

        found = remote_files(pattern, settings.storage_options)
    if not found:
        raise SourceError(
            f"{shown(pattern)}: no file matches",
            advice="Put the till's exports there, or mend the source's path.",
        )
    return [member for file in found for member in members(file, settings.max_unpacked_mb << 20)]


def shown(pattern: Path | str) -> str:
    """``pattern`` as a message may show it, with the folders around it as they are called."""
    return str(unescaped(pattern)) if isinstance(pattern, Path) else pattern
