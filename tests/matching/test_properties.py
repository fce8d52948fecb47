"""What holds for any text and every rule: normalising is stable, and normal forms have nothing that is forbidden."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import FIELDS, explain_rows

AS_TYPED = st.text(max_size=30)
EMAILS = st.from_regex(r"(?i)\A[a-z.+' -]{1,12}@[a-z.-]{1,12}\Z") | st.from_regex(
    r"(?i)\A[a-zß-ÿ.+_-]{1,9}@(gmail|googlemail|posta)\.(com|example)\Z"
)
NAMES = st.from_regex(
    r"(?i)\A((mr|dr|mrs)[., ]{0,2}){0,2}[a-zß-ÿΑ-ω'. -]{1,9}([ ,.]{0,2}(jr|iii|md)){0,2}[.]?\Z"
)
NUMBERS = st.from_regex(r"\A\+?[0-9 ()/-]{4,18}\Z")
DATES = st.dates().map(str) | st.from_regex(
    r"(?i)\A[0-3]?[0-9][/. -]([01]?[0-9]|feb|mars|mai)[/. -](19|20)?[0-9]{2}\Z"
)
PLACES = st.from_regex(
    r"(?i)\A(us-)?(calif[.]?|n[.] ?y[.]?|[a-z]{2}|d-[0-9]{5}|[a-z]{1,2}[0-9]{1,2} ?[0-9][a-z]{2}|[0-9]{4,9})\Z"
)
IDS = st.from_regex(r"\A[A-Za-z0-9_-]{9,24}\Z") | st.from_regex(r"\A(l:)?[0-9]{14,18}\Z")
COOKIES = st.from_regex(r"\Afb\.[0-3]\.[0-9]{10,13}\.[0-9]{1,12}\Z")
TEXTS = AS_TYPED | EMAILS | NAMES | NUMBERS | DATES | PLACES | IDS | COOKIES | st.ip_addresses().map(str)
COUNTRIES = st.sampled_from(["FR", "US", "GB", "Netherlands", "jp", "nowhere", ""])

PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
"""Reserved as a whole by IANA; Python releases differ on its parts."""

HASH_LIKE = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")

CALM = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
PLATFORMS = pytest.mark.parametrize("platform", ["meta", "google"])


def _normal_forms(rows, platform):
    return [
        {name: answer["normalized"] for name, answer in answers.items() if "normalized" in answer}
        for answers in explain_rows(rows, platform)
    ]


def _rows(texts, country, platform):
    """Each text in every column that the platform takes, beside ``country``, and as the country itself."""
    columns = [rule.column for rule in FIELDS if rule.platform == platform]
    return [
        {**dict.fromkeys(columns, text), "country": own, "entered_at": "2026-01-01T00:00:00Z"}
        for text in texts
        for own in (country, text)
    ]


def _given_again(form, row):
    """``form`` as the row of a source that holds normal forms already."""
    again = {**form, "entered_at": row["entered_at"], "country": form.get("country", row["country"])}
    if "phone" in form:
        # A number of Meta's form has lost its plus, and with it what says that it is international.
        again["phone"] = "+" + form["phone"].removeprefix("+")
    if "fbclid" in form:
        again["fbc"] = again.pop("fbclid")
    return again


def _without(names, form):
    return {name: text for name, text in form.items() if name not in names}


@PLATFORMS
@CALM
@given(st.lists(TEXTS, min_size=1, max_size=20), COUNTRIES)
def test_normalising_a_normal_form_changes_nothing(platform, texts, country):
    rows = _rows(texts, country, platform)
    forms = _normal_forms(rows, platform)
    again = _normal_forms([_given_again(*pair) for pair in zip(forms, rows, strict=True)], platform)
    for form, second in zip(forms, again, strict=True):
        if "fbclid" in form:
            form["fbc"] = form.pop("fbclid")
        # What has come to look like a hash is read as one.
        alike = {name for name, text in form.items() if HASH_LIKE.fullmatch(str(text))}
        assert _without(alike, form) == _without(alike, second)


@PLATFORMS
@CALM
@given(st.lists(TEXTS, min_size=1, max_size=20), COUNTRIES)
def test_a_normal_form_is_clean_and_lower_case_where_it_is_hashed(platform, texts, country):
    hashed = {rule.column for rule in FIELDS if rule.platform == platform and rule.form == "hashed"}
    for form in _normal_forms(_rows(texts, country, platform), platform):
        for column, text in ((column, str(value)) for column, value in form.items()):
            assert text
            assert text == text.strip()
            assert unicodedata.is_normalized("NFC", text)
            assert not any(unicodedata.category(letter) in {"Cc", "Cf"} for letter in text)
            assert column not in hashed or text == text.lower()


@CALM
@given(st.lists(st.ip_addresses(), min_size=1, max_size=50))
def test_the_registry_of_addresses_decides_which_are_public(addresses):
    answers = explain_rows([{"client_ip": str(address)} for address in addresses], "meta")

    for address, answer in zip(addresses, answers, strict=True):
        actual = getattr(address, "ipv4_mapped", None) or address
        public = actual.is_global and not actual.is_multicast and actual not in PROTOCOLS
        assert answer["client_ip"].get("plain") == (str(actual) if public else None)
