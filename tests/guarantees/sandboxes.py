"""A sandbox whose platforms can be put back to what they were before a death."""

from __future__ import annotations

import copy
import copyreg
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.scenario import Scenario, generate
from closedwon.sandbox.server import RunningSandbox, serve_in_thread

GOOGLE_ADS = "google_ads"

_CHANGING = ("hubspot", "meta", "google", GOOGLE_ADS)
"""The platforms that remember what a client told them, or could be told of."""

# A copy of a platform has locks of its own.
for _lock in (threading.Lock, threading.RLock):
    copyreg.pickle(type(_lock()), lambda _, made=_lock: (made, ()))  # type: ignore[misc]


class Interchangeable(Starlette):
    """A sandbox whose platforms can be exchanged while it serves, for others or for what they were before."""

    def __init__(self, scenario: Scenario, *, google_ads: bool) -> None:
        super().__init__()
        self._world = scenario.world
        self._put(create_app(self._world, google_ads=google_ads))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    def remembered(self) -> dict[str, Any]:
        """The platforms as they are now, to be put back with :meth:`again`."""
        return self._copied(self.state.systems, self.state.faults)

    def again(self, systems: dict[str, Any]) -> None:
        """Put back what was :meth:`remembered`, with nothing to fail at."""
        faults = Faults()
        copied = self._copied(systems, faults)
        if GOOGLE_ADS in copied:
            # Its port goes on serving the one object.
            served = self.state.systems[GOOGLE_ADS]
            vars(served).update(vars(copied[GOOGLE_ADS]))
            copied[GOOGLE_ADS] = served
        self._put(create_app(self._world, faults, copied))

    def _put(self, app: Starlette) -> None:
        self._app = app
        self.state.systems, self.state.faults = app.state.systems, app.state.faults

    def _copied(self, systems: dict[str, Any], faults: Faults) -> dict[str, Any]:
        memo: dict[int, Any] = {id(self._world): self._world}
        memo |= {id(vars(system)["_faults"]): faults for name, system in systems.items() if name in _CHANGING}
        return {
            name: copy.deepcopy(system, memo) if name in _CHANGING else system
            for name, system in systems.items()
        }


@dataclass
class Stand:
    """A sandbox that serves, for one test after another: keys and people take a second to invent."""

    scenario: Scenario
    sandbox: Interchangeable
    running: RunningSandbox

    def __post_init__(self) -> None:
        self.sandbox.state.systems["google"].statuses.processing_time *= 0
        self._untouched = self.sandbox.remembered()

    def write(self, folder: Path) -> None:
        """Write the clients' files into ``folder``, and have the platforms forget whatever they were told."""
        self.sandbox.again(self._untouched)
        self.scenario.write(folder, self.running.url, google_ads=self.running.addresses.get(GOOGLE_ADS))


@contextmanager
def serving(*, google_ads: bool = False) -> Iterator[Stand]:
    scenario = generate(3, leads=10, purchases=1, now=datetime.now(UTC))
    app = Interchangeable(scenario, google_ads=google_ads)
    with serve_in_thread(app) as running:
        yield Stand(scenario, app, running)
