"""A till's exports as the contract meets them: two shops' files, a few rows a batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from connectors.base import Connector
from tests.connectors.contract.case import Case
from tests.connectors.pos_till import COLUMNS, Till

_HEADERS = ",".join((*COLUMNS.values(), "Email", "Phone", "Name"))
_BATCH_ROWS = 7
_OPENED = datetime(2026, 5, 4, 9, 0)


class PosFilesCase(Case):
    source = "till"
    stages = frozenset({"purchase", "refund"})
    personal = ("invented.buyer@courriel.example", "+33199000123", "Quenneville")
    is_remote = False

    def __init__(self, folder: Path) -> None:
        self._till = Till(folder)
        self._sold = 0
        for shop, rows in (("north.csv", 20), ("south.csv", 16)):
            self._till.write("\n".join((_HEADERS, *(self._sale() for _ in range(rows)), "")), shop)

    def connector(self) -> Connector:
        columns = {"email": "Email", "phone": "Phone", "last_name": "Name"}
        return self._till.connector(columns, batch_rows=_BATCH_ROWS, pattern="*.csv")

    def _sale(self, amount: str = "12.50") -> str:
        self._sold += 1
        moment = _OPENED + timedelta(minutes=self._sold)
        return ",".join((f"T{self._sold}", f"{moment:%Y-%m-%d %H:%M:%S}", amount, *self.personal))

    def add_record(self) -> str:
        self._append(self._sale())
        return f"T{self._sold}"

    def add_unusable_record(self) -> None:
        self._append(self._sale(amount="twelve"))

    def _append(self, row: str) -> None:
        with (self._till.folder / "south.csv").open("a", encoding="utf-8") as file:
            file.write(f"{row}\n")

    def empty(self) -> None:
        for path in self._till.folder.glob("*.csv"):
            path.write_text(f"{_HEADERS}\n", encoding="utf-8")

    @contextmanager
    def refusing(self) -> Iterator[None]:
        hidden = self._till.folder.with_name("elsewhere")
        self._till.folder.rename(hidden)
        yield
        hidden.rename(self._till.folder)

    def expire_session(self, after: int) -> None:
        raise NotImplementedError

    def throttle(self, *, times: int | None, after: int = 0) -> None:
        raise NotImplementedError

    def cut(self, *, times: int | None, after: int = 0) -> None:
        raise NotImplementedError

    def recover(self) -> None:
        """Files have no bad days of their own."""


@contextmanager
def in_a_folder(folder: Path) -> Iterator[Case]:
    """Exports on this machine's disk."""
    place = folder / "pos"
    place.mkdir()
    yield PosFilesCase(place)
