"""What became of a request of events or members, as ``requestStatus:retrieve`` tells it: a state, and counts a reason.

https://developers.google.com/data-manager/api/devguides/diagnostics
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from google.ads import datamanager_v1 as dm

from uploads.base import Processing, Verdict
from uploads.google_processing_policy import UNEXPLAINED, meaning_of, short

_State = dm.RequestStatusPerDestination.RequestStatus
_FINAL = frozenset({_State.SUCCESS, _State.PARTIAL_SUCCESS, _State.FAILED})


def read_status(answer: dm.RetrieveRequestStatusResponse) -> Processing:
    """The status of a request with one destination, as all of Closedwon's are."""
    if not answer.request_status_per_destination:
        return Processing("processing", final=False)
    status = answer.request_status_per_destination[0]
    state = status.request_status
    failed = _counts(status.error_info.error_counts)
    verdict = _VERDICTS[state](failed) if state in _VERDICTS else None
    return Processing(
        state=_name(state).lower(),
        final=state in _FINAL,
        failed=failed,
        warnings=_counts(status.warning_info.warning_counts),
        verdict=verdict,
        message=_message(state, failed) if verdict else None,
        leaves_open=state is not _State.SUCCESS and _verdicts(failed) != {None},
    )


def _counts(counts: Iterable[Any]) -> dict[str, int]:
    """Records by reason; a reason may come more than once."""
    found: Counter[str] = Counter()
    for count in counts:
        found[short(_name(count.reason))] += count.record_count
    return dict(found)


def _name(value: Any) -> str:
    """The name of an enum's value, or its number where Google has added it since."""
    return str(getattr(value, "name", value))


def _of_none_counted(failed: Mapping[str, int]) -> Verdict | None:
    """What becomes of events of which none was counted.

    Which of them failed for which reason is not said. So what can be mended comes first, then what passes; they are
    given up only where every reason says so.
    """
    verdicts = _verdicts(failed) or {UNEXPLAINED.verdict}
    for verdict in (Verdict.HOLD, Verdict.LATER):
        if verdict in verdicts:
            return verdict
    return Verdict.REJECTED if verdicts == {Verdict.REJECTED} else None


def _of_some_counted(failed: Mapping[str, int]) -> Verdict | None:
    """What becomes of events of which some were counted: sent again, all of them, where a reason passes.

    By their transaction ids Google takes those that it has counted for the same conversions.
    """
    return Verdict.LATER if Verdict.LATER in _verdicts(failed) else None


def _verdicts(failed: Mapping[str, int]) -> set[Verdict | None]:
    return {meaning_of(reason).verdict for reason in failed}


_VERDICTS = {_State.FAILED: _of_none_counted, _State.PARTIAL_SUCCESS: _of_some_counted}
"""What becomes of the events, by the state of their request; those of any other state are left as they are."""


def _message(state: Any, failed: Mapping[str, int]) -> str:
    said = [f"{reason} ({count}): {meaning_of(reason).words}" for reason, count in failed.items()]
    counted = "none" if state == _State.FAILED else "not all"
    return f"Google counted {counted} of the request's records. " + ("; ".join(said) or UNEXPLAINED.words)
