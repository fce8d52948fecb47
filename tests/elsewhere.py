"""Servers that nobody configured: one that accepts anything, a certificate that nobody vouches for, a way there."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Served = TypeVar("Served", bound=ThreadingHTTPServer)

HOST = "platform.example"
"""What the certificate is made out to: no name of this machine."""


class Elsewhere(ThreadingHTTPServer):
    """A server that accepts anything from anybody, and remembers the paths that it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Accepting)
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Accepting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._accept()

    def do_POST(self) -> None:
        self._accept()

    def _accept(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = b'{"requestId": "t-1", "events_received": 1, "access_token": "a", "expires_in": 60}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's output is not for access logs."""


@contextmanager
def serving(server: Served) -> Iterator[Served]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Tunnel(ThreadingHTTPServer):
    """A proxy that leads every ``CONNECT``, whatever its host, to one server.

    Attributes:
        asked: the hosts that it was asked for.
    """

    def __init__(self, server: Elsewhere) -> None:
        super().__init__(("127.0.0.1", 0), _Connecting)
        self.target = server.server_port
        self.asked: list[str] = []


class _Connecting(BaseHTTPRequestHandler):
    server: Tunnel

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        with socket.create_connection(("127.0.0.1", self.server.target)) as target:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                _pump(self.connection, target)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's output is not for access logs."""


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    across = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            across[ready].sendall(data)


def self_signed(pem: Path) -> ssl.SSLContext:
    """A server's context with a certificate of its own making, written to ``pem`` with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
