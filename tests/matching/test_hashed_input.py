"""A value that arrives hashed is sent as it is, never hashed again; what only looks hashed is refused."""

from __future__ import annotations

import polars as pl
import pytest

from matching import FIELDS, explain_row, identifiers
from tests.matching.asking import answer, normal, reason, sha256

HASH = sha256("ann@example.com")
EMPTY_HASH = sha256("")
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
MD5_IN_BASE64 = "1B2M2Y8AsgTpgAmY7PhCfg=="
HASHED_FIELDS = [(rule.platform, rule.column) for rule in FIELDS if rule.form == "hashed"]


@pytest.mark.parametrize(("platform", "field"), HASHED_FIELDS)
def test_a_sha256_passes_through_in_lower_case(platform, field):
    assert answer(platform, field, f" {HASH.upper()} ") == {"normalized": HASH, "sha256": HASH}


@pytest.mark.parametrize(("platform", "field"), [pair for pair in HASHED_FIELDS if pair[1] != "external_id"])
def test_an_md5_is_refused(platform, field):
    assert reason(platform, field, MD5).startswith("an MD5 matches nobody")
    assert reason(platform, field, MD5_IN_BASE64).startswith("an MD5 in base64 matches nobody")


@pytest.mark.parametrize("written", [EMPTY_HASH, EMPTY_HASH.upper(), f" {EMPTY_HASH.title()} "])
@pytest.mark.parametrize(("platform", "field"), HASHED_FIELDS)
def test_the_sha256_of_an_empty_text_is_a_placeholder(platform, field, written):
    assert "placeholder" in reason(platform, field, written)


def test_many_empty_cells_that_were_hashed_do_not_become_one_person():
    frame = pl.DataFrame({"email": [HASH, EMPTY_HASH, EMPTY_HASH.upper()]})

    found = identifiers(frame, "meta", None)
    assert found["id.em"].to_list() == [HASH, None, None]
    assert found["refused.em"].to_list() == [False, True, True]


def test_an_empty_country_that_was_hashed_leaves_the_client_s():
    row = {"phone": "06 12 34 56 78", "country": EMPTY_HASH}

    assert explain_row(row, "google", "FR")["phone"]["normalized"] == "+33612345678"


@pytest.mark.parametrize("written", [MD5.upper(), MD5_IN_BASE64])
def test_an_external_id_that_looks_like_an_md5_is_an_id(written):
    assert normal("meta", "external_id", written) == written.lower()


def test_a_sha256_in_base64_is_refused():
    assert "base64" in reason("google", "email", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")


def test_a_hash_is_no_value_for_a_field_that_is_sent_in_clear():
    assert normal("google", "country", HASH) is None
    assert normal("google", "postal_code", HASH) is None


def test_a_hashed_country_leaves_national_numbers_without_one():
    assert "add country" in reason("meta", "phone", "06 12 34 56 78", country=HASH)


@pytest.mark.parametrize("length", [24, 32, 44, 64])
def test_an_address_as_long_as_a_hash_is_an_address(length):
    address = "a" * (length - len("@example.com")) + "@example.com"

    assert answer("meta", "email", address) == {"normalized": address, "sha256": sha256(address)}


@pytest.mark.parametrize("value", ["é" * 16, "g" * 32, "g" * 24, "g" * 23 + "=", "ab-" * 21 + "c"])
def test_a_text_as_long_as_a_hash_is_hashed_where_it_is_none(value):
    assert normal("meta", "external_id", value) == value
