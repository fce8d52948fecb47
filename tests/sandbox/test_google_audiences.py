"""The sandbox's Customer Match audiences, reached with Google's own clients: strict lists, strict members, counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from google.ads import datamanager_v1 as dm
from google.ads.datamanager_v1.services.ingestion_service.transports.rest import IngestionServiceRestTransport
from google.ads.datamanager_v1.services.user_list_service.transports.rest import UserListServiceRestTransport
from google.api_core import exceptions
from google.protobuf.field_mask_pb2 import FieldMask

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google.data_manager import DataManager
from closedwon.sandbox.google.tokens import GoogleTokens
from closedwon.sandbox.server import serve_in_thread
from tests.sandbox.ad_world import (
    CUSTOMER,
    MANAGER,
    NOW,
    OTHER_CUSTOMER,
    ad_world,
    service_account_info,
    sha256,
)
from tests.sandbox.test_data_manager_server import SCOPE, LoopbackServiceAccount

PARENT = f"accountTypes/GOOGLE_ADS/accounts/{CUSTOMER}"
EMAILS = [sha256(f"person{n}@example.com") for n in range(3)]
CONTACT_ID = dm.IngestedUserListInfo.UploadKeyType.CONTACT_ID
FIRST_PARTY = dm.DataSourceType.DATA_SOURCE_TYPE_FIRST_PARTY
ACCEPTED = dm.TermsOfService(customer_match_terms_of_service_status=dm.TermsOfServiceStatus.ACCEPTED)


class Sandbox:
    def __init__(self, url: str, clock: list[datetime]) -> None:
        self.url = url
        self.clock = clock
        given = service_account_info(url)
        credentials = LoopbackServiceAccount.from_service_account_info(given, scopes=[SCOPE])
        where: dict[str, Any] = {
            "host": urlsplit(url).netloc,
            "url_scheme": "http",
            "credentials": credentials,
        }
        self.lists = dm.UserListServiceClient(transport=UserListServiceRestTransport(**where))
        self.ingestion = dm.IngestionServiceClient(transport=IngestionServiceRestTransport(**where))

    def create(self, **changes: Any) -> dm.UserList:
        fields = {
            "display_name": "Leads",
            "integration_code": "closedwon:acme/leads",
            "membership_duration": timedelta(days=30),
            "ingested_user_list_info": kind(),
        } | changes
        given = {name: value for name, value in fields.items() if value is not None}
        asked = dm.CreateUserListRequest(parent=PARENT, user_list=dm.UserList(**given))
        return self.lists.create_user_list(asked, retry=None)

    def ingest(self, list_id: object, *members: dm.AudienceMember, **changes: Any) -> str:
        fields = {
            "destinations": [destination(list_id)],
            "audience_members": list(members) or [member(email) for email in EMAILS],
            "encoding": dm.Encoding.HEX,
            "terms_of_service": ACCEPTED,
        } | changes
        given = {name: value for name, value in fields.items() if value is not None}
        asked = dm.IngestAudienceMembersRequest(**given)
        return self.ingestion.ingest_audience_members(asked, retry=None).request_id

    def remove(self, list_id: object, *members: dm.AudienceMember) -> str:
        asked = dm.RemoveAudienceMembersRequest(
            destinations=[destination(list_id)], audience_members=list(members), encoding=dm.Encoding.HEX
        )
        return self.ingestion.remove_audience_members(asked, retry=None).request_id

    def present(self, list_id: object) -> list[dict[str, Any]]:
        page = f"{self.url}/_sandbox/google/audiences"
        return requests.get(page, params={"audience": str(list_id)}, timeout=10).json()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    faults, world = Faults(), ad_world()
    clock = [NOW]
    tokens = GoogleTokens(world, faults)
    tokens.lifetime = timedelta(days=3650)
    systems = {"google": DataManager(world, faults, clock=lambda: clock[0]), "google_tokens": tokens}
    with serve_in_thread(create_app(world, faults, systems)) as running:
        yield Sandbox(running.url, clock)


def kind(key: Any = CONTACT_ID, source: Any = FIRST_PARTY) -> dm.IngestedUserListInfo:
    return dm.IngestedUserListInfo(
        upload_key_types=[key], contact_id_info=dm.ContactIdInfo(data_source_type=source)
    )


def destination(list_id: object, customer: str = CUSTOMER) -> dm.Destination:
    account = dm.ProductAccount(account_type=dm.ProductAccount.AccountType.GOOGLE_ADS, account_id=customer)
    return dm.Destination(operating_account=account, product_destination_id=str(list_id))


def member(email: str, **more: Any) -> dm.AudienceMember:
    known = dm.UserData(user_identifiers=[dm.UserIdentifier(email_address=email)])
    return dm.AudienceMember(composite_data=dm.CompositeData(user_data=known), **more)


def reasons(error: pytest.ExceptionInfo[exceptions.BadRequest]) -> list[tuple[str, str]]:
    (bad,) = [detail for detail in error.value.details if "fieldViolations" in detail]
    return [(one["field"], one["reason"]) for one in bad["fieldViolations"]]


def test_a_list_is_made_found_and_changed(sandbox: Sandbox) -> None:
    made = sandbox.create()
    assert made.name == f"{PARENT}/userLists/{made.id}"
    where = 'integration_code = "closedwon:acme/leads" AND display_name = "Leads"'
    asked = dm.ListUserListsRequest(parent=PARENT, filter=where)
    assert [one.id for one in sandbox.lists.list_user_lists(asked, retry=None)] == [made.id]
    change = dm.UserList(name=made.name, membership_duration=timedelta(days=7))
    update = dm.UpdateUserListRequest(user_list=change, update_mask=FieldMask(paths=["membership_duration"]))
    sandbox.lists.update_user_list(update, retry=None)
    found = sandbox.lists.get_user_list(dm.GetUserListRequest(name=made.name), retry=None)
    assert (found.display_name, found.membership_duration) == ("Leads", timedelta(days=7))


def test_lists_come_in_pages(sandbox: Sandbox) -> None:
    made = [sandbox.create(display_name=f"Leads {n}").id for n in range(5)]
    pages = sandbox.lists.list_user_lists(dm.ListUserListsRequest(parent=PARENT, page_size=2), retry=None)
    assert [one.id for one in pages] == made


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"display_name": None}, "REQUIRED_FIELD_MISSING"),
        ({"ingested_user_list_info": None}, "REQUIRED_FIELD_MISSING"),
        (
            {"ingested_user_list_info": kind(dm.IngestedUserListInfo.UploadKeyType.MOBILE_ID)},
            "UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES",
        ),
        ({"ingested_user_list_info": kind(source=None)}, "REQUIRED_FIELD_MISSING"),
        ({"membership_duration": timedelta(days=541)}, "MEMBERSHIP_DURATION_TOO_LONG"),
        ({"membership_duration": timedelta(hours=36)}, "INVALID_ARGUMENT"),
        ({"membership_duration": timedelta()}, "INVALID_ARGUMENT"),
    ],
)
def test_a_list_is_as_documented(sandbox: Sandbox, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(exceptions.BadRequest) as raised:
        sandbox.create(**changes)
    assert [found for _, found in reasons(raised)] == [reason]


def test_a_name_is_one_lists_alone(sandbox: Sandbox) -> None:
    sandbox.create()
    with pytest.raises(exceptions.BadRequest) as raised:
        sandbox.create()
    assert reasons(raised) == [("user_list.display_name", "DISPLAY_NAME_ALREADY_USED")]


def test_the_kind_of_a_list_cannot_be_changed(sandbox: Sandbox) -> None:
    made = sandbox.create()
    mask = FieldMask(paths=["ingested_user_list_info"])
    change = dm.UserList(name=made.name, ingested_user_list_info=kind())
    with pytest.raises(exceptions.BadRequest) as raised:
        sandbox.lists.update_user_list(
            dm.UpdateUserListRequest(user_list=change, update_mask=mask), retry=None
        )
    assert reasons(raised) == [("update_mask", "IMMUTABLE_FIELD_FOR_UPDATE")]


def test_a_filter_that_is_not_known_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(exceptions.BadRequest) as raised:
        sandbox.lists.list_user_lists(dm.ListUserListsRequest(parent=PARENT, filter="size > 5"), retry=None)
    assert reasons(raised) == [("filter", "INVALID_FILTER")]


def test_a_page_that_is_no_number_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(exceptions.BadRequest):
        sandbox.lists.list_user_lists(dm.ListUserListsRequest(parent=PARENT, page_token="next"))


def test_a_list_that_is_not_there_is_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(exceptions.NotFound):
        sandbox.lists.get_user_list(dm.GetUserListRequest(name=f"{PARENT}/userLists/1"), retry=None)


def test_an_account_is_reached_by_who_may(sandbox: Sandbox) -> None:
    asked = dm.ListUserListsRequest(parent=PARENT)
    through = [("login-account", f"accountTypes/GOOGLE_ADS/accounts/{MANAGER}")]
    assert list(sandbox.lists.list_user_lists(asked, retry=None, metadata=through)) == []
    wrong = [("login-account", f"accountTypes/GOOGLE_ADS/accounts/{OTHER_CUSTOMER}")]
    with pytest.raises(exceptions.Forbidden):
        sandbox.lists.list_user_lists(asked, retry=None, metadata=wrong)
    other = dm.ListUserListsRequest(parent=f"accountTypes/GOOGLE_ADS/accounts/{OTHER_CUSTOMER}")
    with pytest.raises(exceptions.Forbidden):
        sandbox.lists.list_user_lists(other, retry=None)


def test_members_join_once_leave_and_are_forgotten_in_time(sandbox: Sandbox) -> None:
    made = sandbox.create()
    sandbox.ingest(made.id)
    sandbox.ingest(made.id, member(EMAILS[0]))
    assert len(sandbox.present(made.id)) == 3
    sandbox.remove(made.id, member(EMAILS[0]))
    assert sandbox.present(made.id) == [{"emails": [email]} for email in EMAILS[1:]]
    sandbox.clock[0] += timedelta(days=30)
    assert sandbox.present(made.id) == []


def test_the_status_counts_members_who_denied_as_not_taken(sandbox: Sandbox) -> None:
    made = sandbox.create()
    denied = dm.Consent(ad_user_data=dm.ConsentStatus.CONSENT_DENIED)
    request_id = sandbox.ingest(made.id, member(EMAILS[0]), member(EMAILS[1], consent=denied))
    sandbox.clock[0] += timedelta(hours=1)
    asked = dm.RetrieveRequestStatusRequest(request_id=request_id)
    (status,) = sandbox.ingestion.retrieve_request_status(asked, retry=None).request_status_per_destination
    assert status.request_status == dm.RequestStatusPerDestination.RequestStatus.PARTIAL_SUCCESS
    counted = status.audience_members_ingestion_status.composite_data_ingestion_status
    assert counted.record_count == 2
    assert [(one.reason.name, one.record_count) for one in status.error_info.error_counts] == [
        ("PROCESSING_ERROR_REASON_DENIED_CONSENT", 1)
    ]


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"terms_of_service": None}, ("terms_of_service", "TERMS_AND_CONDITIONS_NOT_SIGNED")),
        ({"encoding": None}, ("encoding", "REQUIRED_FIELD_MISSING")),
        (
            {"destinations": [destination(1)]},
            ("destinations.destinations[0].product_destination_id", "INVALID_USER_LIST_ID"),
        ),
        (
            {"audience_members": [member(EMAILS[0])] * 10_001},
            ("audience_members", "TOO_MANY_AUDIENCE_MEMBERS"),
        ),
        (
            {"audience_members": [dm.AudienceMember()]},
            ("audience_members.audience_members[0]", "INVALID_AUDIENCE_MEMBER"),
        ),
        (
            {"audience_members": [dm.AudienceMember(mobile_data=dm.MobileData(mobile_ids=["x"]))]},
            ("audience_members.audience_members[0]", "INVALID_USER_LIST_TYPE"),
        ),
        (
            {"audience_members": [member(EMAILS[0]), member("person@example.com")]},
            (
                "audience_members.audience_members[1].composite_data.user_data.user_identifiers[0].email_address",
                "INVALID_HEX_ENCODING",
            ),
        ),
    ],
    ids=["terms", "encoding", "list", "too many", "nobody", "mobile", "plain"],
)
def test_a_request_is_as_documented_or_changes_nothing(
    sandbox: Sandbox, changes: dict[str, Any], violation: tuple[str, str]
) -> None:
    made = sandbox.create()
    with pytest.raises(exceptions.BadRequest) as raised:
        sandbox.ingest(made.id, **changes)
    assert violation in reasons(raised)
    assert sandbox.present(made.id) == []


def test_members_of_one_request_are_of_one_kind(sandbox: Sandbox) -> None:
    made = sandbox.create()
    known = dm.UserData(user_identifiers=[dm.UserIdentifier(email_address=EMAILS[1])])
    with pytest.raises(exceptions.BadRequest) as raised:
        sandbox.ingest(made.id, member(EMAILS[0]), dm.AudienceMember(user_data=known))
    assert reasons(raised) == [("audience_members", "MULTIPLE_DATA_TYPES_NOT_ALLOWED")]


def test_what_is_only_validated_changes_nothing(sandbox: Sandbox) -> None:
    made = sandbox.create()
    sandbox.ingest(made.id, validate_only=True)
    assert sandbox.present(made.id) == []
