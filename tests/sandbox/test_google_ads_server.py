"""The sandbox's Google Ads API, reached with Google's own client: strict on form, one word a row, adjustments by id."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
import requests
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
from google.ads.googleads.v26.services.services.conversion_adjustment_upload_service import (
    ConversionAdjustmentUploadServiceClient,
)
from google.ads.googleads.v26.services.services.conversion_upload_service import ConversionUploadServiceClient
from google.api_core import exceptions

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.google.tokens import DATA_MANAGER_SCOPE, GOOGLE_ADS_SCOPE
from closedwon.sandbox.google_ads.errors import FAILURE_KEY
from closedwon.sandbox.google_ads.methods import ADJUST
from closedwon.sandbox.world import AccessToken
from tests.sandbox.ad_world import SERVICE_ACCOUNT
from tests.sandbox.google_ads_stage import (
    ACCOUNT,
    ACTION,
    GBRAID,
    MANAGER,
    NEW_GCLID,
    OLD_GCLID,
    OTHER_ACTION,
    RHYS_EMAIL,
    WBRAID,
    Stage,
    gclid,
    google_ads,
    sha,
)

NOW = datetime.now(UTC).replace(microsecond=0)
TOKEN = "ya29.of-the-test"
SCOPES = frozenset({GOOGLE_ADS_SCOPE})
RESOURCE = f"customers/{ACCOUNT}/conversionActions/{ACTION}"
OTHER_RESOURCE = f"customers/{ACCOUNT}/conversionActions/{OTHER_ACTION}"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S+00:00")


class Api:
    """Google's clients on a plain channel, with a token."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.channel = grpc.insecure_channel(urlsplit(stage.url).netloc)
        stage.world.google_tokens[TOKEN] = AccessToken(SERVICE_ACCOUNT, NOW + timedelta(days=1), SCOPES)

    def call(self, service: Any, method: str, request: dict[str, Any], metadata: dict[str, str]) -> Any:
        client = service(transport=service.get_transport_class("grpc")(channel=self.channel))
        headers = {"authorization": f"Bearer {TOKEN}"} | metadata
        return getattr(client, method)(
            request={"customer_id": ACCOUNT, "partial_failure": True} | request,
            metadata=list(headers.items()),
            timeout=5,
            retry=None,
        )

    def upload(self, *rows: dict[str, Any], login: dict[str, str] | None = None, **request: Any) -> Any:
        given = {"conversions": [conversion(**row) for row in rows]} | request
        return self.call(ConversionUploadServiceClient, "upload_click_conversions", given, login or {})

    def adjust(self, *rows: dict[str, Any], **request: Any) -> Any:
        given = {"conversion_adjustments": [adjustment(**row) for row in rows]} | request
        service = ConversionAdjustmentUploadServiceClient
        return self.call(service, "upload_conversion_adjustments", given, {})

    def refusal(self, *rows: dict[str, Any], **request: Any) -> tuple[str, str]:
        """The status and the code of an upload that is refused whole."""
        with pytest.raises(exceptions.GoogleAPICallError) as caught:
            self.upload(*rows, **request)
        metadata = dict(caught.value.errors[0].trailing_metadata())
        failure = GoogleAdsFailure.deserialize(metadata[FAILURE_KEY])
        assert metadata["request-id"] == failure.request_id
        return caught.value.grpc_status_code.name, code(failure.errors[0])


def conversion(**changes: Any) -> dict[str, Any]:
    given = {
        "gclid": gclid(1),
        "conversion_action": RESOURCE,
        "conversion_date_time": stamp(NOW - timedelta(days=2)),
        "conversion_value": 10.0,
        "currency_code": "EUR",
    } | changes
    return {name: value for name, value in given.items() if value is not None}


def adjustment(**changes: Any) -> dict[str, Any]:
    given = {
        "order_id": "order-1",
        "conversion_action": RESOURCE,
        "adjustment_date_time": stamp(NOW),
        "adjustment_type": "RESTATEMENT",
        "restatement_value": {"adjusted_value": 5.0, "currency_code": "EUR"},
    } | changes
    return {name: value for name, value in given.items() if value is not None}


def code(error: Any) -> str:
    pb = type(error).pb(error).error_code
    enum = pb.WhichOneof("error_code")
    return f"{enum}.{pb.DESCRIPTOR.fields_by_name[enum].enum_type.values_by_number[getattr(pb, enum)].name}"


def failures(answer: Any) -> list[tuple[int, str]]:
    details = answer.partial_failure_error.details
    errors = [error for detail in details for error in GoogleAdsFailure.deserialize(detail.value).errors]
    return [(error.location.field_path_elements[0].index, code(error)) for error in errors]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with google_ads(tmp_path) as stage:
        opened = Api(stage)
        yield opened
        opened.channel.close()


def test_a_conversion_counts_and_its_result_names_the_action(api: Api) -> None:
    answer = api.upload({"order_id": "order-1"}, job_id=7)
    assert (answer.job_id, answer.results[0].conversion_action) == (7, RESOURCE)
    (counted,) = api.stage.counted()
    assert (counted["value"], counted["matched_by"]) == (10, ["gclid"])


def test_without_a_job_id_the_api_makes_one_of_its_own_range(api: Api) -> None:
    assert api.upload({}).job_id >= 2**31


def test_a_request_that_is_validated_only_counts_nothing_and_has_no_results(api: Api) -> None:
    answer = api.upload({}, {"gclid": "short"}, validate_only=True)
    assert failures(answer) == [(1, "conversion_upload_error.UNPARSEABLE_GCLID")]
    assert list(answer.results) == []
    assert api.stage.counted() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"conversion_date_time": "2026-11-18T12:00:00Z"}, "date_error.INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"),
        ({"conversion_date_time": "2026-11-18 12:00:00"}, "date_error.INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"),
        ({"conversion_date_time": stamp(NOW + timedelta(days=1))}, "date_error.LATER_THAN_MAXIMUM_DATE"),
        ({"conversion_action": ACTION}, "request_error.RESOURCE_NAME_MALFORMED"),
        ({"conversion_action": RESOURCE + "9"}, "conversion_upload_error.NO_CONVERSION_ACTION_FOUND"),
        ({"gclid": None}, "field_error.REQUIRED"),
        ({"wbraid": WBRAID}, "field_error.VALUE_MUST_BE_UNSET"),
        ({"gclid": None, "gbraid": GBRAID, "wbraid": WBRAID}, "conversion_upload_error.GBRAID_WBRAID_BOTH_SET"),
        (
            {"gclid": None, "wbraid": WBRAID, "user_identifiers": [{"hashed_email": RHYS_EMAIL}]},
            "field_error.VALUE_MUST_BE_UNSET",
        ),
        ({"user_identifiers": [{"hashed_email": sha(str(n))} for n in range(6)]}, "collection_size_error.TOO_MANY"),
        (
            {"user_identifiers": [{"hashed_email": "RHYS@posta.example"}]},
            "conversion_upload_error.INVALID_USER_IDENTIFIER",
        ),
        (
            {"user_identifiers": [{"address_info": {"country_code": "FR"}}]},
            "conversion_upload_error.UNSUPPORTED_USER_IDENTIFIER",
        ),
        ({"currency_code": "EURO"}, "currency_code_error.UNSUPPORTED"),
        ({"order_id": "rhys@posta.example"}, "conversion_upload_error.ORDER_ID_CONTAINS_PII"),
        ({"gclid": gclid(9999)}, "conversion_upload_error.EVENT_NOT_FOUND"),
        ({"gclid": NEW_GCLID}, "conversion_upload_error.TOO_RECENT_EVENT"),
        ({"gclid": OLD_GCLID}, "conversion_upload_error.EXPIRED_EVENT"),
        (
            {"conversion_date_time": stamp(NOW - timedelta(days=20))},
            "conversion_upload_error.CONVERSION_PRECEDES_EVENT",
        ),
        (
            {"gclid": None, "user_identifiers": [{"hashed_email": sha("nobody@example.com")}]},
            "conversion_upload_error.CLICK_NOT_FOUND",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_row_is_said_of_it_and_the_other_counts(
    api: Api, changes: dict[str, Any], expected: str
) -> None:
    answer = api.upload({}, changes)
    assert failures(answer) == [(1, expected)]
    assert bool(answer.results[0]) and not answer.results[1]
    assert len(api.stage.counted()) == 1


def test_of_two_rows_with_one_order_id_or_one_click_and_time_none_counts(api: Api) -> None:
    answer = api.upload(
        {"order_id": "a"},
        {"order_id": "a", "gclid": gclid(2)},
        {"order_id": "b", "gclid": gclid(3)},
        {"order_id": "c", "gclid": gclid(3)},
    )
    assert [name.partition(".")[2] for _, name in failures(answer)] == [
        "DUPLICATE_ORDER_ID",
        "DUPLICATE_ORDER_ID",
        "DUPLICATE_CLICK_CONVERSION_IN_REQUEST",
        "DUPLICATE_CLICK_CONVERSION_IN_REQUEST",
    ]
    assert api.stage.counted() == []


def test_an_order_id_counts_once_an_action(api: Api) -> None:
    api.upload({"order_id": "a"})
    answer = api.upload({"order_id": "a", "conversion_value": 99.0})
    assert failures(answer) == [(0, "conversion_upload_error.ORDER_ID_ALREADY_IN_USE")]
    assert [one["value"] for one in api.stage.counted()] == [10]


def test_denied_consent_is_taken_and_not_counted(api: Api) -> None:
    answer = api.upload({"consent": {"ad_user_data": "DENIED"}})
    assert failures(answer) == []
    assert api.stage.counted() == []
    assert api.stage.api.conversions(ACCOUNT).denied == 1


@pytest.mark.parametrize(
    ("rows", "request_changes", "expected"),
    [
        (1, {"partial_failure": False}, "partial_failure_error.PARTIAL_FAILURE_MODE_REQUIRED"),
        (1, {"job_id": 0}, "conversion_upload_error.INVALID_JOB_ID"),
        (0, {}, "request_error.REQUIRED_FIELD_MISSING"),
        (2001, {}, "conversion_upload_error.TOO_MANY_CONVERSIONS_IN_REQUEST"),
    ],
)
def test_a_wrong_request_is_refused_whole(
    api: Api, rows: int, request_changes: dict[str, Any], expected: str
) -> None:
    assert api.refusal(*[{}] * rows, **request_changes) == ("INVALID_ARGUMENT", expected)


def test_only_who_has_access_may_upload(api: Api) -> None:
    denied = ("PERMISSION_DENIED", "authorization_error.USER_PERMISSION_DENIED")
    assert api.refusal({}, customer_id="9999999999") == denied
    assert api.refusal({}, login={"login-customer-id": "5556667777"}) == denied
    assert failures(api.upload({}, login={"login-customer-id": MANAGER})) == []
    token = api.stage.world.google_tokens.pop(TOKEN)
    assert api.refusal({}) == ("UNAUTHENTICATED", "authentication_error.OAUTH_TOKEN_INVALID")
    api.stage.world.google_tokens[TOKEN] = replace(token, expires_at=NOW - timedelta(hours=1))
    assert api.refusal({}) == ("UNAUTHENTICATED", "authentication_error.OAUTH_TOKEN_EXPIRED")


def test_a_token_for_another_api_is_refused_before_the_api_is_asked(api: Api) -> None:
    token = api.stage.world.google_tokens[TOKEN]
    api.stage.world.google_tokens[TOKEN] = replace(token, scopes=frozenset({DATA_MANAGER_SCOPE}))
    with pytest.raises(exceptions.PermissionDenied, match="insufficient authentication scopes") as caught:
        api.upload({})
    assert FAILURE_KEY not in dict(caught.value.errors[0].trailing_metadata())
    assert api.stage.api.report()["refused_by_reason"] == {"ACCESS_TOKEN_SCOPE_INSUFFICIENT": 1}


def test_an_account_that_is_not_on_the_list_hears_so_either_way(api: Api) -> None:
    listed = "not_allowlisted_error.CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
    api.stage.faults.add(Fault("google_ads", "not_allowlisted", times=None))
    assert api.refusal({}) == ("PERMISSION_DENIED", listed)
    api.stage.api.says_so_by_row = True
    assert failures(api.upload({}, {})) == [(0, listed), (1, listed)]


def test_restatements_change_the_value_and_a_retraction_ends_it(api: Api) -> None:
    api.upload({"order_id": "order-1"})
    earlier = stamp(NOW - timedelta(hours=1))
    assert failures(api.adjust({"adjustment_date_time": earlier})) == []
    assert api.stage.counted()[0]["value"] == 5
    retraction = {"adjustment_type": "RETRACTION", "restatement_value": None}
    assert failures(api.adjust(retraction)) == []
    assert (api.stage.counted()[0]["value"], api.stage.counted()[0]["retracted"]) == (0, True)
    again = [name for _, name in failures(api.adjust({}))]
    assert again == ["conversion_adjustment_upload_error.CONVERSION_ALREADY_RETRACTED"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"order_id": "unknown"}, "conversion_adjustment_upload_error.CONVERSION_NOT_FOUND"),
        ({"order_id": "braid"}, "conversion_adjustment_upload_error.CONVERSION_NOT_FOUND"),
        ({"order_id": "today"}, "conversion_adjustment_upload_error.TOO_RECENT_CONVERSION"),
        ({"order_id": None}, "field_error.REQUIRED"),
        ({"conversion_action": RESOURCE + "9"}, "conversion_adjustment_upload_error.NO_CONVERSION_ACTION_FOUND"),
        ({"adjustment_date_time": "yesterday"}, "date_error.INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"),
        (
            {"adjustment_date_time": stamp(NOW - timedelta(days=3))},
            "conversion_adjustment_upload_error.ADJUSTMENT_PRECEDES_CONVERSION",
        ),
        (
            {"adjustment_date_time": stamp(NOW - timedelta(hours=2))},
            "conversion_adjustment_upload_error.RESTATEMENT_ALREADY_EXISTS",
        ),
        (
            {"adjustment_date_time": stamp(NOW - timedelta(hours=3))},
            "conversion_adjustment_upload_error.MORE_RECENT_RESTATEMENT_FOUND",
        ),
        ({"restatement_value": None}, "field_error.REQUIRED"),
        ({"adjustment_type": "RETRACTION"}, "field_error.VALUE_MUST_BE_UNSET"),
        ({"adjustment_type": "ENHANCEMENT"}, "enum_error.ENUM_VALUE_NOT_PERMITTED"),
    ],
)  # fmt: skip
def test_an_adjustment_that_cannot_be_made_says_why(api: Api, changes: dict[str, Any], expected: str) -> None:
    today = stamp(NOW - timedelta(hours=1))
    api.upload(
        {"order_id": "order-1"},
        {"order_id": "today", "gclid": gclid(2), "conversion_date_time": today},
        {"order_id": "braid", "gclid": None, "wbraid": WBRAID},
    )
    assert failures(api.adjust({"adjustment_date_time": stamp(NOW - timedelta(hours=2))})) == []
    assert failures(api.adjust(changes)) == [(0, expected)]
    assert api.stage.counted()[0]["restated"] == 1


def test_two_adjustments_of_one_conversion_at_one_time_are_both_refused(api: Api) -> None:
    api.upload({"order_id": "order-1"})
    found = {name for _, name in failures(api.adjust({}, {}))}
    assert found == {"conversion_adjustment_upload_error.DUPLICATE_ADJUSTMENT_IN_REQUEST"}


def test_an_action_that_always_uses_its_default_value_takes_no_other(api: Api) -> None:
    api.stage.api.actions(ACCOUNT)[ACTION].always_default_value = True
    api.upload({"order_id": "order-1"})
    ((_, found),) = failures(api.adjust({}))
    assert found.endswith("CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE")


@pytest.mark.parametrize(
    ("kind", "options", "status", "counted"),
    [
        ("status", {}, "UNAVAILABLE", 0),
        ("status", {"status": 429}, "RESOURCE_EXHAUSTED", 0),
        ("status", {"status": 500}, "INTERNAL", 0),
        ("reset", {}, "UNAVAILABLE", 0),
        ("reset_after", {}, "UNAVAILABLE", 1),
        ("hang", {"seconds": 0.05}, "UNAVAILABLE", 0),
    ],
)
def test_a_fault_of_transport_is_shown_as_a_status_of_grpc(
    api: Api, kind: str, options: dict[str, Any], status: str, counted: int
) -> None:
    api.stage.faults.add(Fault("google_ads", kind, **options))
    with pytest.raises(exceptions.GoogleAPICallError) as caught:
        api.upload({"order_id": "order-1"})
    assert caught.value.grpc_status_code.name == status
    assert len(api.stage.counted()) == counted
    again = failures(api.upload({"order_id": "order-1"}))
    assert [name for _, name in again] == ["conversion_upload_error.ORDER_ID_ALREADY_IN_USE"] * counted


def test_a_slow_answer_comes_all_the_same(api: Api) -> None:
    api.stage.faults.add(Fault("google_ads", "slow", seconds=0.2))
    begun = time.monotonic()
    assert failures(api.upload({})) == []
    assert time.monotonic() - begun >= 0.2


def test_a_fault_may_be_of_one_method_alone(api: Api) -> None:
    api.stage.faults.add(Fault("google_ads", "reset", path=ADJUST.path, times=None))
    assert failures(api.upload({"order_id": "order-1"})) == []
    with pytest.raises(exceptions.ServiceUnavailable):
        api.adjust({})


def test_a_revoked_token_is_refused(api: Api) -> None:
    api.stage.faults.add(Fault("google_ads", "revoke"))
    assert api.refusal({}) == ("UNAUTHENTICATED", "authentication_error.OAUTH_TOKEN_REVOKED")
    assert failures(api.upload({})) == []


def test_it_reports_what_it_counted_changed_and_refused(api: Api) -> None:
    api.upload({"order_id": "a"}, {"order_id": "b", "gclid": gclid(2)}, {"order_id": "c", "gclid": "short"})
    api.upload({"order_id": "a"})
    api.upload({"order_id": "a", "gclid": gclid(3), "conversion_action": OTHER_RESOURCE})
    retraction = {"order_id": "b", "adjustment_type": "RETRACTION", "restatement_value": None}
    api.adjust({"order_id": "a"}, retraction)
    reported = requests.get(f"{api.stage.tokens_url}/_sandbox/report", timeout=5).json()["google_ads"]
    assert reported == {
        "requests": 4,
        "refused_by_reason": {"ORDER_ID_ALREADY_IN_USE": 1, "UNPARSEABLE_GCLID": 1},
        "twice": 1,
        "accounts": {
            ACCOUNT: {
                ACTION: {"counted": 2, "restated": 1, "retracted": 1, "value": 5.0},
                OTHER_ACTION: {"counted": 1, "restated": 0, "retracted": 0, "value": 10.0},
            }
        },
    }


def test_counted_conversions_can_be_listed(api: Api) -> None:
    api.upload({"order_id": "a"}, {"order_id": "b", "gclid": gclid(2)})
    listing = f"{api.stage.tokens_url}/_sandbox/google_ads/events"
    listed = requests.get(listing, params={"account": ACCOUNT, "limit": 1}, timeout=5).json()
    assert [one["transaction_id"] for one in listed] == ["a"]
    assert requests.get(listing, params={"account": "999"}, timeout=5).json() == []
