"""SFTP servers, of which only those are talked to whose key is known: a password must not reach anybody else."""

from __future__ import annotations

import io
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from config.sources.storage import StorageOptions
from connectors.pos_files.storage.unpacking import buffered

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from paramiko import SFTPFile, SSHClient

_SECONDS = 30


class UnknownServerError(Exception):
    """The server's key is in no known_hosts file."""


def open_sftp(address: str, options: StorageOptions) -> AbstractFileSystem:
    """The files of the server that ``address`` names.

    Raises:
        ImportError: paramiko is not installed.
        UnknownServerError: the server's key is not known.
        Exception: whatever paramiko raises for a server that cannot be reached or refuses access.
    """
    from fsspec.implementations.sftp import SFTPFileSystem
    from paramiko import MissingHostKeyPolicy, SSHClient

    class _Refusing(MissingHostKeyPolicy):
        def missing_host_key(self, client: SSHClient, hostname: str, key: Any) -> None:  # noqa: ARG002
            raise UnknownServerError(
                f"the key of {hostname} is in no known_hosts file: add it there, or set storage_options.known_hosts"
            )

    class VerifiedSftp(SFTPFileSystem):  # type: ignore[misc]
        """fsspec's own accepts whatever key an unknown server shows, and knows no known_hosts file."""

        cachable = False

        def _connect(self) -> None:
            self.client = SSHClient()
            self.client.load_system_host_keys()
            if options.known_hosts:
                self.client.load_host_keys(str(options.known_hosts))
            self.client.set_missing_host_key_policy(_Refusing())
            self.client.connect(self.host, **self.ssh_kwargs)
            self.ftp = self.client.open_sftp()
            if channel := self.ftp.get_channel():
                channel.settimeout(_SECONDS)
            # The connection's thread would keep it open for as long as the program runs.
            weakref.finalize(self, self.client.close)

        def _open(self, path: str, mode: str = "rb", **_options: Any) -> BinaryIO:
            return buffered(_Pipelined(self.ftp.open(path, mode)))

    server = urlsplit(address)
    return VerifiedSftp(
        server.hostname,
        port=server.port or 22,
        username=server.username,
        password=options.password.get_secret_value() if options.password else None,
        key_filename=str(options.private_key_file) if options.private_key_file else None,
        passphrase=options.passphrase.get_secret_value() if options.passphrase else None,
        timeout=_SECONDS,
        banner_timeout=_SECONDS,
        auth_timeout=_SECONDS,
    )


class _Pipelined(io.RawIOBase):
    """Asks for the pieces of a read at once: SFTP gives 32 KB an answer, and each would cost a round trip."""

    def __init__(self, file: SFTPFile) -> None:
        self._file = file
        self._size = file.stat().st_size or 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        piece = b"".join(self._file.readv([(self._position, wanted)]))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()
