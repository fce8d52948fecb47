"""hubspot-api-client as its README uses it: pages of contacts as objects of generated classes; and their JSON alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hubspot import HubSpot

PROPERTIES = (
    "createdate",
    "lastmodifieddate",
    "lifecyclestage",
    "hs_merged_object_ids",
    "email",
    "phone",
    "mobilephone",
    "firstname",
    "lastname",
    "date_of_birth",
    "gender",
    "address",
    "city",
    "state",
    "hs_state_code",
    "zip",
    "country",
    "hs_country_region_code",
    "hs_google_click_id",
    "hs_facebook_click_id",
    "hs_analytics_source",
    "marketing_consent",
)
"""What ours reads of each contact."""

_PAGE_WITH_HISTORY = 50


def contacts(url: str, token: str) -> int:
    """Read all contacts and the history of their stage as objects, a page at a time; how many there are."""
    return sum(len(page.results) for page in _pages(url, token))


def contacts_as_json(url: str, token: str) -> int:
    """The same requests, whose answers become dictionaries and nothing else."""
    return sum(len(page["results"]) for page in _raw_pages(url, token))


def _pages(url: str, token: str) -> Iterator[Any]:
    api, after = _api(url, token), None
    while True:
        page = api.get_page(**_asked(after))
        yield page
        if page.paging is None:
            return
        after = page.paging.next.after


def _raw_pages(url: str, token: str) -> Iterator[dict[str, Any]]:
    api, after = _api(url, token), None
    while True:
        page = json.loads(api.get_page(**_asked(after), _preload_content=False).data)
        yield page
        if "paging" not in page:
            return
        after = page["paging"]["next"]["after"]


def _api(url: str, token: str) -> Any:
    # Each access to the attribute builds a new pool of connections.
    return HubSpot(access_token=token, host=url).crm.contacts.basic_api


def _asked(after: str | None) -> dict[str, Any]:
    asked = {
        "limit": _PAGE_WITH_HISTORY,
        "properties": list(PROPERTIES),
        "properties_with_history": ["lifecyclestage"],
    }
    return {**asked, "after": after} if after else asked
