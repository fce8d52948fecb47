"""A world of three people, two Meta datasets and two Google Ads accounts, for the ad platforms' tests."""

import hashlib
from datetime import UTC, datetime, timedelta

from closedwon.sandbox.invented.client_files import KeyPair, new_key_pair
from closedwon.sandbox.world import Click, GoogleAdsAccount, MetaDataset, Person, World

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

ZOE = Person(
    1, "Zoé", "D'Aubigny", "zoe.daubigny.invented1@gmail.com", "+33199001234", "FR", "Paris", "Île-de-France",
    "75011", "1990-04-03", "f",
)  # fmt: skip
RHYS = Person(
    2, "Rhys", "O'Connor", "rhys@posta.example", "+442079460123", "GB", "Bristol", "Avon", "BS1 1QN",
    "1981-12-24", "m",
)  # fmt: skip
STRANGER = Person(
    3,
    "Ana",
    "Peña",
    "ana@correo.example",
    "+34612341234",
    "ES",
    "Málaga",
    "Andalucía",
    "29001",
    "1970-01-01",
    "f",
)

GCLID = "Cj0KCQiA-realistic_click-id-0123456789abcdefghijklmnopqrstuvwxyz"
OLD_GCLID = "CjwKCAiA-clicked_a_hundred_days_ago-0123456789abcdefghijklmnop"
GBRAID = "0AAAAArealistic_click-id-of-an-app-0123456789"
WBRAID = "CjgKCQrealistic_click-id-of-a-website-0123456789abcdefghijklmnop"
FBCLID = "IwAR-realistic_click-id-0123456789abcdef"
LEAD_ID = 1234567890123456

AD_ACCOUNT = "200000000000001"
DATASET = MetaDataset("100000000000001", "EAAtoken-of-the-first", AD_ACCOUNT)
OTHER_DATASET = MetaDataset("100000000000002", "EAAtoken-of-the-second", "200000000000002")
CUSTOMER, ACTION = "1234567890", "555000111"
OTHER_CUSTOMER, OTHER_ACTION = "9876543210", "555000222"
MANAGER = "1112223333"

KEYS = new_key_pair()
SERVICE_ACCOUNT = "closedwon@invented-project.iam.gserviceaccount.com"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ad_world() -> World:
    return World(
        now=NOW,
        people={person.id: person for person in (ZOE, RHYS, STRANGER)},
        clicks=[
            Click(1, "google", NOW - timedelta(days=3), gclid=GCLID),
            Click(3, "google", NOW - timedelta(days=100), gclid=OLD_GCLID),
            Click(3, "google", NOW - timedelta(days=3), gbraid=GBRAID),
            Click(3, "google", NOW - timedelta(days=3), wbraid=WBRAID),
            Click(1, "meta", NOW - timedelta(days=3), fbclid=FBCLID),
            Click(2, "meta", NOW - timedelta(days=3), meta_lead_id=str(LEAD_ID)),
        ],
        datasets=[DATASET, OTHER_DATASET],
        accounts=[
            GoogleAdsAccount(CUSTOMER, SERVICE_ACCOUNT, KEYS.public, (ACTION,), (MANAGER,)),
            GoogleAdsAccount(
                OTHER_CUSTOMER, "other@elsewhere.iam.gserviceaccount.com", KEYS.public, (OTHER_ACTION,)
            ),
        ],
        known_by={"meta": frozenset({1, 2}), "google": frozenset({1, 2})},
    )


def service_account_info(url: str, keys: KeyPair = KEYS) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "invented-project",
        "private_key_id": "key",
        "private_key": keys.private,
        "client_email": SERVICE_ACCOUNT,
        "token_uri": f"{url}/google/token",
    }
