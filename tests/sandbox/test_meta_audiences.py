"""The sandbox's custom audiences: sessions in order, hashes as documented, values where they belong, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession

from tests.sandbox.ad_world import AD_ACCOUNT, DATASET, OTHER_DATASET, sha256
from tests.sandbox.meta_graph import Sandbox, serving

HASHES = [sha256(f"person{n}@example.com") for n in range(3)]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serving() as running:
        yield running


class Graph:
    """An ad account's audiences by plain requests."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = f"{sandbox.url}/v26.0"
        self._sandbox = sandbox

    def post(self, path: str, token: str = DATASET.access_token, **fields: Any) -> dict[str, Any]:
        body = {"access_token": token, **fields}
        return requests.post(f"{self._url}/{path}", json=body, timeout=10).json()

    def get(self, path: str, **fields: Any) -> dict[str, Any]:
        given = {"access_token": DATASET.access_token, **fields}
        return requests.get(f"{self._url}/{path}", params=given, timeout=10).json()

    def audience(self, **changes: Any) -> str:
        fields = {
            "name": "Leads",
            "subtype": "CUSTOM",
            "customer_file_source": "USER_PROVIDED_ONLY",
        } | changes
        return str(self.post(f"act_{AD_ACCOUNT}/customaudiences", **fields)["id"])

    def users(
        self,
        audience: str,
        data: Any = None,
        *,
        schema: Any = "EMAIL",
        place: Any = (1, 1, True),
        **more: Any,
    ) -> dict[str, Any]:
        session = dict(zip(("session_id", "batch_seq", "last_batch_flag"), place, strict=True))
        rows = [[value] for value in HASHES] if data is None else data
        return self.post(
            f"{audience}/users", session=session, payload={"schema": schema, "data": rows}, **more
        )

    def members(self, audience: str) -> list[dict[str, Any]]:
        page = f"{self._sandbox.url}/_sandbox/meta/audiences"
        return requests.get(page, params={"audience": audience}, timeout=10).json()


@pytest.fixture
def graph(sandbox: Sandbox) -> Graph:
    return Graph(sandbox)


def test_metas_own_sdk_makes_fills_and_empties_an_audience(sandbox: Sandbox) -> None:
    class Session(FacebookSession):
        GRAPH = sandbox.url

    api = FacebookAdsApi(Session(access_token=DATASET.access_token))
    fields = {"name": "Leads", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    made = AdAccount(f"act_{AD_ACCOUNT}", api=api).create_custom_audience(params=fields)
    audience = CustomAudience(made["id"], api=api)
    session = {"session_id": 7, "batch_seq": 1, "last_batch_flag": True}
    key = CustomAudience.Schema.email_hash
    answer = audience.add_users(key, HASHES, pre_hashed=True, session=session)
    assert answer.json()["num_received"] == 3
    audience.remove_users(key, HASHES[:1], pre_hashed=True, session=session | {"session_id": 8})
    assert len(Graph(sandbox).members(made["id"])) == 2


def test_an_account_is_for_the_token_that_goes_with_it(graph: Graph) -> None:
    refused = graph.post(
        f"act_{AD_ACCOUNT}/customaudiences", OTHER_DATASET.access_token, name="Leads", subtype="CUSTOM"
    )
    assert (refused["error"]["code"], refused["error"]["error_subcode"]) == (100, 33)
    audience = graph.audience()
    assert graph.post(f"{audience}/users", OTHER_DATASET.access_token)["error"]["error_subcode"] == 33


def test_the_list_comes_in_pages(graph: Graph) -> None:
    made = [graph.audience(name=f"Leads {n}") for n in range(5)]
    first = graph.get(f"act_{AD_ACCOUNT}/customaudiences", fields="id,name", limit=3)
    assert [one["id"] for one in first["data"]] == made[:3]
    assert "next" in first["paging"]
    after = first["paging"]["cursors"]["after"]
    second = graph.get(f"act_{AD_ACCOUNT}/customaudiences", limit=3, after=after)
    assert [one["id"] for one in second["data"]] == made[3:]
    assert "next" not in second["paging"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"customer_file_source": None},
        {"subtype": "WEBSITE"},
        {"subtype": "LOOKALIKE", "origin_audience_id": "1"},
    ],
    ids=str,
)
def test_an_audience_is_made_as_documented_or_not_at_all(graph: Graph, fields: dict[str, Any]) -> None:
    given = {"name": "Leads", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"} | fields
    refused = graph.post(f"act_{AD_ACCOUNT}/customaudiences", **given)
    assert refused["error"]["code"] == 100


def test_a_field_that_does_not_exist_is_refused(graph: Graph) -> None:
    refused = graph.get(graph.audience(), fields="id,approximate_count")
    assert "nonexisting field (approximate_count)" in refused["error"]["message"]


@pytest.mark.parametrize(
    ("places", "subcode"),
    [
        ([(1, 2, True)], 1870147),
        ([(1, 1, False), (1, 3, True)], 1870147),
        ([(1, 1, False), (1, 1, True)], 1870147),
        ([(1, 1, True), (1, 2, True)], 1870159),
    ],
    ids=["begins at two", "a gap", "the same again", "after the last"],
)
def test_batches_of_a_session_come_in_their_order(
    graph: Graph, places: list[tuple[int, int, bool]], subcode: int
) -> None:
    audience = graph.audience()
    *good, bad = [graph.users(audience, place=place) for place in places]
    assert all("error" not in answer for answer in good)
    assert (bad["error"]["code"], bad["error"]["error_subcode"]) == (2650, subcode)


def test_a_session_ends_after_ninety_minutes(sandbox: Sandbox, graph: Graph) -> None:
    audience = graph.audience()
    graph.users(audience, place=(1, 1, False))
    sandbox.clock[0] += 91 * 60
    assert graph.users(audience, place=(1, 2, True))["error"]["error_subcode"] == 1870158


def test_a_sessions_id_is_one_upload_of_the_account(graph: Graph) -> None:
    graph.users(graph.audience(), place=(1, 1, False))
    assert graph.users(graph.audience(name="Others"), place=(1, 2, True))["error"]["code"] == 100


def test_the_rows_of_a_session_are_counted_over_its_batches(graph: Graph) -> None:
    audience = graph.audience()
    assert graph.users(audience, place=(1, 1, False))["num_received"] == 3
    assert graph.users(audience, place=(1, 2, True))["num_received"] == 6


def test_the_schema_stays_the_same_in_a_session(graph: Graph) -> None:
    audience = graph.audience()
    graph.users(audience, place=(1, 1, False))
    refused = graph.users(audience, schema="PHONE", place=(1, 2, True))
    assert "schema" in refused["error"]["message"]


@pytest.mark.parametrize(
    "session",
    [
        {"session_id": 0, "batch_seq": 1, "last_batch_flag": True},
        {"session_id": 2**63, "batch_seq": 1, "last_batch_flag": True},
        {"session_id": 1, "batch_seq": 0, "last_batch_flag": True},
        {"session_id": 1, "batch_seq": 1},
        None,
    ],
    ids=str,
)
def test_a_session_is_as_documented(graph: Graph, session: dict[str, Any] | None) -> None:
    given = {"session": session} if session else {}
    payload = {"schema": "EMAIL", "data": [[HASHES[0]]]}
    refused = graph.post(f"{graph.audience()}/users", payload=payload, **given)
    assert refused["error"]["code"] == 100


@pytest.mark.parametrize(
    ("schema", "row"),
    [
        (["EMAIL"], ["person@example.com"]),
        (["EMAIL"], [HASHES[0].upper()]),
        (["EMAIL"], [HASHES[0][:32]]),
        (["EMAIL", "FN"], [HASHES[0], "ana"]),
        (["EMAIL", "FN"], ["", ""]),
    ],
    ids=["plain", "upper case", "MD5", "a plain name", "nobody"],
)
def test_an_entry_with_wrong_hashing_is_counted_and_left_out(
    graph: Graph, schema: list[str], row: list[str]
) -> None:
    audience = graph.audience()
    good = [HASHES[1], *[""] * (len(schema) - 1)]
    answer = graph.users(audience, [row, good], schema=schema)
    assert (answer["num_received"], answer["num_invalid_entries"]) == (2, 1)
    assert answer["invalid_entry_samples"] == {"0": json.dumps(row)}
    assert graph.members(audience) == [{"EMAIL": HASHES[1]}]


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        (["EMAIL"], [[HASHES[0]]] * 10_001),
        (["EMAIL"], []),
        (["EMAIL", "PHONE"], [[HASHES[0]]]),
        (["E-MAIL"], [[HASHES[0]]]),
        (["EMAIL", "LOOKALIKE_VALUE"], [[HASHES[0], 1]]),
        (["EMAIL", "DATA_PROCESSING_OPTIONS"], [[HASHES[0], "LDU"]]),
        (
            [
                "EMAIL",
                "DATA_PROCESSING_OPTIONS",
                "DATA_PROCESSING_OPTIONS_COUNTRY",
                "DATA_PROCESSING_OPTIONS_STATE",
            ],
            [[HASHES[0], ["LDU"], 1, 7]],
        ),
    ],
    ids=["too many", "none", "a cell too few", "unknown key", "a value", "options", "a state"],
)
def test_a_payload_is_as_documented(graph: Graph, schema: list[str], data: list[Any]) -> None:
    audience = graph.audience()
    assert graph.users(audience, data, schema=schema)["error"]["code"] == 100
    assert graph.members(audience) == []


@pytest.mark.parametrize(
    ("schema", "row", "words"),
    [
        (["EMAIL"], [HASHES[0]], "requires the key"),
        (["EMAIL", "LOOKALIKE_VALUE"], [HASHES[0], -1], "0 or greater"),
        (["EMAIL", "LOOKALIKE_VALUE"], [HASHES[0], "12"], "0 or greater"),
    ],
)
def test_a_value_based_audience_takes_members_with_values_only(
    graph: Graph, schema: list[str], row: list[Any], words: str
) -> None:
    audience = graph.audience(is_value_based=True)
    assert words in graph.users(audience, [row], schema=schema)["error"]["message"]
    good = graph.users(audience, [[HASHES[0], 12.5]], schema=["EMAIL", "LOOKALIKE_VALUE"])
    assert good["num_received"] == 1


def test_members_leave_by_post_but_not_by_an_endless_address(sandbox: Sandbox, graph: Graph) -> None:
    audience = graph.audience()
    graph.users(audience)
    graph.users(audience, [[HASHES[0]]], place=(2, 1, True), method="DELETE")
    assert len(graph.members(audience)) == 2
    payload = json.dumps({"schema": "EMAIL", "data": [[value] for value in HASHES * 100]})
    address = f"{sandbox.url}/v26.0/{audience}/users"
    refused = requests.delete(address, params={"payload": payload}, timeout=10)
    assert (refused.status_code, refused.headers["content-type"].partition(";")[0]) == (400, "text/html")


def lookalike(**changes: Any) -> dict[str, Any]:
    spec = {"type": "custom_ratio", "ratio": 0.01, "country": "FR"} | changes
    return {name: value for name, value in spec.items() if value is not None}


@pytest.mark.parametrize(
    "change",
    [{"ratio": 0.3}, {"ratio": 0.015}, {"country": None}, {"type": "nearest"}, {"ratio": None}],
    ids=str,
)
def test_a_lookalike_is_as_documented(graph: Graph, change: dict[str, Any]) -> None:
    seed = graph.audience()
    graph.users(seed, [[sha256(str(n))] for n in range(100)])

    def make(spec: dict[str, Any]) -> dict[str, Any]:
        return graph.post(
            f"act_{AD_ACCOUNT}/customaudiences",
            name="Like leads",
            subtype="LOOKALIKE",
            origin_audience_id=seed,
            lookalike_spec=json.dumps(spec),
        )

    assert make(lookalike(**change))["error"]["code"] == 100
    assert "id" in make(lookalike())


def test_calls_about_audiences_are_limited_as_a_use_case_of_their_own(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.settings(account_calls=1)
    graph.audience()
    assert graph.users("238000000000001")["error"]["code"] == 80003
    assert sandbox.send().status_code == 400
