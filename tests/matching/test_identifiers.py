"""A frame of stage entries becomes a frame of identifiers: same rows, same order, the frame untouched."""

from __future__ import annotations

import polars as pl
import pytest

from config.columns import STAGE_ENTRY_COLUMNS
from matching import FIELDS, identifiers
from tests.matching.asking import sha256

IN_CLEAR = {
    "meta": {"fbc", "fbp", "lead_id", "client_ip_address", "client_user_agent"},
    "google": {"postal_code", "region_code", "gclid", "gbraid", "wbraid", "ip_address"},
}
HASHED = {
    "meta": {"em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id"},
    "google": {"email", "phone", "given_name", "family_name"},
}


@pytest.mark.parametrize("platform", ["meta", "google"])
@pytest.mark.parametrize("height", [0, 1, 3])
def test_every_identifier_has_its_column_whatever_the_frame_holds(platform, height):
    frame = pl.DataFrame({"amount": [1.5] * height}, schema={"amount": pl.Float64})

    found = identifiers(frame, platform, "FR")

    outputs = HASHED[platform] | IN_CLEAR[platform]
    assert set(found.columns) == {f"{kind}.{name}" for kind in ("id", "refused") for name in outputs}
    assert found.height == height
    for name in outputs:
        assert found.schema[f"id.{name}"] == (pl.Int64 if name == "lead_id" else pl.String)
        assert found[f"id.{name}"].null_count() == height
        assert found[f"refused.{name}"].to_list() == [False] * height


def test_rows_keep_their_order_and_the_frame_its_values():
    emails = ["B@example.com", " a@example.com ", None, "é", "b@example.com", "", "a@example.com"]
    parts = [pl.DataFrame({"email": emails[:3]}), pl.DataFrame({"email": emails[3:]})]
    frame = pl.concat(parts, rechunk=False)

    found = identifiers(frame, "meta", "FR")

    a, b = sha256("a@example.com"), sha256("b@example.com")
    assert found["id.em"].to_list() == [b, a, None, None, b, None, a]
    assert found["refused.em"].to_list() == [False, False, False, True, False, False, False]
    assert frame["email"].to_list() == emails


def test_a_placeholder_counts_as_refused_and_a_blank_as_absent():
    found = identifiers(pl.DataFrame({"phone": ["n/a", "  ", None, "+33 6 12 34 56 78"]}), "meta", "FR")

    assert found["refused.ph"].to_list() == [True, False, False, False]


def test_columns_of_numbers_are_read_as_text():
    frame = pl.DataFrame(
        {"phone": [16502530000], "external_id": [42.0], "postal_code": [94035], "country": ["US"]},
    )

    found = identifiers(frame, "meta", "FR")

    assert found.select("id.ph", "id.external_id", "id.zp").row(0) == tuple(
        map(sha256, ("16502530000", "42", "94035"))
    )


def test_a_run_s_frame_from_pandas_is_taken_as_it_is():
    import pandas as pd
    import pyarrow as pa

    emails = pd.Series(["ann@example.com", None], dtype=pd.ArrowDtype(pa.string()))
    stamps = pd.Series(pd.to_datetime(["2026-01-01", None], utc=True)).astype(
        pd.ArrowDtype(pa.timestamp("us", tz="UTC"))
    )
    frame = pl.from_pandas(
        pd.DataFrame({"email": emails, "entered_at": stamps, "fbclid": ["IwAR2F4-dbP0l7Mn1"] * 2})
    )

    found = identifiers(frame, "meta", "FR")

    assert found["id.em"].to_list() == [sha256("ann@example.com"), None]
    assert found["id.fbc"].to_list() == ["fb.1.1767225600000.IwAR2F4-dbP0l7Mn1", None]


def test_the_table_names_stage_entry_columns_and_the_page_that_says_so():
    assert {rule.column for rule in FIELDS} <= set(STAGE_ENTRY_COLUMNS)
    assert all(rule.page.startswith("https://developers.") for rule in FIELDS)
    assert len({(rule.platform, rule.column) for rule in FIELDS}) == len(FIELDS)


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_what_is_sent_in_clear_is_what_the_platform_wants_in_clear(platform):
    rules = [rule for rule in FIELDS if rule.platform == platform]

    assert {rule.output for rule in rules if rule.form == "plain"} == IN_CLEAR[platform]
    assert {rule.output for rule in rules if rule.form == "hashed"} == HASHED[platform]
