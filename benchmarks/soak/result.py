"""What came of a soak, as Markdown for docs/soak.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.report import machine_line
from benchmarks.soak.syncing import Sync
from benchmarks.soak.verdict import Verdict


@dataclass
class Diary:
    """What happened, run by run."""

    runs: int = 0
    kills: int = 0
    skewed: int = 0
    rereads: int = 0
    incomplete: int = 0
    peak_mb: float = 0.0
    seconds: float = 0.0
    codes: Counter[int] = field(default_factory=Counter)

    def note(self, run: Sync, *, skew: int, reread: bool) -> None:
        """Count a run."""
        self.runs += 1
        self.kills += run.code is None
        self.skewed += skew != 0
        self.rereads += reread
        self.incomplete += run.code not in {0, None}
        self.peak_mb = max(self.peak_mb, run.peak_mb)


def markdown(
    *, seed: int, diary: Diary, verdict: Verdict, calm_seconds: float, report: Mapping[str, Any]
) -> str:
    """The result as a table, and what must not be below it."""
    requests, duplicates = _platforms(report)
    faults: Mapping[str, int] = report["faults"]
    rows = {
        "seed": seed,
        "minutes under faults": round(diary.seconds / 60, 1),
        "seconds of the run without faults": round(calm_seconds),
        "runs": diary.runs,
        "of these killed": diary.kills,
        "of these incomplete, with exit code 1": diary.incomplete,
        "of these by a wrong clock": diary.skewed,
        "of these reading everything anew": diary.rereads,
        "faults that a request met": sum(faults.values()),
        "requests to both platforms": requests,
        "**conversions counted**": verdict.counted,
        "sent again under the same id, and not counted": duplicates,
        "too late for the platform by then": verdict.too_late,
        "sent before it showed that an address is shared": verdict.shared,
        "**lost**": verdict.lost,
        "**counted twice**": verdict.twice,
        "**under another name or at another value**": verdict.wrong,
        "**deliveries of which the ledger says otherwise**": verdict.ledger_differs,
        "most memory of a run, MB": round(diary.peak_mb),
    }
    lines = ["| | |", "|---|---:|", *(f"| {name} | {_number(value)} |" for name, value in rows.items()), ""]
    lines += ["| fault | met |", "|---|---:|"]
    lines += [f"| {name} | {number:,} |" for name, number in sorted(faults.items())]
    lines += ["", machine_line()]
    return "\n".join(lines + [f"\n- {example}" for example in verdict.examples]) + "\n"


def _number(value: float) -> str:
    return f"{value:,}"


def _platforms(report: Mapping[str, Any]) -> tuple[int, int]:
    """Requests that reached both platforms, and events that they had counted before."""
    datasets = report["meta"]["datasets"].values()
    actions = [action for account in report["google"]["accounts"].values() for action in account.values()]
    requests = report["google"]["requests"] + sum(dataset["requests"] for dataset in datasets)
    duplicates = sum(action["duplicates"] for action in actions)
    duplicates += sum(name["duplicates"] for dataset in datasets for name in dataset["events"].values())
    return requests, duplicates
