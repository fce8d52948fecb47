"""Salesforce over the orgs of a world: what is served, and what a test can do to it from inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.salesforce.admin import Admin
from closedwon.sandbox.salesforce.bulk import Bulk
from closedwon.sandbox.salesforce.describe import versions
from closedwon.sandbox.salesforce.editing import Editing
from closedwon.sandbox.salesforce.gate import Gate, both
from closedwon.sandbox.salesforce.logging_in import LoggingIn
from closedwon.sandbox.salesforce.platform import Platform
from closedwon.sandbox.salesforce.reading import Reading
from closedwon.sandbox.salesforce.settings import SalesforceSettings
from closedwon.sandbox.world import World


class SalesforceServer:
    """All orgs of a world behind one address; the token says which org a request is about."""

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._platform = Platform(world, faults, clock)
        self._editing = Editing(self._platform)
        self._bulk = Bulk(self._platform)

    @property
    def settings(self) -> SalesforceSettings:
        """How the server behaves; may be replaced while it serves."""
        return self._platform.settings

    @settings.setter
    def settings(self, settings: SalesforceSettings) -> None:
        with self._platform.lock:
            self._platform.configure(settings)

    def routes(self) -> list[BaseRoute]:
        """Everything under ``/services``."""
        resources = [*Reading(self._platform).resources(), *self._bulk.resources()]
        return [
            *LoggingIn(self._platform).routes(),
            *both("/services/data", _versions),
            *Gate(self._platform).routes(resources),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """What Salesforce itself does not have: changes and settings on demand."""
        return Admin(self._platform, self._editing).routes()

    def report(self) -> dict[str, Any]:
        """Counts of what was asked and answered; ``bulk_jobs_left`` are those that nobody deleted."""
        platform = self._platform
        with platform.lock:
            left = {"bulk_jobs_left": self._bulk.jobs_left()} if platform.counts["bulk_jobs"] else {}
            return {**platform.counts, **left, "refused": dict(platform.refusals)}

    def change(
        self,
        org: str,
        object_name: str,
        record_id: str | None,
        fields: Mapping[str, Any],
        *,
        create: bool = False,
    ) -> str:
        """Change a record as a user would, with stamps and history; returns its id.

        ``org`` is a domain or a consumer key, here and below. With ``create`` an unknown id, or None, makes
        a new record.

        Raises:
            RestError: NOT_FOUND for an unknown org, object or record, INVALID_FIELD… for a field.
        """
        return self._editing.change(org, object_name, record_id, fields, create=create)

    def change_many(
        self, org: str, object_name: str, record_ids: Sequence[str], fields: Mapping[str, Any]
    ) -> list[str]:
        """Change many records in one commit, which gives all of them the same stamp."""
        return self._editing.change_many(org, object_name, record_ids, fields)

    def delete(self, org: str, object_name: str, *record_ids: str) -> None:
        """Put records and what hangs on them into the recycle bin."""
        self._editing.delete(org, object_name, *record_ids)

    def undelete(self, org: str, object_name: str, *record_ids: str) -> None:
        """Take records, and what was deleted along with them, out of the recycle bin."""
        self._editing.undelete(org, object_name, *record_ids)

    def erase(self, org: str, object_name: str, *record_ids: str) -> None:
        """Remove records for good: no query finds them any more."""
        self._editing.erase(org, object_name, *record_ids)

    def merge(
        self,
        org: str,
        object_name: str,
        winner: str,
        losers: Sequence[str],
        *,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """Merge one or two leads, contacts or accounts into another, which ``fields`` may change."""
        self._editing.merge(org, object_name, winner, losers, fields=fields or {})

    def convert(self, org: str, lead: str, **options: Any) -> dict[str, str]:
        """Convert a lead; see :meth:`.editing.Editing.convert`."""
        return self._editing.convert(org, lead, **options)

    def revoke_tokens(self) -> None:
        """End all sessions, as an administrator can."""
        with self._platform.lock:
            self._platform.tokens.revoke_all()

    def revoke_refresh_tokens(self) -> None:
        """End all refresh tokens, as an administrator can."""
        with self._platform.lock:
            self._platform.tokens.revoke_refresh_tokens()


async def _versions(_request: Request) -> Response:
    return JSONResponse(versions())
