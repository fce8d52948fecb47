"""Custom audiences and lookalikes as objects of a Meta ad account: found by our mark, made where they are missing.

https://developers.facebook.com/docs/marketing-api/reference/ad-account/customaudiences,
https://developers.facebook.com/docs/marketing-api/audiences/guides/value-based-lookalike-audiences
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import requests

from uploads.audiences.base import AudienceSpec, Lookalike
from uploads.errors import Action, PlatformError, Policy
from uploads.meta_graph import Graph

Call = Callable[[Callable[[], requests.Response]], Mapping[str, Any]]
"""Makes a request in its turn and reads the answer."""

_PAGE = "20"
"""Audiences a page: what Meta advises, since more may be too much data for one answer."""

_FIELDS = "id,name,description,subtype,is_value_based"
_OTHER_KIND = Policy(
    Action.HOLD,
    "the audience exists and cannot be turned into one with values, or back: declare it under another key",
    ends_lane=False,
)

_NOT_MADE = Policy(Action.RETRY, "Meta did not confirm that it made the audience", ends_lane=False)


class AudienceNodes:
    """The audiences of one ad account."""

    def __init__(self, graph: Graph, ad_account_id: str, call: Call) -> None:
        self._graph = graph
        self._edge = f"act_{ad_account_id}/customaudiences"
        self._call = call

    def ensure(self, spec: AudienceSpec, audience_id: str | None) -> str:
        """The id of the customer list, made unless it is there; its name follows ``spec``."""
        found = self.read(audience_id) if audience_id else self._marked(spec.mark)
        if found is None:
            return self._create(
                name=spec.name,
                description=spec.mark,
                subtype="CUSTOM",
                customer_file_source="USER_PROVIDED_ONLY",
                is_value_based=spec.value_based,
            )
        if bool(found.get("is_value_based")) != spec.value_based:
            raise PlatformError("is_value_based", _OTHER_KIND)
        # One that the user made keeps the name that the user gave it.
        if found.get("description") == spec.mark and found.get("name") != spec.name:
            self._post(str(found["id"]), name=spec.name)
        return str(found["id"])

    def ensure_lookalike(self, mark: str, lookalike: Lookalike, origin_id: str) -> str:
        """The id of the lookalike of a customer list, made unless it is there.

        Meta changes neither ratio nor countries of one that exists: its mark names them, so that other ones are
        another lookalike.
        """
        mark = f"{mark} lookalike {'+'.join(sorted(lookalike.countries))} {lookalike.ratio:g} of {origin_id}"
        found = self._marked(mark)
        if found is not None:
            return str(found["id"])
        return self._create(
            name=lookalike.name,
            description=mark,
            subtype="LOOKALIKE",
            origin_audience_id=origin_id,
            lookalike_spec=json.dumps(_specification(lookalike)),
        )

    def read(self, audience_id: str) -> Mapping[str, Any]:
        """An audience's fields."""
        return self._call(lambda: self._graph.get(audience_id, {"fields": _FIELDS}))

    def first_page(self) -> Mapping[str, Any]:
        """Some of the account's audiences, for whoever wants to know whether they can be seen."""
        return self._call(lambda: self._graph.get(self._edge, {"fields": "id", "limit": "1"}))

    def _marked(self, mark: str) -> Mapping[str, Any] | None:
        """The audience whose description is ``mark``."""
        return next((found for found in self._every() if found.get("description") == mark), None)

    def _every(self) -> Iterator[Mapping[str, Any]]:
        after: str | None = ""
        while after is not None:
            asked = {"fields": _FIELDS, "limit": _PAGE, **({"after": after} if after else {})}
            page = self._call(partial(self._graph.get, self._edge, asked))
            yield from page.get("data", ())
            paging = page.get("paging", {})
            after = paging.get("cursors", {}).get("after") if "next" in paging else None

    def _create(self, **fields: Any) -> str:
        made = self._post(self._edge, **fields)
        if "id" not in made:
            raise PlatformError("no_id", _NOT_MADE)
        return str(made["id"])

    def _post(self, path: str, **fields: Any) -> Mapping[str, Any]:
        parameters = {name: json.dumps(value) for name, value in fields.items()}
        return self._call(lambda: self._graph.post(path, parameters))


def _specification(lookalike: Lookalike) -> dict[str, Any]:
    where: dict[str, Any] = (
        {"country": lookalike.countries[0]}
        if len(lookalike.countries) == 1
        else {"location_spec": {"geo_locations": {"countries": list(lookalike.countries)}}}
    )
    return {"type": "custom_ratio", "ratio": lookalike.ratio, **where}
