"""Changes as HubSpot makes them: histories grow, dates move, merges make a new record, privacy deletions leave nothing.

Pages: "Updated merge functionality for contacts and companies" (both ids lead to a new record), "Archive", "GDPR
delete" of the API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from closedwon.sandbox.hubspot.errors import HubSpotError, invalid, no_such_object
from closedwon.sandbox.hubspot.schema import CONTACTS, DATE_ENTERED, DEALS, LIFECYCLE, Entity
from closedwon.sandbox.hubspot.store import PortalStore
from closedwon.sandbox.hubspot.times import to_the_millisecond
from closedwon.sandbox.world import PortalRecord, PropertyVersion

History = Mapping[str, tuple[PropertyVersion, ...]]

_READ_ONLY = frozenset(["hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate"])
_MERGE = "MERGE_OBJECTS"
_RANK = {stage: rank for rank, (stage, _) in enumerate(LIFECYCLE)}


class Changes:
    """Makes changes in one portal; search sees each ``lag`` later."""

    def __init__(self, store: PortalStore, lag: timedelta) -> None:
        self._store = store
        self._lag = lag

    def create(
        self, entity: Entity, properties: Mapping[str, str], now: datetime, *, at: datetime | None = None
    ) -> str:
        """A new record, created ``at`` a moment (else now); returns its id.

        Raises:
            HubSpotError: 400 for a property or a value that the portal does not know.
        """
        self._check(entity, properties)
        moment, modified = to_the_millisecond(at or now), to_the_millisecond(now)
        values = self._derived(entity, dict(properties))
        first = {name: (PropertyVersion(value, moment),) for name, value in values.items()}
        record = PortalRecord(self._store.next_id(entity), moment, modified, values, first)
        self._put(entity, record, now)
        return record.id

    def update(
        self,
        entity: Entity,
        record_id: str,
        properties: Mapping[str, str],
        now: datetime,
        *,
        at: datetime | None = None,
    ) -> str:
        """Set properties; their new versions begin ``at`` a moment (else now), the record is modified now.

        Raises:
            HubSpotError: 404 for an unknown record, 400 as for :meth:`create`.
        """
        record = self._known(entity, record_id)
        self._check(entity, properties)
        moment = to_the_millisecond(at or now)
        values = self._derived(entity, {**record.properties, **properties})
        history = dict(record.history)
        for name, value in values.items():
            if value != record.properties.get(name):
                history[name] = (*_versions(record, name), PropertyVersion(value, moment))
        changed = replace(record, properties=values, history=history, updated_at=to_the_millisecond(now))
        self._put(entity, changed, now)
        return record.id

    def touch(self, entity: Entity, record_ids: Iterable[str], moment: datetime, now: datetime) -> None:
        """Give many records one modification date, as an import or a workflow does."""
        for record_id in record_ids:
            record = self._known(entity, record_id)
            self._put(entity, replace(record, updated_at=to_the_millisecond(moment)), now)

    def archive(self, entity: Entity, record_id: str, now: datetime) -> None:
        """Put a record into the recycling bin."""
        record = self._known(entity, record_id)
        self._put(entity, replace(record, archived_at=to_the_millisecond(now)), now)

    def restore(self, entity: Entity, record_id: str, now: datetime) -> None:
        """Take a record out of the recycling bin."""
        record = self._store.find(entity, record_id, archived=True)
        if record is None:
            raise no_such_object(record_id)
        self._put(entity, replace(record, archived_at=None, updated_at=to_the_millisecond(now)), now)

    def erase(self, entity: Entity, record_id: str, now: datetime) -> None:
        """Delete a record for good, as a privacy deletion does: nothing anywhere tells of it any more."""
        record = self._store.find(entity, record_id) or self._store.find(entity, record_id, archived=True)
        if record is None:
            raise no_such_object(record_id)
        self._store.remove(entity, record.id, now + self._lag)
        self._reassociate(entity, {record.id: None})

    def merge(
        self, entity: Entity, primary_id: str, merged_id: str, now: datetime, *, keep_id: bool = False
    ) -> str:
        """Merge two records into a new one, whose id is returned; ``keep_id`` keeps the primary's, as before 2025.

        Raises:
            HubSpotError: 404 for an unknown record, 400 for one that would be merged with itself.
        """
        primary, merged = self._known(entity, primary_id), self._known(entity, merged_id)
        if primary.id == merged.id:
            raise invalid("Cannot merge an object with itself")
        record_id = primary.id if keep_id else self._store.next_id(entity)
        losers = [merged.id] if keep_id else [primary.id, merged.id]
        for loser in losers:
            self._store.remove(entity, loser, now + self._lag, into=record_id)
        self._put(entity, _merged(entity, record_id, primary, merged, losers, now), now)
        self._reassociate(entity, dict.fromkeys(losers, record_id))
        return record_id

    def associate(self, deal_id: str, contact_ids: list[str]) -> None:
        """Let a deal have these contacts and no others."""
        self._known(DEALS, deal_id)
        self._store.portal.deal_contacts[deal_id] = [self._known(CONTACTS, key).id for key in contact_ids]

    def _known(self, entity: Entity, record_id: str) -> PortalRecord:
        record = self._store.find(entity, record_id)
        if record is None:
            raise no_such_object(record_id)
        return record

    def _put(self, entity: Entity, record: PortalRecord, now: datetime) -> None:
        self._store.put(entity, record, now + self._lag)

    def _check(self, entity: Entity, properties: Mapping[str, str]) -> None:
        defined = self._store.definitions(entity)
        for name, value in properties.items():
            if name not in defined:
                message = f'Property "{name}" does not exist'
                raise HubSpotError(400, message, "VALIDATION_ERROR", {"subCategory": "PROPERTY_DOESNT_EXIST"})
            if name in _READ_ONLY or name.startswith(DATE_ENTERED):
                raise invalid(f'"{name}" is a read only property; its value cannot be set')
            options = [option for option, _ in defined[name].options]
            if options and value and value not in options:
                raise invalid(f"{value} was not one of the allowed options: {options}")

    def _derived(self, entity: Entity, values: dict[str, str]) -> dict[str, str]:
        """What HubSpot works out of a deal's stage and amount."""
        if entity is not DEALS:
            return values
        stages = {stage.id: stage for pipeline in self._store.portal.pipelines for stage in pipeline.stages}
        stage = stages.get(values.get("dealstage", ""))
        if stage is not None:
            values["hs_is_closed"] = str(stage.closed).lower()
            values["hs_is_closed_won"] = str(stage.closed and stage.probability == 1).lower()
        if values.get("deal_currency_code", self._store.portal.currency) == self._store.portal.currency:
            values["amount_in_home_currency"] = values.get("amount", "")
        return values

    def _reassociate(self, entity: Entity, moved: Mapping[str, str | None]) -> None:
        """Hang associations of records that are gone on those that they became, or drop them."""
        known = self._store.portal.deal_contacts
        if entity is CONTACTS:
            for deal, contacts in known.items():
                kept = [moved.get(contact, contact) for contact in contacts]
                known[deal] = list(dict.fromkeys(contact for contact in kept if contact is not None))
            return
        for deal, into in moved.items():
            contacts = known.pop(deal, [])
            if into is not None:
                known[into] = list(dict.fromkeys([*known.get(into, []), *contacts]))


def _versions(record: PortalRecord, name: str) -> tuple[PropertyVersion, ...]:
    value = record.properties.get(name)
    first = () if value is None else (PropertyVersion(value, record.created_at),)
    return record.history.get(name, first)


def _merged(
    entity: Entity,
    record_id: str,
    primary: PortalRecord,
    merged: PortalRecord,
    losers: list[str],
    now: datetime,
) -> PortalRecord:
    """The primary's values before the other's, both histories in one, the older creation date."""
    moment = to_the_millisecond(now)
    values = {**merged.properties, **primary.properties}
    if entity is CONTACTS:
        stages = [record.properties.get("lifecyclestage", "") for record in (primary, merged)]
        values["lifecyclestage"] = max(stages, key=lambda stage: _RANK.get(stage, -1))
    earlier = [
        known
        for record in (primary, merged)
        for known in record.properties.get("hs_merged_object_ids", "").split(";")
        if known
    ]
    values["hs_merged_object_ids"] = ";".join(dict.fromkeys([*earlier, *losers]))
    history: dict[str, tuple[PropertyVersion, ...]] = {}
    for name, value in values.items():
        versions = sorted(
            (*_versions(primary, name), *_versions(merged, name)), key=lambda version: version.at
        )
        if not versions or versions[-1].value != value:
            versions.append(PropertyVersion(value, moment, _MERGE))
        history[name] = tuple(versions)
    created = min(primary.created_at, merged.created_at)
    return PortalRecord(record_id, created, moment, values, history)
