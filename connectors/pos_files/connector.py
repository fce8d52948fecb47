"""Reads POS files one after another; a file that fails is named at the end and does not stop the others.

What reads files is imported where one is new: most runs of a schedule find none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from config.importing import ONE_AT_A_TIME
from config.sources import PosFilesSettings
from connectors.base import Batch, Check, Cursor, SourceContext, SourceError
from connectors.pos_files.ahead import rows_ahead
from connectors.pos_files.cursor import Progress, Stamp
from connectors.pos_files.errors import FileError, UnfinishedError, system_failure
from connectors.pos_files.meaning import meaning_of
from connectors.pos_files.orders.customer_files import stamps
from connectors.pos_files.source import Source
from connectors.pos_files.storage.exports import Opened, PosFile
from connectors.pos_files.storage.files import matching_files, shown
from connectors.pos_files.storage.settling import unless_unfinished

# These change where files lie and how much is read at once, but nothing about what a row says.
_NOT_ABOUT_ROWS = {"path", "storage_options", "max_unpacked_mb", "batch_rows"}

# A cursor of another form means nothing here: with another number, all files are read again.
_CURSOR_FORM = 2


def connect(settings: PosFilesSettings, context: SourceContext) -> PosFiles:
    """The connector of one ``pos_files`` source."""
    return PosFiles(settings, context)


class PosFiles:
    """The exports of a till (:class:`connectors.base.Connector`)."""

    def __init__(self, settings: PosFilesSettings, context: SourceContext) -> None:
        self._settings = settings
        self._context = context
        self._meaning = meaning_of(settings, context)

    def read(self, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what stands in files that are new, changed, or not yet read to their end.

        Raises:
            SourceError: no file matches, of orders or of customers; or, once all others are read, the files that
                could not be.
        """
        files = matching_files(self._settings.path, self._settings)
        progress = self._progress(cursor, files)
        source = self._source()
        failures: list[tuple[str, FileError]] = []
        if progress.vanished:
            yield self._empty_batch(progress, restarted=progress.vanished)
        for file in files:
            try:
                with file.open() as opened:
                    yield from _batches(file.name, opened, progress, source)
            except FileNotFoundError:
                progress.forget(file.name)
                note = f"{file.name}: vanished before it could be read"
                yield self._empty_batch(progress, note, restarted=(file.name,))
            except UnfinishedError as error:
                progress.forget(file.name)
                yield self._empty_batch(progress, f"{file.name}: {error}")
            except FileError as error:
                failures.append((file.name, error))
            except OSError as error:
                failures.append((file.name, system_failure(error)))
        if failures:
            raise _source_error(failures)

    def total(self, cursor: Cursor | None) -> int | None:
        """Rows that ``read`` is about to visit; ``None`` where a file would have to be read to know."""
        try:
            files = matching_files(self._settings.path, self._settings)
            return rows_ahead(files, self._progress(cursor, files))
        except SourceError:
            return None

    def check(self) -> list[Check]:
        """Whether each file can be read, how it is written, what its columns mean, and whom its rows name."""
        try:
            files = matching_files(self._settings.path, self._settings)
            source = self._source()
        except SourceError as error:
            return [Check("files", ok=False, message=f"{error}. {error.advice}")]
        found = Check("files", ok=True, message=f"{len(files)} found at {shown(self._settings.path)}")
        return [found, *(_checked(file, source) for file in files)]

    def _source(self) -> Source:
        export = self._meaning.customers
        if not export:
            return Source(self._settings, self._context, self._meaning)
        with ONE_AT_A_TIME:
            from connectors.pos_files.orders.customers import read_customers
        customers = read_customers(self._settings, export, self._meaning.advice)
        return Source(self._settings, self._context, self._meaning, customers)

    def _empty_batch(self, progress: Progress, *notes: str, restarted: tuple[str, ...] = ()) -> Batch:
        with ONE_AT_A_TIME:
            from connectors.pos_files.reading import empty_batch
        return empty_batch(progress, self._context, *notes, restarted=restarted)

    def _progress(self, cursor: Cursor | None, files: list[PosFile]) -> Progress:
        how = {
            **self._settings.model_dump(mode="json", exclude=_NOT_ABOUT_ROWS),
            "cursor": _CURSOR_FORM,
            "meaning": repr(self._meaning),
            "customers": stamps(self._settings),
        }
        digest = hashlib.sha256(json.dumps(how, sort_keys=True).encode()).hexdigest()[:16]
        return Progress(cursor, [file.name for file in files], digest)


def _batches(name: str, opened: Opened, progress: Progress, source: Source) -> Iterator[Batch]:
    """The file's batches; nothing where it has been read as it is now."""
    with unless_unfinished(opened):
        if progress.is_done(name, Stamp.of(opened)):
            return
    with ONE_AT_A_TIME:
        from connectors.pos_files.reading import read_file
    yield from read_file(name, opened, progress, source)


def _checked(file: PosFile, source: Source) -> Check:
    with ONE_AT_A_TIME:
        from connectors.pos_files.preview import preview
    try:
        with file.open() as opened, unless_unfinished(opened):
            return preview(file.name, opened, source)
    except UnfinishedError as error:
        return Check(file.name, ok=True, message=f"{error}. {error.advice}")
    except FileError as error:
        return Check(file.name, ok=False, message=f"{error}. {error.advice}")
    except OSError as error:
        failure = system_failure(error)
        return Check(file.name, ok=False, message=f"{failure}. {failure.advice}")


def _source_error(failures: list[tuple[str, FileError]]) -> SourceError:
    messages = "; ".join(f"{name}: {error}" for name, error in failures)
    advice = " ".join(dict.fromkeys(error.advice for _, error in failures if error.advice))
    return SourceError(messages, advice=advice, configuration=True)
