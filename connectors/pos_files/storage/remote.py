"""Files in S3, Google Cloud Storage or behind SFTP, through fsspec; read where they lie, and never copied to disk."""

from __future__ import annotations

import errno
import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

from fsspec import AbstractFileSystem, filesystem

from config.redaction import redact
from config.sources.storage import StorageOptions
from config.types import is_loopback_url, remote_scheme
from connectors.base import SourceError
from connectors.pos_files.storage.exports import Opened, PosFile, hidden
from connectors.pos_files.storage.sftp import open_sftp
from connectors.pos_files.storage.unpacking import buffered

_BLOCK_BYTES = 4 << 20
_SECONDS = 30
_WILDCARDS = "*?["
_CLOUD_STORAGE = "https://storage.googleapis.com"

# What storages call the time of the last change, and the content itself.
_CHANGED = ("LastModified", "mtime", "updated", "created")
_VERSIONS = ("ETag", "etag", "generation")


class PlainAddressError(Exception):
    """The environment or a profile leads to an address that is neither https nor this machine."""


def _s3(_address: str, options: StorageOptions) -> AbstractFileSystem:
    # Given even where empty: what is left out is taken from fsspec's own configuration, which can turn TLS off.
    storage = filesystem(
        "s3",
        key=_plain(options.key),
        secret=_plain(options.secret),
        token=_plain(options.token),
        profile=options.profile,
        endpoint_url=options.endpoint,
        use_ssl=True,
        client_kwargs={"region_name": options.region} if options.region else {},
        config_kwargs={"connect_timeout": _SECONDS, "read_timeout": _SECONDS, "retries": {"max_attempts": 2}},
        **_FRESH,
    )
    endpoint = storage.s3.meta.endpoint_url
    if not (endpoint.startswith("https://") or is_loopback_url(endpoint)):
        raise PlainAddressError(
            f"AWS_ENDPOINT_URL or endpoint_url of the AWS configuration is {endpoint}: only https:// is read"
            " (plain http:// is accepted for loopback only)"
        )
    return storage


def _gs(_address: str, options: StorageOptions) -> AbstractFileSystem:
    return filesystem(
        "gs",
        token=str(options.credentials) if options.credentials else None,
        # STORAGE_EMULATOR_HOST, which may be plain http, counts where none is given.
        endpoint_url=options.endpoint or _CLOUD_STORAGE,
        **_FRESH,
    )


def _memory(_address: str, _options: StorageOptions) -> AbstractFileSystem:
    return filesystem("memory")


# Each run looks anew: a listing that another run left in memory may be hours old.
_FRESH: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True}
_CLIENTS: dict[str, Callable[[str, StorageOptions], AbstractFileSystem]] = {
    "s3": _s3,
    "gs": _gs,
    "sftp": open_sftp,
    "memory": _memory,
}
_EXTRAS = {"s3": "s3", "gs": "gcs", "sftp": "sftp"}

_ACCESS = (
    "Check storage_options, or the environment that its client reads, and that they may list and read there."
)

# Errors by which the storages' clients say that who asks is not known or not welcome; none of them has a common class.
_NO_ACCESS = {
    "PermissionError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "DefaultCredentialsError",
    "RefreshError",
    "AuthenticationException",
    "BadHostKeyException",
    "PasswordRequiredException",
    "UnknownServerError",
    "PlainAddressError",
}


def remote_files(address: str, options: StorageOptions | None) -> list[PosFile]:
    """The files that ``address`` (``s3://bucket/pos/*.csv``) matches, in the order of their paths.

    Raises:
        SourceError: the storage's client is not installed, cannot be reached, or refuses access.
    """
    scheme = remote_scheme(address) or ""
    base, wanted = _parted(address)
    try:
        storage = _CLIENTS[scheme](address, options or StorageOptions())
        found: Mapping[str, Mapping[str, Any]] = storage.glob(base + wanted, detail=True)
    except ImportError:
        extra = _EXTRAS[scheme]
        raise SourceError(
            f"{address}: what reads {scheme}:// is not installed",
            advice=f'Install it: pip install "closedwon[{extra}]".',
            configuration=True,
        ) from None
    except Exception as error:
        raise _unreachable(address, error) from None
    files = {
        path.removeprefix(base): info
        for path, info in sorted(found.items())
        if info["type"] == "file" and not path.endswith("/") and not hidden(path)
    }
    return [PosFile(name, partial(_opened, storage, base + name, info)) for name, info in files.items()]


class _Remote(io.RawIOBase):
    """A file that is opened by its first read, and whose every failure is an OSError without secrets."""

    def __init__(self, open_file: Callable[[], BinaryIO], size: int) -> None:
        self._open_file = open_file
        self._size = size
        self._position = 0
        self._inner: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = origin + offset
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            if self._inner is None:
                self._inner = self._open_file()
            self._inner.seek(self._position)
            piece = self._inner.read(len(buffer))
        except FileNotFoundError:
            raise
        except Exception as error:
            raise OSError(errno.EIO, _words(error)) from None
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()
        super().close()


@contextmanager
def _opened(storage: AbstractFileSystem, path: str, info: Mapping[str, Any]) -> Iterator[Opened]:
    size = int(info["size"])
    with buffered(_Remote(partial(storage.open, path, "rb", block_size=_BLOCK_BYTES), size)) as handle:
        version = next((str(info[name]) for name in _VERSIONS if info.get(name)), "")
        yield Opened(handle, size, _changed_ns(info), size, version=version, local=False)


def _changed_ns(info: Mapping[str, Any]) -> int:
    """When a file was changed last; a storage that does not say so gets the present, so that nothing is settled."""
    changed = next((info[name] for name in _CHANGED if info.get(name)), None)
    if isinstance(changed, str):
        changed = datetime.fromisoformat(changed)
    if isinstance(changed, datetime):
        changed = changed.timestamp()
    return time.time_ns() if changed is None else int(changed * 1_000_000) * 1_000


def _parted(address: str) -> tuple[str, str]:
    """The last folder before the first wildcard, without scheme and server, and the glob below it."""
    scheme, _, path = address.partition("://")
    if scheme == "sftp":
        path = "/" + path.partition("/")[2]
    if scheme == "memory":
        path = "/" + path
    fixed = min((place for sign in _WILDCARDS if (place := path.find(sign)) >= 0), default=len(path))
    cut = path.rfind("/", 0, fixed) + 1
    return path[:cut], path[cut:]


def _plain(secret: Any) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _unreachable(address: str, error: Exception) -> SourceError:
    refused = any(cls.__name__ in _NO_ACCESS for cls in type(error).__mro__)
    return SourceError(
        f"{address}: {_words(error)}",
        advice=_ACCESS
        if refused
        else "Check the address and that it can be reached from here, then try again.",
        configuration=refused,
    )


def _words(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return redact(f"{type(error).__name__}: {text}" if text else type(error).__name__)
