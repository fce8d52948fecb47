"""What became of a record, in words: its timeline, why each conversion was or was not sent, and what it was of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from closedwon.cli.output import minute
from closedwon.ledger import State
from closedwon.pipeline.judging.meanings import MEANING
from closedwon.pipeline.people.kinds import KIND_NAMES

_SHOWN = 4
_IDENTIFIERS = ("user_data", "ad_identifiers")


@dataclass(frozen=True)
class Happening:
    """Something that happened to a record: when (RFC 3339, UTC), and what, for a person to read."""

    at: str
    what: str


def timeline(entries: Sequence[Mapping[str, Any]]) -> list[Happening]:
    """All that is known of the record of ``entries``, in the order in which it happened."""
    every = {happening: None for entry in entries for happening in _of_entry(entry)}
    return sorted(every, key=lambda happening: happening.at)


def _of_entry(entry: Mapping[str, Any]) -> Iterator[Happening]:
    where = f"{entry['source']} / {entry['object']}"
    if entry["lead_created_at"]:
        yield Happening(entry["lead_created_at"], f"lead created ({where})")
    yield Happening(entry["entered_at"], f"entered {entry['stage']}{_as_written(entry)}{_amount(entry)}")
    yield Happening(entry["read_at"], f"{entry['stage']} read from {where}")
    for delivery in entry["deliveries"]:
        for at, what in _of_delivery(delivery):
            yield Happening(at, f"{delivery['destination']} {entry['stage']}: {what}")


def _of_delivery(delivery: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    state = delivery["state"]
    if state == State.SKIPPED:
        yield delivery["updated_at"], f"skipped, {delivery['reason']}"
        return
    yield delivery["queued_at"], "queued"
    if state == State.EXPIRED:
        yield delivery["updated_at"], "given up, the platform no longer takes it"
    elif delivery["answered_at"]:
        request = f", request {delivery['platform_request_id']}" if delivery["platform_request_id"] else ""
        yield delivery["answered_at"], f"{state}{request}"
    if delivery["processed_at"]:
        yield delivery["processed_at"], f"its request stands at {delivery['processing']}"
    for told in delivery["restatements"]:
        yield told["answered_at"], restated(told)
    if delivery["changed_at"]:
        yield delivery["changed_at"], f"worth {_money(delivery['value'])} from now on"


def _as_written(entry: Mapping[str, Any]) -> str:
    return f" ({entry['stage_raw']})" if entry["stage_raw"] else ""


def _amount(entry: Mapping[str, Any]) -> str:
    amount = entry["amount"]
    return "" if amount is None else f", {amount:,.2f} {entry['currency'] or ''}".rstrip()


def because(delivery: Mapping[str, Any]) -> str:
    """One sentence that says why the conversion was or was not sent."""
    name, reason = delivery["destination"], delivery["reason"]
    match delivery["state"]:
        case State.ACCEPTED:
            changed = f"; it was told of {_money(delivery['told_value'])}" if delivery["changed_at"] else ""
            return f"sent, and {name} accepted it at {minute(delivery['answered_at'])}{changed}"
        case State.SKIPPED:
            return f"not sent to {name}: {MEANING.get(reason, reason)}"
        case State.REJECTED:
            return f"{name} refused it for good: {delivery['message'] or reason}"
        case State.HELD:
            return f"held until the configuration is mended: {delivery['message'] or reason}"
        case State.EXPIRED:
            return f"not sent to {name}: {MEANING['expired_before_sent']}"
        case State.SENDING:
            return f"being sent to {name}, or cut off while it was: the next run sends it again under the same id"
        case _:
            waits = f" ({delivery['message']})" if delivery["message"] else ""
            return f"waits for the next run to {name}{waits}; {name} takes it until {minute(delivery['expires_at'])}"


def restated(told: Mapping[str, Any]) -> str:
    """What became of telling the platform of another value; of 0, that the whole of it was given back."""
    before, after = _money(told["from"]), _money(told["to"])
    what = "that it was given back" if told["to"] == 0 else "its new value"
    verdict = "told" if told["outcome"] == State.ACCEPTED else f"refused ({told['reason']})"
    return f"{what}, {after} instead of {before}, was {verdict}"


def worth(delivery: Mapping[str, Any]) -> str:
    """The value of a conversion, and what was given back of it."""
    if delivery["value"] is None:
        return "no value"
    value = f"{delivery['value']:,.2f} {delivery['currency']}"
    if version := delivery.get("value_version"):
        value += f" (learned, version {version})"
    if delivery["full_value"] in {None, delivery["value"]}:
        return value
    return f"{value} of {delivery['full_value']:,.2f}, less what was given back"


def _money(value: float | None) -> str:
    return "no value" if value is None else f"{value:,.2f}"


def origins(identifiers: list[str], carried: Sequence[Mapping[str, str]]) -> list[str]:
    """Where a conversion's ``identifiers`` came from: a line for each record, where any was ``carried`` over."""
    if not carried:
        return []
    taken = {one["identifier"].removesuffix("[0]") for one in carried}
    own = [name for name in identifiers if name not in taken]
    records: dict[tuple[str, ...], list[str]] = {}
    for one in carried:
        origin = tuple(one[key] for key in ("source", "object", "record_id", "by", "known_at"))
        records.setdefault(origin, []).append(one["identifier"].removesuffix("[0]"))
    of_itself = [f"from the record itself: {', '.join(own)}"] if own else []
    return of_itself + [
        f"from {source} / {of_object} {record} of {minute(known_at)},"
        f" which has the same {KIND_NAMES[by]}: {', '.join(names)}"
        for (source, of_object, record, by, known_at), names in records.items()
    ]


def masked(payload: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """``payload`` with every identifier cut to its first characters: enough to compare, too little to match."""
    if payload is None:
        return None
    return {key: _cut(value) if key in _IDENTIFIERS else value for key, value in payload.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cut(inner) for inner in value]
    text = str(value)
    return f"{text[: min(_SHOWN, len(text) // 3)]}…"


def identifiers_in(payload: Mapping[str, Any]) -> str:
    """The identifiers of a masked ``payload``, by name."""
    parts = []
    for group in _IDENTIFIERS:
        value = payload.get(group) or {}
        if "user_identifiers" in value:
            parts += [
                f"{key} {_text(inner)}" for one in value["user_identifiers"] for key, inner in one.items()
            ]
        else:
            parts += [f"{key} {_text(inner)}" for key, inner in value.items()]
    return ", ".join(parts) or "none"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "/".join(str(part) for part in value.values())
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
