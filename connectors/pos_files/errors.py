"""The one way in which a single file fails, so that the others can go on."""

from __future__ import annotations


class FileError(Exception):
    """One file cannot be read; the message does not name the file, its reader adds that.

    Attributes:
        advice: what the user can do, in one sentence.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class UnfinishedError(FileError):
    """The file is still being written and cannot be read as far as it goes: the next run will see more."""


class DamagedError(FileError):
    """The file is not what its first bytes promise: cut short, or still being written.

    What opens it says which: a file that has been left alone for long will not change by itself.
    """


def system_failure(error: OSError) -> FileError:
    """What the file system said, as a file's failure."""
    advice = (
        "Let the user that runs Closedwon read it." if isinstance(error, PermissionError) else "Try again."
    )
    return FileError(error.strerror or type(error).__name__, advice)
