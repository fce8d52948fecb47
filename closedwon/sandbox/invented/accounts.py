"""The clients' accounts on every platform, with ids and secrets as the platforms issue them."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable

from closedwon.sandbox.invented import client_templates
from closedwon.sandbox.invented.client_files import Client, KeyPair, new_key_pair
from closedwon.sandbox.invented.org_records import OrgRecords
from closedwon.sandbox.invented.portal_records import AD_IDS, CONSENT, PIPELINES, PortalRecords
from closedwon.sandbox.world import (
    GoogleAdsAccount,
    HubSpotPortal,
    MetaDataset,
    Pipeline,
    PortalProperty,
    SalesforceOrg,
)

INSTALLER = "helio-solar"
SHOP_CHAIN = "lumen-shops"
SCHOOL = "atlas-school"

_QUALIFIED, _CONVERTED = "QUALIFIED_LEAD", "CONVERTED_LEAD"


def installer(rng: random.Random, records: OrgRecords) -> Client:
    """A solar installer with a Salesforce org."""
    salesforce_key, google_key = new_key_pair(), new_key_pair()
    org = SalesforceOrg(
        domain="helio-solar.my",
        username="sync@helio-solar.example",
        consumer_key=f"3MVG9{_token(rng, 80)}",
        consumer_secret=_token(rng, 64),
        public_key=salesforce_key.public,
        objects=records.objects,
    )
    account = _account(rng, INSTALLER, google_key, _QUALIFIED, _CONVERTED)
    return Client(
        INSTALLER,
        client_templates.INSTALLER,
        _dataset(rng),
        account,
        google_key,
        org=org,
        salesforce_key=salesforce_key,
    )


def shop_chain(rng: random.Random, records: PortalRecords) -> Client:
    """A shop chain with tills, and with a HubSpot portal behind its website."""
    google_key = new_key_pair()
    dataset, account = _dataset(rng), _account(rng, SHOP_CHAIN, google_key, "PURCHASE")
    portal = _portal(rng, records, (), (CONSENT, *AD_IDS))
    return Client(
        SHOP_CHAIN,
        client_templates.SHOP_CHAIN,
        dataset,
        account,
        google_key,
        portal=portal,
        legacy_template=client_templates.SHOP_CHAIN_LEGACY,
    )


def school(rng: random.Random, records: PortalRecords) -> Client:
    """A language school with a HubSpot portal."""
    google_key = new_key_pair()
    portal = _portal(rng, records, PIPELINES, (CONSENT,))
    account = _account(rng, SCHOOL, google_key, _QUALIFIED, _CONVERTED)
    return Client(SCHOOL, client_templates.SCHOOL, _dataset(rng), account, google_key, portal=portal)


def _portal(
    rng: random.Random,
    records: PortalRecords,
    pipelines: tuple[Pipeline, ...],
    properties: Iterable[PortalProperty],
) -> HubSpotPortal:
    return HubSpotPortal(
        id=rng.randrange(10**6, 10**8),
        service_key=f"pat-eu1-{_token(rng, 32)}",
        client_id=_token(rng, 36),
        client_secret=_token(rng, 36),
        refresh_token=_token(rng, 60),
        pipelines=pipelines,
        objects={name: dict(found) for name, found in records.objects.items()},
        deal_contacts=records.deal_contacts,
        custom_properties={"contacts": tuple(properties)},
    )


def _dataset(rng: random.Random) -> MetaDataset:
    dataset_id = _digits(rng, 16)
    # Not drawn: whatever is invented after it would be another.
    return MetaDataset(dataset_id, access_token=f"EAA{_token(rng, 160)}", ad_account_id=dataset_id[::-1])


def _account(rng: random.Random, client: str, key: KeyPair, *categories: str) -> GoogleAdsAccount:
    return GoogleAdsAccount(
        customer_id=_digits(rng, 10),
        service_account=f"closedwon@{client}.iam.gserviceaccount.com",
        public_key=key.public,
        conversion_actions=tuple(_digits(rng, 9) for _ in categories),
        categories=categories,
    )


def _token(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def _digits(rng: random.Random, length: int) -> str:
    return str(rng.randrange(10 ** (length - 1), 10**length))
