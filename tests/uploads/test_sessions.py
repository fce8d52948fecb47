"""What is promised of connections, to either platform: data goes to the configured address or nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import GoogleDataManagerSettings, MetaSettings
from tests.elsewhere import Elsewhere, self_signed, serving
from tests.uploads.conversions import (
    ACCOUNT,
    ACTION,
    DATASET,
    TOKEN,
    conversions,
    deliveries,
    sandbox,
    sha,
)
from uploads import google_data_manager, meta
from uploads.base import Outcome, Uploader, Verdict

Connect = Callable[[str], Uploader]
PLATFORMS = {"meta": "/v26.0/", "google": "/v1/"}


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with serving(Elsewhere()) as server:
        yield server


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[RunningSandbox, Path]]:
    with sandbox(tmp_path) as pair:
        yield pair


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connect(platform: str, opened: tuple[RunningSandbox, Path]) -> Connect:
    """The platform's uploader for an endpoint."""

    def meta_at(endpoint: str) -> Uploader:
        given = {"dataset_id": DATASET, "access_token": TOKEN, "endpoint": endpoint, "max_attempts": 2}
        return meta.connect(MetaSettings.model_validate(given), sleep=lambda _: None)

    def google_at(endpoint: str) -> Uploader:
        given = {"customer_id": ACCOUNT, "credentials": opened[1], "endpoint": endpoint, "max_attempts": 2}
        settings = GoogleDataManagerSettings.model_validate(given)
        return google_data_manager.connect(settings, sleep=lambda _: None)

    return {"meta": meta_at, "google": google_at}[platform]


def sent(uploader: Uploader) -> Outcome:
    (outcome,) = uploader.send(
        deliveries(uploader, conversions([{"name": ACTION, "id.em": sha("e"), "id.email": sha("e")}]))
    )
    return outcome


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_and_holds(
    platform: str,
    connect: Connect,
    opened: tuple[RunningSandbox, Path],
    elsewhere: Elsewhere,
    status: int,
) -> None:
    location = {"location": f"http://{elsewhere.address}/taken"}
    path = PLATFORMS[platform]
    opened[0].faults.add(Fault(platform, "status", status=status, headers=location, path=path, times=None))
    outcome = sent(connect(opened[0].url))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "redirect")
    assert "check the endpoint" in (outcome.message or "")
    assert elsewhere.asked == []


@pytest.mark.parametrize("platform", ["google"])
def test_the_signed_assertion_for_a_token_is_not_redirected_either(
    connect: Connect, opened: tuple[RunningSandbox, Path], elsewhere: Elsewhere
) -> None:
    location = {"location": f"http://{elsewhere.address}/taken"}
    fault = Fault("google", "status", status=307, headers=location, path="/google/token", times=None)
    opened[0].faults.add(fault)
    outcome = sent(connect(opened[0].url))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "redirect")
    assert elsewhere.asked == []


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    connect: Connect,
    opened: tuple[RunningSandbox, Path],
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{elsewhere.address}")
    assert sent(connect(opened[0].url)).verdict is Verdict.ACCEPTED
    assert elsewhere.asked == []


def test_a_certificate_that_nobody_vouches_for_holds(connect: Connect, tmp_path: Path) -> None:
    server = Elsewhere()
    server.socket = self_signed(tmp_path / "certificate.pem").wrap_socket(server.socket, server_side=True)
    with serving(server):
        outcome = sent(connect(f"https://{server.address}"))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "tls")
    assert server.asked == []


def test_a_tls_connection_that_breaks_is_tried_again_by_the_next_run(
    connect: Connect, elsewhere: Elsewhere
) -> None:
    outcome = sent(connect(f"https://{elsewhere.address}"))
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, "connection")
