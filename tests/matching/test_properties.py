"""What holds for any text: normalising is stable, and a normal form has nothing in it that a platform forbids."""

from __future__ import annotations

import ipaddress
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import FIELDS, explain_rows

TEXTS = [rule.column for rule in FIELDS if rule.platform == "meta" and rule.form == "hashed"]
ANY_TEXT = (
    st.text(max_size=30)
    | st.from_regex(r"(?i)\A[a-z.+' -]{1,12}@[a-z.-]{1,12}\Z")
    | st.from_regex(r"(?i)\A((mr|dr|mrs)[., ]{0,2}){0,2}[a-zß-ÿ'. -]{1,9}([ ,.]{0,2}(jr|iii|md)){0,2}[.]?\Z")
    | st.from_regex(r"\A\+?[0-9 ()/-]{4,18}\Z")
)
PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
"""Reserved as a whole by IANA; Python releases differ on its parts."""

CALM = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def _normal_forms(texts, platform):
    rows = [{column: text for column in TEXTS if column != "country"} | {"country": "FR"} for text in texts]
    return [
        {
            name: answer["normalized"]
            for name, answer in answers.items()
            if "sha256" in answer and name != "country"
        }
        for answers in explain_rows(rows, platform)
    ]


def _with_plus(phone):
    return phone and "+" + phone.removeprefix("+")


@CALM
@given(st.lists(ANY_TEXT, min_size=1, max_size=20))
def test_normalising_a_normal_form_changes_nothing(texts):
    for platform in ("meta", "google"):
        forms = _normal_forms(texts, platform)
        # A phone number of Meta's form has lost its plus, and with it what says that it is international.
        again = explain_rows(
            [{**form, "phone": _with_plus(form.get("phone")), "country": "FR"} for form in forms], platform
        )
        for form, answers in zip(forms, again, strict=True):
            assert form == {name: answers[name].get("normalized") for name in form}


@CALM
@given(st.lists(ANY_TEXT, min_size=1, max_size=20))
def test_a_hashed_normal_form_is_lower_case_and_clean(texts):
    for platform in ("meta", "google"):
        for forms in _normal_forms(texts, platform):
            for form in forms.values():
                assert form == form.lower() == form.strip()
                assert form
                assert unicodedata.is_normalized("NFC", form)
                assert not any(unicodedata.category(letter) in {"Cc", "Cf"} for letter in form)


@CALM
@given(st.lists(st.ip_addresses(), min_size=1, max_size=50))
def test_the_registry_of_addresses_decides_which_are_public(addresses):
    answers = explain_rows([{"client_ip": str(address)} for address in addresses], "meta")

    for address, answer in zip(addresses, answers, strict=True):
        actual = getattr(address, "ipv4_mapped", None) or address
        public = actual.is_global and not actual.is_multicast and actual not in PROTOCOLS
        assert answer["client_ip"].get("plain") == (str(actual) if public else None)
