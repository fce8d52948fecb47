"""``forget`` killed at any point: the next one finishes it, and what is to be sent of others is sent once."""

from __future__ import annotations

import hashlib

import pytest

from closedwon.pipeline.forgetting.forget import Asked
from closedwon.pipeline.run import RunOptions
from tests.guarantees.killing import Story, killed
from tests.guarantees.outcome import READ, SEND, outcome
from tests.guarantees.place import Place

pytestmark = pytest.mark.slow

PERSON = "buyer0@courriel.example"
FORGET = Asked(email=PERSON)
EVERYTHING_ANEW = RunOptions(reread=True)

_HASH = hashlib.sha256(PERSON.encode()).hexdigest()[:32].encode()
"""As much of the address's hash as the identity map has."""


def half_told(place: Place) -> None:
    """Meta was told, Google is to be; a file that is named after the person had a row that nobody can read."""
    damaged = place.tills / f"{PERSON}.csv"
    damaged.write_text("Order,Date,Total,Email,Marketing consent\nA9,soon,much,,yes\n", encoding="utf-8")
    assert place.do(place.task(runs=[READ])).reports
    damaged.unlink()
    assert place.do(place.task(runs=[RunOptions(sources=(), destinations=("meta",))])).reports
    assert traces(place) >= {"rows", "rejects"}


def traces(place: Place) -> set[str]:
    """Where something of the person is left: among the ledger's rows, in its files, or in those of rejected rows."""
    rows = place.rows()
    held = {
        "rows": _HASH in repr(rows).encode() or PERSON in repr(rows["rejects"]),
        "files": any(_HASH in path.read_bytes() for path in place.files_of_ledger()),
        "rejects": any(PERSON.encode() in content for content in place.rejects().values()),
    }
    return {where for where, is_there in held.items() if is_there}


STORY = Story(half_told, run=FORGET, after=(EVERYTHING_ANEW, SEND), left=traces)


def test_the_next_forget_leaves_nothing_of_the_person_and_others_are_told_of_once(place: Place) -> None:
    for number, expected in killed(place, STORY):
        assert place.do(place.task(runs=[FORGET])).reports
        assert not traces(place), f"killed at point {number}"
        assert outcome(place, STORY.after) == expected, f"killed at point {number}"
