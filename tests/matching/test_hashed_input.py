"""A value that arrives hashed is sent as it is, never hashed again; what only looks hashed is refused."""

from __future__ import annotations

import pytest

from matching import FIELDS
from tests.matching.asking import answer, normal, reason, sha256

HASH = sha256("ann@example.com")
HASHED_FIELDS = [(rule.platform, rule.column) for rule in FIELDS if rule.form == "hashed"]


@pytest.mark.parametrize(("platform", "field"), HASHED_FIELDS)
def test_a_sha256_passes_through_in_lower_case(platform, field):
    assert answer(platform, field, f" {HASH.upper()} ") == {"normalized": HASH, "sha256": HASH}


@pytest.mark.parametrize(("platform", "field"), [pair for pair in HASHED_FIELDS if pair[1] != "external_id"])
def test_an_md5_is_refused(platform, field):
    assert "MD5" in reason(platform, field, "d41d8cd98f00b204e9800998ecf8427e")


def test_an_external_id_of_32_hex_digits_is_an_id():
    assert (
        normal("meta", "external_id", "D41D8CD98F00B204E9800998ECF8427E")
        == "d41d8cd98f00b204e9800998ecf8427e"
    )


def test_a_sha256_in_base64_is_refused():
    assert "base64" in reason("google", "email", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")


def test_a_hash_is_no_value_for_a_field_that_is_sent_in_clear():
    assert normal("google", "country", HASH) is None
    assert normal("google", "postal_code", HASH) is None


def test_a_hashed_country_leaves_national_numbers_without_one():
    assert "add country" in reason("meta", "phone", "06 12 34 56 78", country=HASH)


@pytest.mark.parametrize("length", [32, 44, 64])
def test_an_address_as_long_as_a_hash_is_an_address(length):
    address = "a" * (length - len("@example.com")) + "@example.com"

    assert answer("meta", "email", address) == {"normalized": address, "sha256": sha256(address)}


@pytest.mark.parametrize("value", ["é" * 16, "g" * 32, "ab-" * 21 + "c"])
def test_a_text_as_long_as_a_hash_is_hashed_where_it_is_none(value):
    assert normal("meta", "external_id", value) == value
