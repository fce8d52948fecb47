"""Conversions as the pipeline hands them to an uploader, and a sandbox with one account of each platform."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from closedwon.sandbox.world import GoogleAdsAccount, MetaDataset, World

DATASET, TOKEN, AD_ACCOUNT = "1234567890123", "EAAtesttoken0123456789", "9876543210123"
ACCOUNT, ACTION = "1234567890", "222222222"
SERVICE_ACCOUNT = "sync@invented-project.iam.gserviceaccount.com"

META_IDS = ("em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id", "fbc", "fbp")
META_IDS += ("client_ip_address", "client_user_agent")
GOOGLE_IDS = (
    "email",
    "phone",
    "given_name",
    "family_name",
    "region_code",
    "postal_code",
    "gclid",
    "gbraid",
    "wbraid",
)


LISTED = ("em", "ph", "email", "phone")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def conversions(rows: list[dict[str, Any]]) -> pl.DataFrame:
    now = datetime.now(UTC).replace(microsecond=0)
    base: dict[str, Any] = {
        "kind": "crm", "system": "Salesforce", "stage": "won", "name": "Converted", "event_time": now,
        "lead_created_at": None, "value": 100.5, "currency": "EUR", "order_id": None, "event_source": "OTHER",
        "ad_user_data": "granted", "ad_personalization": "granted", "id.lead_id": None,
        "clicked_at": None, **{f"id.{name}": None for name in (*META_IDS, *GOOGLE_IDS)},
        **{f"more.{name}": None for name in LISTED},
    }  # fmt: skip
    times = dict.fromkeys(("event_time", "lead_created_at", "clicked_at"), pl.Datetime("us", "UTC"))
    schema: dict[str, Any] = {name: times.get(name, pl.String) for name in ("event_id", *base)}
    schema |= {"value": pl.Float64, "id.lead_id": pl.Int64}
    schema |= {f"more.{name}": pl.List(pl.String) for name in LISTED}
    return pl.DataFrame(
        [{"event_id": f"{n:032x}", **base, **row} for n, row in enumerate(rows)], schema=schema
    )


def deliveries(uploader: Any, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "event_id",
        "stage",
        "name",
        pl.col("event_time").dt.epoch("us"),
        "value",
        "currency",
        payload=uploader.payload(),
    )


@contextmanager
def sandbox(folder: Path) -> Iterator[tuple[RunningSandbox, Path]]:
    """A running sandbox, and the key file of its Google service account."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    world = World(
        now=datetime.now(UTC),
        datasets=[MetaDataset(DATASET, TOKEN, AD_ACCOUNT)],
        accounts=[GoogleAdsAccount(ACCOUNT, SERVICE_ACCOUNT, public, (ACTION, "333333333"))],
    )
    with serve_in_thread(world) as running:
        path = folder / "google.json"
        path.write_text(
            json.dumps(
                {
                    "type": "service_account", "client_email": SERVICE_ACCOUNT, "private_key": private,
                    "private_key_id": "1", "project_id": "invented-project", "token_uri": f"{running.url}/google/token",
                }
            ),
            encoding="utf-8",
        )  # fmt: skip
        yield running, path
