"""Files behind s3://, sftp:// and memory:// are read as those of this machine are, and no secret is ever shown."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from pydantic import ValidationError

from config.redaction import redact
from config.sources import PosFilesSettings
from tests.connectors.pos_forms import delimited, in_form, receipts, zipped
from tests.connectors.pos_till import COLUMNS, Till
from tests.connectors.s3_server import KEY, SECRET, Bucket, s3_server
from tests.connectors.sftp_server import PASSWORD, Server, sftp_server

ROWS = receipts(6)
FORMS = ["may.csv", "may.xlsx", "may.parquet", "may.csv.gz", "may.zip"]
OVER_SOCKETS = ["may.csv", "may.parquet", "may.zip"]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[str]:
    """A folder of fsspec's own memory that no other test uses."""
    storage, folder = fsspec.filesystem("memory"), f"/{tmp_path.name}"
    yield folder
    storage.rm(folder, recursive=True)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with s3_server() as bucket:
        yield bucket


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with sftp_server(tmp_path / "served") as server:
        (tmp_path / "served" / "pos").mkdir(parents=True)
        (tmp_path / "known_hosts").write_text(server.known_hosts)
        yield server


def put(address: str, content: bytes) -> None:
    fsspec.filesystem("memory").pipe_file(address, content)


def s3(bucket: Bucket, pattern: str = "pos/*", **options: str) -> dict[str, Any]:
    return {
        "path": f"s3://{bucket.name}/{pattern}",
        "storage_options": {
            "key": KEY,
            "secret": SECRET,
            "endpoint": bucket.endpoint,
            "region": "eu-west-3",
            **options,
        },
    }


def sftp(server: Server, tmp_path: Path, pattern: str = "/pos/*", **options: str) -> dict[str, Any]:
    access = {"password": PASSWORD, "known_hosts": str(tmp_path / "known_hosts"), **options}
    return {"path": server.address(pattern), "storage_options": access}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_from_memory_and_only_once(till: Till, memory: str, form: str) -> None:
    put(f"{memory}/north/{form}", in_form(form, ROWS))
    result = till.read(path=f"memory:/{memory}/*/{form}")
    assert result.error is None
    assert result.column("order_id") == [f"T{n}" for n in range(6)]
    assert all(name.startswith(f"north/{form}") for name in result.cursor["files"])
    assert till.read(result.cursor, path=f"memory:/{memory}/*/{form}").batches == []


@pytest.mark.parametrize("form", OVER_SOCKETS)
def test_every_kind_of_form_is_read_from_s3(till: Till, bucket: Bucket, form: str) -> None:
    bucket.put(f"pos/{form}", in_form(form, ROWS))
    bucket.put("other/june.csv", b"not asked for")
    result = till.read(**s3(bucket))
    assert result.error is None
    assert result.column("order_id") == [f"T{n}" for n in range(6)]


def test_an_unchanged_object_is_known_by_the_listing_alone(till: Till, bucket: Bucket) -> None:
    bucket.put("pos/may.csv", delimited(ROWS))
    first = till.read(**s3(bucket))
    bucket.requests.clear()
    assert till.read(first.cursor, **s3(bucket)).batches == []
    assert not [request for request in bucket.requests if "may.csv" in request]


def test_an_object_that_was_written_anew_with_more_rows_is_read_on(till: Till, bucket: Bucket) -> None:
    bucket.put("pos/may.csv", delimited(ROWS[:4]))
    first = till.read(**s3(bucket))
    bucket.put("pos/may.csv", delimited(ROWS))
    assert till.read(first.cursor, **s3(bucket)).column("order_id") == ["T4", "T5"]


def test_a_last_line_without_an_end_waits_by_the_time_that_the_storage_says(
    till: Till, bucket: Bucket
) -> None:
    bucket.put("pos/may.csv", delimited(ROWS)[:-2])
    first = till.read(**s3(bucket))
    assert first.column("order_id") == [f"T{n}" for n in range(5)]
    assert any("no line end yet" in note for note in first.notes)


def test_a_key_that_is_refused_is_a_mistake_of_the_configuration_and_is_not_shown(
    till: Till, bucket: Bucket
) -> None:
    wrong = "invented-key-that-is-wrong"
    result = till.read(**s3(bucket, key=wrong))
    assert result.error is not None
    assert result.error.configuration
    assert f"s3://{bucket.name}/pos/*" in str(result.error)
    assert "storage_options" in result.error.advice
    assert not any(secret in str(result.error) for secret in (wrong, SECRET))


def test_an_object_that_vanishes_between_listing_and_reading_is_said(till: Till, bucket: Bucket) -> None:
    bucket.put("pos/a.csv", delimited(ROWS[:2]))
    bucket.put("pos/b.csv", delimited(ROWS[2:]))
    batches = till.connector(**s3(bucket)).read(None)
    read = [next(batches)]
    del bucket.objects["pos/b.csv"]
    read += batches
    assert read[-1].notes == ("b.csv: vanished before it could be read",)


def test_nothing_at_a_remote_place_is_said_as_such(till: Till, bucket: Bucket) -> None:
    result = till.read(**s3(bucket))
    assert str(result.error) == f"s3://{bucket.name}/pos/*: no file matches"


def test_a_storage_that_cannot_be_reached_says_so_and_tries_again_later(till: Till, bucket: Bucket) -> None:
    result = till.read(
        path="s3://tills/*", storage_options={"key": KEY, "secret": SECRET, "endpoint": "http://127.0.0.1:9"}
    )
    assert result.error is not None
    assert not result.error.configuration
    assert "s3://tills/*" in str(result.error)


@pytest.mark.parametrize("form", OVER_SOCKETS)
def test_every_kind_of_form_is_read_over_sftp(till: Till, server: Server, tmp_path: Path, form: str) -> None:
    (tmp_path / "served" / "pos" / form).write_bytes(in_form(form, ROWS))
    result = till.read(**sftp(server, tmp_path))
    assert result.error is None
    assert result.column("order_id") == [f"T{n}" for n in range(6)]
    assert till.read(result.cursor, **sftp(server, tmp_path)).batches == []


def test_a_large_file_is_read_over_sftp_as_it_is(till: Till, server: Server, tmp_path: Path) -> None:
    rows = receipts(60_000)
    (tmp_path / "served" / "pos" / "may.csv").write_bytes(delimited(rows))
    batches = till.connector(**sftp(server, tmp_path)).read(None)
    assert [order for batch in batches for order in batch.entries["order_id"]] == [row[0] for row in rows]


def test_a_server_whose_key_is_not_known_never_hears_the_password(
    till: Till, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "known_hosts").write_text("")
    result = till.read(**sftp(server, tmp_path))
    assert result.error is not None
    assert "is in no known_hosts file" in str(result.error)
    assert result.error.configuration
    assert not any(transport.is_authenticated() for transport in server.connections)


def test_a_wrong_password_is_said_without_it(till: Till, server: Server, tmp_path: Path) -> None:
    result = till.read(**sftp(server, tmp_path, password="a-wrong-password"))
    assert result.error is not None
    assert result.error.configuration
    assert "a-wrong-password" not in f"{result.error} {result.error.advice}"


def test_a_connection_ends_with_the_run(till: Till, server: Server, tmp_path: Path) -> None:
    (tmp_path / "served" / "pos" / "may.csv").write_bytes(delimited(ROWS))
    till.read(**sftp(server, tmp_path))
    gc.collect()
    until = time.monotonic() + 5
    while any(transport.is_active() for transport in server.connections) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(transport.is_active() for transport in server.connections)


def test_an_archive_elsewhere_is_read_member_by_member(till: Till, memory: str) -> None:
    put(f"{memory}/may.zip", zipped({"a.csv": delimited(ROWS[:3]), "b.csv": delimited(ROWS[3:])}))
    result = till.read(path=f"memory:/{memory}/*.zip")
    assert list(result.cursor["files"]) == ["may.zip/a.csv", "may.zip/b.csv"]
    assert till.connector(path=f"memory:/{memory}/*.zip").total(None) is None


def test_what_reads_a_protocol_is_named_where_it_is_not_installed(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    result = till.read(path="gs://tills/*.csv")
    assert result.error is not None
    assert result.error.advice == 'Install it: pip install "closedwon[gcs]".'


@pytest.mark.parametrize(
    "path",
    [
        "s3://tills",
        "https://tills.example/may.csv",
        "sftp:///may.csv",
        "s3://who@tills/may.csv",
        "ftp://x.example/y",
    ],
)
def test_an_address_that_cannot_be_one_is_a_mistake(path: str) -> None:
    with pytest.raises(ValidationError, match=r"s3://bucket/…, gs://bucket/…, sftp://user@host/…"):
        PosFilesSettings.model_validate({"type": "pos_files", "path": path, "columns": COLUMNS})


def test_a_password_in_an_address_is_refused_and_kept_out_of_every_text() -> None:
    path = "sftp://till:hunter2-invented@till.example/pos/*.csv"
    with pytest.raises(ValidationError, match="without a password") as raised:
        PosFilesSettings.model_validate({"type": "pos_files", "path": path, "columns": COLUMNS})
    assert "hunter2-invented" not in str(raised.value)
    assert "hunter2-invented" not in redact(path)
