"""Limited Data Use: asked for as the client's file says, and no way around a refusal where Meta does not grant it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from closedwon.sandbox.server import RunningSandbox
from config.destinations import MetaSettings
from config.limited_data_use import LIMITED_DATA_USE_STATES, LimitedDataUseSettings
from tests.uploads.conversions import DATASET, TOKEN, conversions, deliveries, sandbox, sha
from uploads.base import Verdict
from uploads.meta import MetaUploader, connect

CONSENTS = ("granted", "denied", "unspecified")
CALIFORNIA = {"country": 1, "state": 1000}


def uploader(limited: dict[str, Any] | None, **changes: Any) -> MetaUploader:
    given = {"dataset_id": DATASET, "access_token": TOKEN, "limited_data_use": limited} | changes
    return connect(MetaSettings.model_validate(given), sleep=lambda _: None)


def people(**columns: Any) -> pl.DataFrame:
    return conversions(
        [
            {"id.em": sha(f"{consent}@example.com"), "ad_personalization": consent, **columns}
            for consent in CONSENTS
        ]
    )


def living_in(country: str, state: str) -> dict[str, str]:
    return {"id.country": sha(country), "id.st": sha(state)}


def payloads(meta: MetaUploader, frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    made = frame.select("ad_personalization", payload=meta.payload())
    return {consent: json.loads(payload) for consent, payload in made.iter_rows()}


def options(payload: dict[str, Any]) -> tuple[Any, Any, Any]:
    name = "data_processing_options"
    return payload.get(name), payload.get(f"{name}_country"), payload.get(f"{name}_state")


def let_through(meta: MetaUploader, frame: pl.DataFrame) -> list[str]:
    gate = next(gate for gate in meta.gates() if gate.name == "no_personalization_consent")
    return frame.filter(~gate.blocks)["ad_personalization"].to_list()


@pytest.mark.parametrize(
    ("when", "asked"),
    [
        ("always", {"granted", "denied", "unspecified"}),
        ("denied", {"denied"}),
        ("denied_or_unspecified", {"denied", "unspecified"}),
    ],
)
def test_events_of_those_whom_the_file_names_ask_for_it(when: str, asked: set[str]) -> None:
    made = payloads(uploader({"when": when}), people())
    assert {consent for consent, payload in made.items() if options(payload)[0]} == asked
    assert all(options(made[consent]) == (["LDU"], 0, 0) for consent in asked)
    assert all(options(made[consent]) == (None, None, None) for consent in set(CONSENTS) - asked)


def test_without_the_setting_no_event_speaks_of_it() -> None:
    made = payloads(uploader(None), people())
    assert {options(payload) for payload in made.values()} == {(None, None, None)}


def test_country_and_state_of_the_file_go_into_the_event() -> None:
    made = payloads(uploader({"when": "denied", **CALIFORNIA}), people())
    assert options(made["denied"]) == (["LDU"], 1, 1000)


@pytest.mark.parametrize(("code", "state"), LIMITED_DATA_USE_STATES.items())
def test_a_persons_own_address_is_more_exact_than_the_files(code: int, state: str) -> None:
    frame = people(**living_in("us", state.lower()))
    for limited in ({"when": "denied"}, {"when": "denied", **CALIFORNIA}):
        assert options(payloads(uploader(limited), frame)["denied"]) == (["LDU"], 1, code)


@pytest.mark.parametrize(
    "elsewhere",
    [{}, living_in("us", "ny"), living_in("au", "ca"), {"id.st": sha("ca")}, {"id.country": sha("us")}],
    ids=["no address", "New York", "the same letters in another country", "no country", "no state"],
)
def test_a_refusal_holds_where_meta_would_not_limit_its_use(elsewhere: dict[str, str]) -> None:
    frame = people(**elsewhere)
    assert let_through(uploader({"when": "always"}), frame) == ["granted", "unspecified"]


@pytest.mark.parametrize("when", ["always", "denied", "denied_or_unspecified"])
def test_who_refused_and_lives_where_meta_limits_its_use_is_sent_under_it(when: str) -> None:
    meta = uploader({"when": when})
    assert let_through(meta, people(**living_in("us", "ca"))) == list(CONSENTS)


def test_a_file_whose_people_all_live_in_one_such_state_may_say_so() -> None:
    assert let_through(uploader({"when": "denied", **CALIFORNIA}), people()) == list(CONSENTS)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"id.country": sha("fr")},
        living_in("fr", "ca"),
        living_in("us", "ny"),
        {"id.st": sha("ny")},
        {"id.st": sha("tx")},
    ],
    ids=[
        "France",
        "the same letters in France",
        "New York",
        "New York alone",
        "another of Meta's states alone",
    ],
)
@pytest.mark.parametrize("when", ["always", "denied"])
def test_the_state_of_the_file_is_not_that_of_a_person_whose_address_says_another(
    when: str, elsewhere: dict[str, str]
) -> None:
    meta, frame = uploader({"when": when, **CALIFORNIA}), people(**elsewhere)
    assert let_through(meta, frame) == ["granted", "unspecified"]
    assert options(payloads(meta, frame)["denied"]) == (["LDU"], 0, 0)


@pytest.mark.parametrize(
    "silent", [{"id.country": sha("us")}, {"id.st": sha("ca")}], ids=["no state", "no country"]
)
def test_the_state_of_the_file_counts_where_the_address_does_not_contradict_it(
    silent: dict[str, str],
) -> None:
    meta, frame = uploader({"when": "denied", **CALIFORNIA}), people(**silent)
    assert let_through(meta, frame) == list(CONSENTS)
    assert options(payloads(meta, frame)["denied"]) == (["LDU"], 1, 1000)


def test_without_the_setting_a_refusal_holds_everywhere() -> None:
    assert let_through(uploader(None), people(**living_in("us", "ca"))) == ["granted", "unspecified"]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningSandbox]:
    with sandbox(tmp_path) as (server, _):
        yield server


def test_meta_takes_such_events_with_value_and_currency(running: RunningSandbox) -> None:
    meta = uploader({"when": "denied"}, endpoint=running.url)
    frame = people(**living_in("us", "tx"))
    (outcome,) = meta.send(deliveries(meta, frame))
    assert outcome.verdict is Verdict.ACCEPTED
    tally = running.report()["meta"]["datasets"][DATASET]["events"]["Converted"]
    assert (tally["counted"], tally["limited"], tally["value"]) == (3, 1, 301.5)


def test_an_identifier_that_is_taken_out_leaves_the_request_for_it_in(running: RunningSandbox) -> None:
    meta = uploader({"when": "denied"}, endpoint=running.url)
    payload = payloads(meta, people(**living_in("us", "tx")))["denied"]
    left = meta.without(payload, lambda name, _place, _value: name == "st")
    assert left is not None
    assert options(left) == (["LDU"], 1, 1005)
    assert list(left)[-1] == "custom_data"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"when": "denied", "country": 1}, "together with the code of a state"),
        ({"when": "denied", "state": 1000}, "together with the code of a state"),
        ({"when": "denied", "country": 1, "state": 999}, "1013"),
        ({"when": "denied", "country": 2, "state": 1000}, "country"),
        ({"when": "sometimes"}, "denied_or_unspecified"),
        ({}, "when"),
    ],
)
def test_settings_that_meta_would_not_understand_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        LimitedDataUseSettings.model_validate(given)
