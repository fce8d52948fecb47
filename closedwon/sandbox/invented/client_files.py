"""Writes what a user of the clients would have on disk: YAML files, ``.env``, key files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from closedwon.sandbox.world import GoogleAdsAccount, HubSpotPortal, MetaDataset, SalesforceOrg


@dataclass(frozen=True)
class KeyPair:
    """An RSA key pair as PEM."""

    public: str
    private: str = field(repr=False)


@dataclass(frozen=True)
class Client:
    """One client of the sandbox: its file, where its conversions go, and the secrets to get there.

    Attributes:
        legacy_template: the file of one like it that uses the Google Ads API.
    """

    name: str
    template: Template
    dataset: MetaDataset
    account: GoogleAdsAccount
    google_key: KeyPair
    org: SalesforceOrg | None = None
    salesforce_key: KeyPair | None = None
    portal: HubSpotPortal | None = None
    legacy_template: Template | None = None


def new_key_pair() -> KeyPair:
    """A fresh RSA key of 2048 bits, as Salesforce and Google issue them."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return KeyPair(public.decode(), private.decode())


def write_clients(
    folder: Path,
    endpoint: str,
    clients: list[Client],
    *,
    google_ads: str | None = None,
    legacy_client: bool = True,
) -> list[Path]:
    """Write every client's YAML file with one ``.env`` and ``secrets/`` beside them; returns the YAML files.

    ``endpoint`` is the sandbox's address, such as ``http://127.0.0.1:8080``; ``google_ads`` that of its Google Ads
    API. The file of a client that sends its conversions there is written where there is one and a ``legacy_client`` is
    wanted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    environment: dict[str, str] = {}
    for client in clients:
        environment |= _environment(client)
        account_key = json.dumps(_service_account(client, endpoint), indent=2)
        _write_secret(secrets / f"{client.name}-google.json", account_key)
        if client.salesforce_key is not None:
            _write_secret(secrets / f"{client.name}-salesforce.pem", client.salesforce_key.private)
    lines = [f"{name}={value}\n" for name, value in environment.items()]
    _write_secret(
        folder / ".env",
        "# Secrets of the sandbox's clients; a real one never goes into git.\n" + "".join(lines),
    )
    written = [
        _write_yaml(folder / f"{client.name}.yaml", client.template, client, endpoint, google_ads=google_ads)
        for client in clients
    ]
    for client in clients:
        if legacy_client and google_ads is not None and client.legacy_template is not None:
            path = folder / f"{client.name}-legacy.yaml"
            written.append(_write_yaml(path, client.legacy_template, client, endpoint, google_ads=google_ads))
    return written


def _environment(client: Client) -> dict[str, str]:
    prefix = client.name.split("-")[0].upper()
    secrets = {f"{prefix}_META_TOKEN": client.dataset.access_token}
    if client.org is not None:
        secrets[f"{prefix}_SALESFORCE_KEY"] = client.org.consumer_key
    if client.portal is not None:
        secrets[f"{prefix}_HUBSPOT_KEY"] = client.portal.service_key
    return secrets


def _service_account(client: Client, endpoint: str) -> dict[str, str]:
    account = client.account.service_account
    return {
        "type": "service_account",
        "project_id": account.partition("@")[2].partition(".")[0],
        "private_key_id": f"{client.name}-key",
        "private_key": client.google_key.private,
        "client_email": account,
        "client_id": "100000000000000000000",
        "token_uri": f"{endpoint}/google/token",
    }


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def _write_yaml(
    path: Path, template: Template, client: Client, endpoint: str, *, google_ads: str | None
) -> Path:
    values = {
        "name": client.name,
        "prefix": client.name.split("-")[0].upper(),
        "endpoint": endpoint,
        "dataset": client.dataset.id,
        "ad_account": client.dataset.ad_account_id,
        "customer": _dashed(client.account.customer_id),
        # Without it nothing answers there, and nothing of this machine asks the real one.
        "google_ads": google_ads or endpoint,
        **{f"action{nth}": action for nth, action in enumerate(client.account.conversion_actions)},
    }
    if client.org:
        values |= {"domain": client.org.domain, "username": client.org.username}
    path.write_text(template.substitute(values), encoding="utf-8")
    return path


def _dashed(customer_id: str) -> str:
    return f"{customer_id[:3]}-{customer_id[3:6]}-{customer_id[6:]}"
