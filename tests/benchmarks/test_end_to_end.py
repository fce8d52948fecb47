"""What stands behind the end-to-end figures: a sink that counts right, steps that exist, a ledger that is full."""

from __future__ import annotations

import gzip
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from benchmarks.by_step import STEPS, Stopwatch
from benchmarks.case import Contender, Part
from benchmarks.full_ledger import RECORD, Size, client, fill
from benchmarks.ledger_million import using, within
from benchmarks.measuring import lap
from benchmarks.sink import counted, sink


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with sink() as address:
        yield address


def post(url: str, body: bytes, **headers: str) -> dict[str, object]:
    with urlopen(Request(url, body, headers, method="POST")) as answer:
        answered: dict[str, object] = json.load(answer)
    return answered


EVENTS = json.dumps([{"event_name": "Purchase", "event_id": str(number)} for number in range(3)])


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(f'{{"data":{EVENTS}}}'.encode(), {}, id="JSON"),
        pytest.param(urlencode({"data": EVENTS}).encode(), {}, id="form"),
        pytest.param(gzip.compress(EVENTS.encode()), {"Content-Encoding": "gzip"}, id="gzip"),
    ],
)
def test_the_sink_counts_metas_events_however_they_are_encoded(
    url: str, body: bytes, headers: dict[str, str]
) -> None:
    before = counted(url)
    answer = post(f"{url}/v26.0/1234567890/events", body, **headers)
    assert answer["events_received"] == 3
    assert counted(url) - before == 3


def test_the_sink_counts_googles_events_and_hands_out_tokens(url: str) -> None:
    before = counted(url)
    assert post(f"{url}/google/token", b"grant_type=x")["access_token"]
    events = json.dumps({"events": [{"transactionId": "1"}, {"transactionId": "2"}]}).encode()
    assert post(f"{url}/v1/events:ingest?$alt=json", events)["requestId"]
    assert counted(url) - before == 2


def test_a_contender_of_one_part_is_measured_on_that_one_alone() -> None:
    contender = Contender("Closedwon", list, only_part=1)
    parts = (Part(range(rows), rows) for rows in (1, 20, 300))
    assert lap(contender, contender.taken(parts)).rows == 20


def test_every_step_of_a_run_is_still_there() -> None:
    for step in STEPS:
        module, _, owner = step.owner.partition(":")
        for method in step.methods:
            assert callable(getattr(getattr(importlib.import_module(module), owner), method))


def test_a_steps_time_is_without_that_of_the_steps_inside_it() -> None:
    stopwatch = Stopwatch()
    stopwatch.begin("outer")
    stopwatch.begin("inner")
    sum(range(2_000_000))
    stopwatch.end()
    stopwatch.end()
    assert stopwatch.seconds["inner"] > 0.005
    assert stopwatch.seconds["outer"] < stopwatch.seconds["inner"]


def test_a_filled_ledger_is_one_that_the_product_reads_and_has_nothing_to_add_to(tmp_path: Path) -> None:
    size = Size(entries=600, identities=300, seeds=200)
    address = f"sqlite:///{tmp_path / 'ledger.db'}"
    with client(tmp_path, size) as file:
        assert fill(file, address, size) == 1_200
        with using(file, address):
            (run,) = json.loads(within(("sync", "--all", "--json")))
            (client_status,) = json.loads(within(("status", "--json")))
            (entry,) = json.loads(within(("explain", RECORD, "--json")))
    assert [lane["sent"] for lane in run["destinations"]] == [0, 0]
    lanes = client_status["lanes"].values()
    assert sum(lane["states"]["accepted"] for lane in lanes) > 1_100
    assert {one["destination"] for one in entry["deliveries"]} == {"meta", "google"}
