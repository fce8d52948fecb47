"""The Google Ads API of the sandbox over a world of its own: three people, and as many clicks as a test wants."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from closedwon.sandbox.app import System, create_app
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google.tokens import GoogleTokens
from closedwon.sandbox.google_ads.api import GoogleAds
from closedwon.sandbox.server import serve_in_thread
from closedwon.sandbox.world import Click, GoogleAdsAccount, Person, World
from tests.sandbox.ad_world import KEYS, RHYS, SERVICE_ACCOUNT, ZOE, service_account_info

ACCOUNT, MANAGER = "1234567890", "1112223333"
ACTION, OTHER_ACTION = "222222222", "333333333"
GBRAID = "0AAAAArealistic_click-id-of-an-app-0123456789"
WBRAID = "CjgKCQrealistic_click-id-of-a-website-0123456789"
NEW_GCLID = "Cj0KCQiA-clicked_an_hour_ago-0123456789abcdef"
OLD_GCLID = "Cj0KCQiA-clicked_100_days_ago-0123456789abcdef"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


ZOE_EMAIL, RHYS_EMAIL = sha("zoedaubigny@gmail.com"), sha(RHYS.email)


def gclid(n: int) -> str:
    return f"Cj0KCQiA-realistic_click-{n:012d}"


@dataclass(frozen=True)
class Stage:
    api: GoogleAds
    faults: Faults
    url: str
    tokens_url: str
    key: Path
    tokens: GoogleTokens
    world: World

    def counted(self) -> list[dict[str, Any]]:
        return self.api.counted(ACCOUNT)

    def requests(self) -> list[tuple[str, int]]:
        return self.api.calls


def _world(clicks: int) -> World:
    now = datetime.now(UTC).replace(microsecond=0)
    people: tuple[Person, ...] = (replace(ZOE, email="zoe.daubigny@gmail.com"), RHYS)
    return World(
        now=now,
        people={person.id: person for person in people},
        clicks=[
            *(Click(3, "google", now - timedelta(days=10), gclid=gclid(n)) for n in range(clicks)),
            Click(3, "google", now - timedelta(hours=1), gclid=NEW_GCLID),
            Click(3, "google", now - timedelta(days=100), gclid=OLD_GCLID),
            Click(3, "google", now - timedelta(days=10), gbraid=GBRAID),
            Click(3, "google", now - timedelta(days=10), wbraid=WBRAID),
        ],
        accounts=[
            GoogleAdsAccount(ACCOUNT, SERVICE_ACCOUNT, KEYS.public, (ACTION, OTHER_ACTION), (MANAGER,))
        ],
    )


@contextmanager
def google_ads(folder: Path, *, clicks: int = 10) -> Iterator[Stage]:
    world, faults = _world(clicks), Faults()
    api, tokens = GoogleAds(world, faults), GoogleTokens(world, faults)
    systems: dict[str, System] = {"google_tokens": tokens, "google_ads": api}
    with serve_in_thread(create_app(world, faults, systems)) as running:
        key = folder / "google.json"
        key.write_text(json.dumps(service_account_info(running.url)), encoding="utf-8")
        yield Stage(api, faults, running.addresses["google_ads"], running.url, key, tokens, world)
