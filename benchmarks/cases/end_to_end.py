"""A till's file to conversions accepted by a platform: what the cases have in common, and our side of it.

The clock runs for what a user waits for: the file found and read, people matched, conversions judged and queued,
every request sent by the platform's own SDK over a real socket and its answer committed to the ledger.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.case import Case, Contender, Part
from benchmarks.cases.reading import WARM_UP_SHARE
from benchmarks.purchases import NOW, Till, write_client, write_till
from benchmarks.sink import counted, sink

if TYPE_CHECKING:
    from closedwon.pipeline.report import RunReport

WARM_UP, SLICE, QUARTER, WHOLE = range(4)
"""The files, by their places: to warm up on, for those who would need too long for more, and for memory to grow in."""

_SHARES = (WARM_UP_SHARE, 0.06, 0.25, 1.0)


@dataclass(frozen=True)
class Sale:
    """A file of purchases, and the address of who is to hear of them."""

    till: Till
    url: str


@dataclass(frozen=True)
class Prepared:
    """A client who has never run, and what the sink had counted before."""

    file: Path
    url: str
    before: int


@dataclass(frozen=True)
class Sent:
    """What came of a run."""

    prepared: Prepared
    report: RunReport


@contextmanager
def provided(folder: Path, rows: int) -> Iterator[list[Sale]]:
    """Write the files, and serve the sink that all contenders send to."""
    tills = [write_till(folder, max(1, round(rows * share))) for share in _SHARES]
    with sink() as url:
        yield [Sale(till, url) for till in tills]


def parts(sales: list[Sale]) -> Iterator[Part]:
    """A part a file."""
    for sale in sales:
        yield Part(sale, sale.till.rows)


def to_meta(sale: Sale) -> Prepared:
    """A client of Meta alone, with the settings that one has who sets none."""
    return _client(sale, "meta")


def to_meta_unstitched(sale: Sale) -> Prepared:
    """The same without the identity map."""
    return _client(sale, "meta", stitch=False)


def to_google(sale: Sale) -> Prepared:
    """A client of Google alone, with the settings that one has who sets none."""
    return _client(sale, "google")


def _client(sale: Sale, destination: str, *, stitch: bool = True) -> Prepared:
    folder = Path(tempfile.mkdtemp(prefix="client-", dir=sale.till.typed.parent))
    file = write_client(folder, sale.till.typed, sale.url, [destination], stitch=stitch)
    return Prepared(file, sale.url, counted(sale.url))


def run(prepared: Prepared) -> Sent:
    """Run the client once, as `closedwon sync` does."""
    from closedwon.ledger import Ledger
    from closedwon.pipeline.run import run_client
    from config import load_client

    settings = load_client(prepared.file).settings
    ledger = Ledger.at(prepared.file.parent / ".closedwon" / "ledger.db")
    try:
        report = run_client(settings, ledger, clock=lambda: NOW)
    finally:
        ledger.close()
    return Sent(prepared, report)


def arrived(sent: Sent) -> int:
    """How many events the sink got; the ledger is gone after that.

    Raises:
        RuntimeError: the run failed, or the sink got others than the ledger says.
    """
    shutil.rmtree(sent.prepared.file.parent)
    (lane,) = sent.report.destinations
    got = counted(sent.prepared.url) - sent.prepared.before
    if sent.report.failures or got != lane.accepted:
        raise RuntimeError(f"the sink got {got}, the ledger says {lane.accepted}: {sent.report.failures}")
    return got


def case(
    name: str, title: str, prepare: Callable[[Sale], Prepared], *others: Contender, rows: int = 1_000_000
) -> Case:
    """A case of this kind: ours on the whole file, ours on a quarter of it, and ``others``."""
    return Case(
        name=name,
        title=title,
        provide=provided,
        parts=parts,
        contenders=(
            Contender("Closedwon", run, prepare, arrived, only_part=WHOLE),
            Contender("Closedwon, a quarter of the file", run, prepare, arrived, only_part=QUARTER),
            *others,
        ),
        rows=rows,
        laps=3,
    )
