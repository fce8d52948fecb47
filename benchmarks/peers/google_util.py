"""google-ads-datamanager-util, Google's own formatter and hasher for the Data Manager API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from google.ads.datamanager_util.format import Encoding, Formatter

_FORMATTER = Formatter()
_PROCESS: dict[str, Callable[[str, Encoding], str]] = {
    "email": _FORMATTER.process_email_address,
    "phone": _FORMATTER.process_phone_number,
    "first_name": _FORMATTER.process_given_name,
    "last_name": _FORMATTER.process_family_name,
}


def hashed(row: Mapping[str, str | None]) -> dict[str, str]:
    """The hashes of a row's four fields; a value that the formatter refuses is left out, the others stay."""
    hashes = {}
    for name, process in _PROCESS.items():
        value = row[name]
        if value is None:
            continue
        try:
            hashes[name] = process(value, Encoding.HEX)
        except ValueError:
            continue
    return hashes
