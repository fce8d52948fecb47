"""No setting and no variable of the environment makes anybody accept a server that cannot say who it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import fsspec.config
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from config.destinations import GoogleDataManagerSettings, MetaSettings
from config.settings import ClientSettings
from config.sources import HubSpotSettings, PosFilesSettings, SalesforceSettings
from config.sources.storage import StorageOptions
from config.types import Endpoint
from connectors import pos_files
from connectors.base import SourceContext, SourceError
from connectors.hubspot.connector import HubSpotConnector
from connectors.salesforce.connector import SalesforceConnector
from tests.connectors.hubspot_portal import IMPATIENT, SERVICE_KEY
from tests.connectors.hubspot_portal import STAGES as HUBSPOT_STAGES
from tests.connectors.salesforce_org import CLIENT_CREDENTIALS
from tests.connectors.salesforce_org import IMPATIENT as PATIENCE
from tests.connectors.salesforce_org import STAGES as SALESFORCE_STAGES
from tests.elsewhere import HOST, Elsewhere, Tunnel, self_signed, serving
from tests.uploads.conversions import ACCOUNT, DATASET, TOKEN, sandbox
from uploads import google_data_manager, meta

ENDPOINT = f"https://{HOST}"
Connection = Callable[[Path], None]
CONTEXT = SourceContext("tested", "Europe/Paris", "FR", "EUR")
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")

HOSTILE: dict[str, dict[str, str]] = {
    "nothing": {},
    "blank bundles": {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "AWS_CA_BUNDLE": "", "SSL_CERT_FILE": ""},
    "false bundles": {"REQUESTS_CA_BUNDLE": "false", "CURL_CA_BUNDLE": "0", "AWS_CA_BUNDLE": "false"},
    "switches of others": {
        "PYTHONHTTPSVERIFY": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": "1",
        "GOOGLE_API_USE_CLIENT_CERTIFICATE": "false", "GOOGLE_API_USE_MTLS_ENDPOINT": "never",
    },
    "fsspec": {"FSSPEC_S3": '{"use_ssl": false, "client_kwargs": {"verify": false}}', "FSSPEC_S3_USE_SSL": ""},
}  # fmt: skip


@dataclass
class Road:
    """The way that every connection takes: a proxy, and behind it a server whose certificate nobody vouches for."""

    server: Elsewhere
    proxy: Tunnel
    certificate: Path


@pytest.fixture
def road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Road]:
    server, certificate = Elsewhere(), tmp_path / "server.pem"
    server.socket = self_signed(certificate).wrap_socket(server.socket, server_side=True)
    with serving(server), serving(Tunnel(server)) as proxy:
        for name in _PROXIES:
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield Road(server, proxy, certificate)


def to_meta(_folder: Path) -> None:
    given = {"dataset_id": DATASET, "access_token": TOKEN, "endpoint": ENDPOINT, "max_attempts": 1}
    meta.connect(MetaSettings.model_validate(given), sleep=lambda _: None).check()


def to_google(folder: Path) -> None:
    with sandbox(folder) as (_, key):
        key.write_text(json.dumps(json.loads(key.read_text()) | {"token_uri": f"{ENDPOINT}/token"}))
    given = {"customer_id": ACCOUNT, "credentials": key, "endpoint": ENDPOINT, "max_attempts": 1}
    google_data_manager.connect(GoogleDataManagerSettings.model_validate(given), sleep=lambda _: None).check()


def to_hubspot(_folder: Path) -> None:
    auth = {"flow": "service_key", "token": SERVICE_KEY}
    given = {"type": "hubspot", "auth": auth, "endpoint": ENDPOINT, "stages": HUBSPOT_STAGES}
    HubSpotConnector(HubSpotSettings.model_validate(given), CONTEXT, IMPATIENT).check()


def to_salesforce(_folder: Path) -> None:
    given = {
        "type": "salesforce",
        "auth": CLIENT_CREDENTIALS,
        "endpoint": ENDPOINT,
        "stages": SALESFORCE_STAGES,
    }
    SalesforceConnector(SalesforceSettings.model_validate(given), CONTEXT, PATIENCE).check()


def to_s3(_folder: Path, endpoint: str | None = ENDPOINT) -> None:
    given = {
        "type": "pos_files",
        "path": "s3://tills/pos/*",
        "columns": {"order_id": "id", "entered_at": "at", "amount": "sum"},
        "storage_options": {"key": "AKIAINVENTED0000", "secret": "invented-secret", "region": "eu-west-3"},
    }
    given["storage_options"] |= {"endpoint": endpoint} if endpoint else {}  # type: ignore[operator]
    connector = pos_files.connect(PosFilesSettings.model_validate(given), CONTEXT)
    for _ in connector.read(None):
        pass


CONNECTIONS: dict[str, Connection] = {
    "meta": to_meta,
    "google": to_google,
    "hubspot": to_hubspot,
    "salesforce": to_salesforce,
    "s3": to_s3,
}


@pytest.fixture(params=CONNECTIONS)
def connection(request: pytest.FixtureRequest) -> Connection:
    return CONNECTIONS[request.param]


@pytest.mark.parametrize("variables", HOSTILE)
def test_nothing_is_sent_to_a_server_that_nobody_vouches_for(
    connection: Connection, variables: str, road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HOSTILE[variables].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(fsspec.config, "conf", {})
    fsspec.config.set_conf_env(fsspec.config.conf)
    with suppress(SourceError, OSError):
        connection(tmp_path)
    assert road.server.asked == []
    if variables == "nothing":
        assert road.proxy.asked, "the connection did not come this way"


def test_it_is_spoken_to_once_somebody_vouches_for_it(
    connection: Connection, road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection is to_hubspot:
        pytest.skip("HubSpot's SDK knows only its own bundle of authorities")
    for name in ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(road.certificate))
    with suppress(SourceError):
        connection(tmp_path)
    assert road.server.asked


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_the_environment_does_not_lead_s3_past_tls(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://minio.example:9000")
    with pytest.raises(SourceError, match="only https:// is read"):
        to_s3(Path(), endpoint=None)


PLAIN = ["http://platform.example", "http://127.0.0.1.platform.example", "http://10.0.0.1", "ftp://platform.example",
         "http://localhost.platform.example", "//platform.example", "http://0.0.0.0"]  # fmt: skip


def endpoints(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Every setting of ``model``, and of the models within it, that is an address by its name; and its type."""
    for name, field in model.model_fields.items():
        if {"endpoint", "url", "uri", "host"} & set(name.split("_")):
            yield f"{model.__name__}.{name}", field.rebuild_annotation()
        for inner in models_in(field.annotation):
            yield from endpoints(inner)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


ENDPOINTS = dict(endpoints(ClientSettings))


def test_every_system_has_its_address_among_those_that_are_checked() -> None:
    every = (
        MetaSettings,
        GoogleDataManagerSettings,
        HubSpotSettings,
        SalesforceSettings,
        StorageOptions,
    )
    assert {f"{model.__name__}.endpoint" for model in every} <= ENDPOINTS.keys()


@pytest.mark.parametrize("address", PLAIN)
@pytest.mark.parametrize("setting", ENDPOINTS)
def test_no_address_of_a_clients_file_may_be_plain(setting: str, address: str) -> None:
    with pytest.raises(ValidationError, match="https://"):
        TypeAdapter(ENDPOINTS[setting]).validate_python(address)
    assert TypeAdapter(Endpoint).validate_python("http://127.0.0.1:8321")


def test_no_setting_is_about_verification() -> None:
    written = str(ClientSettings.model_json_schema()).lower()
    for word in ("verify", "insecure", "ssl", "tls"):
        assert word not in written, word
