"""Progress of several clients at once: every lane is told of, and a hundred of them still fit on a screen."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from closedwon.cli.progress import Bars, Lines


def follow(watching: Bars | Lines, client: str) -> None:
    watching.started(client, "crm", "read", 10)
    for _ in range(10):
        watching.advanced(client, "crm", 1)
    watching.finished(client, "crm", "10 read")
    watching.ended(client, complete=client != "client-7")


def test_bars_of_many_clients_fit_on_a_screen_and_are_counted() -> None:
    screen = io.StringIO()
    with Bars(Console(file=screen, force_terminal=True, width=100), clients=60) as bars:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: follow(bars, f"client-{n}"), range(60)))
        screen.truncate(0)
    drawn = screen.getvalue()
    assert drawn.count("10 read") <= 20
    assert "60/60" in drawn
    assert "client-7: incomplete" in drawn


def test_one_client_is_not_counted() -> None:
    screen = io.StringIO()
    with Bars(Console(file=screen, force_terminal=True, width=100)) as bars:
        follow(bars, "acme")
    assert "clients" not in screen.getvalue()
    assert "10 read" in screen.getvalue()


def test_lines_of_clients_at_once_do_not_run_into_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines() as lines, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: follow(lines, f"client-{n}"), range(50)))
    printed = capsys.readouterr().err.splitlines()
    assert len(printed) == 150
    assert set(printed) >= {"client-3: read crm (about 10)", "client-3: crm: 10 read", "client-3: complete"}
    assert "client-7: incomplete" in printed
