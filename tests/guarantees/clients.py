"""The clients that are killed: a school that has tills as well, told to two platforms, and shops on google_ads."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from closedwon.sandbox.scenario import Scenario
from tests.end_to_end.stage import SCHOOL, SHOPS
from tests.end_to_end.test_changes import edit
from tests.guarantees.sandboxes import GOOGLE_ADS

PURCHASES = ("12.00", "8.50", "20.00", "31.00", "5.25", "44.40")
A_FILE = 3
_HEADER = ("Order", "Date", "Total", "Type", "Store", "Email", "Phone", "Marketing consent")


@dataclass(frozen=True)
class Client:
    """One of them.

    Attributes:
        of: whose accounts it has.
        lanes: the sandbox's name of the platform behind each destination.
        buyers: who buys, one a purchase; ``days_ago``, when.
        mended: changes its file for the tests.
        imports: what its runs import besides what those of all do.
    """

    name: str
    of: str
    lanes: Mapping[str, str]
    buyers: Callable[[Scenario], Sequence[str]]
    days_ago: int
    mended: Callable[[Path, Scenario], None]
    imports: Sequence[str] = ()

    def accounts(self, scenario: Scenario) -> dict[str, str]:
        """The account of each destination."""
        client = next(one for one in scenario.clients if one.name == self.of)
        ids = {"meta": client.dataset.id, "google": client.account.customer_id}
        return {lane: ids[lane] for lane in self.lanes}

    def sell(self, folder: Path, scenario: Scenario, amounts: Sequence[str] = PURCHASES) -> None:
        """Write the till's files anew: three purchases a file, with these amounts."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        day = (scenario.world.now - timedelta(days=self.days_ago)).strftime("%Y-%m-%d")
        rows = [
            (f"A{nth}", f"{day} 00:1{nth}:00", amount, "Sale", "Lyon", buyer, "", "yes")
            for nth, (amount, buyer) in enumerate(zip(amounts, self.buyers(scenario), strict=True))
        ]
        for start in range(0, len(rows), A_FILE):
            with (folder / f"till-{start}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([_HEADER, *rows[start : start + A_FILE]])


def _add_tills(file: Path, scenario: Scenario) -> None:
    client = next(one for one in scenario.clients if one.name == SCHOOL)
    edit(
        file,
        "\nfunnel: [lead,",
        "  shops:\n    type: pos_files\n    path: pos/*.csv\n    columns:\n      order_id: Order\n"
        "      entered_at: Date\n      amount: Total\n      email: Email\n      ad_user_data: Marketing consent\n\n"
        "funnel: [purchase, lead,",
    )
    edit(
        file,
        "conversions:\n",
        "conversions:\n  purchase: {value: amount, meta: Purchase,"
        f' google: "{client.account.conversion_actions[1]}", google_event_source: IN_STORE}}\n',
    )
    edit(file, "  meta:\n    dataset_id", "  meta:\n    max_attempts: 1\n    dataset_id")
    edit(
        file,
        "  google:\n    customer_id",
        "  google:\n    max_attempts: 1\n    requests_per_minute: 100000\n    status_after_minutes: 0\n"
        "    restate_after_hours: 0\n    customer_id",
    )


def _try_once(file: Path, _scenario: Scenario) -> None:
    edit(file, "    via: google_ads\n", "    via: google_ads\n    max_attempts: 1\n")


def _strangers(_scenario: Scenario) -> list[str]:
    return [f"buyer{nth}@courriel.example" for nth in range(len(PURCHASES))]


def _known_to_google(scenario: Scenario) -> list[str]:
    """People who clicked: of others, the Google Ads API counts nothing."""
    known = sorted(scenario.world.known_by["google"])[: len(PURCHASES)]
    return [scenario.world.people[one].email for one in known]


SCHOOL_WITH_TILLS = Client(
    SCHOOL, SCHOOL, {"meta": "meta", "google": "google"}, _strangers, days_ago=0, mended=_add_tills
)
SHOPS_ON_GOOGLE_ADS = Client(
    f"{SHOPS}-legacy",
    SHOPS,
    {"google": GOOGLE_ADS},
    _known_to_google,
    # It takes no new value for what is younger than a day.
    days_ago=3,
    mended=_try_once,
    imports=("uploads.google_ads",),
)
