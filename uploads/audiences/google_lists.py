"""User lists of a Google Ads account, for Customer Match: found by our mark, made where they are missing.

https://developers.google.com/data-manager/api/devguides/audiences/google-ads/customer-match/create-audience
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from google.ads import datamanager_v1 as dm
from google.protobuf.field_mask_pb2 import FieldMask

from config.destinations import GoogleDataManagerSettings
from uploads.audiences.base import AudienceSpec, NoSuchAudienceError
from uploads.errors import Action, PlatformError, Policy
from uploads.google_transport import DataManagerApi

_GONE = Policy(
    Action.HOLD,
    "the audience does not exist at Google, or the credentials cannot see it: check customer_id and the audience's id",
    ends_lane=False,
)


class UserLists:
    """The user lists of one account. What its methods raise is a :class:`uploads.errors.PlatformError`."""

    def __init__(self, api: DataManagerApi, settings: GoogleDataManagerSettings) -> None:
        self._api = api
        self._parent = _resource(settings.customer_id)
        login = settings.login_customer_id
        # Trying again is the caller's: it waits its turn among all clients of the project.
        self._options: dict[str, Any] = {
            "retry": None,
            "timeout": settings.timeout_seconds,
            "metadata": [("login-account", _resource(login))] if login else [],
        }

    def ensure(self, spec: AudienceSpec, audience_id: str | None) -> str:
        """The id of the list, made unless it is there; its name and length of membership follow ``spec``."""
        found = self.read(audience_id) if audience_id else self._marked(spec.mark)
        if found is None:
            return str(self._create(spec).id)
        # One that the user made keeps the name and the length that the user gave it.
        if found.integration_code == spec.mark:
            self._follow(spec, found)
        return str(found.id)

    def first(self) -> dm.UserList | None:
        """Any of the account's lists, for whoever wants to know whether they can be seen."""
        return self._found("")

    def read(self, audience_id: str) -> dm.UserList:
        """A list as Google has it."""
        asked = dm.GetUserListRequest(name=f"{self._parent}/userLists/{audience_id}")
        try:
            return self._api.user_lists(
                "read",
                lambda client: client.get_user_list(asked, **self._options),
            )
        except PlatformError as error:
            if error.code != "NOT_FOUND":
                raise
            raise NoSuchAudienceError(
                error.code, _GONE, platform_request_id=error.platform_request_id
            ) from None

    def _marked(self, mark: str) -> dm.UserList | None:
        return self._found(f'integration_code = "{mark}"')

    def _found(self, where: str) -> dm.UserList | None:
        asked = dm.ListUserListsRequest(parent=self._parent, filter=where, page_size=1)
        return self._api.user_lists(
            "read",
            lambda client: next(iter(client.list_user_lists(asked, **self._options)), None),
        )

    def _create(self, spec: AudienceSpec) -> dm.UserList:
        of_contacts = dm.IngestedUserListInfo(
            upload_key_types=[dm.IngestedUserListInfo.UploadKeyType.CONTACT_ID],
            contact_id_info=dm.ContactIdInfo(data_source_type=dm.DataSourceType.DATA_SOURCE_TYPE_FIRST_PARTY),
        )
        wanted = dm.UserList(
            display_name=spec.name,
            integration_code=spec.mark,
            membership_duration=timedelta(days=spec.membership_days),
            ingested_user_list_info=of_contacts,
        )
        asked = dm.CreateUserListRequest(parent=self._parent, user_list=wanted)
        return self._api.user_lists(
            "write",
            lambda client: client.create_user_list(asked, **self._options),
        )

    def _follow(self, spec: AudienceSpec, found: dm.UserList) -> None:
        """Change at Google what has changed in the client's file."""
        duration = timedelta(days=spec.membership_days)
        changed = {
            "display_name": found.display_name != spec.name,
            "membership_duration": found.membership_duration != duration,
        }
        if not any(changed.values()):
            return
        wanted = dm.UserList(name=found.name, display_name=spec.name, membership_duration=duration)
        mask = FieldMask(paths=[field for field, differs in changed.items() if differs])
        asked = dm.UpdateUserListRequest(user_list=wanted, update_mask=mask)
        self._api.user_lists(
            "write",
            lambda client: client.update_user_list(asked, **self._options),
        )


def _resource(customer_id: str) -> str:
    return f"accountTypes/GOOGLE_ADS/accounts/{customer_id}"
