"""A small Salesforce org made by hand, and a client that talks to it as the documentation says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.salesforce import SalesforceServer
from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from closedwon.sandbox.world import SalesforceOrg, World

CONSUMER_KEY = "3MVG9.closedwon.test"
CONSUMER_SECRET = "secret-of-the-test-org"
USERNAME = "sync@helio.example"
DOMAIN = "helio.my"
API = "/services/data/v68.0"


@cache
def key_pair() -> tuple[str, str]:
    """A private and a public key, PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode(), public.decode()


def lead(number: int, **fields: Any) -> dict[str, Any]:
    stamp = f"2026-11-{1 + number % 20:02d}T10:00:00.000+0000"
    return {
        "Id": record_id("00Q", number),
        "CreatedDate": stamp,
        "SystemModstamp": stamp,
        "Status": "New",
        "Email": f"person{number}@example.com",
        **fields,
    }


def small_world(**objects: list[dict[str, Any]]) -> World:
    """A world with one org that has these records."""
    org = SalesforceOrg(
        domain=DOMAIN,
        username=USERNAME,
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        public_key=key_pair()[1],
        objects={name: {record["Id"]: record for record in records} for name, records in objects.items()},
    )
    return World(now=datetime(2026, 11, 22, 12, tzinfo=UTC), orgs=[org])


def assertion(**claims: Any) -> str:
    """A signed JWT as the bearer flow asks for; ``claims`` replace the right ones."""
    right = {
        "iss": CONSUMER_KEY,
        "sub": USERNAME,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 120,
    }
    return jwt.encode({**right, **claims}, key_pair()[0], algorithm="RS256")


class Client:
    """Logs in with client credentials and asks REST resources."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.log_in()

    def log_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": CONSUMER_KEY,
            "client_secret": CONSUMER_SECRET,
        }
        answer = self.http.post(f"{self.url}/services/oauth2/token", data=form, timeout=5)
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.http.get(self.url + path, timeout=5, **kwargs)

    def query(self, soql: str, resource: str = "query", **kwargs: Any) -> requests.Response:
        return self.get(f"{API}/{resource}", params={"q": soql}, **kwargs)

    def send(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        return self.http.request(method, self.url + path, timeout=5, **kwargs)

    def records(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        answer = self.query(soql, resource)
        assert answer.ok, answer.text
        return [
            {name: value for name, value in record.items() if name != "attributes"}
            for record in answer.json()["records"]
        ]


@dataclass
class ServedOrg:
    """One org on a free port of this machine."""

    running: RunningSandbox
    server: SalesforceServer

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def faults(self) -> Faults:
        return self.running.faults

    def client(self) -> Client:
        return Client(self.url)

    def set_up(self, **settings: Any) -> None:
        answer = requests.post(f"{self.url}/_sandbox/salesforce/settings", json=settings, timeout=5)
        assert answer.status_code == 204, answer.text

    def edit(self, verb: str, **given: Any) -> requests.Response:
        return requests.post(
            f"{self.url}/_sandbox/salesforce/{verb}", json={"org": DOMAIN, **given}, timeout=5
        )


@contextmanager
def serve_org(
    objects: Mapping[str, list[dict[str, Any]]] | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    **features: Any,
) -> Iterator[ServedOrg]:
    """Serve an org with these records; ``features`` are further attributes of :class:`SalesforceOrg`."""
    world, faults = small_world(**(objects or {})), Faults()
    world.orgs[0] = replace(world.orgs[0], **features)
    server = SalesforceServer(world, faults, **({"clock": clock} if clock else {}))
    with serve_in_thread(create_app(world, faults, {"salesforce": server})) as running:
        yield ServedOrg(running, server)
