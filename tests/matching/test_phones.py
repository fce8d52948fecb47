"""A phone number is read in the row's country and comes out as E.164; what is not valid is refused, not hashed."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest

from matching import identifiers
from tests.matching.asking import answer, normal, reason, sha256


def e164(written, country=None):
    return normal("google", "phone", written, **({"country": country} if country else {}))


def test_meta_takes_the_digits_and_google_the_plus():
    assert answer("meta", "phone", "06 12 34 56 78", country="FR") == {
        "normalized": "33612345678",
        "sha256": sha256("33612345678"),
    }
    assert answer("google", "phone", "06 12 34 56 78", country="FR") == {
        "normalized": "+33612345678",
        "sha256": sha256("+33612345678"),
    }


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("(020) 7946-0958", "United Kingdom", "+442079460958"),
        ("030 12345678", "DE", "+493012345678"),
        ("06 698 12345", "IT", "+390669812345"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("044 668 18 00", "CH", "+41446681800"),
        ("044 668 18 00", "Schweiz", "+41446681800"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("06 12345678", "NL", "+31612345678"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("011 4444 5555", "AR", "+541144445555"),
        ("(11) 96123-4567", "BR", "+5511961234567"),
        ("0412 345 678", "AU", "+61412345678"),
        ("098765 43211", "IN", "+919876543211"),
        ("650-253-0000", "US", "+16502530000"),
    ],
)
def test_a_national_number_is_read_in_the_country_of_the_row(written, country, expected):
    assert e164(written, country) == expected


@pytest.mark.parametrize("country", [None, "FR", "US", "JP"])
@pytest.mark.parametrize(
    "written",
    [
        "+44 20 7946 0958",
        "+44 (0)20 7946 0958",
        "+44(0) 20 7946 0958",
        "+44-20-7946-0958",
        "+44.20.7946.0958",
        "0044 20 7946 0958",
        "00 44 (0) 20 7946 0958",
        "+0044 20 7946 0958",
        "tel:+442079460958",
        "'+442079460958",
        "＋４４ ２０ ７９４６ ０９５８",
        "+٤٤٢٠٧٩٤٦٠٩٥٨",
        "\u202a+44 20 7946 0958\u202c",
        "+44\u00a020\u200b7946\u20110958",
        "+44 20 7946 0958 ext. 12",
        "+44 20 7946 0958 x12",
    ],
)
def test_an_international_number_needs_no_country(written, country):
    assert e164(written, country) == "+442079460958"


def test_the_north_american_prefix_for_abroad_is_understood_there():
    assert e164("011 44 20 7946 0958", "US") == "+442079460958"


def test_a_country_code_without_plus_is_understood_in_its_own_country_only():
    assert e164("33612345678", "FR") == "+33612345678"
    assert e164("33612345678", "US") is None


def test_the_country_of_the_row_wins_over_the_default():
    frame = pl.DataFrame({"phone": ["020 7946 0958", "06 12 34 56 78"], "country": ["GB", None]})

    assert identifiers(frame, "google", "FR")["id.phone"].to_list() == [
        sha256("+442079460958"),
        sha256("+33612345678"),
    ]


def test_a_country_that_is_not_understood_is_not_replaced_by_the_default():
    frame = pl.DataFrame(
        {"phone": ["06 12 34 56 78", "+33 6 12 34 56 78"], "country": ["Atlantis", "Atlantis"]}
    )

    found = identifiers(frame, "google", "FR")

    assert found["id.phone"].to_list() == [None, sha256("+33612345678")]
    assert found["refused.phone"].to_list() == [True, False]


def test_a_country_left_out_with_a_placeholder_is_replaced_by_the_default():
    frame = pl.DataFrame({"phone": ["06 12 34 56 78"], "country": ["n/a"]})

    assert identifiers(frame, "google", "FR")["id.phone"].to_list() == [sha256("+33612345678")]


def test_a_number_that_a_spreadsheet_made_decimal_is_mended():
    assert e164("33612345678.0", "FR") == "+33612345678"
    assert e164(33612345678, "FR") == "+33612345678"


@pytest.mark.parametrize(
    ("written", "country", "why"),
    [
        ("06 12 34 56 78", None, "add country"),
        ("06 12 34 56", "FR", "not a valid phone number"),
        ("+33 1", "FR", "not a phone number|not a valid phone number"),
        ("+999 123456789", None, "not a valid phone number"),
        ("555-0100", "US", "not a valid phone number"),
        ("0000000000", "US", "not a valid phone number"),
        ("06 00 00 00 00", "FR", "made-up"),
        ("3.36399E+10", "FR", "scientific notation"),
        ("call me", "FR", "expected digits"),
        ("unknown", "FR", "placeholder"),
    ],
)
def test_a_refused_number_says_what_to_do(written, country, why):
    said = reason("meta", "phone", written, **({"country": country} if country else {}))

    assert any(part in said for part in why.split("|"))


def _written_forms():
    """Every region's example numbers of every type, as people write them, some mutilated; from a seed."""
    chance = random.Random(20261122)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            for form in (1, 2):
                text = phonenumbers.format_number(example, form)
                digit = chance.randrange(len(text))
                yield text, region
                yield text.replace(" ", "-"), region
                yield f"{text} ext. 7", region
                yield text.replace("+", "00"), "FR"
                yield text[:-1], region
                yield text[:digit] + chance.choice("0123456789") + text[digit + 1 :], region


def _reference(text, region):
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None if len(set(written[-8:])) == 1 else written


def test_every_region_s_numbers_come_out_as_the_reference_implementation_reads_them():
    written = [(text, region) for text, region in _written_forms() if region not in {"AC", "TA", "XK"}]
    frame = pl.DataFrame(written, schema=["phone", "country"], orient="row")

    found = identifiers(frame, "google", None)["id.phone"].to_list()
    expected = [_reference(text, region) for text, region in written]

    refused = [
        pair for pair, ours, theirs in zip(written, found, expected, strict=True) if theirs and not ours
    ]
    wrong = [
        pair
        for pair, ours, theirs in zip(written, found, expected, strict=True)
        if ours and theirs and ours != sha256(theirs)
    ]
    accepted = sum(ours is not None and theirs is None for ours, theirs in zip(found, expected, strict=True))
    assert len(written) > 10_000
    assert refused == []
    assert wrong == []
    # The fast implementation's numbering plans are a little older, and accept a range or two that are gone.
    assert accepted <= len(written) // 2_000
