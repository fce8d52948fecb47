"""Reads POS files one after another; a file that fails is named at the end and does not stop the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import BinaryIO

from config.sources import PosFilesSettings
from connectors.base import Batch, Check, Cursor, SourceContext, SourceError
from connectors.pos_files.cursor import Progress, Stamp
from connectors.pos_files.errors import FileError, UnfinishedError
from connectors.pos_files.files import PosFile, matching_files, readable
from connectors.pos_files.reading import empty_batch, read_file
from connectors.pos_files.survey import Plan, plan_for

_COUNTED_BYTES = 200 << 20
_SAMPLE_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20

# These change where files lie and how much is read at once, but nothing about what a row says.
_NOT_ABOUT_ROWS = {"path", "batch_rows"}


def connect(settings: PosFilesSettings, context: SourceContext) -> PosFiles:
    """The connector of one ``pos_files`` source."""
    return PosFiles(settings, context)


class PosFiles:
    """The exports of a till (:class:`connectors.base.Connector`)."""

    def __init__(self, settings: PosFilesSettings, context: SourceContext) -> None:
        self._settings = settings
        self._context = context

    def read(self, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what stands in files that are new, changed, or not yet read to their end.

        Raises:
            SourceError: no file matches; or, once all others are read, the files that could not be.
        """
        files = matching_files(self._settings.path)
        progress = self._progress(cursor, files)
        failures: list[tuple[str, FileError]] = []
        for file in files:
            try:
                with file.path.open("rb") as handle:
                    yield from read_file(file.name, handle, progress, self._settings, self._context)
            except FileNotFoundError:
                progress.forget(file.name)
                yield empty_batch(progress, self._context, f"{file.name}: vanished before it could be read")
            except UnfinishedError as error:
                progress.forget(file.name)
                yield empty_batch(progress, self._context, f"{file.name}: {error}")
            except FileError as error:
                failures.append((file.name, error))
            except OSError as error:
                failures.append((file.name, _system_failure(error)))
        if failures:
            raise _source_error(failures)

    def total(self, cursor: Cursor | None) -> int | None:
        """Lines that ``read`` is about to visit; estimated for files of more than 200 MiB."""
        try:
            files = matching_files(self._settings.path)
        except SourceError:
            return None
        progress = self._progress(cursor, files)
        return sum(_lines_ahead(file, progress) for file in files)

    def check(self) -> list[Check]:
        """Whether each file can be read, how it is written, and which header feeds which column."""
        try:
            files = matching_files(self._settings.path)
        except SourceError as error:
            return [Check("files", ok=False, message=f"{error}. {error.advice}")]
        found = Check("files", ok=True, message=f"{len(files)} found at {readable(self._settings.path)}")
        return [found, *map(self._check_file, files)]

    def _check_file(self, file: PosFile) -> Check:
        try:
            with file.path.open("rb") as handle:
                plan = plan_for(handle, self._settings, self._context, Stamp.of(handle).extent())
        except FileError as error:
            return Check(file.name, ok=False, message=f"{error}. {error.advice}")
        except OSError as error:
            failure = _system_failure(error)
            return Check(file.name, ok=False, message=f"{failure}. {failure.advice}")
        return Check(file.name, ok=True, message=_described(plan) if plan else "empty")

    def _progress(self, cursor: Cursor | None, files: list[PosFile]) -> Progress:
        how = {
            **self._settings.model_dump(mode="json", exclude=_NOT_ABOUT_ROWS),
            "defaults": [self._context.timezone, self._context.currency, dict(self._context.consent_fields)],
        }
        digest = hashlib.sha256(json.dumps(how, sort_keys=True).encode()).hexdigest()[:16]
        return Progress(cursor, [file.name for file in files], digest)


def _system_failure(error: OSError) -> FileError:
    advice = (
        "Let the user that runs Closedwon read it." if isinstance(error, PermissionError) else "Try again."
    )
    return FileError(error.strerror or type(error).__name__, advice)


def _source_error(failures: list[tuple[str, FileError]]) -> SourceError:
    messages = "; ".join(f"{name}: {error}" for name, error in failures)
    advice = " ".join(dict.fromkeys(error.advice for _, error in failures if error.advice))
    return SourceError(messages, advice=advice, configuration=True)


def _lines_ahead(file: PosFile, progress: Progress) -> int:
    """Lines behind the place that was reached; 0 for a file that is done or cannot be opened."""
    try:
        with file.path.open("rb") as handle:
            stamp = Stamp.of(handle)
            if progress.is_done(file.name, stamp):
                return 0
            place = progress.place(file.name, stamp)
            start = place.offset if place else 0
            lines = _line_ends(handle, start, stamp.size)
    except OSError:
        return 0
    return lines if place else max(lines - 1, 0)


def _line_ends(handle: BinaryIO, start: int, size: int) -> int:
    """Line ends from ``start`` on: counted, or for a large file counted in its next 4 MiB and extrapolated."""
    ahead = size - start
    counted = ahead if ahead <= _COUNTED_BYTES else _SAMPLE_BYTES
    handle.seek(start)
    lines, left = 0, counted
    while left > 0 and (piece := handle.read(min(left, _CHUNK_BYTES))):
        lines += piece.count(b"\n")
        left -= len(piece)
    return lines if counted == ahead else lines * ahead // counted


def _described(plan: Plan) -> str:
    headers = plan.layout.headers
    mapped = ", ".join(
        f'{column} from "{" + ".join(headers[place] for place in places)}"'
        for column, places in plan.positions.items()
    )
    return "; ".join(filter(None, (", ".join(plan.sniffed), mapped, *plan.missing)))
