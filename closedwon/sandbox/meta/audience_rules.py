"""What Meta accepts in an upload of audience members, and how it says no.

Pages: "Customer File Custom Audiences" (keys, hashing, sessions, rows a request, removal), "Value-Based Lookalikes".
An entry with wrong hashing is counted and left out; everything else that is wrong refuses the request. Subcodes of
sessions are documented for the replacing of all members only; here they are those of every upload.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from closedwon.sandbox.meta.errors import GraphError, audience_error, parameter_error

MOST_ROWS = 10_000
SESSION_SECONDS = 90 * 60

HASHED = frozenset(
    {"EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD", "LN", "FN", "FI", "ST", "CT", "ZIP", "COUNTRY"}
)
PLAIN = frozenset({"EXTERN_ID", "MADID"})
VALUE = "LOOKALIKE_VALUE"
_LIMITED = ("DATA_PROCESSING_OPTIONS", "DATA_PROCESSING_OPTIONS_COUNTRY", "DATA_PROCESSING_OPTIONS_STATE")
_SINGLE = {"EMAIL_SHA256": "EMAIL", "PHONE_SHA256": "PHONE"}
_KNOWN = HASHED | PLAIN | {VALUE, *_LIMITED}
_STATES = {0, *range(1000, 1014)}
_SHA256 = re.compile(r"[0-9a-f]{64}")

Entry = dict[str, Any]
"""One row by key, without the keys that it leaves blank."""


@dataclass(frozen=True)
class Payload:
    """The people of one request.

    Attributes:
        schema: the keys, in order.
        rows: how many there were.
        entries: those that can be read.
        invalid: those with wrong hashing, by their place in the request.
    """

    schema: tuple[str, ...]
    rows: int
    entries: list[Entry]
    invalid: dict[str, str]


@dataclass(frozen=True)
class Place:
    """Which batch of which session a request says it is."""

    session_id: int
    batch: int
    last: bool


def read_payload(parameters: Mapping[str, Any], *, value_based: bool, removing: bool) -> Payload:
    """The people of a request.

    Raises:
        GraphError: a rule is broken that concerns the whole request.
    """
    payload = _object(parameters, "payload")
    schema = _schema(payload.get("schema"))
    _check_value_key(schema, value_based=value_based, removing=removing)
    data = payload.get("data")
    if not isinstance(data, list) or not data:
        raise parameter_error("param payload[data] must be a non-empty array.")
    if len(data) > MOST_ROWS:
        raise parameter_error(f"param payload[data] must have at most {MOST_ROWS} elements.")
    entries, invalid = [], {}
    for place, row in enumerate(data):
        entry = _entry(schema, row)
        if _is_readable(entry):
            entries.append(entry)
        else:
            invalid[str(place)] = json.dumps(row)
    return Payload(schema, len(data), entries, invalid)


def read_place(parameters: Mapping[str, Any]) -> Place:
    """The ``session`` parameter.

    Raises:
        GraphError: it is missing, or not as documented.
    """
    session = _object(parameters, "session")
    last = session.get("last_batch_flag")
    if not isinstance(last, bool):
        raise parameter_error("param session[last_batch_flag] must be a boolean.")
    if "estimated_num_total" in session:
        _integer(session, "estimated_num_total", least=0)
    return Place(_integer(session, "session_id", least=1), _integer(session, "batch_seq", least=1), last)


def out_of_order() -> GraphError:
    """A batch whose number does not follow."""
    return audience_error(
        400, 2650, 1870147, "Invalid Upload Batch", "Batches of a session are sequential and start at 1."
    )


def finished() -> GraphError:
    """A batch after the last one."""
    return audience_error(
        400, 2650, 1870159, "Session Finished", "The last batch of this session was already uploaded."
    )


def timed_out() -> GraphError:
    """A batch after ninety minutes."""
    return audience_error(
        400, 2650, 1870158, "Session Timed Out", "You've reached the 90-minute time limit of your session."
    )


def _object(parameters: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = parameters.get(name)
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, dict):
        raise parameter_error(f"The parameter {name} is required")
    return given


def _schema(given: Any) -> tuple[str, ...]:
    keys = [given] if isinstance(given, str) else given
    if not isinstance(keys, list) or not keys:
        raise parameter_error("param payload[schema] must be a key or an array of keys.")
    schema = tuple(_SINGLE.get(key, key) for key in map(str, keys))
    unknown = sorted(set(schema) - _KNOWN)
    if unknown or len(set(schema)) != len(schema):
        raise parameter_error(f"param payload[schema] has invalid or repeated keys: {', '.join(unknown)}")
    return schema


def _check_value_key(schema: tuple[str, ...], *, value_based: bool, removing: bool) -> None:
    if not removing and (VALUE in schema) != value_based:
        needs = "requires" if value_based else "does not take"
        raise parameter_error(f"This custom audience {needs} the key {VALUE}")


def _entry(schema: tuple[str, ...], row: Any) -> Entry:
    cells = row if isinstance(row, list) else [row]
    if len(cells) != len(schema):
        raise parameter_error("Each row of payload[data] must have one value for each key of the schema")
    entry = dict(zip(schema, cells, strict=True))
    _check_value(entry.get(VALUE, 0))
    _check_limited(entry)
    return {key: value for key, value in entry.items() if value not in ("", None)}


def _check_value(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise parameter_error(f"{VALUE} must be a number that is 0 or greater")


def _check_limited(entry: Entry) -> None:
    options, country, state = (entry.get(key) for key in _LIMITED)
    if options not in (None, [], ["LDU"]):
        raise parameter_error("DATA_PROCESSING_OPTIONS must be an array that is empty or holds LDU")
    if country not in (None, 0, 1) or state not in (None, *_STATES):
        raise parameter_error("DATA_PROCESSING_OPTIONS_COUNTRY and _STATE must be 0 or Meta's codes")


def _is_readable(entry: Entry) -> bool:
    """Whether somebody is named, and every key that is to be hashed is SHA-256 as 64 lower-case hex digits."""
    named = entry.keys() & (HASHED | PLAIN)
    return bool(named) and all(
        isinstance(entry[key], str) and (key in PLAIN or _SHA256.fullmatch(entry[key])) for key in named
    )


def _integer(session: Mapping[str, Any], name: str, *, least: int) -> int:
    value = session.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**63:
        raise parameter_error(f"param session[{name}] must be a 64-bit integer from {least} on.")
    return value
