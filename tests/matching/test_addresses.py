"""Cities, states, postal codes and countries come out as each platform asks, by the row's country."""

from __future__ import annotations

import polars as pl
import pytest

from matching import identifiers
from tests.matching.asking import answer, normal, reason, sha256


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("FR", "FR"),
        ("fra", "FR"),
        ("FRANCE", "FR"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Österreich", "AT"),
        ("Osterreich", "AT"),
        ("España", "ES"),
        ("Schweiz", "CH"),
        ("Ελλάδα", "GR"),
        ("日本", "JP"),
        ("中国", "CN"),
        ("한국", "KR"),
        ("Россия", "RU"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("The Netherlands", "NL"),
        ("Côte d’Ivoire", "CI"),
        ("Korea, Republic of", "KR"),
        ("Republic of Korea", "KR"),
        ("South Korea", "KR"),
        ("Tanzania", "TZ"),
        ("Turkey", "TR"),
        ("NA", "NA"),
    ],
)
def test_a_country_is_understood_by_code_name_and_nickname(written, code):
    assert answer("google", "country", written) == {"normalized": code, "plain": code}
    assert answer("meta", "country", written) == {"normalized": code.lower(), "sha256": sha256(code.lower())}


@pytest.mark.parametrize("written", ["XX", "Atlantis", "Europe", "n/a", "123"])
def test_what_is_no_country_is_refused(written):
    assert normal("meta", "country", written) is None


@pytest.mark.parametrize("written", ["California", "CALIFORNIA", "CA", "ca.", " Ca "])
def test_a_state_of_the_united_states_becomes_its_code(written):
    assert normal("meta", "state", written, country="US") == "ca"


@pytest.mark.parametrize(
    ("written", "code"),
    [("D.C.", "dc"), ("District of Columbia", "dc"), ("Puerto Rico", "pr"), ("New York", "ny")],
)
def test_districts_and_territories_count_as_states(written, code):
    assert normal("meta", "state", written, country="United States") == code


def test_states_elsewhere_keep_their_names():
    assert normal("meta", "state", "Île-de-France", country="FR") == "îledefrance"
    assert normal("meta", "state", "New South Wales", country="AU") == "newsouthwales"
    assert normal("meta", "state", "NA", country="IT") == "na"


def test_an_unknown_state_of_the_united_states_is_refused():
    assert "its name or code" in reason("meta", "state", "Bavaria", country="US")


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
    [("9403", "US"), ("ABCDE", "US"), ("0", "FR"), ("see notes, please", "FR"), ("00000", "FR")],
)
def test_what_is_no_postal_code_is_refused(written, country):
    assert normal("meta", "postal_code", written, country=country) is None
    assert normal("google", "postal_code", written, country=country) is None


def test_a_city_loses_spaces_and_punctuation():
    assert normal("meta", "city", "Saint-Étienne") == "saintétienne"
    assert normal("meta", "city", "'s-Hertogenbosch") == "shertogenbosch"


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
