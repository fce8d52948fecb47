"""One object, from ids to stage entries, and what the user should know of them in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import polars as pl

from connectors.base import Gone, SourceContext
from connectors.hubspot.client import Client, Json
from connectors.hubspot.errors import DeniedError
from connectors.hubspot.history import entered_stages, has_history, past_stages, stage_times
from connectors.hubspot.objects import CONTACT
from connectors.hubspot.plan import ReadPlan
from connectors.hubspot.record_frames import as_persons, contact_frame, record_frame, with_contacts
from connectors.hubspot.records import Found, contacts_of_deals, gone_of, read_records
from connectors.stages import entries_of


class ObjectReader:
    """Reads one object by its plan, and keeps count of what was left out or is not exact."""

    def __init__(self, client: Client, plan: ReadPlan, context: SourceContext) -> None:
        self._client = client
        self._plan = plan
        self._context = context
        self._unmapped: Counter[str] = Counter()
        self._approximate = 0
        self._history_hidden = False

    def read(self, ids: Sequence[str]) -> tuple[pd.DataFrame, tuple[Gone, ...]]:
        """The stage entries of the records of ``ids``, and which records exist no more."""
        found = self._found(ids)
        records = record_frame(found.records, self._plan)
        completed = self._with_persons(records)
        times = stage_times(records, self._known(found.records))
        entries, unmapped = entries_of(
            times,
            completed,
            funnel=self._plan.stages.funnel,
            names=self._plan.stages.names,
            object_name=self._plan.model.name,
            context=self._context,
        )
        self._unmapped += unmapped
        self._approximate += int(entries["time_basis"].notna().sum())
        return entries, tuple(gone_of(self._plan.model, found))

    def notes(self) -> tuple[str, ...]:
        """What the user should know, once all is read."""
        key, said = self._plan.model.stage_key, []
        if self._history_hidden:
            said.append(
                f"the history of {key} cannot be read; each stage is dated by HubSpot's own date of entering it, "
                "so of a stage that was entered twice only the later time is known."
            )
        if self._approximate:
            said.append(
                f"{key}: nothing tells when {self._approximate:,} entries began; "
                "they are dated by the record's last change, so their times are approximate."
            )
        if self._unmapped:
            listed = ", ".join(f"{name} ({count:,})" for name, count in sorted(self._unmapped.items()))
            said.append(f"{key}: stages that the client's file does not map were left out: {listed}.")
        return tuple(said)

    def _found(self, ids: Sequence[str]) -> Found:
        model = self._plan.model
        if not self._history_hidden:
            properties = self._plan.properties(entered=False)
            try:
                found = read_records(self._client, model, ids, properties, model.stage_property)
            except DeniedError:
                # Whether it is the history that may not be read, or the records, shows without it.
                found = None
            if found is not None and has_history(found.records, model.stage_property):
                return found
        found = read_records(self._client, model, ids, self._plan.properties(entered=True))
        self._history_hidden = True
        return found

    def _known(self, records: Sequence[Json]) -> pl.DataFrame:
        if self._history_hidden:
            return entered_stages(records, self._plan.entered)
        return past_stages(records, self._plan.model.stage_property)

    def _with_persons(self, records: pl.DataFrame) -> pl.DataFrame:
        """``records`` with the columns of the person whom each is about."""
        if self._plan.model is CONTACT:
            return as_persons(records)
        contact_of = contacts_of_deals(self._client, records["record"].to_list())
        ids = list(dict.fromkeys(contact_of.values()))
        contacts = read_records(self._client, CONTACT, ids, self._plan.contact_properties())
        persons = as_persons(contact_frame(contacts.records, self._plan))
        # A contact may have been merged since its association was read.
        present = {deal: contacts.merged.get(contact, contact) for deal, contact in contact_of.items()}
        return with_contacts(records, persons, present)
