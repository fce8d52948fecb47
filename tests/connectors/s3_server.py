"""As much of S3's REST API as reading needs, on the loopback interface: ListObjectsV2, HeadObject, GetObject.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET = "AKIAINVENTED0000", "invented-secret-of-nobody"


class Bucket:
    """One bucket: what it holds, and what was asked of it."""

    def __init__(self, name: str = "tills") -> None:
        self.name = name
        self.objects: dict[str, bytes] = {}
        self.changed: dict[str, datetime] = {}
        self.requests: list[str] = []
        self.endpoint = ""

    def put(self, key: str, content: bytes) -> None:
        self.objects[key] = content
        self.changed[key] = datetime.now(UTC)

    def etag(self, key: str) -> str:
        return f'"{hashlib.md5(self.objects[key], usedforsecurity=False).hexdigest()}"'


@contextmanager
def s3_server() -> Iterator[Bucket]:
    """Serve a bucket until the block ends."""
    bucket = Bucket()
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        bucket.endpoint = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield bucket
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        address = urlsplit(self.path)
        self.bucket.requests.append(f"{self.command} {self.path}")
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            self._answer(403, b"<Error><Code>InvalidAccessKeyId</Code><Message>no such key</Message></Error>")
            return
        name, _, key = unquote(address.path).lstrip("/").partition("/")
        if name != self.bucket.name:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message></Error>")
        elif not key:
            self._list({name: values[0] for name, values in parse_qs(address.query).items()})
        elif key not in self.bucket.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")
        else:
            self._object(key)

    def _list(self, query: dict[str, str]) -> None:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        found, folders = [], set()
        for key in sorted(self.bucket.objects):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            found.append(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(self.bucket.objects[key])}</Size>"
                f"<LastModified>{self.bucket.changed[key]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                f"<ETag>{escape(self.bucket.etag(key))}</ETag><StorageClass>STANDARD</StorageClass></Contents>"
            )
        common = "".join(
            f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in sorted(folders)
        )
        self._answer(
            200,
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{self.bucket.name}</Name><Prefix>{prefix}</Prefix><KeyCount>{len(found)}</KeyCount>"
            f"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{''.join(found)}{common}"
            "</ListBucketResult>".encode(),
        )

    def _object(self, key: str) -> None:
        content, etag = self.bucket.objects[key], self.bucket.etag(key)
        if self.headers.get("If-Match", etag) != etag:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code><Message>changed</Message></Error>")
            return
        headers = {"ETag": etag, "Last-Modified": f"{self.bucket.changed[key]:%a, %d %b %Y %H:%M:%S GMT}"}
        first, last, status = 0, len(content) - 1, 200
        if wanted := self.headers.get("Range"):
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last, status = int(start), min(int(end or last), last), 206
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._answer(status, content[first : last + 1], **headers)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/xml", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
