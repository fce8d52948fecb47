"""`python -m benchmarks.soak`: see :mod:`benchmarks.soak`."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.soak import mischief
from benchmarks.soak.result import Diary, markdown
from benchmarks.soak.syncing import Sync, sync
from benchmarks.soak.verdict import Conversions, Outcomes, outcomes, verdict
from benchmarks.soak.world import World, served

_REREAD = 0.15
_RUNS_WITHOUT_FAULTS = 5
_READ_TO_THE_END = (0, 1)
"""Rows that cannot be read are told of again, with exit code 1."""

_SHOWN_CHARACTERS = 5_000
_LEDGER = Path(".closedwon") / "ledger.db"


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and print the result; 0 where all arrived once, 1 where not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long everything fails")
    parser.add_argument("--conversions", type=int, default=500_000, help="about how many, to both platforms")
    parser.add_argument("--seed", type=int, default=20_261_122)
    parser.add_argument("--output", type=Path, help="write the result there, too")
    parser.add_argument(
        "--keep", type=Path, help="leave the clients, their ledgers and the log in this folder"
    )
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = options.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="closedwon-soak-"))
        )
        result, good = _soak(folder, options.seed, options.conversions, options.minutes * 60)
    print(result)
    if options.output:
        options.output.write_text(result, encoding="utf-8")
    return 0 if good else 1


def _soak(folder: Path, seed: int, conversions: int, seconds: float) -> tuple[str, bool]:
    now = datetime.now(UTC)
    start = time.monotonic()
    with served(folder / "calm", seed=seed, conversions=conversions, now=now) as world:
        expected, calm = _without_faults(world)
    calm_seconds = time.monotonic() - start
    _say(
        f"{sum(map(len, expected.values())):,} conversions are to arrive; without faults: {calm_seconds:.0f} s"
    )
    with served(folder / "soaked", seed=seed, conversions=conversions, now=now) as world:
        diary = _under_faults(world, random.Random(seed), seconds)
        _to_the_end(world, diary)
        _read_anew(world, diary)
        found = verdict(expected, world.counted(), calm, outcomes(world.clients / _LEDGER))
        report = world.report()
    result = markdown(seed=seed, diary=diary, verdict=found, calm_seconds=calm_seconds, report=report)
    return result, found.good


def _without_faults(world: World) -> tuple[Conversions, Outcomes]:
    """What the platforms count where nothing fails; the tills' files come in one after another here, too.

    That an address is shared by many people may only show in a later file: what was sent by then carries what the
    sender of that day took for the person's own.
    """
    for _, path in _held_back(world, 0):
        shutil.move(path, world.clients / "pos")
        _to_the_end(world, Diary())
    _read_anew(world, Diary())
    return world.counted(), outcomes(world.clients / _LEDGER)


def _under_faults(world: World, dice: random.Random, seconds: float) -> Diary:
    """Sync again and again while everything fails; the tills' files come in one after another."""
    diary, start = Diary(), time.monotonic()
    arrivals = _held_back(world, seconds)
    with mischief.failing(world, random.Random(dice.random())):
        while (elapsed := time.monotonic() - start) < seconds:
            _let_in(world, arrivals, elapsed)
            _run(
                world,
                diary,
                life=mischief.life(dice),
                skew=mischief.skew(dice),
                reread=dice.random() < _REREAD,
            )
    _let_in(world, arrivals, seconds)
    diary.seconds = time.monotonic() - start
    return diary


def _to_the_end(world: World, diary: Diary) -> None:
    """Sync without faults until a run is complete: the first one tells of rows that cannot be read, with exit code 1.

    Raises:
        RuntimeError: none was complete; what they said comes with it.
    """
    for _ in range(_RUNS_WITHOUT_FAULTS):
        if _run(world, diary, life=None, skew=0, reread=False).code == 0:
            return
    raise RuntimeError(f"no run without faults was complete: …{_last_words(world)}")


def _read_anew(world: World, diary: Diary) -> None:
    """Sync once more from the sources' beginning.

    A purchase with nothing but a customer's card can be sent as soon as a later reading has told whose the card is, and
    what was read later differs from soak to soak.

    Raises:
        RuntimeError: they could not be read to their ends; what was said comes with it.
    """
    if _run(world, diary, life=None, skew=0, reread=True).code not in _READ_TO_THE_END:
        raise RuntimeError(f"the sources could not be read anew: …{_last_words(world)}")


def _last_words(world: World) -> str:
    return _log(world).read_text(encoding="utf-8")[-_SHOWN_CHARACTERS:]


def _run(world: World, diary: Diary, *, life: float | None, skew: int, reread: bool) -> Sync:
    run = sync(world.clients, _log(world), life=life, skew=skew, reread=reread)
    diary.note(run, skew=skew, reread=reread)
    end = "was killed" if run.code is None else f"ended with {run.code}"
    _say(f"run {diary.runs} {end} after {run.seconds:.1f} s, {run.peak_mb:.0f} MB")
    return run


def _log(world: World) -> Path:
    return world.clients.parent / "log.txt"


def _held_back(world: World, seconds: float) -> list[tuple[float, Path]]:
    """Take the tills' files away, and say after how many seconds each comes back, the first at once."""
    later = world.clients.parent / "later"
    later.mkdir()
    files = [Path(shutil.move(path, later)) for path in sorted((world.clients / "pos").glob("*.csv"))]
    return [(seconds * nth / len(files), path) for nth, path in enumerate(files)]


def _let_in(world: World, arrivals: list[tuple[float, Path]], elapsed: float) -> None:
    while arrivals and arrivals[0][0] <= elapsed:
        _, path = arrivals.pop(0)
        shutil.move(path, world.clients / "pos")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
