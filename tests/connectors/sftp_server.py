"""An SFTP server on the loopback interface that shows one folder; OpenSSH's part is played by paramiko."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "till", "not-a-real-password"


@dataclass
class Server:
    """Where it listens, and what a known_hosts file says of it."""

    port: int
    known_hosts: str
    connections: list[paramiko.Transport]

    def address(self, path: str) -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}{path}"


class _Doorkeeper(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        welcome = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if welcome else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))  # type: ignore[attr-defined]


class _Folder(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, root: Path) -> None:
        super().__init__(server)
        self._root = root

    def list_folder(self, path: str) -> Any:
        folder = self._real(path)
        if not folder.is_dir():
            return paramiko.SFTP_NO_SUCH_FILE
        return [
            paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in sorted(folder.iterdir())
        ]

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        handle = _Handle(flags)
        try:
            handle.readfile = self._real(path).open("rb")  # type: ignore[attr-defined]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return handle

    def _real(self, path: str) -> Path:
        return self._root / self.canonicalize(path).lstrip("/")


@contextmanager
def sftp_server(root: Path) -> Iterator[Server]:
    """Serve ``root`` until the block ends."""
    key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = Server(port, f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n", [])
        threading.Thread(target=_accept, args=(listener, key, root, server), daemon=True).start()
        yield server
    for transport in server.connections:
        transport.close()


def _accept(listener: socket.socket, key: paramiko.PKey, root: Path, server: Server) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        transport = paramiko.Transport(connection)
        transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, root)
        server.connections.append(transport)
        try:
            transport.start_server(server=_Doorkeeper(), event=threading.Event())
        except (paramiko.SSHException, EOFError):
            continue
