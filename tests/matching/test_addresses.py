"""Cities, states and postal codes come out as each platform asks, by the row's country."""

from __future__ import annotations

import polars as pl
import pytest

from matching import identifiers
from matching.us_states import US_STATE_CODES
from tests.matching.asking import answer, normal, reason


@pytest.mark.parametrize(
    "written",
    [
        *("California", "CALIFORNIA", "CA", "ca.", " Ca ", "C.A.", "Calif.", "Cal."),
        *("US-CA", "CA - California", "California (CA)", "State of California", "California, USA"),
    ],
)
def test_a_state_of_the_united_states_becomes_its_code(written):
    assert normal("meta", "state", written, country="US") == "ca"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("D.C.", "dc"), ("District of Columbia", "dc"), ("Washington, D.C.", "dc"), ("Washington", "wa")),
        *(
            ("Puerto Rico", "pr"),
            ("Guam", "gu"),
            ("U.S. Virgin Islands", "vi"),
            ("Armed Forces Europe", "ae"),
        ),
        *(
            ("New York", "ny"),
            ("N.Y.", "ny"),
            ("New York State", "ny"),
            ("W. Va.", "wv"),
            ("N. Carolina", "nc"),
        ),
    ],
)
def test_districts_and_territories_count_as_states(written, code):
    assert normal("meta", "state", written, country="United States") == code


def test_states_elsewhere_keep_their_names():
    assert normal("meta", "state", "Île-de-France", country="FR") == "îledefrance"
    assert normal("meta", "state", "New South Wales", country="AU") == "newsouthwales"
    assert normal("meta", "state", "NA", country="IT") == "na"


def test_every_code_of_a_state_stands_for_itself():
    for code in set(US_STATE_CODES.values()):
        assert US_STATE_CODES[code] == code
        assert len(code) == 2


def test_codes_of_provinces_elsewhere_stay_as_written():
    # Meta's page asks for codes in the United States only.
    assert normal("meta", "state", "ON", country="CA") == "on"
    assert normal("meta", "state", "Ontario", country="CA") == "ontario"


@pytest.mark.parametrize("written", ["Bavaria", "ZZ", "Ontario"])
def test_an_unknown_state_of_the_united_states_is_refused(written):
    assert "its name or code" in reason("meta", "state", written, country="US")


@pytest.mark.parametrize(
    ("written", "country", "for_meta", "for_google"),
    [
        ("94035", "US", "94035", "94035"),
        ("94035-1234", "US", "94035", "94035-1234"),
        ("940351234", "US", "94035", "94035-1234"),
        ("94035 1234", "US", "94035", "94035-1234"),
        ("94035.0", "US", "94035", "94035"),
        ("m1 1ae", "GB", "m11ae", "M1 1AE"),
        ("1229-076", "PT", "1229076", "1229-076"),
        ("K1A 0B1", "CA", "k1a0b1", "K1A 0B1"),
        ("〒100-0001", "JP", "1000001", "100-0001"),
        ("75001", "FR", "75001", "75001"),
        ("00901-1234", "PR", "00901", "00901-1234"),
        ("F-75001", "FR", "75001", "75001"),
        ("D 10115", "DE", "10115", "10115"),
        ("CH–8001", "CH", "8001", "8001"),
        ("LV-1010", "LV", "lv1010", "LV-1010"),
        ("1012ab", "NL", "1012ab", "1012AB"),
        ("NL-1012 AB", "NL", "1012ab", "1012 AB"),
        ("sw1a  2aa", "GB", "sw1a2aa", "SW1A 2AA"),
        ("1000001", "JP", "1000001", "1000001"),
        ("１００－０００１", "JP", "1000001", "100-0001"),
        ("100−0001", "JP", "1000001", "100-0001"),
        ("01310–100", "BR", "01310100", "01310-100"),
        ("١٢٣٤٥", "SA", "12345", "12345"),
        ("۱۲۳۴۵۶۷۸۹۰", "IR", "1234567890", "1234567890"),
        ("११०००१", "IN", "110001", "110001"),
        ("٩٤٠٣٥—١٢٣٤", "US", "94035", "94035-1234"),
        ("01310-100", "BR", "01310100", "01310-100"),
        ("110 00", "CZ", "11000", "110 00"),
        ("1229", "PT", "1229", "1229"),
        ("D02 AF30", "IE", "d02af30", "D02 AF30"),
        ("AD500", "AD", "ad500", "AD500"),
    ],
)
def test_a_postal_code_has_each_platform_s_form(written, country, for_meta, for_google):
    assert normal("meta", "postal_code", written, country=country) == for_meta
    assert answer("google", "postal_code", written, country=country) == {
        "normalized": for_google,
        "plain": for_google,
    }


@pytest.mark.parametrize(
    ("written", "country"),
    [
        *(("ABCDE", "US"), ("see notes, please", "FR"), ("00000", "FR"), ("75001 Paris", "FR")),
        *(
            ("D-10115", "FR"),
            ("SW1A", "GB"),
            ("M1-AE", "GB"),
            ("K1A", "CA"),
            ("Hong Kong", "HK"),
            ("Paris", None),
        ),
    ],
)
def test_what_is_no_postal_code_is_refused(written, country):
    assert normal("meta", "postal_code", written, country=country) is None
    assert normal("google", "postal_code", written, country=country) is None


@pytest.mark.parametrize(
    ("written", "country", "digits"),
    [
        ("1234", "US", "five"),
        ("1000", "FR", "5"),
        ("8001", "ES", "5"),
        ("800", "AU", "4"),
        ("1310100", "BR", "8"),
    ],
)
def test_a_postal_code_that_lost_its_zero_is_refused_with_the_cause(written, country, digits):
    for platform in ("meta", "google"):
        said = reason(platform, "postal_code", written, country=country)
        assert f"expected {digits} digits (did a spreadsheet drop a leading zero?)" in said


def test_a_refused_postal_code_of_letters_is_told_an_example():
    assert "such as M1 1AE" in reason("google", "postal_code", "SW1A", country="GB")


def test_a_city_loses_spaces_and_punctuation():
    assert normal("meta", "city", "Saint-Étienne") == "saintétienne"
    assert normal("meta", "city", "'s-Hertogenbosch") == "shertogenbosch"
    assert normal("meta", "city", "Città di Castello") == "cittàdicastello"
    assert normal("meta", "city", "東京") == "東京"


def test_an_address_without_a_country_is_in_the_client_s_country():
    frame = pl.DataFrame(
        {
            "email": ["ann@example.com"] * 3,
            "postal_code": ["75001", None, "10115"],
            "country": [None, None, "DE"],
        }
    )

    found = identifiers(frame, "google", "FR")

    assert found["id.region_code"].to_list() == ["FR", None, "DE"]
    assert found["refused.region_code"].to_list() == [False, False, False]
