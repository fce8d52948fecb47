"""Told to fail: the faults that a test or a user arms, and that the sandbox's systems then show.

Faults of transport and status are played by :mod:`closedwon.sandbox.failing` for every system that speaks HTTP, and
for gRPC by :mod:`closedwon.sandbox.google_ads.outages`. Faults that are a platform's own business (a revoked token, a
poisoned event) are asked for by that platform.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

SYSTEMS = ("salesforce", "hubspot", "meta", "google", "google_ads")

TRANSPORT_KINDS = {
    "status": "answers with a status code and a body of its own; the request is not processed",
    "reset": "drops the connection without an answer; the request is not processed",
    "reset_after": "processes the request, then drops the connection instead of answering",
    "hang": "does not answer; drops the connection after `seconds`",
    "slow": "processes the request, and answers only after `seconds`",
    "truncate": "processes the request, sends half of the answer's body and drops the connection",
}
PLATFORM_KINDS = {
    "revoke": "refuses the token that comes with the request",
    "poison": "refuses every batch that contains one of `event_ids`, until cleared",
    "wrong_count": "answers that one event less was received than came",
    "processing_failure": "accepts a request, and counts none of its events, or members of an audience, for `reason`,"
    " as its status says later",
    "processing_warning": "accepts and counts a request, with a warning of `reason` in its status",
    "not_allowlisted": "refuses uploads, as of an account that came after Google closed them",
}
KINDS = TRANSPORT_KINDS | PLATFORM_KINDS
REASONED_KINDS = frozenset({"processing_failure", "processing_warning"})

_NO_STATUS_LATER = "it answers for every row at once, and has no status later; google has"
UNSUITED: Mapping[str, Mapping[str, str]] = {
    "google_ads": {
        "truncate": "nothing of half an answer arrives over gRPC; take reset_after",
        "poison": "it answers for every row by itself, so that no row spoils a request",
        "processing_failure": _NO_STATUS_LATER,
        "processing_warning": _NO_STATUS_LATER,
    },
    **{system: {"not_allowlisted": "google_ads has it"} for system in SYSTEMS if system != "google_ads"},
}
"""Kinds that a system cannot show, and why."""

STATUSES_OF_GRPC = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""HTTP's status codes and gRPC's, as google.rpc.Code relates them; 502 is a proxy's."""

_BAD_GATEWAY = (
    "<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail, armed for some requests of one system.

    Attributes:
        system: one of :data:`SYSTEMS`.
        kind: one of :data:`KINDS`.
        times: how many matching requests fail; None for all of them. Without meaning for ``poison``.
        after: how many matching requests go through first.
        path: for transport kinds, only requests whose path begins so.
        status, body, content_type, headers: the answer of ``status``. ``google_ads`` gives the code of gRPC that
            :data:`STATUSES_OF_GRPC` has for the status, and nothing else.
        seconds: how long ``hang`` and ``slow`` take.
        event_ids: the events that ``poison`` makes unacceptable.
        reason: the platform's own word for what went wrong, of ``processing_failure`` and ``processing_warning``.
    """

    system: str
    kind: str
    times: int | None = 1
    after: int = 0
    path: str = ""
    status: int = 502
    body: str = _BAD_GATEWAY
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    event_ids: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if self.system not in SYSTEMS:
            raise ValueError(f"system: {self.system!r} is none of {', '.join(SYSTEMS)}")
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is none of {', '.join(KINDS)}")
        if unsuited := UNSUITED[self.system].get(self.kind):
            raise ValueError(f"kind: {self.system} cannot show {self.kind}: {unsuited}")
        if self.path and self.kind not in TRANSPORT_KINDS:
            raise ValueError(f"path: has no meaning for {self.kind}")
        if bool(self.reason) != (self.kind in REASONED_KINDS):
            raise ValueError(f"reason: belongs to {' and '.join(sorted(REASONED_KINDS))}, which need one")
        if self.system == "google_ads":
            self._check_grpc()

    def _check_grpc(self) -> None:
        if self.status not in STATUSES_OF_GRPC:
            known = ", ".join(map(str, STATUSES_OF_GRPC))
            raise ValueError(f"status: gRPC has no code for {self.status}; google_ads shows {known}")
        if self.body != _BAD_GATEWAY or self.content_type != "text/html" or self.headers:
            raise ValueError("body, content_type, headers: have no meaning for google_ads, which speaks gRPC")

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Fault:
        """Build a fault from the JSON object of ``POST /_sandbox/faults``.

        Raises:
            ValueError: an unknown key or value, named.
        """
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown or not {"system", "kind"} <= set(given):
            raise ValueError(
                f"a fault has system, kind and perhaps {', '.join(sorted(known))}; not {unknown}"
            )
        return cls(**{**given, "event_ids": tuple(given.get("event_ids", ()))})


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    fired: int = 0

    def due(self) -> bool:
        """Count one matching request and tell whether it is one that should fail."""
        self.seen += 1
        times = self.fault.times
        return self.seen > self.fault.after and (times is None or self.fired < times)


class Faults:
    """The armed faults. Safe to use from any thread; the first armed fault that is due wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._fired: Counter[str] = Counter()

    def add(self, *faults: Fault) -> None:
        """Arm faults, behind those that are armed already."""
        with self._lock:
            self._armed.extend(_Armed(fault) for fault in faults)

    def clear(self) -> None:
        """Disarm all faults; what they did stays counted."""
        with self._lock:
            self._armed.clear()

    def take(self, system: str, path: str) -> Fault | None:
        """The transport fault that a request to ``path`` must show, which thereby is used up once."""
        return self._due(
            lambda fault: (
                fault.system == system and fault.kind in TRANSPORT_KINDS and path.startswith(fault.path)
            )
        )

    def active(self, system: str, kind: str) -> bool:
        """Whether the present request must show a platform's own fault, which thereby is used up once."""
        return self._due(lambda fault: fault.system == system and fault.kind == kind) is not None

    def reason(self, system: str, kind: str) -> str | None:
        """The reason of the fault of ``kind`` that is due, which thereby is used up once."""
        fault = self._due(lambda fault: fault.system == system and fault.kind == kind)
        return fault.reason if fault else None

    def poisoned(self, system: str) -> set[str]:
        """Event ids that make a batch unacceptable; asking uses nothing up."""
        with self._lock:
            faults = [armed.fault for armed in self._armed]
        poison = (fault for fault in faults if fault.system == system and fault.kind == "poison")
        return {event_id for fault in poison for event_id in fault.event_ids}

    def armed(self) -> list[dict[str, Any]]:
        """The armed faults as JSON, each with how often it fired."""
        with self._lock:
            return [asdict(armed.fault) | {"fired": armed.fired} for armed in self._armed]

    def report(self) -> dict[str, int]:
        """How often each fault fired, by ``system.kind``."""
        with self._lock:
            return dict(self._fired)

    def _due(self, matches: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            due = [armed for armed in self._armed if matches(armed.fault) and armed.due()]
            if not due:
                return None
            first = due[0]
            first.fired += 1
            self._fired[f"{first.fault.system}.{first.fault.kind}"] += 1
            return first.fault
