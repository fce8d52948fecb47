"""An invented till: writes exports into a folder and reads them back through the connector."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from config.sources import PosFilesSettings
from connectors.base import Batch, Cursor, Reject, SourceContext, SourceError
from connectors.pos_files import PosFiles, connect

COLUMNS = {"order_id": "Ticket", "entered_at": "Date", "amount": "Total"}


@dataclass
class Result:
    """All that one read gave, and how it ended."""

    batches: list[Batch]
    error: SourceError | None = None
    rows: list[dict[str, Any]] = field(init=False)
    rejects: list[Reject] = field(init=False)
    notes: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = [
            {str(name): None if pd.isna(value) else value for name, value in row.items()}
            for batch in self.batches
            for row in batch.entries.to_dict("records")
        ]
        self.rejects = [reject for batch in self.batches for reject in batch.rejects]
        self.notes = [note for batch in self.batches for note in batch.notes]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def cursor(self) -> Cursor:
        return self.batches[-1].cursor


class Till:
    """A folder of exports and the settings of the source that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str | bytes, name: str = "orders.csv", encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def leave(self, minutes: float, name: str = "orders.csv") -> None:
        """Let so many minutes seem to have passed since the export was written."""
        changed = time.time() - minutes * 60
        os.utime(self.folder / name, (changed, changed))

    def connector(
        self,
        columns: dict[str, str] | None = None,
        *,
        pattern: str = "*",
        client_currency: str | None = "EUR",
        client_timezone: str = "Europe/Paris",
        consent: dict[str, str] | None = None,
        consent_required: bool = False,
        **settings: Any,
    ) -> PosFiles:
        document = {
            "type": "pos_files",
            "path": str(self.folder / pattern),
            "columns": {**({} if "preset" in settings else COLUMNS), **(columns or {})},
            **settings,
        }
        context = SourceContext(
            "till", client_timezone, "FR", client_currency, consent or {}, consent_required
        )
        return connect(PosFilesSettings.model_validate(document), context)

    def read(
        self, cursor: Cursor | None = None, columns: dict[str, str] | None = None, **options: Any
    ) -> Result:
        batches: list[Batch] = []
        try:
            batches.extend(self.connector(columns, **options).read(cursor))
        except SourceError as error:
            return Result(batches, error)
        return Result(batches)

    def amounts(self, *cells: str, delimiter: str = "\t", **options: Any) -> Result:
        """Read an export with these cells in its amount column."""
        rows = [
            delimiter.join((f"T{number}", "2026-05-01 10:00:00", cell))
            for number, cell in enumerate(cells, 1)
        ]
        self.write("\n".join((delimiter.join(COLUMNS.values()), *rows, "")))
        return self.read(**options)

    def times(self, *cells: str, **options: Any) -> Result:
        """Read an export with these cells in its date column."""
        rows = [f"T{number}\t{cell}\t12.50" for number, cell in enumerate(cells, 1)]
        self.write("\n".join(("\t".join(COLUMNS.values()), *rows, "")))
        return self.read(**options)
