"""What goes wrong, from a seed: faults of every system of the sandbox, kills, and clocks that are wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from benchmarks.soak.world import World

_EVERY_SECONDS = 1.0
_SHARE = 0.4
"""Of the seconds, in how many each system is told to fail."""

_KILLED = 0.6
_MEAN_LIFE_SECONDS = 8.0
_SKEWED = 0.2
_MOST_SKEW_SECONDS = 300

_EVERYWHERE: tuple[Callable[[random.Random], dict[str, Any]], ...] = (
    lambda _: {"kind": "status", "status": 429, "body": "{}", "headers": {"Retry-After": "1"}},
    lambda _: {"kind": "status", "status": 500},
    lambda _: {"kind": "status", "status": 503},
    lambda _: {"kind": "reset"},
    lambda _: {"kind": "reset_after"},
    lambda _: {"kind": "truncate"},
    lambda dice: {"kind": "slow", "seconds": dice.uniform(0.2, 1.5)},
    lambda dice: {"kind": "hang", "seconds": dice.uniform(0.5, 2)},
)
_REVOKED = {"kind": "revoke"}
"""A token that the platform refuses; the next one is good."""

_OF_A_SYSTEM: Mapping[str, tuple[Callable[[random.Random], dict[str, Any]], ...]] = {
    "salesforce": (lambda _: _REVOKED,),
    # Its service keys, once revoked, are replaced by people.
    "hubspot": (),
    "meta": (lambda _: _REVOKED, lambda _: {"kind": "wrong_count"}),
    "google": (lambda _: _REVOKED,),
}


def faults(dice: random.Random) -> list[dict[str, Any]]:
    """What the sandbox is to fail at during the next second, as it takes it."""
    return [
        {
            "system": system,
            "times": dice.randint(1, 3),
            "after": dice.randint(0, 3),
            **dice.choice((*_EVERYWHERE, *own))(dice),
        }
        for system, own in _OF_A_SYSTEM.items()
        if dice.random() < _SHARE
    ]


@contextmanager
def failing(world: World, dice: random.Random) -> Iterator[None]:
    """Let the sandbox fail for as long as the context lasts."""
    over = Event()

    def make_it_fail() -> None:
        while not over.wait(_EVERY_SECONDS):
            world.arm(faults(dice))

    thread = Thread(target=make_it_fail, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        world.arm([])


def life(dice: random.Random) -> float | None:
    """After how many seconds a process is to be killed; None where it may live."""
    return dice.expovariate(1 / _MEAN_LIFE_SECONDS) if dice.random() < _KILLED else None


def skew(dice: random.Random) -> int:
    """How many seconds a process's clock is wrong, mostly none."""
    return dice.randint(-_MOST_SKEW_SECONDS, _MOST_SKEW_SECONDS) if dice.random() < _SKEWED else 0
