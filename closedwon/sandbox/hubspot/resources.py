"""What each resource answers to an admitted request.

Pages: the reference pages of the modules that this one asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from closedwon.sandbox.hubspot import associations, catalog, paths, records
from closedwon.sandbox.hubspot.errors import (
    HubSpotError,
    invalid,
    missing_scopes,
    no_such_object,
    no_such_path,
)
from closedwon.sandbox.hubspot.schema import DEALS, Entity, entity_of
from closedwon.sandbox.hubspot.searching import MAX_BODY, Search, parse_search, run
from closedwon.sandbox.hubspot.settings import HubSpotSettings
from closedwon.sandbox.hubspot.store import PortalStore
from closedwon.sandbox.world import PortalRecord

Json = dict[str, Any]
Answer = tuple[int, Json]


@dataclass(slots=True)
class PortalState:
    """A portal's records, and the last search with all that it found, for its further pages."""

    store: PortalStore
    last_search: tuple[object, list[PortalRecord]] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted request.

    Attributes:
        path: the values of the path's parameters.
        query: the query's values by name, repeated ones joined by commas.
        body: the JSON object that came, empty for GET; ``length`` its characters.
    """

    portal: PortalState
    settings: HubSpotSettings
    version: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    length: int
    now: datetime

    @property
    def store(self) -> PortalStore:
        """The portal's records."""
        return self.portal.store

    def entity(self, key: str = "object") -> Entity:
        """The object type in the path, which the token must be allowed to read.

        Raises:
            HubSpotError: 400 for no such type, 403 for a missing scope.
        """
        name = self.path[key]
        entity = entity_of(name)
        if entity is None:
            raise HubSpotError(400, f"Unable to infer object type from: {name}", "VALIDATION_ERROR")
        if entity.read_scope not in self.settings.scopes:
            raise missing_scopes([entity.read_scope])
        return entity

    def flag(self, name: str) -> bool:
        """A query parameter that is true or false."""
        return self.query.get(name, "false").lower() == "true"

    def listed(self, name: str) -> list[str]:
        """A query parameter of several values."""
        return [part for part in self.query.get(name, "").split(",") if part]


@dataclass(frozen=True, slots=True)
class Resource:
    """A path of a family, with the method that it takes and what it answers.

    Attributes:
        name: what counts are kept under.
    """

    family: paths.Family
    path: str
    method: str
    name: str
    answer: Callable[[Call], Answer]


def _list(call: Call) -> Answer:
    entity = call.entity()
    histories = call.listed("propertiesWithHistory")
    limit, start = _number(call, "limit", 10), _number(call, "after", 0)
    most = records.MAX_WITH_HISTORY if histories else records.MAX_LIST
    if not 0 < limit <= most:
        raise invalid(f"limit must be between 1 and {most}")
    wanted = records.wanted_of(entity, call.listed("properties"), histories, call.settings.history)
    found, following = call.store.page(entity, start, limit, archived=call.flag("archived"))
    answer: Json = {"results": _shown(call, entity, found, wanted)}
    if following is not None:
        answer["paging"] = {"next": {"after": str(following), "link": f"?after={following}"}}
    return 200, answer


def _read(call: Call) -> Answer:
    entity = call.entity()
    record_id = call.path["id"]
    histories = call.listed("propertiesWithHistory")
    wanted = records.wanted_of(entity, call.listed("properties"), histories, call.settings.history)
    record = call.store.find(entity, record_id, archived=call.flag("archived"))
    if record is None:
        raise no_such_object(record_id)
    return 200, _shown(call, entity, [record], wanted)[0]


def _batch_read(call: Call) -> Answer:
    entity = call.entity()
    history, archived = call.settings.history, call.flag("archived")
    return records.batch_read(entity, call.store, call.body, archived=archived, history=history, now=call.now)


def _search(call: Call) -> Answer:
    entity = call.entity()
    if call.length > MAX_BODY:
        raise invalid(f"The request body is longer than {MAX_BODY} characters")
    search = parse_search(call.body, call.store.definitions(entity))
    found = _found(call, entity, search)
    page = found[search.after : search.after + search.limit]
    wanted = records.Wanted(search.properties or entity.defaults, kept=False)
    answer: Json = {
        "total": len(found),
        "results": [records.view(entity, call.store, record, wanted) for record in page],
    }
    following = search.after + search.limit
    if following < len(found):
        answer["paging"] = {"next": {"after": str(following)}}
    return 200, answer


def _found(call: Call, entity: Entity, search: Search) -> list[PortalRecord]:
    """All that a search finds; its further pages are cut from what the first one found."""
    index = call.store.indexes[entity.name]
    key = (entity.name, index.version, search.groups, search.sort, search.descending)
    last = call.portal.last_search
    if last is None or last[0] != key:
        last = call.portal.last_search = (key, run(search, index))
    return last[1]


def _associations(call: Call) -> Answer:
    entity, to = call.entity("from"), call.entity("to")
    page = call.settings.associations_per_page
    return associations.batch_read(call.store, entity, to, call.body, call.version, page, call.now)


def _pipelines(call: Call) -> Answer:
    if call.entity() is not DEALS:
        raise HubSpotError(400, f"Object type {call.path['object']} has no pipelines", "VALIDATION_ERROR")
    known = enumerate(call.store.portal.pipelines)
    return 200, {"results": [catalog.describe_pipeline(pipeline, place) for place, pipeline in known]}


def _pipeline(call: Call) -> Answer:
    wanted = call.path["id"]
    for described in _pipelines(call)[1]["results"]:
        if described["id"] == wanted:
            return 200, described
    raise no_such_object(wanted)


def _properties(call: Call) -> Answer:
    return 200, {"results": catalog.properties(call.store, _schema(call))}


def _property(call: Call) -> Answer:
    wanted = call.path["name"]
    for described in catalog.properties(call.store, _schema(call)):
        if described["name"] == wanted:
            return 200, described
    message = f'Property "{wanted}" does not exist'
    raise HubSpotError(404, message, "OBJECT_NOT_FOUND", {"subCategory": "PROPERTY_DOESNT_EXIST"})


def _account(call: Call) -> Answer:
    return 200, catalog.account(call.store.portal)


def _schema(call: Call) -> Entity:
    entity = entity_of(call.path["object"])
    if entity is None:
        raise no_such_path()
    if not {entity.schema_scope, entity.read_scope} & set(call.settings.scopes):
        raise missing_scopes([entity.schema_scope])
    return entity


def _shown(call: Call, entity: Entity, found: list[PortalRecord], wanted: records.Wanted) -> list[Json]:
    """Records as JSON, with the associations that the query asks for."""
    shown = [records.view(entity, call.store, record, wanted) for record in found]
    for name in call.listed("associations"):
        to = entity_of(name)
        if to is None:
            raise HubSpotError(400, f"Unable to infer object type from: {name}", "VALIDATION_ERROR")
        known = associations.links(call.store, entity, to)
        for record in shown:
            others = associations.linked(call.store, entity, to, record["id"], known)
            if others:
                results = associations.short(entity, to, others)
                record.setdefault("associations", {})[to.name] = {"results": results}
    return shown


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    if text and not text.isdigit():
        raise invalid(f"{name} must be a number")
    return int(text) if text else default


RESOURCES = (
    Resource(paths.OBJECTS, "/{object}", "GET", "list", _list),
    Resource(paths.OBJECTS, "/{object}/search", "POST", "search", _search),
    Resource(paths.OBJECTS, "/{object}/batch/read", "POST", "batch_read", _batch_read),
    Resource(paths.OBJECTS, "/{object}/{id}", "GET", "read", _read),
    Resource(paths.ASSOCIATIONS, "/{from}/{to}/batch/read", "POST", "associations", _associations),
    Resource(paths.PIPELINES, "/{object}", "GET", "pipelines", _pipelines),
    Resource(paths.PIPELINES, "/{object}/{id}", "GET", "pipelines", _pipeline),
    Resource(paths.PROPERTIES, "/{object}", "GET", "properties", _properties),
    Resource(paths.PROPERTIES, "/{object}/{name}", "GET", "properties", _property),
    Resource(paths.ACCOUNT, "/details", "GET", "account", _account),
)
