"""What Meta says of a dataset's quality is read as documented, and who may not read it is told so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from config.destinations import MetaSettings
from tests.sandbox.ad_world import DATASET, NOW, ZOE, sha256
from tests.sandbox.meta_graph import DAY, NOW_SECONDS, Sandbox, purchase, serving, stage
from uploads.errors import PlatformError
from uploads.meta_quality import dataset_quality

assert int(NOW.timestamp()) == NOW_SECONDS


@pytest.fixture
def graph() -> Iterator[Sandbox]:
    with serving() as sandbox:
        yield sandbox


def settings(graph: Sandbox, **changes: str) -> MetaSettings:
    given = {"dataset_id": DATASET.id, "access_token": DATASET.access_token, "endpoint": graph.url}
    return MetaSettings.model_validate({**given, "max_attempts": 1, **changes})


def asked(graph: Sandbox, fields: str) -> requests.Response:
    parameters = {"dataset_id": DATASET.id, "access_token": DATASET.access_token, "fields": fields}
    return requests.get(f"{graph.url}/v26.0/dataset_quality", params=parameters, timeout=5)


def test_events_in_stores_have_scores_and_stages_of_leads_have_none(graph: Sandbox) -> None:
    graph.send(stage())
    graph.send(purchase(user_data={"ph": sha256("33199001234"), "em": sha256(ZOE.email)}))
    (quality,) = dataset_quality(settings(graph))
    assert quality.event_name == "Purchase"
    assert (quality.match_key.score, quality.frequency.score) == (10, 10)
    assert quality.freshness.score == pytest.approx(9.9, abs=0.1)
    assert quality.composite.recommendation


def test_late_and_poor_events_lower_the_scores(graph: Sandbox) -> None:
    graph.send(purchase(event_time=NOW_SECONDS - 20 * DAY))
    (quality,) = dataset_quality(settings(graph))
    assert (quality.match_key.score, quality.freshness.score) == (5, 0)


def test_what_is_older_than_28_days_counts_no_more(graph: Sandbox) -> None:
    graph.send(purchase())
    graph.clock[0] += 29 * DAY
    assert dataset_quality(settings(graph)) == []


def test_the_answer_has_the_fields_that_were_asked_for(graph: Sandbox) -> None:
    graph.send(purchase())
    (event,) = asked(graph, "offline{event_name, match_key}").json()["offline"]
    assert event["match_key"]["coverage"] == {"email": 0, "phone": 100}
    assert event.keys() == {"event_name", "match_key"}
    assert asked(graph, "offline").json()["offline"][0].keys() == {
        "event_name", "composite", "match_key", "frequency", "freshness",
    }  # fmt: skip


@pytest.mark.parametrize("fields", ["offline{invented}", "online", "offline{", "web{event_name}"])
def test_a_field_that_does_not_exist_is_refused(graph: Sandbox, fields: str) -> None:
    answer = asked(graph, fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_a_token_that_may_only_send_is_told_so(graph: Sandbox) -> None:
    graph.settings(reads_quality=False)
    with pytest.raises(PlatformError) as refused:
        dataset_quality(settings(graph))
    assert refused.value.code == "10"


def test_another_dataset_is_unknown(graph: Sandbox) -> None:
    with pytest.raises(PlatformError) as refused:
        dataset_quality(settings(graph, dataset_id="100000000000999"))
    assert "2044055" in refused.value.code
