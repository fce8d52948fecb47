"""Told to fail: what the faults of :mod:`closedwon.sandbox.faults` look like to a caller of gRPC.

A client of gRPC sees a dropped connection as the status UNAVAILABLE, so that is what it is sent here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped]

from closedwon.sandbox.faults import STATUSES_OF_GRPC, Fault
from closedwon.sandbox.google_ads.errors import Problem, RefusedError, abort

_DROPPED = grpc.StatusCode.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Outage:
    """A call that fails: with ``problem`` in Google's own form, else with the bare status.

    Attributes:
        status: None for a call that is answered after all, only late.
        processed: whether the request is processed all the same, and only its answer lost.
        seconds: how long the caller waits for it.
    """

    status: grpc.StatusCode | None
    problem: Problem | None = None
    processed: bool = False
    seconds: float = 0.0

    def play(self, context: Any) -> None:
        """Wait, and end the call unless it is to be answered."""
        if self.seconds:
            gone = threading.Event()
            if context.add_callback(gone.set):
                gone.wait(self.seconds)
        if self.problem is not None:
            abort(context, RefusedError(self.status, self.problem))
        if self.status is not None:
            context.abort(self.status, "the sandbox was told to fail")


_OUTAGES: Mapping[str, Callable[[Fault], Outage]] = {
    "status": lambda fault: Outage(grpc.StatusCode[STATUSES_OF_GRPC[fault.status]]),
    "reset": lambda _: Outage(_DROPPED),
    "reset_after": lambda _: Outage(_DROPPED, processed=True),
    "hang": lambda fault: Outage(_DROPPED, seconds=fault.seconds),
    "slow": lambda fault: Outage(None, processed=True, seconds=fault.seconds),
}


def outage_of(fault: Fault | None) -> Outage | None:
    """How a call shows a fault of transport."""
    return _OUTAGES[fault.kind](fault) if fault else None
