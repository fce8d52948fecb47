"""Edits of an org's records as its users make them, each one commit of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from closedwon.sandbox.salesforce.conversion import convert
from closedwon.sandbox.salesforce.errors import not_found
from closedwon.sandbox.salesforce.platform import Platform, Tenant
from closedwon.sandbox.salesforce.recycling import Recycling
from closedwon.sandbox.salesforce.store import Write


class Editing:
    """Changes records of any org; ``org`` is a domain or a consumer key."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def change(
        self,
        org: str,
        object_name: str,
        record_id: str | None,
        fields: Mapping[str, Any],
        *,
        create: bool = False,
    ) -> str:
        """Change or create one record; returns its id.

        Raises:
            RestError: NOT_FOUND for an unknown org, object or record, INVALID_FIELD… for a field.
        """
        with self._platform.lock:
            tenant, now = self._platform.tenant(org), self._platform.now()
            known = record_id is not None and tenant.store.latest(object_name, record_id) is not None
            if record_id is not None and (known or not create):
                writes = tenant.changes.update(object_name, record_id, fields, now)
            elif create:
                writes = tenant.changes.create(object_name, record_id, fields, now)
            else:
                raise not_found()
            self._platform.commit(tenant, writes)
            return str(writes[0][1]["Id"])

    def change_many(
        self, org: str, object_name: str, record_ids: Sequence[str], fields: Mapping[str, Any]
    ) -> list[str]:
        """Change many records in one commit: all of them get the same stamp."""
        with self._platform.lock:
            tenant, now = self._platform.tenant(org), self._platform.now()
            writes: list[Write] = []
            for record_id in record_ids:
                writes += tenant.changes.update(object_name, record_id, fields, now)
            self._platform.commit(tenant, writes)
            return list(record_ids)

    def delete(self, org: str, object_name: str, *record_ids: str) -> None:
        """Put records and their dependents into the recycle bin."""
        with self._platform.lock:
            tenant = self._platform.tenant(org)
            writes = _bin(tenant).delete(object_name, record_ids, self._platform.now())
            self._platform.commit(tenant, writes)

    def undelete(self, org: str, object_name: str, *record_ids: str) -> None:
        """Take records, and what was deleted along with them, out of the recycle bin."""
        with self._platform.lock:
            tenant = self._platform.tenant(org)
            writes = _bin(tenant).undelete(object_name, record_ids, self._platform.now())
            self._platform.commit(tenant, writes)

    def erase(self, org: str, object_name: str, *record_ids: str) -> None:
        """Remove records and their dependents for good, deleted before or not: no query finds them."""
        with self._platform.lock:
            tenant = self._platform.tenant(org)
            gone: dict[str, list[str]] = {}
            for name, record in _bin(tenant).with_dependents(object_name, record_ids):
                gone.setdefault(name, []).append(record["Id"])
            for name, ids in gone.items():
                tenant.store.remove(name, ids)

    def merge(
        self,
        org: str,
        object_name: str,
        winner: str,
        losers: Sequence[str],
        *,
        fields: Mapping[str, Any],
    ) -> None:
        """Merge one or two leads, contacts or accounts into another, which ``fields`` may change.

        Raises:
            RestError: NOT_FOUND or ENTITY_IS_DELETED for a record, INVALID_OPERATION for what cannot be merged.
        """
        with self._platform.lock:
            tenant = self._platform.tenant(org)
            writes = _bin(tenant).merge(object_name, winner, losers, fields, self._platform.now())
            self._platform.commit(tenant, writes)

    def convert(
        self,
        org: str,
        lead: str,
        *,
        status: str = "Closed - Converted",
        contact: Mapping[str, Any] | None = None,
        opportunity: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """Convert a lead into a new account, contact and opportunity with the contact as its primary one.

        ``contact`` and ``opportunity`` set fields of theirs; a lead's custom fields are mapped to nothing, as in
        a new org. Returns the ids by object.

        Raises:
            RestError: NOT_FOUND for the lead, CANNOT_UPDATE_CONVERTED_LEAD where it was converted already.
        """
        with self._platform.lock:
            tenant, now = self._platform.tenant(org), self._platform.now()
            writes, ids = convert(
                tenant.store, tenant.changes, lead, status, contact or {}, opportunity or {}, now
            )
            self._platform.commit(tenant, writes)
            return ids


def _bin(tenant: Tenant) -> Recycling:
    return Recycling(tenant.store, tenant.changes)
