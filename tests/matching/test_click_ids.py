"""Ids that the platforms handed out pass unchanged, if they have the form that the platforms gave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from matching import identifiers
from tests.matching.asking import answer, normal, reason

FBCLID = "IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB_qa2ofrHyiLjcbCRxTDMgk"
GCLID = "Cj0KCQiA-oqdBhDfARIsAO0TrGFvgm_x-Y"


@pytest.mark.parametrize("field", ["gclid", "gbraid", "wbraid"])
def test_a_google_click_id_passes_in_clear_and_in_its_own_case(field):
    assert answer("google", field, f" {GCLID}\u200b ") == {"normalized": GCLID, "plain": GCLID}


@pytest.mark.parametrize(
    "written",
    [
        "{gclid}",
        "(not set)",
        "undefined",
        "short",
        "a b c d e f g h",
        "test_gclid_12345",
        "YOUR-GCLID-HERE",
        "x" * 20,
        f"gclid={GCLID}",
        "A" * 513,
        "0" * 20,
    ],
)
def test_what_is_no_click_id_is_refused(written):
    assert normal("google", "gclid", written) is None


def test_fbclid_becomes_fbc_with_the_time_at_which_the_lead_was_created():
    made = normal(
        "meta",
        "fbclid",
        FBCLID,
        lead_created_at="2026-01-01T01:00:00.123+01:00",
        entered_at="2026-02-01T00:00:00Z",
    )

    assert made == f"fb.1.1767225600123.{FBCLID}"


def test_fbclid_takes_the_time_of_the_stage_where_the_lead_s_is_unknown():
    assert (
        normal("meta", "fbclid", FBCLID, entered_at="2026-01-01T00:00:00") == f"fb.1.1767225600000.{FBCLID}"
    )


def test_fbclid_without_any_time_is_refused_with_what_to_add():
    assert "lead_created_at" in reason("meta", "fbclid", FBCLID)
    assert "lead_created_at" in reason("meta", "fbclid", FBCLID, entered_at="yesterday")


def test_times_of_a_frame_count_in_any_zone_and_precision():
    moment = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    for unit in ("ms", "us", "ns"):
        times = pl.Series("entered_at", [moment], dtype=pl.Datetime(unit, "UTC"))
        frame = pl.DataFrame({"fbclid": [FBCLID]}).with_columns(times.dt.convert_time_zone("Asia/Tokyo"))
        assert identifiers(frame, "meta", "FR")["id.fbc"].to_list() == [f"fb.1.1767225600000.{FBCLID}"]


def test_times_that_are_text_are_a_mistake_of_the_caller():
    frame = pl.DataFrame({"fbclid": [FBCLID], "entered_at": ["2026-01-01"]})

    with pytest.raises(TypeError, match="entered_at must be a Datetime"):
        identifiers(frame, "meta", "FR")


def test_a_given_fbc_wins_over_fbclid_and_a_bad_one_does_not():
    cookie = "fb.1.1554763741205.AbCdEfGhIjKlMnOp"
    frame = pl.DataFrame(
        {
            "fbc": [cookie, "broken", "broken"],
            "fbclid": [FBCLID, FBCLID, None],
            "entered_at": [datetime(2026, 1, 1, tzinfo=UTC)] * 3,
        }
    )

    found = identifiers(frame, "meta", "FR")

    assert found["id.fbc"].to_list() == [cookie, f"fb.1.1767225600000.{FBCLID}", None]
    assert found["refused.fbc"].to_list() == [False, False, True]


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (
            "fbc",
            "fb.1.1554763741205.AbCdEf",
            ["fb.3.1554763741205.A", "fb.1.15.A", FBCLID, "fb.1.1554763741205."],
        ),
        (
            "fbp",
            "fb.1.1558571054389.1098115397",
            ["fb.1.1558571054389", "fb.1.1558571054389.abc", "1098115397"],
        ),
    ],
)
def test_cookies_are_checked_for_their_form(field, good, bad):
    assert normal("meta", field, good) == good
    assert {normal("meta", field, value) for value in bad} == {None}


@pytest.mark.parametrize(
    "written", ["1234567890123456", "l:1234567890123456", " L:1234567890123456 ", 1234567890123456]
)
def test_a_meta_lead_id_is_an_integer(written):
    assert answer("meta", "meta_lead_id", written) == {
        "normalized": 1234567890123456,
        "plain": 1234567890123456,
    }


def test_a_meta_lead_id_is_an_integer_column():
    found = identifiers(pl.DataFrame({"meta_lead_id": ["l:98765432109876543", "12", None]}), "meta", "FR")

    assert found.schema["id.lead_id"] == pl.Int64
    assert found["id.lead_id"].to_list() == [98765432109876543, None, None]
    assert found["refused.lead_id"].to_list() == [False, True, False]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("12345678901234", "15 to 17 digits"),
        ("123456789012345678", "15 to 17 digits"),
        ("000000000000000", "15 to 17 digits"),
        ("012345678901234", "15 to 17 digits"),
        ("١٢٣٤٥٦٧٨٩٠١٢٣٤٥", "15 to 17 digits"),
        ("00Q5e00001AbCdEFGH", "15 to 17 digits"),
        ("1.23456789012346E+15", "lost digits"),
        ("1234567890123456.0", "lost digits"),
        (12345678901234567.0, "lost digits"),
    ],
)
def test_what_is_no_lead_id_is_refused(written, why):
    assert why in reason("meta", "meta_lead_id", written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::8888"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
    ],
)
def test_a_public_ip_address_passes(written, expected):
    assert normal("meta", "client_ip", written) == expected
    assert normal("google", "client_ip", written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "10.1.2.3",
        "172.31.0.1",
        "192.168.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "203.0.113.9",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "8.8.8",
        "8.8.8.256",
        "8.8.8.8, 1.1.1.1",
        "8.8.8.8:443",
        "localhost",
    ],
)
def test_what_is_no_public_ip_address_is_refused(written):
    assert normal("meta", "client_ip", written) is None


def test_a_user_agent_passes_as_it_was_sent():
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"

    assert answer("meta", "user_agent", agent) == {"normalized": agent, "plain": agent}
