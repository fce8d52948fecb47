"""What is promised of clients at once: bounded, in order of the files, and ended in order by Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from threading import Event

import pytest

from closedwon.cli import at_once
from closedwon.cli.at_once import Unfinished, run_at_once


def test_reports_come_in_the_order_of_the_clients_whichever_ends_first() -> None:
    def run(seconds: float, _stop: Event) -> float:
        time.sleep(seconds)
        return seconds

    assert run_at_once(run, [0.05, 0.0, 0.02], jobs=3) == [0.05, 0.0, 0.02]


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_clients_run_together_than_asked_for(jobs: int) -> None:
    running, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(jobs)

    def run(_client: int, _stop: Event) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait(timeout=30)
        with lock:
            running[0] -= 1
        together.wait(timeout=30)

    run_at_once(run, range(9), jobs=jobs)
    assert most[0] == jobs


def test_a_client_whose_run_breaks_takes_no_other_along() -> None:
    ran = []

    def run(client: int, _stop: Event) -> None:
        ran.append(client)
        if client == 0:
            raise SystemExit(3)

    with pytest.raises(SystemExit):
        run_at_once(run, range(3), jobs=1)
    assert ran == [0, 1, 2]


def press_ctrl_c() -> None:
    """As the terminal does, which reaches the main thread."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_ctrl_c_ends_all_clients_and_begins_no_other() -> None:
    begun, ended = [], []

    def run(client: int, stop: Event) -> None:
        begun.append(client)
        if client == 1:
            press_ctrl_c()
        stop.wait(60)
        ended.append(client)

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as interrupted:
        run_at_once(run, range(10), jobs=2)
    assert not isinstance(interrupted.value, Unfinished)
    assert sorted(begun) == sorted(ended) == [0, 1]
    assert time.monotonic() - began < 10


def test_ctrl_c_waits_no_longer_than_its_grace_for_a_client_that_does_not_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(at_once, "GRACE_SECONDS", 0.05)
    answered = Event()

    def run(_client: int, _stop: Event) -> None:
        press_ctrl_c()
        answered.wait(60)

    with pytest.raises(Unfinished):
        run_at_once(run, [0], jobs=1)
    answered.set()
