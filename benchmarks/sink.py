"""Where conversions end in a benchmark: the cheapest server that reads a request whole before it says thanks.

It answers as Meta and Google do, counts the events of each body by a key that every event has once, and judges
nothing: what is measured is the sender. It runs in a process of its own.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any
from urllib.request import urlopen

from benchmarks.processes import child

TOKEN_PATH = "/google/token"
_COUNT_PATH = "/count"
_PIECE = 1 << 20

_PROCESSED = {"requestStatusPerDestination": [{"requestStatus": "SUCCESS"}]}
"""What became of any request to Google."""

_Answer = Callable[[bytes], tuple[int, dict[str, Any]]]
"""A request's body to how many events it had, and the answer."""


@contextmanager
def sink() -> Iterator[str]:
    """Serve on a free loopback port for as long as the context lasts; yields the address."""
    with child(_serve) as connection:
        yield connection.recv()


def counted(url: str) -> int:
    """How many events the sink at ``url`` has got since it started."""
    with urlopen(f"{url}{_COUNT_PATH}") as answer:
        return int(answer.read())


def _serve(connection: Connection) -> None:
    server = _Server(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    connection.send(f"http://127.0.0.1:{server.server_port}")
    with suppress(EOFError):
        connection.recv()
    server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lock = Lock()
        self.events = 0

    def add(self, events: int) -> None:
        with self._lock:
            self.events += events


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = _PIECE

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        events, answer = _answer_for(self.path.partition("?")[0])(body)
        self.server.add(events)
        self._reply(json.dumps(answer).encode(), "application/json")

    def do_GET(self) -> None:
        if self.path == _COUNT_PATH:
            self._reply(str(self.server.events).encode(), "text/plain")
        else:
            self._reply(json.dumps(_PROCESSED).encode(), "application/json")

    def _reply(self, body: bytes, kind: str) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: Any) -> None:
        """Nothing: a line a request would cost more than the request."""


def _answer_for(path: str) -> _Answer:
    if path == TOKEN_PATH:
        return _token
    return _google if path.endswith("events:ingest") else _meta


def _token(_body: bytes) -> tuple[int, dict[str, Any]]:
    return 0, {"access_token": "ya29.invented", "expires_in": 3600, "token_type": "Bearer"}


def _google(body: bytes) -> tuple[int, dict[str, Any]]:
    return body.count(b'"transactionId"'), {"requestId": "t-invented"}


def _meta(body: bytes) -> tuple[int, dict[str, Any]]:
    # Form-encoded or not, the key reads alike.
    events = body.count(b"event_name")
    return events, {"events_received": events, "messages": [], "fbtrace_id": "invented"}
