"""Records by their ids, in batches: their properties and histories, who belongs to a deal, and which are gone.

Batches are read by POST, so that a long list of properties never makes an address too long.

https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Gone, SourceError
from connectors.chunks import chunks
from connectors.hubspot.client import Client, Json
from connectors.hubspot.errors import LATER
from connectors.hubspot.objects import CONTACT, DEAL, MERGED_IDS, ObjectModel

BATCH = 100
BATCH_WITH_HISTORY = 50
ASSOCIATIONS_BATCH = 1000

_NOT_FOUND = "OBJECT_NOT_FOUND"
_PRIMARY = "primary"


@dataclass(frozen=True)
class Found:
    """What a batch of ids led to.

    Attributes:
        records: each record once, in the order of ids. An id that was merged away leads to the record that it became.
        merged: ids that were merged away, and the id of the record that each became.
        missing: the ids that led nowhere: archived or erased since they were seen.
    """

    records: Sequence[Json]
    merged: Mapping[str, str]
    missing: Sequence[str]


def read_records(
    client: Client,
    model: ObjectModel,
    ids: Sequence[str],
    properties: Sequence[str],
    history: str | None = None,
) -> Found:
    """The records of ``ids`` with ``properties``, and every value that the property ``history`` ever had."""
    body: Json = {"properties": list(properties)}
    if history is not None:
        body["propertiesWithHistory"] = [history]
    records: dict[str, Json] = {}
    merged: dict[str, str] = {}
    missing: list[str] = []
    size = BATCH if history is None else BATCH_WITH_HISTORY
    pending = deque(chunks(list(dict.fromkeys(ids)), size))
    while pending:
        chunk = pending.popleft()
        asked = {**body, "inputs": [{"id": one} for one in chunk]}
        answer = client.post(client.paths.batch_read(model.path), asked)
        not_found = _not_found(answer)
        found = {str(record["id"]): record for record in answer["results"]}
        records |= found
        merged |= {loser: winner for winner, record in found.items() for loser in merged_ids(record)}
        unknown = [one for one in chunk if one not in found and one not in merged]
        missing += [one for one in unknown if one in not_found]
        unexplained = [one for one in unknown if one not in not_found]
        if len(chunk) > 1:
            # Alone, an id leads to the record that it became also where that record does not name it.
            pending += [[one] for one in unexplained]
        elif found:
            merged |= dict.fromkeys(unexplained, next(iter(found)))
        else:
            missing += unexplained
    # A batch is answered in any order.
    return Found(sorted(records.values(), key=lambda record: int(record["id"])), merged, missing)


def merged_ids(record: Json) -> list[str]:
    """The ids of the records that were merged into ``record``."""
    text = record["properties"].get(MERGED_IDS) or ""
    return [one for one in text.split(";") if one and one != str(record["id"])]


def gone_of(model: ObjectModel, found: Found) -> list[Gone]:
    """The records that ``found`` shows to exist no more: merged into one that was read, or missing."""
    merged = [Gone(model.name, loser, merged_into=winner) for loser, winner in found.merged.items()]
    return merged + [Gone(model.name, one) for one in found.missing]


def missing_records(client: Client, model: ObjectModel, ids: Sequence[str]) -> Iterator[Gone]:
    """Those of ``ids`` that the portal does not have any more, privacy deletions included."""
    for chunk in chunks(ids, BATCH):
        asked = set(chunk)
        found = read_records(client, model, chunk, [MERGED_IDS])
        yield from (gone for gone in gone_of(model, found) if gone.record_id in asked)


def contacts_of_deals(client: Client, deals: Sequence[str]) -> dict[str, str]:
    """The contact of each deal that has any: the one labelled primary, else the one that the portal had first."""
    contacts: dict[str, str] = {}
    path = client.paths.associations(DEAL.path, CONTACT.path)
    for chunk in chunks(deals, ASSOCIATIONS_BATCH):
        answer = client.post(path, {"inputs": [{"id": deal} for deal in chunk]})
        _not_found(answer)
        for result in answer["results"]:
            if result["to"]:
                chosen = min(result["to"], key=lambda to: (not _is_primary(to), int(to["toObjectId"])))
                contacts[str(result["from"]["id"])] = str(chosen["toObjectId"])
    return contacts


def _is_primary(associated: Mapping[str, Any]) -> bool:
    labels = (kind.get("label") or "" for kind in associated.get("associationTypes") or ())
    return any(_PRIMARY in label.lower() for label in labels)


def _not_found(answer: Json) -> set[str]:
    """The ids of which a partial answer (207) says that they are not there.

    Raises:
        SourceError: it failed for another reason, in part.
    """
    ids: set[str] = set()
    for error in answer.get("errors") or ():
        category = str(error.get("category") or "an error without a category")
        if category != _NOT_FOUND:
            raise SourceError(
                f"HubSpot answered a batch in part only: {category}.",
                advice=LATER,
            )
        ids.update(str(one) for one in (error.get("context") or {}).get("ids") or ())
    return ids
