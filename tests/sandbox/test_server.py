"""The sandbox as a server: on loopback only, ready when it says so, gone when it is stopped."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Fault, Faults
from closedwon.sandbox.salesforce import SalesforceServer
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from tests.sandbox.small_org import Client, lead, small_world


def serve() -> RunningSandbox:
    world, faults = small_world(Lead=[lead(1)]), Faults()
    return serve_in_thread(create_app(world, faults, {"salesforce": SalesforceServer(world, faults)}))


def test_it_answers_at_once_on_a_free_loopback_port() -> None:
    with serve() as sandbox, serve() as other:
        assert urlsplit(sandbox.url).hostname == "127.0.0.1"
        assert sandbox.url != other.url
        assert requests.get(f"{sandbox.url}/services/data/", timeout=5).ok


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_refuses_to_serve_beyond_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve_in_thread(create_app(small_world(), systems={}), host=host)


def test_a_taken_port_is_an_error_and_not_a_silent_wait() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve_in_thread(create_app(small_world(), systems={}), port=taken.getsockname()[1])


def test_nothing_listens_after_it_was_stopped_even_while_a_request_hangs() -> None:
    with serve() as sandbox:
        sandbox.faults.add(Fault("salesforce", "hang", seconds=60))
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{sandbox.url}/services/data/", timeout=0.1)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/services/data/", timeout=1)


def test_the_report_is_the_same_in_this_process_and_over_http() -> None:
    with serve() as sandbox:
        Client(sandbox.url).query("SELECT Id FROM Lead")
        report = requests.get(f"{sandbox.url}/_sandbox/report", timeout=5).json()
        assert report == sandbox.report()
        assert report["salesforce"] == {"logins": 1, "requests": 1, "queries": 1, "records": 1, "refused": {}}


def test_no_request_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG), serve() as sandbox:
        Client(sandbox.url).query("SELECT Id FROM Lead WHERE Email = 'person1@example.com'")
        sandbox.faults.add(Fault("salesforce", "reset_after"))
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{sandbox.url}/services/data/?q=person1@example.com", timeout=5)
    server_lines = [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert [record.getMessage() for record in server_lines if "person1" in record.getMessage()] == []
    assert "person1" not in "".join(capfd.readouterr())


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    small = ["--seed", "3", "--leads", "20", "--purchases", "20", "--write", str(tmp_path)]
    command = [sys.executable, "-m", "closedwon.sandbox", *small, "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield running
        running.kill()


def announced(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


def test_as_a_process_it_says_where_it_is_and_which_clients_it_wrote(process: subprocess.Popen[str]) -> None:
    said = announced(process)
    assert requests.get(f"{said['url']}/_sandbox/report", timeout=5).json()["salesforce"] == {"refused": {}}
    assert said["clients"]
    for client in said["clients"]:
        assert said["url"] in Path(client).read_text()


def test_the_google_ads_api_is_served_on_the_port_that_follows() -> None:
    with serve_in_thread(small_world(), google_ads=True) as free:
        port = urlsplit(free.url).port
        assert port is not None
    try:
        running = serve_in_thread(small_world(), port=port, google_ads=True)
    except OSError:
        pytest.skip("something else has taken the port that follows")
    with running:
        assert running.addresses == {"google_ads": f"http://127.0.0.1:{port + 1}"}
        with socket.create_connection(("127.0.0.1", port + 1), timeout=5):
            pass
        assert requests.get(f"{running.url}/_sandbox/report", timeout=5).json()["google_ads"]["requests"] == 0


def test_a_taken_port_of_the_google_ads_api_is_an_error_and_leaves_nothing_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1] - 1
        with pytest.raises(OSError, match="in use"):
            serve_in_thread(small_world(), port=port, google_ads=True)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/_sandbox/", timeout=1)


def test_as_a_process_it_serves_the_google_ads_api_where_it_is_asked_for(tmp_path: Path) -> None:
    small = ["--leads", "5", "--purchases", "5", "--write", str(tmp_path), "--google-ads"]
    command = [sys.executable, "-m", "closedwon.sandbox", *small, "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        said = announced(running)
        running.kill()
    assert said["google_ads"] in (tmp_path / "clients" / "lumen-shops-legacy.yaml").read_text()


def test_as_a_process_it_ends_at_a_signal(process: subprocess.Popen[str]) -> None:
    announced(process)
    process.terminate()
    assert process.wait(10) == 0


def test_as_a_process_it_ends_with_the_parent_that_held_its_standard_input(
    process: subprocess.Popen[str],
) -> None:
    announced(process)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0


def test_it_says_what_it_can_be_told() -> None:
    with serve() as sandbox:
        said = requests.get(f"{sandbox.url}/_sandbox/", timeout=5).json()
    assert "POST /_sandbox/salesforce/merge" in said["routes"]
    assert set(said) == {"orgs", "portals", "routes"}
