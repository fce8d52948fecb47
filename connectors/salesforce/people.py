"""The person of an opportunity: its contact, else the contact of its primary role, else its person account."""

from __future__ import annotations

import polars as pl

from connectors.salesforce.api.client import Client
from connectors.salesforce.records.related import Related
from connectors.salesforce.schema.person_accounts import only_of_persons
from connectors.salesforce.schema.plan import CONTACT, ROLES, ReadPlan


class PeopleReader:
    """Completes opportunities by what other records say of their person, never mixing two people's data.

    ``Opportunity.ContactId`` follows the primary role, but not every integration user may see it, and it is empty
    for person accounts.
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunitycontactrole.htm
    """

    def __init__(self, client: Client, plan: ReadPlan) -> None:
        self._client = client
        self._plan = plan
        paths = (path for paths in plan.columns.values() for path in paths)
        self._contact_paths = tuple(dict.fromkeys(path for path in paths if path.startswith(CONTACT)))

    def completed(self, records: pl.DataFrame) -> pl.DataFrame:
        """``records`` with every column of the plan, one person each, and that person's id as ``contact``."""
        absent = [path for path in self._contact_paths if path not in records.columns]
        nothing = pl.lit(None, dtype=pl.String)
        contact, own_contact = self._plan.facts.get("contact"), self._plan.facts.get("person_contact")
        records = records.with_columns(
            *(nothing.alias(path) for path in absent), contact=pl.col(contact) if contact else nothing
        )
        if self._plan.has_roles:
            records = self._with_roles(records)
        records = only_of_persons(records, self._plan.twins, contact="contact", own_contact=own_contact)
        return records.with_columns(contact=pl.coalesce("contact", own_contact)) if own_contact else records

    def _with_roles(self, records: pl.DataFrame) -> pl.DataFrame:
        """Opportunities without a contact of their own, by the contact of their primary role."""
        alone = records.filter(pl.col("contact").is_null())["Id"].to_list()
        if not alone:
            return records
        filled = ("contact", *self._contact_paths)
        fields = ("OpportunityId", "ContactId", *self._contact_paths)
        roles = (
            Related(ROLES, "OpportunityId", fields, "IsPrimary = TRUE")
            .rows(self._client, alone)
            .unique("OpportunityId", keep="first", maintain_order=True)
            .rename({"ContactId": "contact"})
            .rename({name: f"role.{name}" for name in filled})
        )
        joined = records.join(
            roles, left_on="Id", right_on="OpportunityId", how="left", maintain_order="left"
        )
        return joined.with_columns(pl.coalesce(name, f"role.{name}").alias(name) for name in filled).drop(
            f"role.{name}" for name in filled
        )
