"""A till's file of invented people's purchases, as typed and put right, and the client that it belongs to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import yaml

from benchmarks import people_rows
from benchmarks.people_rows import META_COLUMNS, PREPARED, gender_by_letter
from benchmarks.sink import TOKEN_PATH
from closedwon.sandbox.invented.client_files import new_key_pair

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)
"""When they are sent: a second lies between two purchases, and none is older than three weeks."""

CLIENT = "benchmarked"
_PURCHASE = ("order_id", "entered_at", "amount")
_CALLED = {"meta": "Purchase", "google": "333333333"}


@dataclass(frozen=True)
class Till:
    """A file of ``rows`` purchases: ``typed`` as people wrote themselves down, ``right`` as the peers ask for it."""

    typed: Path
    right: Path
    rows: int


def write_till(folder: Path, rows: int, *, later: timedelta = timedelta()) -> Till:
    """Write both files of the first ``rows`` people into ``folder``, the same each time, or so much ``later``."""
    till = Till(folder / f"typed-{rows}.csv", folder / f"right-{rows}.csv", rows)
    with (
        people_rows.written(folder, rows) as written,
        till.typed.open("wb") as typed,
        till.right.open("wb") as right,
    ):
        for nth, part in enumerate(people_rows.parts(written)):
            frame = part.data.with_columns((pl.col("entered_at") + later).dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
            columns = frame.select(*_PURCHASE, *META_COLUMNS)
            columns.write_csv(typed, include_header=not nth)
            _put_right(frame).write_csv(right, include_header=not nth)
    return till


def _put_right(frame: pl.DataFrame) -> pl.DataFrame:
    prepared = [pl.col(name).alias(name.removeprefix(PREPARED)) for name in frame.columns if PREPARED in name]
    return frame.with_columns(*prepared).select(
        *_PURCHASE, pl.col(META_COLUMNS).exclude("gender"), gender_by_letter()
    )


def write_client(folder: Path, till: Path, url: str, destinations: Sequence[str], *, stitch: bool) -> Path:
    """Write the client whose till's file is ``till`` and whose conversions go to ``url``; returns its YAML file."""
    columns = {name: name for name in (*_PURCHASE, *META_COLUMNS)}
    every = {
        "meta": {"dataset_id": "1234567890", "access_token": "EAA-invented-for-benchmarks", "endpoint": url},
        "google": {"customer_id": "1234567890", "credentials": "key.json", "endpoint": url},
    }
    client = {
        "client": CLIENT,
        "timezone": "Europe/Paris",
        "country": "FR",
        "currency": "EUR",
        "sources": {
            "shops": {
                "type": "pos_files",
                "path": str(till),
                "birth_dates": "day_first",
                "columns": columns,
            }
        },
        "destinations": {name: every[name] for name in destinations},
        "conversions": {"purchase": {"value": "amount"} | {name: _CALLED[name] for name in destinations}},
        "consent": {"default": "granted"},
        "identity": {"stitch": stitch},
    }
    (folder / "key.json").write_text(json.dumps(_key(url)), encoding="utf-8")
    path = folder / f"{CLIENT}.yaml"
    path.write_text(yaml.safe_dump(client, sort_keys=False), encoding="utf-8")
    return path


def _key(url: str) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "invented",
        "private_key_id": "invented",
        "private_key": new_key_pair().private,
        "client_email": "closedwon@invented.iam.gserviceaccount.com",
        "client_id": "100000000000000000000",
        "token_uri": f"{url}{TOKEN_PATH}",
    }
