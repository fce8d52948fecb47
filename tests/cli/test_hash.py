"""``closedwon hash``: objects in, objects out, and a clear word about anything else."""

from __future__ import annotations

import json
import subprocess
import sys


def hashed(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from closedwon.cli import main; main()",
            "hash",
            "--platform",
            "meta",
            *options,
        ],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_field_is_hashed_plain_or_rejected_with_a_reason() -> None:
    result = hashed('{"email": " Quinn@Example.com", "fbp": "fb.1.1700000000000.42", "gender": "?"}\n')
    (line,) = map(json.loads, result.stdout.splitlines())
    assert set(line["email"]) == {"normalized", "sha256"}
    assert line["fbp"]["plain"] == "fb.1.1700000000000.42"
    assert set(line["gender"]) == {"rejected"}


def test_the_rows_country_wins_over_the_option() -> None:
    result = hashed(
        '{"phone": "06 12 34 56 78", "country": "FR"}\n{"phone": "06 12 34 56 78"}\n', "--country", "US"
    )
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["phone"]["normalized"] == "33612345678"
    assert "rejected" in second["phone"]


def test_what_came_before_a_line_that_is_no_object_is_answered() -> None:
    result = hashed('\ufeff{"gender": "f"}\n[1]\n{"gender": "m"}\n')
    assert result.returncode == 2
    assert len(result.stdout.splitlines()) == 1
    assert "line 2" in result.stderr


def test_a_country_that_is_no_code_is_wrong_usage() -> None:
    assert hashed("", "--country", "France").returncode == 2


def test_birth_dates_are_read_in_the_order_of_the_option() -> None:
    told = {}
    for order in ("day_first", "month_first", "year_first"):
        (line,) = map(
            json.loads,
            hashed('{"date_of_birth": "03/04/1990"}\n', "--birth-dates", order).stdout.splitlines(),
        )
        told[order] = line["date_of_birth"]
    assert told["day_first"]["normalized"] == "19900403"
    assert told["month_first"]["normalized"] == "19900304"
    assert told["year_first"]["rejected"].startswith("contradicts the source's birth_dates: year_first")


def test_an_order_of_birth_dates_that_is_none_is_wrong_usage() -> None:
    assert hashed("", "--birth-dates", "dmy").returncode == 2
