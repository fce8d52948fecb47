"""Keeps personal data and secrets out of every text that leaves memory: logs, errors, answers that are stored.

Two nets: the secrets that a client's file brought are known by value and replaced wherever they stand; e-mail
addresses, phone numbers, hashes, click ids and credentials of unknown origin are recognised by form.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote, quote_plus

_SHORTEST_SECRET = 6
_ADDRESS = r"[^\s@<>\"'=:,;(){}\[\]]"
_DOMAIN = r"[^\s@<>\"'=:,;(){}\[\]%&]"
_NOT_INSIDE = r"(?<![\w.-])(?<!\d:)"
_NOT_GOING_ON = r"(?!\w|-\w|:\d)"
_CLICK_ID = r"(?i)\b(gclid|gbraid|wbraid|dclid|fbclid|fbc|fbp|meta_lead_id|lead_id)"
_WORD = r"[^\s&\"',;(){}\[\]]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_LOCAL = r"(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\."
_HEX = "[0-9A-Fa-f]"
_GROUP = f"{_HEX}{{1,4}}"
_FORMS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 [redacted]"),
    (
        re.compile(
            r"(?i)\b(access_token|appsecret_proof|client_secret|refresh_token|assertion|password|api_key|token)"
            r"([\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}]{10,}"
        ),
        r"\1\2[redacted]",
    ),
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
        ),
        "[redacted key]",
    ),
    # A person is known by the hash of an address as well as by the address, and by the click as well as by the hash.
    (re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{64}(?![0-9A-Za-z])"), "[hash]"),
    (re.compile(rf"{_CLICK_ID}([\"']?\s*[=:]\s*[\"']?)[^\s&\"',;}}]{{8,}}"), r"\1\2[click id]"),
    # What follows a blank may be any word of a sentence: a click id is known by a digit, or by its length.
    (
        re.compile(
            rf"{_CLICK_ID}([\"']?\s{{1,4}}(?:(?:is|was|of|value)\s{{1,4}})?[\"'(\[]?)"
            rf"(?={_WORD}{{0,100}}[0-9]|{_WORD}{{20}}){_WORD}{{8,}}"
        ),
        r"\1\2[click id]",
    ),
    (re.compile(r"(?<![\w-])fb\.[0-9]\.[0-9]{10,13}\.[\w.-]+"), "[click id]"),
    (re.compile(r"(?<![\w-])(?:Cj[0-9]|EAIaIQ|IwA|IwY|IwZ|PAZ|0AAAAA)[\w-]{16,}"), "[click id]"),
    # Begins only where a run of such characters does, and its parts end at what the next begins with:
    # a long text without an address is read once, not once for each of its characters.
    (
        re.compile(rf"(?<!{_ADDRESS}){_ADDRESS}+(?:@|%40){_DOMAIN}+\.{_DOMAIN}+"),
        "[e-mail]",
    ),
    (re.compile(rf"{_NOT_INSIDE}(?:\+|%2B|00)[1-9](?:[\s().-]{{0,2}}\d){{6,14}}(?!\w)"), "[phone]"),
    # National, with the trunk 0 of most countries: 06 12 34 56 78. Zero-padded numbers and dates are none.
    (
        re.compile(
            rf"{_NOT_INSIDE}(?<!/)(?!\d\d[./-]\d\d[./-]\d{{4}})0[1-9](?:[\s().-]{{0,2}}\d){{7,11}}{_NOT_GOING_ON}"
        ),
        "[phone]",
    ),
    # National in North America: 650-253-0000. Neither group begins with 0 or 1, as those of many ids do.
    (
        re.compile(
            rf"{_NOT_INSIDE}(?<!/)(?:1[\s.-])?[2-9]\d\d(?P<gap>[\s.-])[2-9]\d\d(?P=gap)\d{{4}}{_NOT_GOING_ON}"
        ),
        "[phone]",
    ),
    (re.compile(rf"{_NOT_INSIDE}\(\d{{2,4}}\)[\s.-]?\d{{3,4}}[\s.-]?\d{{3,4}}(?!\w)"), "[phone]"),
    # Of IP addresses those that a person may have: none of a local network, of a URL, or in a browser's version.
    (
        re.compile(rf"(?<![\w./-])(?<!version )(?!{_LOCAL}){_OCTET}(?:\.{_OCTET}){{3}}(?![\w-]|\.\d)"),
        "[ip address]",
    ),
    (
        re.compile(
            rf"(?<!\w)(?<!{_HEX}:)[23]{_HEX}{{3}}"
            rf"(?:(?::{_GROUP}){{7}}|(?::{_GROUP}){{0,5}}::(?:{_GROUP}(?::{_GROUP}){{0,5}})?)(?![\w:])"
        ),
        "[ip address]",
    ),
)
_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """Replace ``value``, also URL-encoded, in all text that :func:`redact` sees from now on."""
    if len(value) >= _SHORTEST_SECRET:
        _secrets.update({value, quote(value, safe=""), quote_plus(value)})


def redact(text: str) -> str:
    """``text`` without known secrets and without anything that looks like personal data or a credential."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    for form, replacement in _FORMS:
        text = form.sub(replacement, text)
    return text


class RedactingFormatter(logging.Formatter):
    """A log formatter whose output, tracebacks included, is redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record, redacted as a whole."""
        return redact(super().format(record))
