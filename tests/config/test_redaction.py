"""What is kept out of logs, and what must stay readable in them."""

from __future__ import annotations

import logging
import time

import pytest

from config.redaction import RedactingFormatter, redact, register_secret

PERSONAL = [
    "anna.martin@example.org",
    "anna.martin+shop@mail.example.org",
    "anna.martin%40example.org",
    "+33 6 12 34 56 78",
    "+1 (650) 253-0000",
    "0033612345678",
    "%2B33612345678",
    "06 12 34 56 78",
    "06.12.34.56.78",
    "0612345678",
    "020 7946 0958",
    "0171-1234567",
    "(650) 253-0000",
    "(650)253-0000",
    "650-253-0000",
    "650.253.0000",
    "650 253 0000",
    "1-650-253-0000",
]

HARMLESS = [
    "2026-11-20",
    "2026-11-20 08:15:00,123",
    "2026-11-20T10:15:00.123456+01:00",
    "2026-11-20 10:15:00 +0100",
    "20-11-2026 08:15",
    "01.02.2026 10 rows",
    "03-04-2026 12 34 56 78",
    "1763628000",
    "1763628000.123456",
    "0.35",
    "1,234.50 EUR",
    "12 345 678.90 EUR",
    "1234567890",
    "1234567890123456",
    "123-456-7890",
    "0000123456",
    "A-0612345678",
    "00Q5g000001AbCdEAE",
    "2804003",
    "(#100)",
    "v26.0",
    "1.2.3",
    "127.0.0.1:8080",
    "10.0.0.5:5432",
    "192.168.1.20",
    "http://198.51.100.7/v1",
    "Chrome/120.0.0.0",
    "v26.0.1.2",
    "version 18.3.2.1",
    "2026:11:20 10:15:00",
    "google::ads::datamanager",
    "::1",
    "lead_id is missing",
    "gclid must be combined",
    "gbraid 'Google_Click__c'",
    "fbc 2804003",
    "550e8400-e29b-41d4-a716-446655440000",
    "01234567-8901-4234-8234-567890123456",
    "e3b0c44298fc1c149afbf4c8996fb924",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
]


@pytest.mark.parametrize(
    "sentence", ["{}", "refused: {}", "phone:{}: invalid", '{{"ph": "{}"}}', "id={}&a=b"]
)
@pytest.mark.parametrize("personal", PERSONAL)
def test_personal_data_is_masked_wherever_it_stands(personal: str, sentence: str) -> None:
    masked = redact(sentence.format(personal))
    mask = "[e-mail]" if "example" in personal else "[phone]"
    assert masked == sentence.format(mask)


HASH = "9b74c9897bac770ffc029102a200c5de" * 2
CLICKS = [
    "fb.1.1700000000000.IwAR0nobodys_ad_0a1b2c",
    "IwAR0nobodys_ad_0a1b2c3d",
    "Cj0KCQiAnobodys_ad_0a1b2c3d4e",
    "EAIaIQobChMInobodys_ad_0a1b2c3d",
]


@pytest.mark.parametrize("sentence", ["{}", "refused: {}", '{{"em": "{}"}}', "em={}&a=b", "['{}']"])
@pytest.mark.parametrize("value", [HASH, HASH.upper()])
def test_a_persons_hash_is_masked_wherever_it_stands(value: str, sentence: str) -> None:
    assert redact(sentence.format(value)) == sentence.format("[hash]")


@pytest.mark.parametrize("sentence", ["{}", "refused: {}", '{{"trigger": "{}"}}', "x={}&a=b"])
@pytest.mark.parametrize("click", CLICKS)
def test_a_click_id_is_masked_wherever_it_stands(click: str, sentence: str) -> None:
    assert redact(sentence.format(click)) == sentence.format("[click id]")


@pytest.mark.parametrize("name", ["gclid", "gbraid", "wbraid", "fbclid", "fbc", "fbp", "lead_id"])
@pytest.mark.parametrize("form", ["{}={}", '"{}": "{}"', "'{}': '{}'", "{}: {}"])
def test_a_click_id_of_any_form_is_known_by_its_name(name: str, form: str) -> None:
    assert redact(form.format(name, "AB_nobodys_01")) == form.format(name, "[click id]")


@pytest.mark.parametrize("name", ["gclid", "wbraid", "fbp", "lead_id"])
@pytest.mark.parametrize(
    "form", ["{} {} is invalid", "the {} '{}' is unknown", '{} "{}"', "{} ({})", "{} is {}"]
)
@pytest.mark.parametrize(
    "value", ["123456789012345", "ClYKEQjw5ImwBhBtARIs_nobodys", "TeSterNobodysClickInvented"]
)
def test_a_click_id_that_stands_behind_its_name_in_a_sentence_is_masked(
    name: str, form: str, value: str
) -> None:
    assert redact(form.format(name, value)) == form.format(name, "[click id]")


@pytest.mark.parametrize(
    "address",
    ["203.0.113.77", "198.51.100.7", "2001:db8::ff00:42:8329", "2001:0DB8:0:0:0:ff00:42:8329", "2001:db8::"],
)
@pytest.mark.parametrize(
    "sentence", ["{}", "client_ip_address {} is bad", "it was {}.", '{{"ip":"{}"}}', "ip={}&a=b"]
)
def test_a_persons_ip_address_is_masked_wherever_it_stands(address: str, sentence: str) -> None:
    assert redact(sentence.format(address)) == sentence.format("[ip address]")


@pytest.mark.parametrize("harmless", HARMLESS)
def test_dates_amounts_ids_and_versions_stay_readable(harmless: str) -> None:
    assert redact(f"refused: {harmless} (see the log)") == f"refused: {harmless} (see the log)"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer ya29.abcdefghij",
        "https://graph.example/?access_token=EAABsbCS1iHg&fields=id",
        '{"client_secret": "hunter2hunter2"}',
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBg",
    ],
)
def test_credentials_are_masked_by_their_form(text: str) -> None:
    masked = redact(text)
    assert "[redacted" in masked
    assert not {"ya29.abcdefghij", "EAABsbCS1iHg", "hunter2hunter2"} & set(
        masked.replace("&", "=").split("=")
    )
    assert "MIIEvQ" not in masked


def test_a_known_secret_is_masked_as_it_is_and_in_a_url() -> None:
    register_secret("p@ss/word one")
    assert redact("p@ss/word one, p%40ss%2Fword%20one, p%40ss%2Fword+one") == ", ".join(["[redacted]"] * 3)


def test_a_log_line_is_redacted_with_its_arguments_and_traceback() -> None:
    with pytest.raises(ValueError, match="anna") as caught:
        int("anna.martin@example.org")
    info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("log", logging.ERROR, "", 1, "%s", ("06 12 34 56 78",), info)
    line = RedactingFormatter().format(record)
    assert line.startswith("[phone]\n")
    assert "anna" not in line


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a@",
        "a%40",
        "x@a.",
        "0",
        "1 ",
        "+1",
        "(",
        "token ",
        "basic ",
        "gclid ",
        "lead_id a",
        "1.",
        "2001:",
    ],
)
def test_a_megabyte_of_anything_is_redacted_in_time_that_grows_with_its_length(piece: str) -> None:
    text = (piece * 1_000_000)[:1_000_000]
    began = time.perf_counter()
    redact(text)
    assert time.perf_counter() - began < 5
