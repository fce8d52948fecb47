"""Date-times as HubSpot writes and takes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """UTC to the millisecond, ending in ``Z``; a fraction of zero is left out, as Java's ``Instant`` does."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = moment.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def milliseconds(text: str) -> int:
    """Milliseconds since 1970 from such a number, or from an ISO 8601 date or date-time (UTC where it names no zone).

    Raises:
        ValueError: neither of them.
    """
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def to_the_millisecond(moment: datetime) -> datetime:
    """HubSpot keeps no microseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
