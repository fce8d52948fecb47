"""Members of audiences as the pipeline hands them to an uploader."""

from __future__ import annotations

from typing import Any

import polars as pl

from tests.uploads.conversions import conversions, sha
from uploads.audiences.base import AudienceSpec, AudienceUploader, Lookalike

SPEC = AudienceSpec("acme/qualified-leads", "Acme qualified leads", value_based=False, membership_days=180)
VALUED = AudienceSpec(
    "acme/customers",
    "Acme customers",
    value_based=True,
    membership_days=540,
    lookalike=Lookalike("Like Acme customers", ("FR",), 0.01),
)


def members(uploader: AudienceUploader, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Members of whom ``rows`` say the identifiers (``id.em``, …), and what they are worth where it is said."""
    known = conversions([{"value": None, **row} for row in rows])
    return known.select(
        member=pl.concat_str(pl.lit("member-"), pl.int_range(pl.len())),
        identifiers=uploader.identifiers(),
        value="value",
        ad_user_data="ad_user_data",
        ad_personalization="ad_personalization",
    )


def people(uploader: AudienceUploader, count: int, name: str, *, value: float | None = None) -> pl.DataFrame:
    """So many members, each with an e-mail under the identifier ``name``."""
    return members(
        uploader, [{f"id.{name}": sha(f"person{n}@example.com"), "value": value} for n in range(count)]
    )
